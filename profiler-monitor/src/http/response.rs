//! Responses as plain data.

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Of HTTP, such as 200.
    pub status: u16,
    /// Names in small letters, and values.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Response {
    pub(super) fn new(content_type: &'static str, body: Vec<u8>) -> Self {
        let headers = vec![
            ("content-type", content_type),
            // Nothing here is markup, whatever its names are.
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ];
        Self { status: 200, headers, body }
    }

    pub(super) fn text(text: String) -> Self {
        Self::new("text/plain; charset=utf-8", text.into_bytes())
    }

    pub(super) fn error(status: u16, reason: &str) -> Self {
        Self { status, ..Self::text(format!("{reason}\n")) }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'static str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}
