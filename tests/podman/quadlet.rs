//! A container that systemd owns, on the host: a file of Quadlet's, its unit, and what that makes.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::wants::QUADLET;
use crate::lab::{Scratch, wait_for};
use std::time::Duration;

/// Longer than anything on a host takes.
pub const LONG: Duration = Duration::from_secs(120);

/// A unit of systemd out of a `.container` file, or what an older Podman has for it. Dropped, it is stopped and its file is gone.
pub struct Quadlet<'a> {
    pub s: &'a Scratch,
    /// The container's name.
    pub name: String,
    /// The file's, the unit's and the image's; the container's as well, unless it is given none.
    stem: String,
    text: String,
    /// Its file is one of Quadlet's, not the unit itself.
    is_quadlets: bool,
}

impl<'a> Quadlet<'a> {
    /// Writes the file for [`Scratch::image`], with more lines below `[Container]` and `[Service]`, and starts the unit.
    #[track_caller]
    pub fn start(s: &'a Scratch, name: &str, container: &str, service: &str) -> Self {
        if !QUADLET.is_there() {
            return Self::start_generated(s, name, container, service);
        }
        let (image, name) = (s.image(name), s.name(name));
        let text = format!("[Unit]\nDescription=a test\n[Container]\nContainerName={name}\nImage={image}\n{container}\n");
        Self { s, stem: name.clone(), name, text, is_quadlets: true }.begin(service)
    }

    /// The same by a unit of `podman generate systemd --new`, on every Podman.
    #[track_caller]
    pub fn start_generated(s: &'a Scratch, name: &str, container: &str, service: &str) -> Self {
        let (image, name) = (s.image(name), s.name(name));
        let text = generated(s, &name, &image, container);
        Self { s, stem: name.clone(), name, text, is_quadlets: false }.begin(service)
    }

    /// The same with a file that gives its container no name.
    #[track_caller]
    pub fn start_unnamed(s: &'a Scratch, name: &str, container: &str, service: &str) -> Self {
        let (image, stem) = (s.image(name), s.name(name));
        let text = format!("[Container]\nImage={image}\n{container}\n");
        Self { s, name: format!("systemd-{stem}"), stem, text, is_quadlets: true }.begin(service)
    }

    #[track_caller]
    fn begin(mut self, service: &str) -> Self {
        self.text += &format!("[Service]\nTimeoutStopSec=20\n{service}\n");
        self.write(&self.text);
        self.systemctl(&["daemon-reload"]);
        self.systemctl(&["start", &self.unit()]);
        self
    }

    pub fn unit(&self) -> String {
        format!("{}.service", self.stem)
    }

    /// As the host names it.
    fn file(&self) -> String {
        if self.is_quadlets {
            format!("{}/{}.container", self.s.host.quadlets(), self.stem)
        } else {
            format!("{}/{}", self.s.host.units(), self.unit())
        }
    }

    fn path(&self) -> PathBuf {
        self.s.host.path(&self.file())
    }

    pub fn write(&self, text: &str) {
        self.s.host.write_unit(&self.file(), text);
    }

    /// Has the file ask for another image, as a person would edit it: the last one counts. systemd knows of it.
    #[track_caller]
    pub fn ask_for(&self, image: &str) {
        self.write(&format!("{}\n[Container]\nImage={image}\n", self.text));
        self.systemctl(&["daemon-reload"]);
    }

    /// Takes its file away, as a person would.
    #[track_caller]
    pub fn take_away(&self) {
        fs::remove_file(self.path()).expect("it was there");
        self.systemctl(&["daemon-reload"]);
    }

    /// The folder of drop-ins beside its file is there.
    pub fn has_folder(&self) -> bool {
        self.path().with_extension("container.d").exists()
    }

    /// The user's own file is as it was.
    pub fn is_untouched(&self) -> bool {
        fs::read_to_string(self.path()).is_ok_and(|text| text == self.text)
    }

    /// Puts a drop-in beside the file; returns where it is.
    pub fn write_drop_in(&self, name: &str, text: &str) -> PathBuf {
        self.s.host.write_unit(&format!("{}.d/{name}", self.file()), text)
    }

    /// What the drop-in of ours says, if there is one.
    pub fn drop_in(&self) -> Option<String> {
        fs::read_to_string(self.path().with_extension("container.d").join("50-rotate.conf")).ok()
    }

