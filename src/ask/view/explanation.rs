//! What decides about one container, as rows: what, and how it is.

use super::past::time;
use crate::cycle::Explanation;

/// What matters most first.
pub fn rows(explanation: &Explanation) -> Vec<Vec<String>> {
    let Explanation { decision, selected, status, .. } = explanation;
    let mut rows = Rows::default();
    rows.add("container", format!("{} ({}), {}", status.name, explanation.container.short(), status.state));
    rows.add("image", status.image.clone());
    rows.add("decision", decision.message.clone());
    rows.add_some("help", decision.help.clone());
    rows.add("selected", format!("{}: {}", if selected.is_selected { "yes" } else { "no" }, selected.by));
    what_runs(&mut rows, explanation);
    rows.add_some("stuck", status.stuck.clone());
    rows.add_some("hold", status.hold.as_ref().map(|hold| format!("{hold} (since {})", time(hold.at))));
    let refused = status.refused.as_ref();
    rows.add_some("refused", refused.map(|r| format!("{} since {}: {}", r.digest.short(), time(r.at), r.reason)));
    rows.add_some("kept", status.kept.as_ref().map(|kept| format!("{} until {}", kept.what(), time(kept.until))));
    if explanation.is_tool_owned {
        rows.add(
            "owner",
            "its pod or compose would start its predecessor, too, or what it requires could not be removed: that is kept only until the new one has proved itself".to_owned(),
        );
    }
    rows.add("strategy", explanation.strategy.to_owned());
    let gate = explanation.gate.as_ref();
    rows.add_some("gate", gate.map(|g| format!("{}: well for {} s, within {} s", g.by, g.min_healthy_seconds, g.deadline_seconds)));
    for setting in &explanation.settings {
        rows.add(setting.key, format!("{} ({})", setting.value.as_deref().unwrap_or("-"), setting.from));
    }
    for label in &explanation.labels_ignored {
        rows.add("ignored", format!("{label}: it came with the image, which is no policy"));
    }
    for label in &explanation.labels_not_followed {
        rows.add("not followed", label.clone());
    }
    rows.add_some("cannot be made", explanation.cannot_be_created.clone());
    match &explanation.differences {
        Some(all) if all.is_empty() => rows.add("would differ", "in nothing that its images decide".to_owned()),
        Some(all) => all.iter().for_each(|difference| {
            let nothing = if difference.explained_by.is_none() { " (nothing explains it)" } else { "" };
            rows.add("would differ", format!("{difference}{nothing}"));
        }),
        None => {}
    }
    rows.0
}

fn what_runs(rows: &mut Rows, explanation: &Explanation) {
    let digests: Vec<&str> = explanation.runs.digests.iter().map(|digest| digest.short()).collect();
    let digests = if digests.is_empty() { "no digest known".to_owned() } else { digests.join(", ") };
    rows.add("runs", format!("{digests} (image {})", explanation.runs.image.short()));
    let Some(answer) = &explanation.registry else { return };
    let said = match (&answer.digest, &answer.error) {
        (Some(digest), _) => digest.short().to_owned(),
        (None, error) => error.clone().unwrap_or_default(),
    };
    let seen = match answer.first_seen_at {
        Some(at) => format!(", seen since {}", time(at)),
        None if answer.digest.is_some() => ", not seen by a run yet".to_owned(),
        None => String::new(),
    };
    let usable = answer.usable_from.map(|at| format!(", to be used from {}", time(at))).unwrap_or_default();
    rows.add("registry", format!("{said}{seen}{usable}"));
}

#[derive(Default)]
struct Rows(Vec<Vec<String>>);

impl Rows {
    fn add(&mut self, what: &str, how: String) {
        self.0.push(vec![what.to_owned(), how]);
    }

    fn add_some(&mut self, what: &str, how: Option<String>) {
        if let Some(how) = how {
            self.add(what, how);
        }
    }
}
