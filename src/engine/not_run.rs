//! Why `podman run` in a unit of systemd could not run its container, read out of the unit's log. Pure.

use super::Refusal;

/// The exit code of `podman run` that is of Podman itself (podman-run(1), exit status).
const PODMAN_ITSELF: i64 = 125;
/// Those of a container that never ran, Podman's own among them.
const NOT_RUN: std::ops::RangeInclusive<i64> = 125..=127;

/// What Podman said, where it says that the container never ran: a taken port is not the image's fault. A program that ran may say the same in its own
/// last line, and ends with a code of its own. `exit_code`: the unit's; none if systemd does not tell.
pub fn why_not_run(log: &[String], unit: &str, exit_code: Option<i64>) -> Option<(Refusal, String)> {
    let errors = errors(log, unit);
    let refusal = Refusal::read(500, &errors.join("\n"));
    let is_known = matches!(refusal, Refusal::PortTaken | Refusal::NoSpace | Refusal::NotExecutable);
    let is_podmans = is_known && exit_code.is_none_or(|code| NOT_RUN.contains(&code)) || exit_code == Some(PODMAN_ITSELF);
    let message = errors.into_iter().next_back().filter(|_| is_podmans)?;
    Some((refusal, message))
}

/// Each of Podman's errors in one line. One goes on until systemd says something of the unit: what pasta had to say stands below it (5.8).
fn errors(log: &[String], unit: &str) -> Vec<String> {
    let (mut errors, mut goes_on): (Vec<String>, bool) = (Vec::new(), false);
    for line in log {
        if let Some(error) = line.strip_prefix("Error: ") {
            errors.push(error.to_owned());
            goes_on = true;
        } else if line.strip_prefix(unit).is_some_and(|rest| rest.starts_with(':')) {
            goes_on = false;
        } else if let Some(last) = errors.last_mut().filter(|_| goes_on) {
            *last = format!("{last} {line}");
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_podman_says_over_several_lines_is_one_error() {
        let log = [
            "Listen failed for HOST TCP port */80: Address already in use",
            "Error: pasta failed with exit code 1:",
            "Listen failed for HOST TCP port */80: Address already in use",
            "Couldn't listen on requested ports",
            "web.service: Main process exited, code=exited, status=126/n/a",
            "Failed to start web.service - a test.",
        ];
        let log = log.map(str::to_owned);
        let said = "pasta failed with exit code 1: Listen failed for HOST TCP port */80: Address already in use Couldn't listen on requested ports";
        assert_eq!(why_not_run(&log, "web.service", Some(126)), Some((Refusal::PortTaken, said.to_owned())));
        assert_eq!(why_not_run(&log, "web.service", Some(1)), None);
        assert_eq!(why_not_run(&log[4..], "web.service", Some(126)), None);
    }
}
