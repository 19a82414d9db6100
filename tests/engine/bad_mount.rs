//! Things that a container mounts from its host and that are gone: it runs on, and could not be started again.

use super::{FAST, Scratch, entry, leftovers, look, scratch};

/// A folder of the host, for this test.
struct Folder<'s>(&'s Scratch, String);

impl<'s> Folder<'s> {
    fn new(s: &'s Scratch) -> Self {
        let folder = Self(s, format!("/srv/{}", s.name("host")));
        folder.shell("mkdir -p $0/data && echo kept > $0/file");
        folder
    }

    #[track_caller]
    fn shell(&self, script: &str) -> String {
        let output = self.0.host.exec(&["sh", "-c", script, &self.1]);
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Folder<'_> {
    fn drop(&mut self) {
        self.0.host.exec(&["rm", "-rf", "--one-file-system", &self.1]);
    }
}

/// Rotates a container whose mount is gone, beside one that is well: the first one is not touched and says why, and the other is rotated.
fn held_before_the_stop(test: &str, options: &[&str], gone: &str) {
    let s = scratch(test);
    let folder = Folder::new(&s);
    let options: Vec<String> = options.iter().map(|option| option.replace("HOST", &folder.1)).collect();
    s.push("web", "nohealth:v1");
    s.push("well", "nohealth:v1");
    s.run("web", &options.iter().map(String::as_str).collect::<Vec<_>>());
    s.run("well", &[]);
    let (web, well) = (look(&s, &s.name("web")), look(&s, &s.name("well")));
    s.push("web", "nohealth:v2");
    s.push("well", "nohealth:v2");
    folder.shell(&format!("mv $0/{gone} $0/elsewhere"));

    let config = format!("{FAST}on_failure = \"continue\"\n");
    let run = |flags: &[&str]| {
        let (web, well) = (s.name("web"), s.name("well"));
        s.agent().config(&config).run(&[&["now", &web, &well, "--json"], flags].concat()).exits(1)
    };
    for flags in [&["--dry-run"][..], &[]] {
        let outcome = run(flags);
        let said = entry(&outcome, &s.name("web"));
        assert_eq!(said["reason"], "create_refused", "{said}");
        assert!(said["message"].as_str().is_some_and(|m| m.contains(&format!("{}/{gone}", folder.1))), "{said}");
        assert_eq!(look(&s, &s.name("web")), web, "never stopped");
        assert_eq!(folder.shell("ls $0").split_whitespace().filter(|name| *name == gone).count(), 0, "and nothing is made in its place");
    }
    assert_ne!(look(&s, &s.name("well")).id, well.id, "the other one is rotated");

    folder.shell(&format!("mv $0/elsewhere $0/{gone}"));
    let web_only = s.name("web");
    s.agent().config(FAST).run(&["now", &web_only]).exits(0);
    assert_ne!(look(&s, &web_only).id, web.id, "it is back: the next run rotates");
    assert_eq!(leftovers(&s).len(), 2);
}

#[test]
fn a_file_mounted_with_v_that_is_gone_is_found_before_the_stop() {
    held_before_the_stop("bind-file", &["-v", "/etc/hostname:/name:ro", "-v", "HOST/file:/file"], "file");
}

#[test]
fn a_folder_mounted_with_v_that_is_gone_is_found_before_the_stop() {
    held_before_the_stop("bind-folder", &["-v", "HOST/data:/data"], "data");
}

#[test]
fn a_source_of_mount_that_is_gone_is_found_before_the_stop() {
    held_before_the_stop("bind-mount", &["--mount", "type=bind,source=HOST/file,target=/file"], "file");
}
