//! Answers on a terminal, in a pipe, or as one JSON document. stdout is data, stderr is talk.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use super::live::Live;
use super::plain::{plain, plain_json};
use crate::ask::{Exit, Problem, Trouble, View};
use crate::rotation::Progress;

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

    /// An answer, and the exit code that follows from it.
    pub fn show(&self, view: &View) -> Exit {
        self.live.end();
        for line in &view.talk {
            tracing::info!("{line}");
        }
        if self.is_json {
            json(&view.document);
        } else {
            self.rows(view);
            write_out(&view.below.iter().map(|line| format!("{}\n", plain(line))).collect::<String>());
            for trouble in &view.trouble {
                let Trouble { error, state, help, log } = trouble;
                let log: String = log.iter().map(|line| format!("  log: {}\n", plain(line))).collect();
                eprint!("{}{log}", block(error, state, help));
            }
        }
        if let Some(problem) = &view.problem {
            self.problem(problem);
        }
        view.exit
    }

    /// The configuration: a document, or text that is one, too.
    pub fn text(&self, document: &Value, text: &str) {
        if self.is_json { json(document) } else { write_out(text) }
    }

    /// What ended the command.
    pub fn problem(&self, problem: &Problem) {
        self.live.end();
        eprint!("{}", block(&problem.error, &problem.state, &problem.help));
    }

    fn rows(&self, view: &View) {
        let rows = view.rows.iter().map(|cells| cells.iter().map(|cell| plain(cell)).collect::<Vec<_>>());
        if !self.is_terminal {
            let lines = rows.map(|cells| cells.join("  ").trim_end().to_owned() + "\n");
            return write_out(&lines.collect::<String>());
        }
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
        table.set_header(view.head.clone());
        for row in rows {
            table.add_row(row);
        }
        let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
        write_out(&lines.collect::<String>());
    }
}

fn json(document: &Value) {
    let text = serde_json::to_string_pretty(document).unwrap_or_else(|e| format!("{{\"error\": \"{e}\"}}"));
    write_out(&format!("{}\n", plain_json(&text)));
}

/// `error:`, `state:`, `help:`, a line each.
fn block(error: &str, state: &str, help: &str) -> String {
    format!("error: {}\nstate: {}\nhelp:  {}\n", plain(error), plain(state), plain(help))
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
