//! A unit of systemd that plays a file of Kubernetes, on the host.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::quadlet::LONG;
use crate::lab::{Scratch, wait_for};

/// A unit of a `.kube` file, and the file of Kubernetes that it plays. Dropped, it is stopped and both are gone.
pub struct Kube<'a> {
    s: &'a Scratch,
    /// Its own, and its pod's.
    pub name: String,
    /// `.kube`, then the other one.
    files: [PathBuf; 2],
    texts: [String; 2],
}

impl<'a> Kube<'a> {
    /// Of one pod with this below its `metadata`, and more lines below `[Kube]`. Not started yet.
    #[track_caller]
    pub fn write(s: &'a Scratch, name: &str, spec: &str, more: &str) -> Self {
        let (name, folder) = (s.name(name), s.host.quadlets());
        let texts: [String; 2] = [format!("[Kube]\nYaml={name}.yaml\n{more}\n"), of_a_pod(&name, spec)];
        let write = |(n, kind): (usize, &str)| s.host.write_unit(&format!("{folder}/{name}.{kind}"), texts[n].as_str());
        let files = [(0, "kube"), (1, "yaml")].map(write);
        s.host.systemctl(&["daemon-reload"]);
        Self { s, name, files, texts }
    }

    /// The same with these containers, started: each with its [`Scratch::image`] under the tag `1`, and more lines.
    #[track_caller]
    pub fn start(s: &'a Scratch, name: &str, containers: &[(&str, &str)], more: &str) -> Self {
        let all: Vec<String> = containers.iter().map(|(container, lines)| container_of(s, container, lines)).collect();
        let kube = Self::write(s, name, &format!("spec:\n  containers:\n{}", all.concat()), more);
        s.host.systemctl(&["start", &kube.unit()]);
        containers.iter().for_each(|(container, _)| drop(kube.running(container)));
        kube
    }

    /// However often it was started a moment ago: systemd refuses the sixth start within ten seconds.
    #[track_caller]
    pub fn restart(&self) {
        self.s.host.systemctl(&["reset-failed", &self.unit()]);
        self.s.host.systemctl(&["restart", &self.unit()]);
    }

    /// Edits what is played, as a person would.
    pub fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(&self.files[1]).expect("it was written");
        assert!(text.contains(from), "{text}");
        fs::write(&self.files[1], text.replace(from, to)).expect("the host takes a file");
    }

    /// What is played is as it was at first again.
    pub fn restore(&self) {
        fs::write(&self.files[1], &self.texts[1]).expect("the host takes a file");
    }

    /// The name of one of its containers.
    pub fn container(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// Waits until one of its containers runs; what that is.
    #[track_caller]
    pub fn running(&self, name: &str) -> Value {
        let name = self.container(name);
        wait_for(&format!("{name} runs"), LONG, || self.s.host.try_inspect(&name).filter(|found| found["State"]["Running"] == true))
    }

    /// The user's own files are as they were.
    pub fn is_untouched(&self) -> bool {
        self.files.iter().zip(&self.texts).all(|(file, text)| fs::read_to_string(file).is_ok_and(|found| found == *text))
    }

    pub fn unit(&self) -> String {
        format!("{}.service", self.name)
    }

    /// How it stands, and in which of its runs.
    pub fn stands(&self) -> String {
        self.s.host.systemctl(&["show", &self.unit(), "-p", "ActiveState,Result,InvocationID,NRestarts"])
    }

    pub fn does(&self) -> String {
        self.s.host.systemctl(&["show", &self.unit(), "-p", "ActiveState", "--value"])
    }
}

impl Drop for Kube<'_> {
    fn drop(&mut self) {
        let _ = self.s.host.try_systemctl(&["stop", &self.unit()]);
        self.files.iter().for_each(|file| drop(fs::remove_file(file)));
        let _ = self.s.host.try_systemctl(&["daemon-reload"]);
        let _ = self.s.host.try_systemctl(&["reset-failed", &self.unit()]);
    }
}

fn of_a_pod(name: &str, spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n{spec}")
}

/// Its lines in the file.
fn container_of(s: &Scratch, name: &str, lines: &str) -> String {
    let lines: String = lines.lines().map(|line| format!("    {line}\n")).collect();
    format!("  - name: {name}\n    image: {}/{}:1\n{lines}", s.host.registry(), s.name(name))
}

/// Pushes a variant as the image of such a container; returns the manifest's digest.
#[track_caller]
pub fn push(s: &Scratch, name: &str, variant: &str) -> String {
    s.host.push_with(&format!("{}:1", s.name(name)), variant, "{}")
}
