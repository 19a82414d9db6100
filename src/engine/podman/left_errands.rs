//! Errands whose process was killed before it had read their answers. Each would stay until the next boot, with a folder in memory in which stands what
//! was asked and said: a container's settings, secrets among them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::errand::{MARGIN, PREFIX};
use super::owner::not_started;
use super::said::run;
use super::systemctl::for_another;
use crate::engine::EngineError;
use crate::user::User;

/// Users whose systemd was asked by this process already.
static SWEPT: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// Ends what processes that are gone have left with this user's systemd. Once a process: what comes to be left later is the next one's.
pub async fn sweep(user: &User) {
    if !SWEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(user.id) {
        return;
    }
    if let Err(error) = end_left(user).await {
        tracing::debug!("errands that were left are not ended: {error}");
    }
}

async fn end_left(user: &User) -> Result<(), EngineError> {
    let call = "look for errands that were left";
    let unstarted = |error: &std::io::Error| not_started(call, 501, "systemctl", error);
    let mut list = for_another(user, "systemctl");
    list.args(["list-units", "--all", "--plain", "--full", "--no-legend", "--no-pager", &format!("{PREFIX}*.service")]);
    let left = left(&run(call, list, MARGIN, unstarted).await?.answer, is_gone);
    if left.is_empty() {
        return Ok(());
    }
    tracing::debug!("ending what a process that is gone has left: {}", left.join(", "));
    let mut end = for_another(user, "systemctl");
    end.args(["stop", "--"]).args(left);
    run(call, end, MARGIN, unstarted).await.map(|_| ())
}

/// Those units of a list of systemctl's whose process is gone: its number is in their names.
fn left(list: &str, is_gone: impl Fn(i32) -> bool) -> Vec<String> {
    let units = list.lines().filter_map(|line| line.split_whitespace().next());
    let process = |unit: &str| unit.strip_prefix(PREFIX)?.split_once('-')?.0.parse::<i32>().ok();
    units.filter(|unit| process(unit).is_some_and(&is_gone)).map(str::to_owned).collect()
}

/// By a signal that is none: the processes of others may be hidden in /proc.
fn is_gone(process: i32) -> bool {
    Pid::from_raw(process).is_some_and(|process| test_kill_process(process) == Err(Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_units_only_errands_whose_process_is_gone_are_ended() {
        let list = "rotate-errand-7-18a.service  loaded active     exited rotate: write /x\n\
                    rotate-errand-8-18b.service  loaded activating start  rotate: write /y\n\
                    rotate-errand-x-18c.service  loaded active     exited another's\n\
                    rotate-errand-7.service      loaded active     exited another's\n";
        assert_eq!(left(list, |process| process == 7), ["rotate-errand-7-18a.service"]);
        assert!(left("", |_| true).is_empty());
    }

    #[test]
    fn a_process_that_was_waited_for_is_gone_and_this_one_is_not() {
        let mut child = std::process::Command::new("true").spawn().expect("a program");
        let id = child.id();
        child.wait().expect("its end");
        assert!(is_gone(i32::try_from(id).expect("a number of a process")));
        assert!(!is_gone(i32::try_from(std::process::id()).expect("a number of a process")));
        assert!(!is_gone(0), "no process has this number");
    }
}
