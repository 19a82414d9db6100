//! Runs a command in a container through the engine: made, started with its output attached, and asked how it ended.

use bollard::Docker;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecResults};
use futures_util::StreamExt;

use crate::model::ContainerId;

/// Of what a command prints, only the last piece is kept, and of that the last line shown.
const SHOWN_CHARS: usize = 200;

/// A command that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// Its exit code.
    pub code: i64,
    /// The last line that it printed, without control characters; at most 200 characters.
    pub output: String,
}

/// Runs `argv` as the container's own user, as `docker exec` would.
pub(super) async fn run(engine: &Docker, container: &ContainerId, argv: &[String]) -> Result<Executed, Error> {
    let options =
        CreateExecOptions { cmd: Some(argv.to_vec()), attach_stdout: Some(true), attach_stderr: Some(true), ..Default::default() };
    let id = engine.create_exec(container.as_str(), options).await?.id;
    let mut output = String::new();
    if let StartExecResults::Attached { output: mut lines, .. } = engine.start_exec(&id, None).await? {
        while let Some(line) = lines.next().await {
            let line = last_line(line?.as_ref());
            if !line.is_empty() {
                output = line;
            }
        }
    }
    // An engine that does not say how it ended has not seen its end.
    let code = engine.inspect_exec(&id).await?.exit_code.unwrap_or(-1);
    Ok(Executed { code, output })
}

/// The last line that is not empty, fit to be shown.
pub fn last_line(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN_CHARS).collect()
}
