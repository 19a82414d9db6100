//! Asks a web address for its page every 5 ms and says for how long it was down.

use std::{
    net::{SocketAddr, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::http;

const EVERY: Duration = Duration::from_millis(5);
const TIMEOUT: Duration = Duration::from_millis(500);
/// For the last question, which says whether the service came back: a busy machine may be slow to tell.
const LAST_TIMEOUT: Duration = Duration::from_secs(30);
/// A service that is gone refuses for so long; one connection that was dropped on the way is asked for again.
const GONE: Duration = Duration::from_secs(1);

/// The page of `IP:PORT`, without the last line feed; `None` unless it answers 200 with a body within half a second.
pub fn ask(address: &str) -> Option<String> {
    ask_for(address, TIMEOUT)
}

fn ask_for(address: &str, timeout: Duration) -> Option<String> {
    let address: SocketAddr = address.parse().unwrap_or_else(|why| panic!("{address} is no address: {why}"));
    let stream = TcpStream::connect_timeout(&address, timeout).ok()?;
    stream.set_read_timeout(Some(timeout)).ok()?;
    let answer = http::request(stream, "GET", "/", "").ok()?;
    (answer.status == 200 && !answer.body.is_empty()).then(|| answer.body.trim_end().to_owned())
}

struct Sample {
    asked: Instant,
    page: Option<String>,
}

/// A probe at work. Each question is a connection of its own and waits for no other, so that no failure hides behind another.
pub struct Probe {
    stop: Arc<AtomicBool>,
    samples: Arc<Mutex<Vec<Sample>>>,
    thread: JoinHandle<()>,
}

/// What a probe saw.
#[derive(Debug)]
pub struct Report {
    pub requests: usize,
    pub failed: usize,
    /// The longest stretch from the last answered question before a failure to the first answered one after it: zero if none failed,
    /// `None` if it was never answered or did not come back.
    pub down: Option<Duration>,
    /// The pages seen, in order of first appearance.
    pub pages: Vec<String>,
}

impl Probe {
    /// Begins to ask `IP:PORT`; returns after the first question is answered or 100 ms have passed.
    pub fn start(address: &str) -> Probe {
        let (stop, samples) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<Sample>>>::default());
        let thread = thread::spawn({
            let (address, stop, samples) = (address.to_owned(), Arc::clone(&stop), Arc::clone(&samples));
            move || keep_asking(&address, &stop, &samples)
        });
        let probe = Probe { stop, samples, thread };
        super::within(Duration::from_millis(100), || (!probe.samples.lock().unwrap().is_empty()).then_some(()));
        probe
    }

    /// Ends it, when all questions are answered.
    pub fn stop(self) -> Report {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the probe does not panic");
        let mut samples = std::mem::take(&mut *self.samples.lock().unwrap());
        samples.sort_by_key(|sample| sample.asked);
        report(&samples)
    }
}

fn keep_asking(address: &str, stop: &AtomicBool, samples: &Mutex<Vec<Sample>>) {
    let question = move |timeout| {
        let asked = Instant::now();
        let page = ask_for(address, timeout);
        let is_answered = page.is_some();
        samples.lock().unwrap().push(Sample { asked, page });
        is_answered
    };
    thread::scope(|scope| {
        let mut next = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            thread::Builder::new().stack_size(64 * 1024).spawn_scoped(scope, move || question(TIMEOUT)).expect("a thread can be started");
            next += EVERY;
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    });
    // Whoever ends the probe has just seen something; the last question is asked after it, and after those whose threads were slow to begin.
    super::within(GONE, || question(LAST_TIMEOUT).then_some(()));
}

fn report(samples: &[Sample]) -> Report {
    let mut report = Report { requests: samples.len(), failed: 0, down: Some(Duration::ZERO), pages: Vec::new() };
    let mut last: Option<Instant> = None;
    let mut is_down = false;
    for sample in samples {
        let Some(page) = &sample.page else {
            (report.failed, is_down) = (report.failed + 1, true);
            continue;
        };
        if let (true, Some(last)) = (is_down, last) {
            report.down = report.down.max(Some(sample.asked - last));
        }
        (last, is_down) = (Some(sample.asked), false);
        if !report.pages.contains(page) {
            report.pages.push(page.clone());
        }
    }
    if is_down || last.is_none() {
        report.down = None;
    }
    report
}