    /// What it printed. Panics with its words if it fails.
    #[track_caller]
    pub fn systemctl(&self, args: &[&str]) -> String {
        self.s.host.systemctl(args)
    }

    pub fn property(&self, property: &str) -> String {
        self.systemctl(&["show", &self.unit(), "-p", property, "--value"])
    }

    /// Waits until it is up, with a container of this image.
    #[track_caller]
    pub fn is_up_with(&self, image: &str) {
        wait_for(&format!("{} is active with {image}", self.name), LONG, || {
            let is_active = self.property("ActiveState") == "active";
            let found = self.s.host.try_inspect(&self.name)?;
            (is_active && found["Image"] == image && found["State"]["Running"] == true).then_some(())
        });
    }

    /// The image that its container runs.
    #[track_caller]
    pub fn image(&self) -> String {
        text(&self.s.host.inspect(&self.name)["Image"])
    }

    #[track_caller]
    pub fn id(&self) -> String {
        text(&self.s.host.inspect(&self.name)["Id"])
    }

    /// Where its tag points.
    #[track_caller]
    pub fn tagged(&self) -> String {
        let of = format!("{}/{}:latest", self.s.host.registry(), self.stem);
        format!("sha256:{}", self.s.host.docker(&["image", "inspect", "--format", "{{.Id}}", &of]))
    }
}

/// A unit of `podman generate systemd`, which is what a Podman without Quadlet has for it, with those of Quadlet's keys that are options of the client.
#[track_caller]
fn generated(s: &Scratch, name: &str, image: &str, container: &str) -> String {
    s.host.docker(&["pull", "-q", image]);
    let mut create = vec!["create".to_owned(), format!("--name={name}")];
    for line in container.lines() {
        let (key, value) = line.split_once('=').expect("a key of Quadlet's");
        let option = match key {
            "PublishPort" => "publish",
            "Volume" => "volume",
            "HealthCmd" => "health-cmd",
            "HealthInterval" => "health-interval",
            "HealthRetries" => "health-retries",
            "HealthOnFailure" => "health-on-failure",
            "Label" => "label",
            _ => panic!("{line}: a test that needs this wants Quadlet"),
        };
        create.push(format!("--{option}={value}"));
    }
    create.push(image.to_owned());
    s.host.docker(&create.iter().map(String::as_str).collect::<Vec<_>>());
    let text = s.host.docker(&["generate", "systemd", "--new", "--name", name]);
    s.host.docker(&["rm", name]);
    format!("{text}\n")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A unit of systemd out of a `.pod` file. Dropped, it is stopped with its members, and its file is gone; declare it before them.
pub struct QuadletPod<'a> {
    s: &'a Scratch,
    pub name: String,
}

impl<'a> QuadletPod<'a> {
    /// Writes the file, with more lines below `[Pod]`; its members start it.
    #[track_caller]
    pub fn write(s: &'a Scratch, name: &str, pod: &str) -> Self {
        let pod_file = Self { s, name: s.name(name) };
        s.host.write_unit(&pod_file.file(), &format!("[Pod]\nPodName={}\n{pod}\n", pod_file.name));
        pod_file
    }

    pub fn unit(&self) -> String {
        format!("{}-pod.service", self.name)
    }

    /// What a member's `.container` file says to be in it.
    pub fn line(&self) -> String {
        format!("Pod={}.pod", self.name)
    }

    fn file(&self) -> String {
        format!("{}/{}.pod", self.s.host.quadlets(), self.name)
    }
}

impl Drop for QuadletPod<'_> {
    fn drop(&mut self) {
        let run = |args: &[&str]| drop(self.s.host.try_systemctl(args));
        run(&["stop", &self.unit()]);
        let _ = fs::remove_file(self.s.host.path(&self.file()));
        run(&["daemon-reload"]);
        run(&["reset-failed", &self.unit()]);
    }
}

impl Drop for Quadlet<'_> {
    fn drop(&mut self) {
        let run = |args: &[&str]| drop(self.s.host.try_systemctl(args));
        run(&["unmask", "--runtime", &self.unit()]);
        run(&["stop", &self.unit()]);
        let _ = fs::remove_file(self.path());
        let _ = fs::remove_dir_all(self.path().with_extension("container.d"));
        run(&["daemon-reload"]);
        run(&["reset-failed", &self.unit()]);
    }
}
