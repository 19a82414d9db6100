//! Plain data to text: tables on a terminal, lines in a pipe, or one JSON document. stdout is data, stderr is talk.

mod entry;
mod explanation;
mod past;
mod rows;
mod values;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use super::Exit;
use super::error::CliError;
use super::live::Live;
use super::plain::{plain, plain_json};
use crate::config::Shown;
use crate::cycle::{Explanation, Past, Report, Status, Verdict};
use crate::model::{Hold, RefusedDigest};
use crate::plan::Plan;
use crate::rotation::Progress;

/// The version of all JSON documents; grows when a field changes its meaning or goes.
const JSON_VERSION: u32 = 1;

/// Knows who reads.
pub struct Printer {
    is_json: bool,
    is_terminal: bool,
    live: Live,
}

impl Printer {
    /// For this process's stdout.
    pub fn new(is_json: bool, live: Live) -> Self {
        Self { is_json, is_terminal: io::stdout().is_terminal(), live }
    }

    /// What goes on, while it goes on.
    pub fn progress(&self, progress: &Progress) {
        self.live.show(progress);
    }

    /// What a pass did, and the exit code that follows from it.
    pub fn report(&self, report: &Report) -> Exit {
        self.live.end();
        if self.is_json {
            self.json(&json!({ "version": JSON_VERSION, "dry_run": report.is_dry_run, "containers": report.entries }));
        } else {
            self.rows(&["NAME", "IMAGE", "RESULT"], report.entries.iter().flat_map(entry::rows).collect());
            for text in report.entries.iter().filter_map(entry::trouble) {
                eprintln!("{text}");
            }
        }
        let has = |any: &[Verdict]| report.entries.iter().any(|entry| any.contains(&entry.verdict) && entry.reason != Some("requested"));
        if has(&[Verdict::Stuck, Verdict::Held, Verdict::Orphaned]) {
            Exit::PersonNeeded
        } else if has(&[Verdict::RolledBack, Verdict::Stayed, Verdict::FailedLate, Verdict::Failed, Verdict::Left, Verdict::Unanswered]) {
            Exit::Failed
        } else {
            Exit::Done
        }
    }

    /// What would be done.
    pub fn plan(&self, plan: &Plan) {
        if self.is_json {
            self.json(&rows::plan_json(plan, JSON_VERSION));
        } else {
            self.rows(&["NAME", "IMAGE", "PLAN"], rows::plan(plan));
            write_out(&plan.limits.iter().map(|limit| rows::limit(limit) + "\n").collect::<String>());
        }
    }

    /// How things stand.
    pub fn status(&self, all: &[Status]) {
        if self.is_json {
            self.json(&json!({ "version": JSON_VERSION, "containers": all }));
        } else {
            self.rows(&["NAME", "IMAGE", "STATE", "ROTATION"], all.iter().map(rows::status).collect());
        }
    }

    /// What decides about one container.
    pub fn explanation(&self, explanation: &Explanation) {
        if self.is_json {
            self.json(&json!({ "version": JSON_VERSION, "explanation": explanation }));
        } else {
            self.rows(&["WHAT", "HOW"], explanation::rows(explanation));
        }
    }

    /// What was rotated; with the steps of each rotation, if they are wanted.
    pub fn history(&self, all: &[Past], with_steps: bool) {
        if self.is_json {
            self.json(&json!({ "version": JSON_VERSION, "rotations": all }));
        } else {
            self.rows(&past::HEAD, all.iter().flat_map(|past| past::rows(past, with_steps)).collect());
        }
    }

    /// What is on hold from now on.
    pub fn held(&self, holds: &[Hold]) {
        if self.is_json {
            self.json(&json!({ "version": JSON_VERSION, "holds": holds }));
        } else {
            self.rows(&["NAME", "HOLD"], holds.iter().map(|hold| vec![hold.name.clone(), hold.to_string()]).collect());
        }
    }

    /// Which names are released, and whether each was on hold.
    pub fn released(&self, all: &[(String, bool)]) {
        if self.is_json {
            let names: Vec<_> = all.iter().filter(|(_, was_held)| *was_held).map(|(name, _)| name).collect();
            self.json(&json!({ "version": JSON_VERSION, "released": names }));
        } else {
            let row = |(name, was_held): &(String, bool)| vec![name.clone(), if *was_held { "released" } else { "was not on hold" }.into()];
            self.rows(&["NAME", "HOLD"], all.iter().map(row).collect());
        }
    }

    /// Digests that are not tried again, or that were just forgotten.
    pub fn refused(&self, all: &[RefusedDigest], is_forgotten: bool) {
        if self.is_json {
            self.json(&json!({ "version": JSON_VERSION, (if is_forgotten { "forgotten" } else { "refused" }): all }));
        } else {
            let head = ["NAME", "IMAGE", "DIGEST", "SINCE", if is_forgotten { "FORGOTTEN" } else { "REASON" }];
            self.rows(&head, all.iter().map(|refused| rows::refused(refused, is_forgotten)).collect());
        }
    }

    /// Which files of the configuration are in order.
    pub fn checked(&self, files: &[PathBuf]) {
        if self.is_json {
            let files: Vec<_> = files.iter().map(|path| path.to_string_lossy()).collect();
            self.json(&json!({ "version": JSON_VERSION, "files": files }));
        } else {
            write_out(&values::checked(files));
        }
    }

    /// The configuration.
    pub fn values(&self, all: &[Shown]) {
        if self.is_json {
            self.json(&json!({ "version": JSON_VERSION, "values": all }));
        } else {
            write_out(&values::lines(all));
        }
    }

    /// What ended the command.
    pub fn error(&self, error: &CliError) {
        self.live.end();
        eprint!("{}", block(&chain(error), &error.state(), &error.help()));
    }

    fn json(&self, document: &impl Serialize) {
        let text = serde_json::to_string_pretty(document).unwrap_or_else(|e| format!("{{\"error\": \"{e}\"}}"));
        write_out(&format!("{}\n", plain_json(&text)));
    }

    fn rows(&self, head: &[&str], rows: Vec<Vec<String>>) {
        let rows = rows.iter().map(|cells| cells.iter().map(|cell| plain(cell)).collect::<Vec<_>>());
        if !self.is_terminal {
            let lines = rows.map(|cells| cells.join("  ").trim_end().to_owned() + "\n");
            return write_out(&lines.collect::<String>());
        }
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
        table.set_header(head.to_vec());
        for row in rows {
            table.add_row(row);
        }
        let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
        write_out(&lines.collect::<String>());
    }
}

/// `error:`, `state:`, `help:`, a line each.
fn block(error: &str, state: &str, help: &str) -> String {
    format!("error: {}\nstate: {}\nhelp:  {}\n", plain(error), plain(state), plain(help))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// A reader that has gone away (`| head`) is no error.
fn write_out(text: &str) {
    let mut out = io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        eprintln!("error: cannot write to stdout: {error}");
    }
}
