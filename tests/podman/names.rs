//! Names of images that `registries.conf` makes something else of.

use super::{FAST, described};
use crate::lab::{Host, Scratch};

/// A file of `registries.conf.d`, until it is dropped.
struct Registries<'a> {
    s: &'a Scratch,
    image: String,
}

impl<'a> Registries<'a> {
    fn new(s: &'a Scratch, text: &str, image: &str) -> Self {
        let registries = Self { s, image: image.to_owned() };
        std::fs::write(registries.path(), text).expect("the host's disk takes a file");
        registries.read_anew();
        registries
    }

    fn path(&self) -> std::path::PathBuf {
        self.s.host.path("/etc/containers/registries.conf.d/99-test.conf")
    }

    /// The service of before has read what was there before.
    fn read_anew(&self) {
        let _ = self.s.host.try_systemctl(&["stop", "podman.service"]);
    }
}

impl Drop for Registries<'_> {
    fn drop(&mut self) {
        let _ = self.s.host.try_docker(&["rm", "-f", "-t", "0", &self.s.name("web")]);
        let _ = self.s.host.try_docker(&["rmi", "-f", &self.image]);
        let _ = std::fs::remove_file(self.path());
        self.read_anew();
    }
}

/// Updates a container that was typed with this image.
#[track_caller]
fn is_updated(s: &Scratch, image: &str) {
    s.push("web", "ok:v1");
    let web = s.name("web");
    s.host.docker(&["run", "-d", "--name", &web, image]);
    let old = described(s, "web")["Image"].clone();
    s.push("web", "ok:v2");
    let outcome = s.agent().config(FAST).run(&["now", &web, "--json"]).exits(0);
    assert_eq!(outcome.json()["containers"][0]["verdict"], "rotated", "{outcome}");
    assert_ne!(described(s, "web")["Image"], old);
    let again = s.agent().config(FAST).run(&["now", &web, "--json"]).exits(0);
    assert_eq!(again.json()["containers"][0]["reason"], "up_to_date", "{again}");
}

#[test]
fn an_image_is_asked_for_where_registries_conf_says_that_its_registry_is() {
    let s = Scratch::alone(Host::shared(), "location");
    let image = format!("moved.example/{}:latest", s.name("web"));
    let text = format!("[[registry]]\nprefix = \"moved.example\"\nlocation = \"{}\"\ninsecure = true\n", s.host.registry());
    let _registries = Registries::new(&s, &text, &image);
    is_updated(&s, &image);
}

#[test]
fn an_image_is_asked_of_a_mirror_that_registries_conf_has_for_its_registry() {
    let s = Scratch::alone(Host::shared(), "mirror");
    let image = format!("far.invalid/{}:latest", s.name("web"));
    let mirror = format!("[[registry.mirror]]\nlocation = \"{}\"\ninsecure = true\n", s.host.registry());
    let text = format!("[[registry]]\nlocation = \"far.invalid\"\n{mirror}");
    let _registries = Registries::new(&s, &text, &image);
    is_updated(&s, &image);
}

#[test]
fn what_registries_conf_blocks_is_held_and_the_prefix_named() {
    let s = Scratch::alone(Host::shared(), "blocked");
    s.push("web", "ok:v1");
    let (web, id) = (s.name("web"), s.run("web", &[]));
    s.push("web", "ok:v2");
    let prefix = format!("{}/{web}", s.host.registry());
    let _registries = Registries::new(&s, &format!("[[registry]]\nlocation = \"{prefix}\"\nblocked = true\n"), &s.image("web"));
    let plan = s.rotate(&["plan", &web, "--json"]).exits(0).json();
    assert_eq!(plan["skipped"][0]["reason"], "blocked", "{plan}");
    assert!(plan["skipped"][0]["message"].as_str().is_some_and(|message| message.contains(&prefix)), "{plan}");
    let outcome = s.agent().config(FAST).run(&["now", &web, "--json"]).exits(0);
    assert_eq!(outcome.json()["containers"][0]["reason"], "blocked", "{outcome}");
    assert_eq!(described(&s, "web")["Id"], id.as_str(), "{outcome}");
}

#[test]
fn a_name_without_a_registry_is_asked_for_where_podman_found_it() {
    let s = Scratch::alone(Host::shared(), "short");
    let text = format!("unqualified-search-registries = [\"{}\"]\n", s.host.registry());
    let _registries = Registries::new(&s, &text, &s.image("web"));
    is_updated(&s, &s.name("web"));
    // With that label nobody gets so far.
    let refused = s.host.try_docker(&["run", "-d", "--label", "io.containers.autoupdate=registry", &s.name("web")]);
    assert!(refused.is_err_and(|why| why.contains("fully-qualified image reference")), "Podman's own rule");
}
