//! Includes a file.

include!("included.in");
