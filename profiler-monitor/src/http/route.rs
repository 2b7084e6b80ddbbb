//! Requests → what they ask for. Nothing else is answered.

use std::time::Duration;

use super::accept::prefers_open_metrics;
use super::response::Response;
use super::token::Token;
use crate::metrics::MetricsFormat;

/// A request, without its body, which nobody reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// `GET` or `HEAD`, or another one, which is refused.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// The query, behind the question mark.
    pub query: Option<&'a str>,
    /// The header `accept`.
    pub accept: Option<&'a str>,
    /// The header `authorization`.
    pub authorization: Option<&'a [u8]>,
}

/// A request's answer, which is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/metrics`.
    Metrics(MetricsFormat),
    /// `/debug/pprof/heap` and `/debug/pprof/allocs`.
    Profile(ProfileRequest),
}

impl Route {
    /// The time between two snapshots, if it asks for two.
    pub(super) fn seconds(self) -> Option<Duration> {
        match self {
            Self::Profile(request) => request.seconds.map(|it| Duration::from_secs(it.into())),
            Self::Metrics(_) => None,
        }
    }
}

/// A request for a heap profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileRequest {
    /// The figures that readers show first.
    pub kind: ProfileKind,
    /// `symbolize=1`: names are looked up in this process, and not by the reader.
    pub has_names: bool,
    /// `debug=1`: as text.
    pub is_text: bool,
    /// `seconds=N`: what changes in that time.
    pub seconds: Option<u16>,
}

/// The figures that a reader of a profile shows first; all are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    /// Live blocks.
    Heap,
    /// All blocks that were allocated.
    Allocs,
}

impl ProfileKind {
    /// As in the path.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Heap => "heap",
            Self::Allocs => "allocs",
        }
    }
}

/// The path of metrics.
pub const METRICS: &str = "/metrics";
/// The path of live blocks.
pub const HEAP: &str = "/debug/pprof/heap";
/// The path of all blocks that were allocated.
pub const ALLOCS: &str = "/debug/pprof/allocs";

/// The longest time between two snapshots.
pub const LONGEST_SECONDS: u16 = 300;

/// What a request asks for.
///
/// # Errors
/// The response to a request that asks for something else, or has no token where one is needed.
pub fn route(request: &Request<'_>, token: Option<&Token>) -> Result<Route, Response> {
    if token.is_some_and(|token| !token.is_in(request.authorization)) {
        return Err(Response::error(401, "a bearer token is needed")
            .with_header("www-authenticate", "Bearer"));
    }
    let kind = match request.path {
        METRICS => None,
        HEAP => Some(ProfileKind::Heap),
        ALLOCS => Some(ProfileKind::Allocs),
        _ => {
            return Err(Response::error(
                404,
                "there are /metrics, /debug/pprof/heap, /debug/pprof/allocs",
            ));
        }
    };
    // Who sends the response leaves out the content for `HEAD`.
    if !matches!(request.method, "GET" | "HEAD") {
        return Err(Response::error(405, "only GET and HEAD are answered")
            .with_header("allow", "GET, HEAD"));
    }
    match kind {
        None => metrics(request).map(Route::Metrics),
        Some(kind) => profile(kind, request.query.unwrap_or_default()).map(Route::Profile),
    }
}

fn metrics(request: &Request<'_>) -> Result<MetricsFormat, Response> {
    if request.query.is_some_and(|query| !query.is_empty()) {
        return Err(Response::error(400, "/metrics has no parameters"));
    }
    Ok(match request.accept.is_some_and(prefers_open_metrics) {
        true => MetricsFormat::OpenMetrics,
        false => MetricsFormat::Text,
    })
}

