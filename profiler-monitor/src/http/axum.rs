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
    let shared = Arc::new(Shared { answers: Answers::new(source), at_work: Arc::default() });
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
    at_work: Arc<Mutex<()>>,
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
    let at_work = Arc::clone(&shared.at_work).lock_owned().await;
    let shared = Arc::clone(shared);
    // The work goes on when its client has gone, and so keeps others waiting.
    spawn_blocking(move || {
        let _at_work = at_work;
        work(&shared.answers)
    })
    .await
    .ok()
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use std::time::Duration;

    use tokio::time::timeout;

    use super::super::answers::Heap;
    use super::super::route::ProfileKind;
    use super::*;
    use crate::metrics::Metrics;

    /// Takes longer than its clients wait, and counts how many are at work.
    struct Slow;

    static NOW: AtomicU64 = AtomicU64::new(0);
    static MOST: AtomicU64 = AtomicU64::new(0);

    impl Source for Slow {
        type Heap = Self;

        fn metrics(&self) -> Result<Metrics, String> {
            Err("none".to_owned())
        }

        fn heap(&self) -> Result<Self, String> {
            MOST.fetch_max(NOW.fetch_add(1, SeqCst) + 1, SeqCst);
            std::thread::sleep(Duration::from_millis(50));
            NOW.fetch_sub(1, SeqCst);
            Ok(Self)
        }
    }

    impl Heap for Slow {
        fn pprof(&self, _since: Option<&Self>, _kind: ProfileKind, _has_names: bool) -> Vec<u8> {
            Vec::new()
        }

        fn text(&self, _since: Option<&Self>) -> String {
            String::new()
        }
    }

    #[test]
    fn clients_that_go_leave_one_answer_at_work() {
        let shared = Arc::new(Shared { answers: Answers::new(Slow), at_work: Arc::default() });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            for _ in 0..8 {
                let asked = work(&shared, |answers| answers.begin().is_ok());
                let _ = timeout(Duration::from_millis(10), asked).await;
            }
            assert_eq!(work(&shared, |answers| answers.begin().is_ok()).await, Some(true));
        });
        assert_eq!(MOST.load(SeqCst), 1);
    }
}
