//! What `systemctl show` prints, read. Pure.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::{Activity, ServiceState};

/// What is asked for; systemctl prints them in an order of its own.
pub const PROPERTIES: &str = "Id,LoadState,ActiveState,Job,Result,ExecMainCode,ExecMainStatus,NRestarts,NeedDaemonReload,CanStart,CanStop,\
     RefuseManualStart,RefuseManualStop,SourcePath,ExecStart,ExecStartPre,ExecStopPost,TimeoutStopUSec,Requires,BindsTo,RequiredBy,RequisiteOf,BoundBy,ConsistsOf,\
     PropagatesStopTo,InactiveExitTimestampMonotonic,User";

/// `waitid(2)`: the process ended by itself (systemd prints the number).
const EXITED: &str = "1";

/// Reads what was printed of any number of units: a block each, an empty line between two. A command may have empty lines, too: a block is what
/// begins with a property that was asked for.
pub fn read(text: &str) -> Vec<ServiceState> {
    let begins = |part: &str| part.split_once('=').is_some_and(|(key, _)| PROPERTIES.split(',').any(|asked| asked == key));
    let mut blocks: Vec<String> = Vec::new();
    for part in text.split("\n\n") {
        match blocks.last_mut() {
            _ if begins(part) => blocks.push(part.to_owned()),
            Some(block) => block.extend(["\n", part]),
            None => {}
        }
    }
    blocks.iter().map(|block| one(block)).collect()
}

fn one(block: &str) -> ServiceState {
    let mut state = ServiceState { takes_orders: true, ..ServiceState::default() };
    let (mut code, mut status) = ("", None);
    for (key, value) in block.lines().filter_map(|line| line.split_once('=')) {
        match key {
            "Id" => value.clone_into(&mut state.name),
            "LoadState" => value.clone_into(&mut state.load),
            "ActiveState" => state.activity = activity(value),
            "Job" => state.has_job = !value.is_empty(),
            "Result" => value.clone_into(&mut state.result),
            "ExecMainCode" => code = value,
            "ExecMainStatus" => status = value.parse().ok(),
            "NRestarts" => state.restarts = value.parse().unwrap_or(0),
            "InactiveExitTimestampMonotonic" => state.last_start = value.parse().unwrap_or(0),
            "NeedDaemonReload" => state.is_edited = value == "yes",
            "CanStart" | "CanStop" => state.takes_orders &= value == "yes",
            "RefuseManualStart" | "RefuseManualStop" => state.takes_orders &= value == "no",
            "User" => value.clone_into(&mut state.user),
            "SourcePath" => state.source = Some(PathBuf::from(value)).filter(|_| !value.is_empty()),
            // A unit of several commands has a line for each.
            "ExecStart" => append(&mut state.start, value),
            "ExecStartPre" => append(&mut state.before_start, value),
            "ExecStopPost" => append(&mut state.after_stop, value),
            "TimeoutStopUSec" => state.stop_timeout = span(value),
            "Requires" | "BindsTo" => state.requires.extend(value.split_whitespace().map(str::to_owned)),
            "RequiredBy" | "RequisiteOf" | "BoundBy" | "ConsistsOf" => state.dependents.extend(value.split_whitespace().map(str::to_owned)),
            "PropagatesStopTo" => state.stops = value.split_whitespace().map(str::to_owned).collect(),
            _ => {}
        }
    }
    state.exit_code = status.filter(|_| code == EXITED);
    state.dependents.sort();
    state.dependents.dedup();
    state
}

fn append(all: &mut String, command: &str) {
    if !all.is_empty() {
        all.push('\n');
    }
    all.push_str(command);
}

fn activity(word: &str) -> Activity {
    match word {
        "active" => Activity::Active,
        "activating" | "reloading" | "refreshing" | "maintenance" => Activity::Activating,
        "deactivating" => Activity::Deactivating,
        "failed" => Activity::Failed,
        _ => Activity::Inactive,
    }
}

/// `1min 30s`, `500ms`; none for `infinity` (systemd.time(7), as `systemctl show` writes it).
fn span(text: &str) -> Option<Duration> {
    text.split_whitespace().try_fold(Duration::ZERO, |sum, part| {
        let at = part.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = part.split_at(at);
        let seconds = match unit {
            "us" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "min" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            "w" => 604_800.0,
            "month" => 2_629_800.0,
            "y" => 31_557_600.0,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        sum.checked_add(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As systemd 257 printed it of a Quadlet unit, shortened.
    const WEB: &str = "TimeoutStopUSec=1min 30s\nResult=exit-code\nNRestarts=2\nExecMainCode=1\nExecMainStatus=126\nExecStart={ path=/usr/bin/podman ; \
         argv[]=/usr/bin/podman run --name web --replace --rm --pull newer --sdnotify=conmon -d 10.0.0.1:5000/web:latest ; ignore_errors=no }\n\
         Id=web.service\nRequires=system.slice x-image.service\nBindsTo=y-pod.service\nRequiredBy=b.service a.service\nBoundBy=a.service\nConsistsOf=\nPropagatesStopTo=c.service\nLoadState=loaded\nActiveState=activating\n\
         SourcePath=/etc/containers/systemd/web.container\nCanStart=yes\nCanStop=yes\nRefuseManualStart=no\nJob=9387\nNeedDaemonReload=yes\nInactiveExitTimestampMonotonic=7000001\n\
         User=alice\n";

    #[test]
    fn a_unit_is_read_as_systemd_prints_it() {
        let all = read(&format!("{WEB}\nId=nope.service\nLoadState=not-found\nActiveState=inactive\nJob=\nCanStart=no\n"));
        let [web, nope] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((web.name.as_str(), web.activity, web.has_job, web.restarts), ("web.service", Activity::Activating, true, 2));
        assert_eq!((web.exit_code, web.stop_timeout), (Some(126), Some(Duration::from_secs(90))));
        assert_eq!((web.user.as_str(), nope.user.as_str()), ("alice", ""));
        assert_eq!((web.last_start, nope.last_start), (7_000_001, 0));
        assert_eq!(web.dependents, ["a.service", "b.service"]);
        assert_eq!(web.go_down_with_it().collect::<Vec<_>>(), ["a.service", "b.service", "c.service"]);
        assert_eq!(web.requires, ["system.slice", "x-image.service", "y-pod.service"]);
        assert!(web.is_loaded() && web.is_edited && web.takes_orders && web.pulls() && web.is_of("container"));
        assert!(web.makes("web") && !web.makes("we"));
        assert!(!nope.is_loaded() && !nope.has_job && !nope.takes_orders);
    }

    #[test]
    fn an_empty_line_in_a_command_shifts_no_unit() {
        let script = "Result=success\nExecStart={ argv[]=/bin/sh -c a\n\nb ; }\nId=a.service\nLoadState=loaded\n";
        let all = read(&format!("{script}\n{}", script.replace("a.service", "b.service")));
        assert_eq!(all.iter().map(|state| state.name.as_str()).collect::<Vec<_>>(), ["a.service", "b.service"]);
        assert!(all.iter().all(ServiceState::is_loaded) && read("\n").is_empty());
    }

    #[test]
    fn a_time_without_end_is_none() {
        for (text, seconds) in [("infinity", None), ("10s", Some(10.0)), ("1h 2min 500ms", Some(3_720.5)), ("", Some(0.0)), ("9x", None)] {
            assert_eq!(span(text).map(|span| span.as_secs_f64()), seconds, "{text}");
        }
    }
}
