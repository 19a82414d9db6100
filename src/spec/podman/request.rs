//! The command that creates a successor: the one that created the predecessor, without what was of that one run only.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::command::{Typed, parse};
use super::limits;
use super::numbers::{BELONGS_TO_THE_OLD, chosen, stays_behind};
use super::options::Use;
use crate::model::{NAMESPACE_MODES, Reference};
use crate::spec::document::{Container, SpecError, is_same_path, list, text, texts};
use crate::spec::volumes::is_anonymous;

/// Writes what comes after `podman create --name NAME`, and the variables that it takes from its environment. Pure.
///
/// Anonymous volumes are handed over by name: those of `-v /data` in its place, those that an image declares by an option more.
/// `image` takes the place of the image as typed: what the name stands for is settled, a short one could be settled otherwise. `image_env` is `Env` of
/// the old one.
///
/// Errors: [`SpecError`] if the container was made by an option that cannot be said again.
pub fn create_request(container: Container<'_>, image: &str, image_env: &Value) -> Result<Value, SpecError> {
    let typed: Vec<&str> = texts(&container.config()["CreateCommand"]).collect();
    // The service that was asked for it wrote its own command there (seen on 4.3; from 5 on it writes none).
    if typed.windows(2).any(|pair| pair == ["system", "service"]) && !typed.iter().any(|word| ["run", "create"].contains(word)) {
        let why = "it was made through Podman's API, and this Podman does not keep what it was asked for: upgrade Podman, or make it with `podman run`";
        return Err(SpecError::CannotCarry { field: "Config.CreateCommand", why });
    }
    let (options, rest) = parse(&typed)?;
    check_networks(container, &options)?;
    if chosen(&options).is_some() && container.mounts().any(stays_behind) {
        return Err(SpecError::CannotRepeat { option: "--userns".to_owned(), why: BELONGS_TO_THE_OLD });
    }
    let mut request = Request { container, arguments: Vec::new(), environment: BTreeMap::new(), mounted: Vec::new() };
    for option in &options {
        request.add(option)?;
    }
    request.carry_limits();
    request.carry_proxies(image_env, &options);
    request.carry_declared_volumes();
    request.join_pod(&options)?;
    request.require(&options);
    let Request { mut arguments, environment, .. } = request;
    // A short name Podman would look for among its own first.
    arguments.push(image.parse::<Reference>().map_or_else(|_| image.to_owned(), |image| image.whole_name()));
    // The first of the rest is the image as typed.
    arguments.extend(rest.iter().skip(1).map(|&argument| argument.to_owned()));
    Ok(json!({ "Arguments": arguments, "Environment": environment }))
}

const FOLDER: &str = "the folder that it was created in is not known";

/// Refuses what is in another number of networks than it was made in. With which address or name it was connected since is told by no document that can
/// be had from anywhere.
fn check_networks(container: Container<'_>, options: &[Typed<'_>]) -> Result<(), SpecError> {
    // With its own options one network to a word, else several.
    let named = |value: &str| if value.contains(':') { 1 } else { value.split(',').count() };
    let of_networks = options.iter().filter(|option| ["net", "network"].contains(&option.name));
    let made_in: usize = of_networks.filter_map(|option| option.value).map(named).sum();
    let has_its_own = container.host()["NetworkMode"] == "bridge" && text(&container.0["Pod"]).is_empty();
    // Who names none is in the usual one.
    if has_its_own && container.networks().count() != made_in.max(1) {
        let why = "its networks were changed after it was made (`podman network connect`, `disconnect`): make it anew with a `--network` for each";
        return Err(SpecError::CannotCarry { field: "NetworkSettings.Networks", why });
    }
    Ok(())
}

