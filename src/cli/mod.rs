//! What a person types and sees. A command is turned into a question, asked, and the answer is shown.

mod args;
mod asked;
mod config;
mod daemon;
mod error;
mod generate;
mod live;
mod log;
mod named;
mod places;
mod plain;
mod printer;
mod setup;
mod until;
mod values;

pub use args::Args;

use crate::ask::Exit;
use crate::config::LogLevel;
use args::Command;
use live::Live;
use printer::Printer;

/// How much is told, if that was typed.
fn typed_level(args: &Args) -> Option<LogLevel> {
    match (args.verbose, args.quiet) {
        (true, _) => Some(LogLevel::Debug),
        (_, true) => Some(LogLevel::Warn),
        _ => args.log_level,
    }
}

/// Does what the arguments say and tells how it went.
pub async fn run(args: Args) -> Exit {
    let live = Live::new(&args);
    let typed = typed_level(&args);
    let set_log_level = log::init(typed.unwrap_or(LogLevel::Info), live.clone());
    let printer = Printer::new(args.json, live);
    let result = match (asked::question(&args), &args.command) {
        (Some(ask), _) => asked::run(&args, &ask, &printer).await,
        (None, Command::Config(config)) => config::run(&args, config, &printer),
        (None, Command::Generate(generate)) => generate::run(generate),
        // What was typed is stronger than what its configuration says.
        (None, _) => daemon::run(&args, if typed.is_some() { Box::new(|_| {}) } else { set_log_level }).await,
    };
    result.unwrap_or_else(|error| {
        let problem = error.problem();
        printer.problem(&problem);
        problem.exit
    })
}
