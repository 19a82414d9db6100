//! Why `podman run` in a unit of systemd could not run its container, read out of the unit's log. Pure.

use super::Refusal;

/// The exit code of `podman run` that is of Podman itself (podman-run(1), exit status).
const PODMAN_ITSELF: i64 = 125;
/// Those of a container that never ran, Podman's own among them.
const NOT_RUN: std::ops::RangeInclusive<i64> = 125..=127;

const ERROR: &str = "Error: ";

/// What Podman said last, where it says that the container never ran: a taken port is not the image's fault. A program that ran may say the same in its own
/// last line, and ends with a code of its own. `exit_code`: the unit's; none if systemd does not tell.
pub fn why_not_run(log: &[String], unit: &str, exit_code: Option<i64>) -> Option<(Refusal, String)> {
    let begin = log.iter().rposition(|line| line.starts_with(ERROR))?;
    let is_of_systemd = |line: &&String| line.strip_prefix(unit).is_some_and(|rest| rest.starts_with(':'));
    // What pasta had to say stands below it (5.8).
    let mut lines = log[begin..].iter().take_while(|line| !is_of_systemd(line));
    let first = lines.next()?.trim_start_matches(ERROR);
    let known = std::iter::once(first).chain(lines.map(String::as_str)).find_map(|line| {
        let refusal = Refusal::read(500, line);
        matches!(refusal, Refusal::PortTaken | Refusal::NoSpace | Refusal::NotExecutable).then_some((refusal, line))
    });
    match known {
        Some((refusal, line)) if exit_code.is_none_or(|code| NOT_RUN.contains(&code)) => Some((refusal, line.to_owned())),
        _ => (exit_code == Some(PODMAN_ITSELF)).then(|| (Refusal::Other, first.to_owned())),
    }
}

/// True if systemd, the last time that it says how a run of the unit ended, says that this took longer than it may (its `unit_log_failure`).
pub fn has_timed_out(log: &[String], unit: &str) -> bool {
    let how = format!("{unit}: Failed with result ");
    log.iter().rev().find_map(|line| line.strip_prefix(&how)).is_some_and(|result| result == "'timeout'.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_podman_says_last_is_read_with_the_lines_below_it() {
        let log = [
            "Error: executable file `web` not found in $PATH: No such file or directory",
            "Listen failed for HOST TCP port */80: Address already in use",
            "Error: pasta failed with exit code 1:",
            "Listen failed for HOST TCP port */80: Address already in use",
            "Couldn't listen on requested ports",
            "web.service: Main process exited, code=exited, status=126/n/a",
            "Failed to start web.service - a test.",
        ];
        let log = log.map(str::to_owned);
        let said = |exit_code| why_not_run(&log, "web.service", exit_code);
        assert_eq!(said(Some(126)), Some((Refusal::PortTaken, "Listen failed for HOST TCP port */80: Address already in use".to_owned())));
        assert_eq!(said(Some(1)), None);
        assert_eq!(why_not_run(&log[5..], "web.service", Some(126)), None);
        let (refusal, message) = why_not_run(&log[..1], "web.service", Some(127)).expect("it is known");
        assert_eq!((refusal, message.starts_with("executable file `web`")), (Refusal::NotExecutable, true));
    }
}