/// True if the option names a file that was looked for where the command was run.
fn names_a_relative_path(option: &str, value: &str) -> bool {
    let path = match option {
        "log-opt" => value.strip_prefix("path="),
        "security-opt" => value.strip_prefix("seccomp=").filter(|profile| *profile != "unconfined"),
        "hosts-file" => Some(value).filter(|file| !["image", "none"].contains(file)),
        // With `=` it is a name of CDI.
        "device" => Some(value).filter(|device| !device.contains('=')),
        _ => None,
    };
    path.is_some_and(|path| !path.starts_with('/'))
}

/// True of what the client refuses to ask for over a socket (4.3–5.8).
fn is_said_on_the_spot_only(option: &str, value: &str) -> bool {
    match option {
        "cgroups" => value == "split",
        "log-driver" => ["passthrough", "passthrough-tty"].contains(&value),
        _ => false,
    }
}

struct Request<'a> {
    container: Container<'a>,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    /// Where options mount something.
    mounted: Vec<String>,
}

impl<'a> Request<'a> {
    fn add(&mut self, option: &Typed<'_>) -> Result<(), SpecError> {
        let value = option.value;
        let cannot = |why| SpecError::CannotRepeat { option: format!("--{}", option.name), why };
        match (option.becomes, value) {
            // Said by its id.
            (Use::Drop | Use::Pod | Use::Requires, _) => {}
            // `--rm=false` is as if it were not there.
            (Use::Hold(_), Some("false")) => {}
            (Use::Hold(why), _) => return Err(cannot(why)),
            (Use::File, Some(path)) if !path.starts_with('/') => return Err(cannot(FOLDER)),
            (Use::Part, Some(value)) if names_a_relative_path(option.name, value) => {
                return Err(cannot(FOLDER));
            }
            (Use::Group, Some("keep-groups")) => return Err(cannot("the groups of the user who created it are not known")),
            (Use::Keep, Some(value)) if is_said_on_the_spot_only(option.name, value) => {
                return Err(cannot("Podman's client takes that value only where it needs no socket"));
            }
            // Said as it is now.
            (Use::Limit, _) if limits::is_shown(self.container, option.name) => {}
            (Use::Env, Some(variable)) => self.add_variable(variable).map_err(cannot)?,
            (Use::Volume, Some(volume)) => {
                let volume = self.volume(volume).map_err(cannot)?;
                self.push(option.name, Some(&volume));
            }
            (Use::Publish, Some(port)) => {
                let port = self.port(port);
                self.push(option.name, Some(&port));
            }
            (Use::Mount, Some(mount)) => {
                let mount = self.mount(mount).map_err(cannot)?;
                self.push(option.name, Some(&mount));
            }
            (Use::Keep | Use::Env | Use::File | Use::Part | Use::Group | Use::Limit | Use::Publish | Use::Volume | Use::Mount, value) => {
                self.push(option.name, value)
            }
        }
        Ok(())
    }

