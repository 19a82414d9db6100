//! Answers as they are shown: one JSON document, and the rows and words for people. How they look on a terminal is up to `cli/`.

mod entry;
mod explanation;
mod many;
mod past;
mod rows;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Exit, Problem};
use crate::cycle::{Explanation, Past, Report, Status, Verdict};
use crate::model::{Hold, RefusedDigest, Warning};
use crate::plan::Plan;

/// The version of all JSON documents; grows when a field changes its meaning or goes.
pub const JSON_VERSION: u32 = 1;

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The exit code that follows from it.
    pub exit: Exit,
    /// For programs.
    pub document: Value,
    /// For people: what stands above the columns of `rows`.
    pub head: Vec<String>,
    /// For people: a line each.
    pub rows: Vec<Vec<String>>,
    /// For people: whole lines below the rows.
    pub below: Vec<String>,
    /// What went wrong, for people.
    pub trouble: Vec<Trouble>,
    /// What is to be said beside the data.
    pub talk: Vec<String>,
    /// What ended the work early: all above is what was done before.
    pub problem: Option<Problem>,
}

/// Something that went wrong with one container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What happened.
    pub error: String,
    /// How things stand.
    pub state: String,
    /// What to do.
    pub help: String,
    /// The last lines that a failed container wrote.
    pub log: Vec<String>,
}

impl View {
    fn new(document: Value, head: &[&str], rows: Vec<Vec<String>>) -> Self {
        let head = head.iter().map(|&text| text.to_owned()).collect();
        Self { exit: Exit::Done, document, head, rows, below: Vec::new(), trouble: Vec::new(), talk: Vec::new(), problem: None }
    }

    /// What a pass did.
    pub fn report(report: &Report) -> Self {
        let has = |any: &[Verdict]| report.entries.iter().any(|entry| any.contains(&entry.verdict) && entry.reason != Some("requested"));
        let exit = if has(&[Verdict::Stuck, Verdict::Held, Verdict::Orphaned]) {
            Exit::PersonNeeded
        } else if has(&[Verdict::RolledBack, Verdict::Stayed, Verdict::FailedLate, Verdict::Failed, Verdict::Left, Verdict::Unanswered])
            || report.entries.iter().any(|entry| entry.is_fault)
        {
            Exit::Failed
        } else {
            Exit::Done
        };
        let containers: Vec<Value> = report.entries.iter().map(entry::document).collect();
        let document = json!({ "version": JSON_VERSION, "dry_run": report.is_dry_run, "containers": containers });
        let rows = report.entries.iter().flat_map(entry::rows).collect();
        let trouble = report.entries.iter().filter_map(entry::trouble).collect();
        Self { exit, trouble, ..Self::new(document, &["NAME", "IMAGE", "RESULT"], rows) }
    }

    /// The same, of work that this ended early. The exit code is that of the two which is the greater.
    pub fn ended_by(mut self, problem: Problem) -> Self {
        let problem = Problem { state: format!("what is listed stands; beyond that, {}", problem.state), ..problem };
        if let Value::Object(document) = &mut self.document {
            document.insert("problem".to_owned(), json!(problem));
        }
        Self { exit: self.exit.max(problem.exit), problem: Some(problem), ..self }
    }

    /// What would be done.
    pub fn plan(plan: &Plan) -> Self {
        let below = plan.limits.iter().map(rows::limit).collect();
        Self { below, ..Self::new(rows::plan_json(plan, JSON_VERSION), &["NAME", "IMAGE", "PLAN"], rows::plan(plan)) }
    }

    /// How things stand: a person is needed where a rotation is stuck, and a container that is unwell after its rotation is a failure.
    pub fn status(all: &[Status]) -> Self {
        let any = |is: fn(&Status) -> bool| all.iter().any(is);
        let exit = match (any(|status| status.stuck.is_some()), any(|status| status.unwell.is_some())) {
            (true, _) => Exit::PersonNeeded,
            (false, true) => Exit::Failed,
            (false, false) => Exit::Done,
        };
        let document = json!({ "version": JSON_VERSION, "containers": all });
        Self { exit, ..Self::new(document, &["NAME", "IMAGE", "STATE", "ROTATION"], all.iter().map(rows::status).collect()) }
    }

    /// The same, with what is so about the whole engine.
    pub fn warned(mut self, warning: Option<Warning>) -> Self {
        self.below.extend(warning.as_ref().map(ToString::to_string));
        if let Value::Object(document) = &mut self.document {
            document.insert("warnings".to_owned(), json!(Vec::from_iter(warning)));
        }
        self
    }

    /// What decides about one container.
    pub fn explanation(explanation: &Explanation) -> Self {
        let document = json!({ "version": JSON_VERSION, "explanation": explanation });
        Self::new(document, &["WHAT", "HOW"], explanation::rows(explanation))
    }

    /// What was rotated; with the steps of each rotation, if they are wanted.
    pub fn history(all: &[Past], with_steps: bool) -> Self {
        let document = json!({ "version": JSON_VERSION, "rotations": all });
        Self::new(document, &past::HEAD, all.iter().flat_map(|past| past::rows(past, with_steps)).collect())
    }

    /// What is on hold from now on.
    pub fn held(holds: &[Hold]) -> Self {
        let document = json!({ "version": JSON_VERSION, "holds": holds });
        Self::new(document, &["NAME", "HOLD"], holds.iter().map(|hold| vec![hold.name.clone(), hold.to_string()]).collect())
    }

    /// Which names are released, and whether each was on hold.
    pub fn released(all: &[(String, bool)]) -> Self {
        let names: Vec<_> = all.iter().filter(|(_, was_held)| *was_held).map(|(name, _)| name).collect();
        let document = json!({ "version": JSON_VERSION, "released": names });
        let row = |(name, was_held): &(String, bool)| vec![name.clone(), if *was_held { "released" } else { "was not on hold" }.into()];
        Self::new(document, &["NAME", "HOLD"], all.iter().map(row).collect())
    }

    /// Digests that are not tried again, or that were just forgotten.
    pub fn refused(all: &[RefusedDigest], is_forgotten: bool) -> Self {
        let document = json!({ "version": JSON_VERSION, (if is_forgotten { "forgotten" } else { "refused" }): all });
        let head = ["NAME", "IMAGE", "DIGEST", "SINCE", if is_forgotten { "FORGOTTEN" } else { "REASON" }];
        Self::new(document, &head, all.iter().map(|refused| rows::refused(refused, is_forgotten)).collect())
    }
}