fn profile(kind: ProfileKind, query: &str) -> Result<ProfileRequest, Response> {
    let mut request = ProfileRequest { kind, has_names: false, is_text: false, seconds: None };
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let switch = match value {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        };
        let known = match key {
            "symbolize" => switch.map(|is_on| request.has_names = is_on),
            "debug" => switch.map(|is_on| request.is_text = is_on),
            "seconds" => {
                let seconds = value.parse().ok().filter(|it| (1..=LONGEST_SECONDS).contains(it));
                seconds.map(|seconds| request.seconds = Some(seconds))
            }
            _ => None,
        };
        if known.is_none() {
            return Err(Response::error(
                400,
                "parameters are symbolize=1, debug=1, seconds=1 to 300",
            ));
        }
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Result<Route, u16> {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let request = Request { method: "GET", path, query, ..Request::default() };
        route(&request, None).map_err(|response| response.status)
    }

    #[test]
    fn known_paths_are_answered_and_no_others() {
        assert_eq!(get("/metrics"), Ok(Route::Metrics(MetricsFormat::Text)));
        for path in [
            "",
            "/",
            "/metrics/",
            "//metrics",
            "/metrics/../metrics",
            "/../etc/passwd",
            "/debug/pprof",
            "/debug/pprof/",
            "/debug/pprof/heap/..",
            "/debug/pprof/profile",
            "/METRICS",
            "/%6detrics",
            "*",
            "/metrics\0",
            "http://metrics/metrics",
        ] {
            assert_eq!(get(path), Err(404), "{path}");
        }
    }

    #[test]
    fn only_get_and_head_are_answered() {
        let head = Request { method: "HEAD", path: METRICS, ..Request::default() };
        assert_eq!(route(&head, None), Ok(Route::Metrics(MetricsFormat::Text)));
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", "head", "", "BREW"] {
            let request = Request { method, path: METRICS, ..Request::default() };
            let response = route(&request, None).unwrap_err();
            assert_eq!((response.status, response.header("allow")), (405, Some("GET, HEAD")));
            let unknown = Request { path: "/else", ..request };
            assert_eq!(route(&unknown, None).unwrap_err().status, 404);
        }
    }

    #[test]
    fn parameters_of_a_profile_are_read_and_mistakes_refused() {
        let heap = ProfileRequest {
            kind: ProfileKind::Heap,
            has_names: false,
            is_text: false,
            seconds: None,
        };
        assert_eq!(get("/debug/pprof/heap"), Ok(Route::Profile(heap)));
        let allocs = ProfileRequest {
            kind: ProfileKind::Allocs,
            has_names: true,
            is_text: true,
            seconds: Some(300),
        };
        assert_eq!(
            get("/debug/pprof/allocs?symbolize=1&debug=1&seconds=300"),
            Ok(Route::Profile(allocs))
        );
        assert_eq!(get("/debug/pprof/heap?debug=0&"), Ok(Route::Profile(heap)));
        for query in [
            "seconds=0",
            "seconds=301",
            "seconds=-1",
            "seconds=99999999999",
            "seconds",
            "debug=2",
            "symbolize=yes",
            "gc=1",
            "=",
            "seconds=1%30",
        ] {
            assert_eq!(get(&format!("/debug/pprof/heap?{query}")), Err(400), "{query}");
        }
        assert_eq!(get("/metrics?name[]=x"), Err(400));
        assert_eq!(get("/metrics?"), get("/metrics"));
    }

    #[test]
    fn open_metrics_are_for_those_that_accept_them() {
        let accept = Some("application/openmetrics-text;version=1.0.0");
        let request = Request { method: "GET", path: METRICS, accept, ..Request::default() };
        assert_eq!(route(&request, None).unwrap(), Route::Metrics(MetricsFormat::OpenMetrics));
    }

    #[test]
    fn a_token_is_needed_first() {
        let token = Token::new("secret").unwrap();
        let status = |path, authorization: Option<&str>| {
            let authorization = authorization.map(str::as_bytes);
            let request = Request { method: "GET", path, authorization, ..Request::default() };
            route(&request, Some(&token)).map_or_else(|response| response.status, |_| 200)
        };
        assert_eq!(status(METRICS, Some("Bearer secret")), 200);
        assert_eq!(status(METRICS, Some("bearer secret")), 200, "the scheme has no case");
        for wrong in [
            "secret",
            "Bearer",
            "Bearer ",
            "Bearer secre",
            "Bearer secrets",
            "Bearer secretsecret",
            "Bearer  secret",
            "Bearer\tsecret",
            "Bearer SECRET",
            "Basic secret",
            "",
        ] {
            assert_eq!(status(METRICS, Some(wrong)), 401, "{wrong}");
        }
        assert_eq!(status(METRICS, None), 401);
        assert_eq!(status("/else", None), 401, "paths are told to those that have one");
    }
}
