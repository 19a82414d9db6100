//! The one line at the foot of a terminal that moves while a rotation goes on. Nothing of it reaches a pipe.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

use super::Args;
use super::plain::plain;
use crate::rotation::{Doing, Progress};

/// How often the line shows that the program is alive.
const TICK: Duration = Duration::from_millis(100);

/// The line, and the way of everything else to stderr past it.
#[derive(Clone)]
pub struct Live(ProgressBar);

impl Live {
    /// Moves only if stderr is a terminal that can, and talk is wanted.
    pub fn new(args: &Args) -> Self {
        let can_move = io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if can_move && !args.quiet {
            line.set_draw_target(ProgressDrawTarget::stderr());
        }
        Self(line.with_style(ProgressStyle::default_spinner()))
    }

    /// Shows what goes on.
    pub fn show(&self, progress: &Progress) {
        if self.0.is_hidden() {
            return;
        }
        self.0.set_message(plain(&text(progress)).into_owned());
        self.0.enable_steady_tick(TICK);
    }

    /// Takes the line away.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}

fn text(progress: &Progress) -> String {
    let unit = progress.whose();
    match &progress.what {
        Doing::Acting { act } => format!("{unit}: {act}"),
        Doing::Pulling { done_bytes, total_bytes } => {
            format!("{unit}: pulling, {} of {}", indicatif::BinaryBytes(*done_bytes), indicatif::BinaryBytes(*total_bytes))
        }
        Doing::Proving { well_seconds, needed_seconds } => format!("{unit}: well for {well_seconds} s of {needed_seconds} s"),
        Doing::Awaiting { left_seconds } => format!("{unit}: not well yet, {left_seconds} s left"),
    }
}

/// Writes above the line.
impl Write for Live {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'a> MakeWriter<'a> for Live {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
