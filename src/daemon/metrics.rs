//! What Prometheus asks for: how the daemon does, and what its records say of each engine and each container. No engine is asked, so that none is
//! kept awake by it; and since all of it is written down, nothing begins at zero with a new process.

use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde_json::json;

use super::desk::State;
use crate::ask::Served;
use crate::cycle::{self, Past};
use crate::rotation::{Record, Stage};
use crate::store::{Store, StoreError};

type Labels = Vec<(&'static str, String)>;
type Gauges = Family<Labels, Gauge<f64, AtomicU64>>;

/// What is told of one engine.
#[derive(Debug, Default)]
struct Facts {
    /// Its name; empty where it has none, because it is the only one.
    label: String,
    /// The last pass could not go on, and is tried again.
    is_failing: bool,
    /// When the last scheduled run began.
    last_run: Option<Timestamp>,
    /// The newest rotation of each unit.
    last_rotations: Vec<Past>,
    /// Rotations that are not over, and those of them that only a person can help.
    open: usize,
    stuck: usize,
    refused: usize,
    holds: usize,
}

impl State {
    /// The document of `GET /metrics`: gauges alone, which both Prometheus's text format 0.0.4 and OpenMetrics 1.0 have.
    ///
    /// Errors: the records of an engine cannot be read. Nothing is told then, so that a scrape is one that failed.
    pub(super) fn exposition(&self) -> Result<String, StoreError> {
        let mut all = Vec::new();
        for served in self.served() {
            all.extend(self.facts(&served)?);
        }
        let next_run = self.standing().next_run;
        Ok(text(next_run, &all))
    }

    /// None of a user who lingers and has never had an engine.
    fn facts(&self, served: &Served) -> Result<Option<Facts>, StoreError> {
        let Some(store) = self.known_store(served)? else { return Ok(None) };
        let (open, now) = (store.open_rotations()?, self.clock.at());
        let is_stuck = |record: &&Record| record.stuck.is_some();
        Ok(Some(Facts {
            label: served.label(),
            is_failing: self.standing().problems.contains_key(&served.label()),
            last_run: store.last_run()?,
            last_rotations: cycle::last_rotations(&*store)?,
            open: open.iter().filter(|record| record.stage != Stage::Kept || is_stuck(record)).count(),
            stuck: open.iter().filter(is_stuck).count(),
            refused: store.all_refused()?.len(),
            holds: store.holds()?.iter().filter(|hold| hold.is_in_force(now)).count(),
        }))
    }
}

fn text(next_run: Option<Timestamp>, all: &[Facts]) -> String {
    let mut registry = Registry::with_prefix("rotate");
    let mut gauges = |name: &str, help: &str| {
        let gauges = Gauges::default();
        registry.register(name, help, gauges.clone());
        gauges
    };
    let build = gauges("build_info", "Always 1; the version of the program is a label");
    let next = gauges("next_run_timestamp_seconds", "When the next scheduled run begins");
    let last = gauges("last_run_timestamp_seconds", "When the last scheduled run began, or rotate was first started");
    let failing = gauges("pass_failing", "1 while the last pass over the engine could not go on and is tried again");
    let open = gauges("open_rotations", "Rotations that are not over, those that are stuck included");
    let stuck = gauges("stuck_rotations", "Rotations that only a person can help");
    let refused = gauges("refused_digests", "Digests that failed and are not tried again");
    let holds = gauges("holds", "Containers that a person holds");
    let rotation = gauges(
        "last_rotation_timestamp_seconds",
        "When the newest rotation of the container ended, or began if it is not over; what became of it is a label, as `verdict` in `rotate history --json`",
    );
    build.get_or_create(&vec![("version", env!("CARGO_PKG_VERSION").to_owned())]).set(1.0);
    if let Some(at) = next_run {
        next.get_or_create(&Labels::new()).set(seconds(at));
    }
    for facts in all {
        let own: Labels = Some(facts.label.clone()).filter(|label| !label.is_empty()).map(|label| ("engine", label)).into_iter().collect();
        if let Some(at) = facts.last_run {
            last.get_or_create(&own).set(seconds(at));
        }
        failing.get_or_create(&own).set(f64::from(facts.is_failing));
        for (gauges, count) in [(&open, facts.open), (&stuck, facts.stuck), (&refused, facts.refused), (&holds, facts.holds)] {
            gauges.get_or_create(&own).set(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
        }
        for past in &facts.last_rotations {
            let verdict = json!(past.entry.verdict).as_str().unwrap_or_default().to_owned();
            let of = [("container", past.entry.name.clone()), ("verdict", verdict)];
            let at = past.ended_at.unwrap_or(past.began_at);
            rotation.get_or_create(&own.iter().cloned().chain(of).collect()).set(seconds(at));
        }
    }
    let mut text = String::new();
    // A string takes all that is written to it.
    let _ = encode(&mut text, &registry);
    text
}

/// Seconds of Unix time, to the second: what a table of times is read by.
#[allow(clippy::cast_precision_loss)] // exact for 285 million years
fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// Its lines, but for those that explain and that of the version.
    fn lines(next_run: Option<Timestamp>, all: &[Facts]) -> Vec<String> {
        let text = text(next_run, all);
        let mut lines: Vec<_> =
            text.lines().filter(|line| !line.starts_with('#') && !line.contains("version")).map(str::to_owned).collect();
        lines.sort();
        lines
    }

    #[test]
    fn each_engine_is_named_in_each_of_its_numbers() {
        let one = |label: &str, refused| Facts { label: label.to_owned(), refused, is_failing: refused > 0, ..Facts::default() };
        let lines = lines(Some(at("2026-11-28T04:00:00.7Z")), &[one("podman", 0), one("podman:alice", 2)]);
        assert_eq!(lines.len(), 11, "{lines:#?}");
        for line in [
            "rotate_next_run_timestamp_seconds 1795838400.0",
            "rotate_pass_failing{engine=\"podman\"} 0.0",
            "rotate_pass_failing{engine=\"podman:alice\"} 1.0",
            "rotate_refused_digests{engine=\"podman:alice\"} 2.0",
        ] {
            assert!(lines.iter().any(|known| known == line), "{line}: {lines:#?}");
        }
    }

    #[test]
    fn the_only_engine_that_nobody_named_has_no_name_here_either() {
        let facts = Facts { last_run: Some(at("2026-11-28T04:00:00Z")), ..Facts::default() };
        let lines = lines(None, &[facts]);
        assert!(lines.contains(&"rotate_last_run_timestamp_seconds 1795838400.0".to_owned()), "{lines:#?}");
        assert!(lines.iter().all(|line| !line.contains("engine=")), "{lines:#?}");
    }

    #[test]
    fn every_number_is_one_that_the_older_format_has_too() {
        let text = text(None, &[Facts::default()]);
        let types: Vec<_> = text.lines().filter(|line| line.starts_with("# TYPE ")).collect();
        assert!(types.len() > 5 && types.iter().all(|line| line.ends_with(" gauge")), "{types:?}");
    }
}
