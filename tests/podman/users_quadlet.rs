//! A container that a user's systemd owns, on the host: a file in that user's home, its unit, and what that makes.

use std::fs;
use std::path::PathBuf;

use super::clients::{Client, LINGER, LONG, TURN_ON, works};
use crate::lab::{Scratch, wait_for};

/// The user's Podman, on, while the user lingers.
pub fn lingering(s: &Scratch) -> Client<'_> {
    let user = Client::of_user(s);
    works(s, LINGER);
    works(s, TURN_ON);
    user
}

/// A unit of the user's out of a `.container` file. Dropped, it is stopped and its file is gone.
pub struct UsersQuadlet<'a> {
    s: &'a Scratch,
    user: &'a Client<'a>,
    /// The container's name, and the file's.
    pub name: String,
    text: String,
}

impl<'a> UsersQuadlet<'a> {
    /// Writes the file for [`Scratch::image`], with more lines below `[Container]`, and starts the unit.
    #[track_caller]
    pub fn start(s: &'a Scratch, user: &'a Client<'a>, name: &str, container: &str) -> Self {
        let (image, name) = (s.image(name), s.name(name));
        let text = format!(
            "[Container]\nContainerName={name}\nImage={image}\nLabel=rotate.enable=true\n{container}\n[Service]\nTimeoutStopSec=20\nRestart=always\n"
        );
        let quadlet = Self { s, user, name, text };
        let write = "mkdir -p \"${1%/*}\" && printf %s \"$2\" >\"$1\"";
        quadlet.as_user(&["sh", "-c", write, "sh", &quadlet.path("container"), &quadlet.text]);
        quadlet.systemctl(&["daemon-reload"]);
        quadlet.systemctl(&["start", &quadlet.unit()]);
        quadlet
    }

    pub fn unit(&self) -> String {
        format!("{}.service", self.name)
    }

    fn path(&self, extension: &str) -> String {
        format!("/home/op/.config/containers/systemd/{}.{extension}", self.name)
    }

    /// Where drop-ins for it lie, as the host names it.
    pub fn folder(&self) -> String {
        self.path("container.d")
    }

    /// As the machine sees it.
    pub fn drop_in(&self) -> PathBuf {
        self.s.host.path(&self.folder()).join("50-rotate.conf")
    }

    /// The user's own file is as it was.
    pub fn is_untouched(&self) -> bool {
        fs::read_to_string(self.s.host.path(&self.path("container"))).is_ok_and(|text| text == self.text)
    }

    #[track_caller]
    pub fn as_user(&self, command: &[&str]) {
        let output = self.s.host.exec(&[&["runuser", "-u", "op", "--"], command].concat());
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// What it printed. Panics with its words if it fails.
    #[track_caller]
    pub fn systemctl(&self, args: &[&str]) -> String {
        let output = self.s.host.exec(&[&["systemctl", "--user", "--machine=op@"], args].concat());
        assert!(output.status.success(), "systemctl {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// The image that its container runs.
    #[track_caller]
    pub fn image(&self) -> String {
        self.user.ask(&["container", "inspect", "--format", "{{.Image}}", &self.name])
    }

    /// Waits until it is up, with a container of this image.
    #[track_caller]
    pub fn is_up_with(&self, image: &str) {
        wait_for(&format!("{} is active with {image}", self.name), LONG, || {
            let is_active = self.systemctl(&["show", &self.unit(), "-p", "ActiveState", "--value"]) == "active";
            (is_active
                && self.user.ask(&["ps", "--format", "{{.ImageID}} {{.Names}}", "--no-trunc"]).contains(&format!("{image} {}", self.name)))
            .then_some(())
        });
    }
}

impl Drop for UsersQuadlet<'_> {
    fn drop(&mut self) {
        let systemctl = |args: &[&str]| drop(self.s.host.exec(&[&["systemctl", "--user", "--machine=op@"], args].concat()));
        systemctl(&["stop", &self.unit()]);
        self.s.host.exec(&["runuser", "-u", "op", "--", "rm", "-rf", &self.path("container"), &self.folder()]);
        systemctl(&["daemon-reload"]);
        systemctl(&["reset-failed", &self.unit()]);
    }
}