    /// By the pod's id. A member of whose restart policy nothing is said gets the pod's; the successor's is given at the switch.
    fn join_pod(&mut self, options: &[Typed<'_>]) -> Result<(), SpecError> {
        let pod = text(&self.container.0["Pod"]);
        if pod.is_empty() {
            return Ok(());
        }
        if !options.iter().any(|option| option.becomes == Use::Pod) {
            return Err(SpecError::CannotCarry { field: "Pod", why: "the command that it was made by says nothing of a pod" });
        }
        self.push("pod", Some(pod));
        self.push("restart", Some("no"));
        Ok(())
    }

    /// By the ids: the names may be others' by now. Among them are those whose namespaces it shares, which are said elsewhere.
    fn require(&mut self, options: &[Typed<'_>]) {
        let lent: Vec<&str> =
            NAMESPACE_MODES.iter().filter_map(|mode| text(&self.container.host()[*mode]).strip_prefix("container:")).collect();
        let ids: Vec<&str> = texts(&self.container.0["Dependencies"]).filter(|id| !lent.contains(id)).collect();
        if options.iter().any(|option| option.becomes == Use::Requires) && !ids.is_empty() {
            self.push("requires", Some(&ids.join(",")));
        }
    }

    fn push(&mut self, name: &str, value: Option<&str>) {
        self.arguments.push(match value {
            Some(value) => format!("--{name}={value}"),
            None => format!("--{name}"),
        });
    }

    fn carry_limits(&mut self) {
        for (option, limit) in limits::shown(self.container) {
            self.push(option, Some(&limit));
        }
    }

    /// `-p 80` and `-p 127.0.0.1::80` with the port that Podman chose when it created the predecessor, and has kept since.
    fn port(&self, typed: &str) -> String {
        let (address, port) = match typed.split(':').collect::<Vec<_>>()[..] {
            [port] => ("", port),
            [address, "", port] => (address, port),
            _ => return typed.to_owned(),
        };
        let key = if port.contains('/') { port.to_owned() } else { format!("{port}/tcp") };
        let bound = list(&self.container.host()["PortBindings"][&key]);
        match bound {
            [only] if address.is_empty() => format!("{}:{port}", text(&only["HostPort"])),
            [only] => format!("{address}:{}:{port}", text(&only["HostPort"])),
            _ => typed.to_owned(),
        }
    }

    /// `-v ./data:/data` as the path that it was, `-v /data` as the volume that it became. An overlay of a path (`:O`) is shown nowhere.
    fn volume(&mut self, typed: &str) -> Result<String, &'static str> {
        let container = self.container;
        let (source, rest) = typed.split_once(':').map_or((None, typed), |(source, rest)| (Some(source), rest));
        let destination = rest.split(':').next().unwrap_or_default();
        self.mounted.push(destination.to_owned());
        let is_relative = source.is_some_and(|source| !source.starts_with('/') && (source.starts_with('.') || source.contains('/')));
        match (source, container.mount_at(destination)) {
            (None, Some(mount)) => Ok(format!("{}:{rest}", text(&mount["Name"]))),
            (Some(_), Some(mount)) if is_relative && mount["Type"] == "bind" => Ok(format!("{}:{rest}", text(&mount["Source"]))),
            _ if is_relative => Err(FOLDER),
            _ => Ok(typed.to_owned()),
        }
    }

    /// An anonymous volume (`type=volume,dst=/data`) gets the name of what it became.
    fn mount(&mut self, typed: &str) -> Result<String, &'static str> {
        let part = |names: &[&str]| {
            typed.split(',').find_map(|part| part.split_once('=').filter(|(name, _)| names.contains(name))).map(|(_, value)| value)
        };
        let source = part(&["src", "source"]);
        if part(&["type"]) == Some("bind") && source.is_some_and(|source| !source.starts_with('/')) {
            return Err(FOLDER);
        }
        let Some(destination) = part(&["dst", "destination", "target"]) else { return Ok(typed.to_owned()) };
        self.mounted.push(destination.to_owned());
        Ok(match self.container.mount_at(destination) {
            Some(mount) if source.is_none() && is_anonymous(mount) => format!("{typed},src={}", text(&mount["Name"])),
            _ => typed.to_owned(),
        })
    }

    /// Those of the image's `VOLUME`s.
    fn carry_declared_volumes(&mut self) {
        let container = self.container;
        let is_there = |mounted: &[String], path: &str| mounted.iter().any(|mounted| is_same_path(mounted, path));
        for mount in container.mounts().filter(|mount| is_anonymous(mount)) {
            let destination = text(&mount["Destination"]);
            if !is_there(&self.mounted, destination) {
                // A program in a volume that an image declares may be run, in one of an option not.
                let may_run = texts(&mount["Options"]).any(|option| option == "exec").then_some("exec");
                // Said in full: with any other option, 5.8 does not add `rw` by itself.
                let writable = if mount["RW"] == false { "ro" } else { "rw" };
                let mode: Vec<&str> = std::iter::once(writable).chain(may_run).collect();
                self.push("volume", Some(&format!("{}:{destination}:{}", text(&mount["Name"]), mode.join(","))));
            }
        }
    }
}

mod variables;

#[cfg(test)]
mod tests;
