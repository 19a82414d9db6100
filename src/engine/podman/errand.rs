//! Scripts that a user's own systemd runs for us, as a unit that is gone afterwards: with that user's rights and settings, and outside of whatever
//! keeps this program from writing anywhere and from making namespaces, as the unit of the daemon does.
//!
//! Over the socket of systemd itself, which is there without a bus for the user's session (`systemd-run --pipe` wants one; seen on Debian 12 and 13).

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;

use super::left_errands::sweep;
use super::owner::{as_user, not_started, not_that_user};
use super::said::{Said, run};
use super::systemctl::{NOBODY, for_another};
use crate::engine::EngineError;
use crate::engine::calls::refused;
use crate::user::User;

/// What their units' names begin with; the number of the process follows.
pub(super) const PREFIX: &str = "rotate-errand-";
/// More than systemd takes to begin and to end a unit, on a host that has much to do.
pub(super) const MARGIN: Duration = Duration::from_secs(20);
/// What the script wrote lies in a folder that goes with the unit, and that nobody but the user may look into.
const SETTINGS: [&str; 4] = ["Type=oneshot", "RemainAfterExit=yes", "RuntimeDirectoryMode=0700", "UMask=0077"];
/// The script is no argument, in which systemd would expand variables.
const SCRIPT_FROM_STDIN: [&str; 3] = ["--", "/bin/sh", "-s"];
/// Reads what was written, and how it ended.
const READ: &str = "cat -- \"$1/complaint\" >&2 && cat -- \"$1/answer\" && exit \"$(cat -- \"$1/code\")\"";

/// Has a script of sh(1) run by this user's systemd, root's being the system's. It is given so long, and gone then.
pub async fn errand(user: &User, call: &str, script: &str, deadline: Duration) -> Result<Said, EngineError> {
    sweep(user).await;
    // Never twice: one whose process was killed stays, until another process sweeps.
    let name = format!("{PREFIX}{}-{:x}", std::process::id(), Timestamp::now().as_nanosecond());
    let folder = if user.id == 0 { format!("/run/{name}") } else { format!("/run/user/{}/{name}", user.id) };
    let script = format!("cd \"$RUNTIME_DIRECTORY\" || exit\n(\ncd /\n{script}\n) >answer 2>complaint </dev/null\necho $? >code\n");
    let all = deadline + MARGIN;

    let mut begin = for_another(user, "systemd-run");
    begin.args(["-q", "--collect", "--unit", &name, "--description", &format!("rotate: {call}")]);
    begin.args(SETTINGS.iter().flat_map(|setting| ["-p", setting]));
    for setting in [
        format!("RuntimeDirectory={name}"),
        format!("TimeoutStartSec={}", deadline.as_secs()),
        format!("StandardInputData={}", BASE64_STANDARD.encode(script)),
    ] {
        begin.args(["-p", &setting]);
    }
    begin.args(SCRIPT_FROM_STDIN);
    let unstarted = |program: &'static str| move |error: &std::io::Error| not_started(call, 501, program, error);
    let begun = run(call, begin, all, unstarted("systemd-run")).await?;
    if begun.code != Some(0) {
        return Err(not_begun(call, &begun));
    }

    let mut read = as_user(user, "sh");
    read.args(["-c", READ, "sh", &folder]);
    let said = run(call, read, MARGIN, unstarted("sh")).await;

    let mut end = for_another(user, "systemctl");
    end.args(["stop", "--", &format!("{name}.service")]);
    if let Err(error) = run(call, end, MARGIN, unstarted("systemctl")).await {
        tracing::debug!("{name} is left to systemd: {error}");
    }
    said
}

fn not_begun(call: &str, begun: &Said) -> EngineError {
    let complaint = begun.complaint.trim();
    if let Some(error) = not_that_user(call, complaint) {
        return error;
    }
    match begun.code {
        None => EngineError::Unanswered { call: call.to_owned(), detail: "systemd-run was killed".to_owned() },
        Some(_) if NOBODY.iter().any(|words| complaint.contains(words)) => refused(call, 501, complaint),
        Some(_) => refused(call, 500, &format!("the user's systemd did not do it: {complaint}")),
    }
}

/// One word for sh(1), whatever is in it.
pub fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_for_the_shell_is_one_word_whatever_is_in_it() {
        for text in ["web", "a b", "it's", "$(id)", "`id`", "${HOME}", "-rf", "", "a\nb", "\\", "''"] {
            let output = std::process::Command::new("sh").args(["-c", &format!("printf %s {}", word(text))]).output().expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), text);
        }
    }
}
