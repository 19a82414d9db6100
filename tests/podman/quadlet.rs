//! A container that systemd owns, on the host: a file of Quadlet's, its unit, and what that makes.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::lab::{Scratch, wait_for};
use std::time::Duration;

/// Longer than anything on a host takes.
pub const LONG: Duration = Duration::from_secs(120);

/// A unit of systemd out of a `.container` file. Dropped, it is stopped and its file is gone.
pub struct Quadlet<'a> {
    pub s: &'a Scratch,
    /// The container's name, and the file's.
    pub name: String,
    text: String,
}

impl<'a> Quadlet<'a> {
    /// Writes the file for [`Scratch::image`], with more lines below `[Container]` and `[Service]`, and starts the unit.
    #[track_caller]
    pub fn start(s: &'a Scratch, name: &str, container: &str, service: &str) -> Self {
        let (image, name) = (s.image(name), s.name(name));
        let text = format!(
            "[Unit]\nDescription=a test\n[Container]\nContainerName={name}\nImage={image}\n{container}\n[Service]\nTimeoutStopSec=20\n{service}\n"
        );
        let quadlet = Self { s, name, text };
        quadlet.write(&quadlet.text);
        quadlet.systemctl(&["daemon-reload"]);
        quadlet.systemctl(&["start", &quadlet.unit()]);
        quadlet
    }

    pub fn unit(&self) -> String {
        format!("{}.service", self.name)
    }

    fn path(&self) -> PathBuf {
        self.s.host.path(&format!("/etc/containers/systemd/{}.container", self.name))
    }

    pub fn write(&self, text: &str) {
        fs::create_dir_all(self.path().parent().expect("a folder"))
            .and_then(|()| fs::write(self.path(), text))
            .expect("the host takes a file");
    }

    /// The user's own file is as it was.
    pub fn is_untouched(&self) -> bool {
        fs::read_to_string(self.path()).is_ok_and(|text| text == self.text)
    }

    /// Puts a drop-in beside the file; returns where it is.
    pub fn write_drop_in(&self, name: &str, text: &str) -> PathBuf {
        let folder = self.path().with_extension("container.d");
        fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(name), text)).expect("the host takes a file");
        folder.join(name)
    }

    /// What the drop-in of ours says, if there is one.
    pub fn drop_in(&self) -> Option<String> {
        fs::read_to_string(self.path().with_extension("container.d").join("50-rotate.conf")).ok()
    }

    /// What it printed. Panics with its words if it fails.
    #[track_caller]
    pub fn systemctl(&self, args: &[&str]) -> String {
        let output = self.s.host.exec(&[&["systemctl"], args].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        assert!(output.status.success(), "systemctl {}: {}", args.join(" "), text(&output.stderr));
        text(&output.stdout)
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
        let of = format!("{}/{}:latest", self.s.host.registry(), self.name);
        format!("sha256:{}", self.s.host.docker(&["image", "inspect", "--format", "{{.Id}}", &of]))
    }
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
        fs::create_dir_all(pod_file.path().parent().expect("a folder"))
            .and_then(|()| fs::write(pod_file.path(), format!("[Pod]\nPodName={}\n{pod}\n", pod_file.name)))
            .expect("the host takes a file");
        pod_file
    }

    pub fn unit(&self) -> String {
        format!("{}-pod.service", self.name)
    }

    /// What a member's `.container` file says to be in it.
    pub fn line(&self) -> String {
        format!("Pod={}.pod", self.name)
    }

    fn path(&self) -> PathBuf {
        self.s.host.path(&format!("/etc/containers/systemd/{}.pod", self.name))
    }
}

impl Drop for QuadletPod<'_> {
    fn drop(&mut self) {
        let run = |args: &[&str]| drop(self.s.host.exec(&[&["systemctl"], args].concat()));
        run(&["stop", &self.unit()]);
        let _ = fs::remove_file(self.path());
        run(&["daemon-reload"]);
        run(&["reset-failed", &self.unit()]);
    }
}

impl Drop for Quadlet<'_> {
    fn drop(&mut self) {
        let run = |args: &[&str]| drop(self.s.host.exec(&[&["systemctl"], args].concat()));
        run(&["unmask", "--runtime", &self.unit()]);
        run(&["stop", &self.unit()]);
        let _ = fs::remove_file(self.path());
        let _ = fs::remove_dir_all(self.path().with_extension("container.d"));
        run(&["daemon-reload"]);
        run(&["reset-failed", &self.unit()]);
    }
}
