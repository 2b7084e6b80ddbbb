//! A file with tabs.

use mem_profile::mem_profile;

/// Is indented with tabs.
#[mem_profile] //x 1
pub fn tabs(	number: usize) -> usize {
	let	doubled = number * 2; //x 1
		match doubled { //x 1
			0 => 1,
			other => { //x 1
	  		let more = other + 1;		//x 1
				more //x 1
			} //x 1
		}
} //x 1
