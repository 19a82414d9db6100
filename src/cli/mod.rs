//! What a person types and sees. One file a command; each declares, converts, calls one function and renders.

mod args;
mod config;
mod error;
mod exit;
mod explain;
mod generate;
mod history;
mod hold;
mod live;
mod log;
mod now;
mod plain;
mod plan;
mod refused;
mod release;
mod render;
mod rollback;
mod setup;
mod socket;
mod status;
mod until;

pub use args::Args;
pub use exit::Exit;

use args::Command;
use live::Live;
use render::Printer;

/// Does what the arguments say and tells how it went.
pub async fn run(args: Args) -> Exit {
    let live = Live::new(&args);
    log::init(args.verbose, args.quiet, live.clone());
    let printer = Printer::new(args.json, live);
    let result = match &args.command {
        Command::Now(now) => now::run(&args, now, &printer).await,
        Command::Plan(plan) => plan::run(&args, plan, &printer).await,
        Command::Status => status::run(&args, &printer).await,
        Command::Explain(explain) => explain::run(&args, explain, &printer).await,
        Command::History(history) => history::run(&args, history, &printer),
        Command::Hold(hold) => hold::run(&args, hold, &printer).await,
        Command::Release(release) => release::run(&args, release, &printer),
        Command::Refused(refused) => refused::run(&args, refused, &printer),
        Command::Config(config) => config::run(&args, config, &printer),
        Command::Generate(generate) => generate::run(generate),
        Command::Rollback(rollback) => rollback::run(&args, rollback, &printer).await,
    };
    result.unwrap_or_else(|error| {
        printer.error(&error);
        error.exit()
    })
}
