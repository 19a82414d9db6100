//! Parse, call, exit code.

use std::process::ExitCode;

use clap::Parser;
use rotate::cli::{self, Args};

fn main() -> ExitCode {
    rotate::host::keep_memory_private();
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let exit = runtime.block_on(cli::run(args));
    // A look-up of a name that hangs in the C library must not keep the program.
    runtime.shutdown_background();
    exit.into()
}
