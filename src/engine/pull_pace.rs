//! Whether a pull still comes forward. An engine that waits for a registry may go on to say that it waits, and a registry may send a byte
//! a minute: neither is to hold a pass for ever. Pure.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::CreateImageInfo;
use tokio::time::Instant;

use super::EngineError;

/// A pull that says nothing for so long hangs.
const SILENCE: Duration = Duration::from_secs(300);
/// While layers are fetched, at least so many bytes come in this time, or one of them is done.
const FETCH: Duration = Duration::from_secs(300);
/// A line of 2 kbit/s brings more.
const FETCH_BYTES: u64 = 64 * 1024;
/// One layer may take this long to be unpacked: an engine with containerd's store tells nothing of how far it is.
const UNPACK: Duration = Duration::from_secs(60 * 60);
/// However slow the line is.
const WHOLE: Duration = Duration::from_secs(24 * 60 * 60);
/// No image has more layers; an engine that tells of more brings the pull no further.
const MOST_LAYERS: usize = 1024;

/// How a pull has come forward so far.
pub(super) struct Pace {
    begun: Instant,
    /// When the engine said something last.
    heard: Instant,
    /// When it had come forward last.
    moved: Instant,
    /// What has come since then.
    bytes: u64,
    /// When a layer was being unpacked last.
    unpacking: Option<Instant>,
    layers: HashMap<String, Layer>,
}

#[derive(Default)]
struct Layer {
    fetched_bytes: u64,
    unpacked_bytes: u64,
    is_fetched: bool,
    is_done: bool,
}

impl Pace {
    /// Begins now.
    pub(super) fn new(now: Instant) -> Self {
        Self { begun: now, heard: now, moved: now, bytes: 0, unpacking: None, layers: HashMap::new() }
    }

    /// Takes in one line of the answer.
    ///
    /// Docker API 1.41–1.51, ImageCreate: a layer is `Pulling fs layer`, `Waiting`, `Downloading`, `Retrying in 5 seconds`, `Verifying Checksum`,
    /// `Download complete`, `Extracting` and at last `Pull complete`, or `Already exists`.
    pub(super) fn take(&mut self, line: &CreateImageInfo, now: Instant) {
        self.heard = now;
        let (Some(id), Some(status)) = (line.id.as_deref(), line.status.as_deref()) else { return };
        let is_of_a_layer = match status {
            "Pulling fs layer" | "Waiting" | "Downloading" | "Verifying Checksum" | "Download complete" | "Extracting"
            | "Pull complete" | "Already exists" => true,
            other => other.starts_with("Retrying in"),
        };
        if !is_of_a_layer || (self.layers.len() >= MOST_LAYERS && !self.layers.contains_key(id)) {
            return;
        }
        let current = line.progress_detail.as_ref().and_then(|detail| detail.current).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        let layer = self.layers.entry(id.to_owned()).or_default();
        let was = (layer.is_fetched, layer.is_done);
        match status {
            "Downloading" => {
                // A layer that is tried once more begins anew: what has come counts all the same.
                self.bytes += current.saturating_sub(layer.fetched_bytes);
                (layer.fetched_bytes, layer.is_fetched) = (current, false);
            }
            "Extracting" => {
                self.bytes += current.saturating_sub(layer.unpacked_bytes);
                (layer.unpacked_bytes, layer.is_fetched) = (current, true);
                self.unpacking = Some(now);
            }
            "Download complete" => layer.is_fetched = true,
            "Pull complete" | "Already exists" => (layer.is_fetched, layer.is_done) = (true, true),
            _ => {}
        }
        let has_ended = (layer.is_fetched && !was.0) || (layer.is_done && !was.1);
        if has_ended || self.bytes >= FETCH_BYTES {
            (self.moved, self.bytes) = (now, 0);
        }
    }

    /// How long the next line is waited for.
    pub(super) fn left(&self, now: Instant) -> Duration {
        let until = (self.heard + SILENCE).min(self.moved + self.patience(now)).min(self.begun + WHOLE);
        until.saturating_duration_since(now)
    }

