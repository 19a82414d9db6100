//! `rotate generate`: man pages and completions, from the command line's own definition. For whoever makes a package.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::roff::{Roff, roman};

use super::args::{Args, GenerateArgs, GenerateWhat};
use super::error::CliError;
use crate::ask::Exit;

/// Writes the pages into a directory, or the completions to stdout. Needs neither engine nor configuration.
pub fn run(generate: &GenerateArgs) -> Result<Exit, CliError> {
    match &generate.what {
        GenerateWhat::Man { dir } => {
            clap_mangen::generate_to(Args::command(), dir).map_err(|source| cannot_write(dir, source))?;
            let page = dir.join("rotate.toml.5");
            fs::write(&page, configuration_page()).map_err(|source| cannot_write(&page, source))?;
        }
        GenerateWhat::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "rotate", &mut script);
            match io::stdout().write_all(&script) {
                // Whoever reads no further has had enough.
                Err(source) if source.kind() != io::ErrorKind::BrokenPipe => return Err(cannot_write(Path::new("stdout"), source)),
                _ => {}
            }
        }
    }
    Ok(Exit::Done)
}

/// The example configuration is the reference: every key with its default and unit.
fn configuration_page() -> String {
    let mut page = Roff::new();
    page.control("TH", ["rotate.toml", "5"]);
    page.control("SH", ["NAME"]).text([roman("rotate.toml - what rotate does on this host")]);
    page.control("SH", ["DESCRIPTION"]).control("nf", []);
    page.text(include_str!("../../config/rotate.toml.example").lines().map(|line| roman(format!("{line}\n"))).collect::<Vec<_>>());
    page.control("fi", []).control("SH", ["SEE ALSO"]).text([roman("rotate(1)")]);
    page.render()
}

fn cannot_write(path: &Path, source: io::Error) -> CliError {
    CliError::Write { path: path.to_owned(), source }
}
