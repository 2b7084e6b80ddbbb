//! The same answers on a port of the service, behind its own authentication.

use std::sync::Arc;

use ::axum::Router;
use ::axum::body::Body;
use ::axum::http::header::{ACCEPT, HeaderName, HeaderValue};
use ::axum::http::{self, StatusCode};
use ::axum::routing::any;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::answers::{Answers, Source, busy};
use super::response::Response;
use super::route::{ALLOCS, HEAP, METRICS, Request, Route, route};

/// A router with the paths of metrics and profiles. Whoever mounts it decides who may ask.
pub fn router<S: Source>(source: S) -> Router {
    let shared = Arc::new(Shared { answers: Answers::new(source), at_work: Mutex::default() });
    let mut router = Router::new();
    for path in [METRICS, HEAP, ALLOCS] {
        let shared = Arc::clone(&shared);
        let answer =
            move |request: http::Request<Body>| respond(path, request, Arc::clone(&shared));
        router = router.route(path, any(answer));
    }
    router
}

struct Shared<S> {
    answers: Answers<S>,
    /// Others wait for it without a thread each.
    at_work: Mutex<()>,
}

async fn respond<S: Source>(
    path: &str,
    request: http::Request<Body>,
    shared: Arc<Shared<S>>,
) -> http::Response<Body> {
    // The path is known, also where the router is mounted below another one.
    let request = Request {
        method: request.method().as_str(),
        path,
        query: request.uri().query(),
        accept: request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()),
        authorization: None,
    };
    let response = match route(&request, None) {
        Ok(wanted) => answer(wanted, shared).await,
        Err(response) => response,
    };
    into_axum(response)
}

async fn answer<S: Source>(wanted: Route, shared: Arc<Shared<S>>) -> Response {
    let Some(seconds) = wanted.seconds() else {
        return work(&shared, move |answers| answers.answer(wanted)).await.unwrap_or_else(failed);
    };
    let Some(_turn) = shared.answers.take_turn() else { return busy() };
    let older = match work(&shared, |answers| answers.begin()).await {
        Some(Ok(older)) => older,
        Some(Err(response)) => return response,
        None => return failed(),
    };
    sleep(seconds).await;
    work(&shared, move |answers| answers.end(&older, wanted)).await.unwrap_or_else(failed)
}

/// Off the threads that serve requests, since it takes milliseconds.
async fn work<S: Source, T: Send + 'static>(
    shared: &Arc<Shared<S>>,
    work: impl FnOnce(&Answers<S>) -> T + Send + 'static,
) -> Option<T> {
    let _at_work = shared.at_work.lock().await;
    let shared = Arc::clone(shared);
    spawn_blocking(move || work(&shared.answers)).await.ok()
}

fn failed() -> Response {
    Response::error(500, "the answer could not be made")
}

fn into_axum(response: Response) -> http::Response<Body> {
    let mut out = http::Response::new(Body::from(response.body));
    // Each that is made here is valid.
    *out.status_mut() = StatusCode::from_u16(response.status).unwrap_or_default();
    for (name, value) in response.headers {
        let name = HeaderName::from_static(name);
        out.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    out
}
