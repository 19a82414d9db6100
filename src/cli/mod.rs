//! What a person types and sees. A command is turned into a question, asked, and the answer is shown.

mod args;
mod asked;
mod config;
mod daemon;
mod error;
mod generate;
mod live;
mod log;
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

/// How much is told: what was typed, for the daemon else what its configuration says.
fn level(args: &Args) -> LogLevel {
    match (args.verbose, args.quiet, args.log_level) {
        (true, _, _) => LogLevel::Debug,
        (_, true, _) => LogLevel::Warn,
        (_, _, Some(level)) => level,
        // What is wrong with the configuration is told when it is put to use.
        _ if matches!(args.command, Command::Daemon) => setup::load(args).map_or(LogLevel::Info, |loaded| loaded.config.log_level),
        _ => LogLevel::Info,
    }
}

/// Does what the arguments say and tells how it went.
pub async fn run(args: Args) -> Exit {
    let live = Live::new(&args);
    log::init(level(&args), live.clone());
    let printer = Printer::new(args.json, live);
    let result = match (asked::question(&args.command), &args.command) {
        (Some(ask), _) => asked::run(&args, &ask, &printer).await,
        (None, Command::Config(config)) => config::run(&args, config, &printer),
        (None, Command::Generate(generate)) => generate::run(generate),
        (None, _) => daemon::run(&args).await,
    };
    result.unwrap_or_else(|error| {
        let problem = error.problem();
        printer.problem(&problem);
        problem.exit
    })
}