    fn patience(&self, now: Instant) -> Duration {
        let is_unpacking = self.unpacking.is_some_and(|at| now.saturating_duration_since(at) < SILENCE);
        let is_fetched = !self.layers.is_empty() && self.layers.values().all(|layer| layer.is_fetched);
        if is_unpacking || is_fetched { UNPACK } else { FETCH }
    }

    /// The error of a wait for the next line, with what was waited for in vain.
    pub(super) fn explain(&self, error: EngineError) -> EngineError {
        let now = Instant::now();
        let seconds = |since: Instant| now.saturating_duration_since(since).as_secs();
        match error {
            EngineError::Unanswered { call, .. } if self.left(now).is_zero() => {
                let detail = if self.heard + SILENCE <= now {
                    format!("nothing was said for {} s", seconds(self.heard))
                } else if self.begun + WHOLE <= now {
                    format!("not done within {} h", WHOLE.as_secs() / 3600)
                } else {
                    format!("{} bytes came in the last {} s", self.bytes, seconds(self.moved))
                };
                EngineError::Unanswered { call, detail }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Says `line(n)` every `every` seconds; after how many seconds the pull is given up, and why. None: it goes on for the whole time.
    async fn given_up(every: u64, lines: u64, line: impl Fn(u64) -> Value) -> Option<(u64, String)> {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        for n in 1..=lines {
            let pause = Duration::from_secs(every);
            let left = pace.left(Instant::now());
            tokio::time::sleep(pause.min(left)).await;
            if left <= pause {
                let late = EngineError::Unanswered { call: "pull".into(), detail: "waited".into() };
                return Some((begun.elapsed().as_secs(), pace.explain(late).to_string()));
            }
            pace.take(&serde_json::from_value(line(n)).expect("a line of the engine"), Instant::now());
        }
        None
    }

    fn layer(id: &str, status: &str, current: u64) -> Value {
        json!({ "id": id, "status": status, "progressDetail": { "current": current, "total": 1_000_000_000_000_u64 } })
    }

    #[tokio::test(start_paused = true)]
    async fn a_pull_that_says_nothing_is_given_up_after_five_minutes() {
        let (after, why) = given_up(1000, 1, |_| json!({ "status": "Pulling from web" })).await.expect("it is given up");
        assert_eq!((after, why.as_str()), (300, "no answer to «pull»: nothing was said for 300 s"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pull_that_only_says_that_it_waits_is_given_up_after_five_minutes() {
        for status in ["Waiting", "Downloading", "Retrying in 5 seconds"] {
            let (after, why) = given_up(1, 10_000, |_| layer("a", status, 0)).await.expect("it is given up");
            assert_eq!((after, why.as_str()), (300, "no answer to «pull»: 0 bytes came in the last 300 s"), "{status}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_a_minute_is_given_up_and_a_slow_line_is_not() {
        let (after, why) = given_up(60, 10_000, |n| layer("a", "Downloading", n)).await.expect("it is given up");
        assert_eq!((after, why.as_str()), (300, "no answer to «pull»: 4 bytes came in the last 300 s"));
        assert_eq!(given_up(60, 12 * 60, |n| layer("a", "Downloading", n * 16 * 1024)).await, None);
        let (after, why) = given_up(60, 25 * 60, |n| layer("a", "Downloading", n * 16 * 1024)).await.expect("it is given up");
        assert_eq!((after, why.as_str()), (24 * 60 * 60, "no answer to «pull»: not done within 24 h"));
    }

    #[tokio::test(start_paused = true)]
    async fn endless_layers_bring_a_pull_no_further() {
        let (after, _) = given_up(1, 10_000, |n| layer(&n.to_string(), "Already exists", 0)).await.expect("it is given up");
        assert!((1024 + 300..=1024 + 3600).contains(&after), "{after}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_layer_is_unpacked_for_an_hour_and_no_longer() {
        // With containerd's store «current» counts seconds there.
        let unpacks = |n| layer("a", if n == 1 { "Download complete" } else { "Extracting" }, n);
        assert_eq!(given_up(1, 3000, unpacks).await, None);
        let (after, _) = given_up(1, 10_000, unpacks).await.expect("it is given up");
        assert!((3600..3700).contains(&after), "{after}");
    }
}
