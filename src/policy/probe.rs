//! `rotate.health.*` of one container -> one [`Probe`], or none. Pure.

use super::{PolicyError, ProbeError};
use crate::config::{Commands, HealthDefaults, positive_duration, retries};
use crate::model::{Check, Probe, StatusRange};

const HTTP: &str = "rotate.health.http";
const TCP: &str = "rotate.health.tcp";
const EXEC: &str = "rotate.health.exec";
const COMMAND: &str = "rotate.health.command";
const STATUS: &str = "rotate.health.status";
const TEXT: &str = "rotate.health.text";
const INTERVAL: &str = "rotate.health.interval";
const TIMEOUT: &str = "rotate.health.timeout";
const RETRIES: &str = "rotate.health.retries";

/// The labels as they come in, until all are known.
#[derive(Debug)]
pub(super) struct Draft {
    check: Option<(&'static str, Check)>,
    status: Option<StatusRange>,
    text: Option<String>,
    timing: HealthDefaults,
    /// A label that says something about a probe and asks for none.
    beside: Option<&'static str>,
}

impl Draft {
    /// Nothing asked yet; the file's intervals.
    pub(super) fn new(timing: HealthDefaults) -> Self {
        Self { check: None, status: None, text: None, timing, beside: None }
    }

    /// Takes one label, if it is about a probe.
    pub(super) fn take(&mut self, label: &str, value: &str, commands: &Commands) -> Option<Result<(), PolicyError>> {
        let asked = match label {
            HTTP => http(value).map(|check| (HTTP, check)),
            TCP => tcp(value).map(|check| (TCP, check)),
            EXEC => exec(value).map(|check| (EXEC, check)),
            COMMAND => command(value, commands).map(|check| (COMMAND, check)),
            _ => return self.take_beside(label, value),
        };
        Some(match (asked, &self.check) {
            (Err(reason), _) => Err(bad(label, value, reason)),
            (Ok((second, _)), Some((first, _))) => Err(PolicyError::TwoProbes { first, second }),
            (Ok(asked), None) => {
                self.check = Some(asked);
                Ok(())
            }
        })
    }

    fn take_beside(&mut self, label: &str, value: &str) -> Option<Result<(), PolicyError>> {
        let wrong = |reason| PolicyError::BadValue { label: label.to_owned(), value: value.to_owned(), reason };
        let (label, taken) = match label {
            STATUS => (STATUS, status(value).map(|range| self.status = Some(range)).map_err(|reason| bad(STATUS, value, reason))),
            TEXT if value.is_empty() => (TEXT, Err(bad(TEXT, value, ProbeError::Empty))),
            TEXT => {
                self.text = Some(value.to_owned());
                (TEXT, Ok(()))
            }
            INTERVAL => (INTERVAL, positive_duration(value).map(|interval| self.timing.interval = interval).map_err(wrong)),
            TIMEOUT => (TIMEOUT, positive_duration(value).map(|timeout| self.timing.timeout = timeout).map_err(wrong)),
            RETRIES => (RETRIES, retries(value).map(|retries| self.timing.retries = retries).map_err(wrong)),
            _ => return None,
        };
        self.beside = self.beside.or(Some(label));
        Some(taken)
    }

    /// The probe that all labels together ask for.
    pub(super) fn finish(self) -> Result<Option<Probe>, PolicyError> {
        let HealthDefaults { interval, timeout, retries } = self.timing;
        let about_http = self.status.map(|_| STATUS).or(self.text.as_ref().map(|_| TEXT));
        let check = match (self.check, about_http, self.beside) {
            (Some((_, Check::Http { port, path, .. })), _, _) => {
                Check::Http { port, path, status: self.status.unwrap_or(StatusRange::DEFAULT), text: self.text }
            }
            (_, Some(label), _) | (None, None, Some(label)) => return Err(PolicyError::NoProbe { label, needs: HTTP }),
            (Some((_, check)), None, _) => check,
            (None, None, None) => return Ok(None),
        };
        Ok(Some(Probe { check, interval, timeout, retries }))
    }
}

fn bad(label: &str, value: &str, reason: ProbeError) -> PolicyError {
    PolicyError::BadProbe { label: label.to_owned(), value: value.to_owned(), reason }
}

/// `:8080`, `:8080/healthz?full=1`.
fn http(text: &str) -> Result<Check, ProbeError> {
    let (port, path) = port_and_rest(text)?;
    let is_path = path.is_empty() || path.starts_with('/');
    if !is_path || path.chars().any(|c| !c.is_ascii_graphic() || "\"<>\\^`{|}#".contains(c)) {
        return Err(ProbeError::BadPath);
    }
    let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    Ok(Check::Http { port, path, status: StatusRange::DEFAULT, text: None })
}

/// `:5432`
fn tcp(text: &str) -> Result<Check, ProbeError> {
    match port_and_rest(text)? {
        (port, "") => Ok(Check::Tcp { port }),
        _ => Err(ProbeError::NotOnlyPort),
    }
}

fn port_and_rest(text: &str) -> Result<(u16, &str), ProbeError> {
    let after = text.strip_prefix(':').ok_or(ProbeError::NoPort)?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let (port, rest) = after.split_at(digits);
    let port = port.parse().ok().filter(|port| *port > 0).ok_or(ProbeError::NoPort)?;
    Ok((port, rest))
}

/// `["pg_isready","-q"]` runs as it is; anything else is a line for the container's `/bin/sh`, as HEALTHCHECK has it (Dockerfile reference, CMD and shell form).
fn exec(text: &str) -> Result<Check, ProbeError> {
    // `[ -e /ready ]` is a line for a shell; what begins like a list of texts can only be meant as one.
    let is_list = text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(['"', ']']));
    let argv: Vec<String> = if is_list {
        serde_json::from_str(text).map_err(|_| ProbeError::BadList)?
    } else if text.trim().is_empty() {
        Vec::new()
    } else {
        ["/bin/sh", "-c", text].map(str::to_owned).to_vec()
    };
    if argv.first().is_none_or(String::is_empty) { Err(ProbeError::Empty) } else { Ok(Check::Exec { argv }) }
}

fn command(name: &str, commands: &Commands) -> Result<Check, ProbeError> {
    match commands.get(name) {
        Some(argv) => Ok(Check::Command { name: name.to_owned(), argv: argv.to_vec() }),
        None => Err(ProbeError::UnknownCommand { known: commands.names().map(str::to_owned).collect() }),
    }
}

/// `200`, `200-399`.
fn status(text: &str) -> Result<StatusRange, ProbeError> {
    let (lowest, highest) = text.split_once('-').unwrap_or((text, text));
    let code = |text: &str| text.parse::<u16>().ok().filter(|code| (100..=599).contains(code)).ok_or(ProbeError::BadStatus);
    let range = StatusRange { lowest: code(lowest)?, highest: code(highest)? };
    if range.lowest <= range.highest { Ok(range) } else { Err(ProbeError::BadStatus) }
}
