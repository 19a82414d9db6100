//! What was found, a line a cell, so that runs on several engines and days make one table.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

/// In the place of a scenario: what was found of all cells of a pool or batch at once.
pub const TOGETHER: &str = "all at once";

/// One cell's line.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Line {
    pub engine: String,
    /// What the engine says that it is.
    pub version: String,
    /// When the run began, in UTC: of a cell that was tried by several runs, the last one counts.
    pub run: String,
    pub scenario: String,
    pub harm: String,
    pub healer: String,
    pub k: usize,
    /// How many calls the scenario has.
    pub of: usize,
    /// The call that the harm was done at.
    pub call: String,
    pub problems: Vec<String>,
    /// How often it was tried before, and showed nothing: the engine had lost a container that nobody had touched.
    #[serde(default)]
    pub voids: usize,
    /// Since the run began.
    #[serde(default)]
    pub seconds: u64,
}

/// Appends one.
pub fn write(file: &Path, line: &Line) -> io::Result<()> {
    let mut file = File::options().create(true).append(true).open(file)?;
    writeln!(file, "{}", serde_json::to_string(line)?)
}

/// All of one file.
pub fn read(file: &Path) -> io::Result<Vec<Line>> {
    let lines = BufReader::new(File::open(file)?).lines();
    lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}
