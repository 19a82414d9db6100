//! Variables of the predecessor: said again, and none of the shell that says them.

use serde_json::Value;

use super::Request;
use crate::spec::document::texts;
use crate::spec::podman::command::{Typed, are_with_secret};
use crate::spec::podman::heeded::is_heeded;
use crate::spec::podman::options::Use;
use crate::spec::tree::variable_name;

/// What Podman copies from where it runs unless `--http-proxy=false` is said (its own list).
const PROXIES: [&str; 8] = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY"];

/// Where `--env` says a value, Podman's client drops the carriage returns at the ends of its lines (`A\r\nB` is shown as `A\nB`); where it takes the value
/// from its environment, it keeps them (seen on 5.4).
fn is_same_text(shown: &str, typed: &str) -> bool {
    shown.replace('\r', "") == typed.replace('\r', "")
}

impl<'a> Request<'a> {
    /// A value goes by the environment of the client, not by its arguments, which all users can read; but not one that the client itself would heed.
    /// A variable that was taken from the shell has its value in the container.
    pub(super) fn add_variable(&mut self, typed: &str) -> Result<(), &'static str> {
        let (name, value) = match typed.split_once('=') {
            Some((name, value)) => (name, Some(self.shown(name).filter(|shown| is_same_text(shown, value)).unwrap_or(value))),
            None if typed.ends_with('*') => return Err("which variables of its shell it took is not known"),
            None => (typed, self.shown(typed)),
        };
        match value {
            Some(value) if is_heeded(name) => self.push("env", Some(&format!("{name}={value}"))),
            Some(value) => self.hand_over(name, value),
            None => {}
        }
        Ok(())
    }

    /// A variable's value in the container.
    fn shown(&self, name: &str) -> Option<&'a str> {
        let (_, value) = texts(&self.container.config()["Env"]).find(|variable| variable_name(variable) == name)?.split_once('=')?;
        Some(value)
    }

    fn hand_over(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
        self.push("env", Some(name));
    }

    /// The proxies of the shell that made the predecessor. A successor would get those of the service, which has another environment.
    pub(super) fn carry_proxies(&mut self, image_env: &Value, options: &[Typed<'_>]) {
        let container = self.container;
        // Over a socket the client of 4.3 does not know the option, and asks for none of them. Before 5.0 an entrypoint is shown as one text.
        if !container.config()["Entrypoint"].is_string() {
            self.push("http-proxy", Some("false"));
        }
        // They may be the file's, which may say others by now.
        if options.iter().any(|option| option.name == "env-file") {
            return;
        }
        let is_typed = |name: &str| {
            let mut typed = options.iter().filter(|option| option.becomes == Use::Env).filter_map(|option| option.value);
            typed.any(|variable| variable_name(variable) == name)
        };
        for variable in texts(&container.config()["Env"]).filter(|variable| texts(image_env).all(|other| other != *variable)) {
            match variable.split_once('=') {
                // A secret of such a name is asked for by its own option.
                Some((name, value)) if PROXIES.contains(&name) && !is_typed(name) && !are_with_secret(options, name) => {
                    self.hand_over(name, value)
                }
                Some(_) | None => {}
            }
        }
    }
}
