//! Routes → responses, by figures of a process.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::response::Response;
use super::route::{ProfileKind, ProfileRequest, Route};
use crate::metrics::Metrics;

/// Where figures come from.
pub trait Source: Send + Sync + 'static {
    /// A snapshot of the heap.
    type Heap: Heap;

    /// The figures of this moment; an error says why there are none.
    ///
    /// # Errors
    /// A sentence for whoever asks.
    fn metrics(&self) -> Result<Metrics, String>;

    /// A snapshot of this moment.
    ///
    /// # Errors
    /// A sentence for whoever asks.
    fn heap(&self) -> Result<Self::Heap, String>;
}

/// A snapshot of the heap.
pub trait Heap: Send + 'static {
    /// For `go tool pprof`: the whole, or what has changed since an older one.
    fn pprof(&self, since: Option<&Self>, kind: ProfileKind, has_names: bool) -> Vec<u8>;
    /// As text.
    fn text(&self, since: Option<&Self>) -> String;
}

/// A response is given again for so long, since some take long to make.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// Answers requests. One at a time is at work.
#[derive(Debug)]
pub(super) struct Answers<S> {
    source: S,
    kept: Mutex<Vec<(Route, Instant, Response)>>,
    /// Whether a request waits for its second snapshot. The first one takes memory meanwhile.
    is_waiting: AtomicBool,
}

/// The turn of a request that waits for its second snapshot.
#[derive(Debug)]
pub(super) struct Turn<'a>(&'a AtomicBool);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Relaxed);
    }
}

impl<S: Source> Answers<S> {
    pub(super) fn new(source: S) -> Self {
        Self { source, kept: Mutex::default(), is_waiting: AtomicBool::new(false) }
    }

    /// The answer, of this second.
    pub(super) fn answer(&self, route: Route) -> Response {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(_, made, _)| made.elapsed() < KEPT_FOR);
        if let Some((.., response)) = kept.iter().find(|(of, ..)| *of == route) {
            return response.clone();
        }
        let response = match route {
            Route::Metrics(format) => match self.source.metrics() {
                Ok(metrics) => {
                    Response::new(format.content_type(), metrics.text(format).into_bytes())
                }
                Err(reason) => Response::error(503, &reason),
            },
            Route::Profile(request) => match self.source.heap() {
                Ok(heap) => profile(&heap, None, request),
                Err(reason) => Response::error(503, &reason),
            },
        };
        kept.push((route, Instant::now(), response.clone()));
        response
    }

    /// For a request that asks for two snapshots; `None` while another one has its turn.
    pub(super) fn take_turn(&self) -> Option<Turn<'_>> {
        let was_waiting = self.is_waiting.swap(true, Relaxed);
        // Not `then_some`: a turn that is made to be dropped would end the other one's.
        (!was_waiting).then(|| Turn(&self.is_waiting))
    }

    /// The first of two snapshots.
    pub(super) fn begin(&self) -> Result<S::Heap, Response> {
        self.source.heap().map_err(|reason| Response::error(503, &reason))
    }

    /// What has changed since the first of two snapshots.
    pub(super) fn end(&self, older: &S::Heap, route: Route) -> Response {
        let Route::Profile(request) = route else { return self.answer(route) };
        match self.begin() {
            Ok(heap) => profile(&heap, Some(older), request),
            Err(response) => response,
        }
    }
}

pub(super) fn busy() -> Response {
    Response::error(503, "another request waits for a second snapshot: try again later")
        .with_header("retry-after", "10")
}

fn profile<H: Heap>(heap: &H, since: Option<&H>, request: ProfileRequest) -> Response {
    if request.is_text {
        return Response::text(heap.text(since));
    }
    let profile = heap.pprof(since, request.kind, request.has_names);
    let name = match request.kind {
        ProfileKind::Heap => "attachment; filename=\"heap.pb.gz\"",
        ProfileKind::Allocs => "attachment; filename=\"allocs.pb.gz\"",
    };
    Response::new("application/octet-stream", compressed(&profile))
        .with_header("content-disposition", name)
}

/// A file of pprof is compressed by itself, whatever a client accepts.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::atomic::AtomicU64;

    use super::*;
    use crate::metrics::MetricsFormat;

    /// Counts how often it is asked.
    #[derive(Default)]
    struct Counting(AtomicU64);

    struct Numbered(u64);

    impl Source for Counting {
        type Heap = Numbered;

        fn metrics(&self) -> Result<Metrics, String> {
            let resident = self.0.fetch_add(1, Relaxed);
            Ok(Metrics { resident, ..Metrics::default() })
        }

        fn heap(&self) -> Result<Numbered, String> {
            match self.0.fetch_add(1, Relaxed) {
                0 => Err("nothing is traced".to_owned()),
                number => Ok(Numbered(number)),
            }
        }
    }

    impl Heap for Numbered {
        fn pprof(&self, since: Option<&Self>, kind: ProfileKind, has_names: bool) -> Vec<u8> {
            let since = since.map(|older| older.0);
            format!("{} since {since:?} {} {has_names}", self.0, kind.name()).into_bytes()
        }

        fn text(&self, since: Option<&Self>) -> String {
            format!("text {} since {:?}", self.0, since.map(|older| older.0))
        }
    }

    const HEAP: ProfileRequest =
        ProfileRequest { kind: ProfileKind::Heap, has_names: true, is_text: false, seconds: None };

    fn unpacked(response: &Response) -> String {
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*response.body).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn an_answer_of_this_second_is_given_again() {
        let answers = Answers::new(Counting::default());
        let route = Route::Metrics(MetricsFormat::Text);
        let first = answers.answer(route);
        assert_eq!(first.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert_eq!(answers.answer(route), first);
        assert_eq!(answers.source.0.load(Relaxed), 1);
        answers.kept.lock().unwrap()[0].1 -= KEPT_FOR;
        assert_ne!(answers.answer(route), first);
        assert_eq!(answers.kept.lock().unwrap().len(), 1, "nothing older is kept");
    }

    #[test]
    fn a_refused_request_does_not_end_the_turn_of_another() {
        let answers = Answers::new(Counting::default());
        let turn = answers.take_turn().unwrap();
        assert!(answers.take_turn().is_none());
        assert!(answers.take_turn().is_none(), "the first refusal has changed nothing");
        drop(turn);
        assert!(answers.take_turn().is_some());
    }

    #[test]
    fn profiles_are_compressed_and_errors_say_why() {
        let answers = Answers::new(Counting::default());
        let failed = answers.answer(Route::Profile(HEAP));
        assert_eq!((failed.status, &*failed.body), (503, &b"nothing is traced\n"[..]));
        let allocs = ProfileRequest { kind: ProfileKind::Allocs, has_names: false, ..HEAP };
        let response = answers.answer(Route::Profile(allocs));
        assert_eq!(unpacked(&response), "1 since None allocs false");
        let disposition = response.header("content-disposition");
        assert_eq!(disposition, Some("attachment; filename=\"allocs.pb.gz\""));
        let older = answers.begin().unwrap();
        assert_eq!(
            unpacked(&answers.end(&older, Route::Profile(HEAP))),
            "3 since Some(2) heap true"
        );
        let text = ProfileRequest { is_text: true, ..HEAP };
        assert_eq!(answers.answer(Route::Profile(text)).body, b"text 4 since None");
    }
}
