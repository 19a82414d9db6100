//! The data: whatever was written into a volume, of whatever kind, is there after two rotations.

use crate::lab::Scratch;
use crate::scratch;
use crate::settings::settings;
use crate::walk::rotate;

/// Writes into each of these folders of `web`.
#[track_caller]
fn write(s: &Scratch, folders: &[&str], word: &str) {
    for folder in folders {
        s.host.docker(&["exec", &s.name("web"), "sh", "-c", &format!("echo {word} >{folder}/mark")]);
    }
}

#[track_caller]
fn has(s: &Scratch, folders: &[&str], word: &str) {
    for folder in folders {
        let found = s.host.try_docker(&["exec", &s.name("web"), "cat", &format!("{folder}/mark")]);
        assert_eq!(found.as_deref(), Ok(word), "{folder}");
    }
}

fn volume_at(s: &Scratch, destination: &str) -> String {
    settings(&s.host.inspect(&s.name("web")))["Mounts"][destination]["Name"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn data_in_volumes_of_every_kind_is_there_after_two_rotations() {
    let s = scratch("data");
    let folder = format!("/tmp/{}", s.name("bind"));
    s.host.exec(&["mkdir", "-p", "-m", "777", &folder]); // root in a rootless container is another user here
    s.push_with("web", "nohealth:v1", r#"{"Volumes": {"/image": {}}}"#);
    let mount = |text: &str| text.replace("VOL", &s.name("vol")).replace("DIR", &folder);
    let mounts = [
        "type=volume,src=VOL1,dst=/mounted",
        "type=volume,dst=/unnamed",
        "type=volume,src=VOL2,dst=/options,volume-driver=local,volume-label=mine=1,volume-nocopy",
        "type=bind,src=DIR,dst=/bound",
    ]
    .map(mount);
    let (named, short) = (mount("VOL3:/named"), mount("DIR:/short"));
    let mut options = vec!["-v", "/anonymous", "-v", "/slash/", "-v", &named, "-v", &short];
    options.extend(mounts.iter().flat_map(|mount| ["--mount", mount]));
    s.run("web", &options);
    let folders = ["/image", "/anonymous", "/slash", "/named", "/mounted", "/unnamed", "/options", "/bound"];
    write(&s, &folders, "kept");
    let volumes = folders.map(|folder| volume_at(&s, folder));
    for version in ["nohealth:v2", "nohealth:v3"] {
        s.push_with("web", version, r#"{"Volumes": {"/image": {}}}"#);
        rotate(&s, &["web"]);
        has(&s, &folders, "kept");
        has(&s, &["/short"], "kept");
        assert_eq!(folders.map(|folder| volume_at(&s, folder)), volumes);
    }
}

#[test]
fn a_part_of_a_volume_stays_the_part() {
    let s = scratch("subpath");
    s.push("web", "nohealth:v1");
    if s.host.api("GET", "/version").1["ApiVersion"].as_str().is_none_or(|version| version < "1.45") {
        return; // Docker before 26 has no subpaths
    }
    s.host.docker(&["pull", "-q", &s.image("web")]);
    s.host.docker(&[
        "run",
        "--rm",
        "-v",
        &format!("{}:/all", s.name("vol")),
        "--entrypoint",
        "/bin/busybox",
        &s.image("web"),
        "mkdir",
        "/all/inner",
    ]);
    let mount = format!("type=volume,src={},dst=/part,volume-subpath=inner", s.name("vol"));
    s.run("web", &["--mount", &mount]);
    write(&s, &["/part"], "kept");
    for version in ["nohealth:v2", "nohealth:v3"] {
        s.push("web", version);
        rotate(&s, &["web"]);
        has(&s, &["/part"], "kept");
    }
}

/// A volume that the new image no longer declares keeps its place and its data; one that it declares anew is fresh; one of both is handed over.
#[test]
fn volumes_of_old_and_new_image_are_mounted_and_old_data_stays() {
    let s = scratch("declared");
    s.push_with("web", "nohealth:v1", r#"{"Volumes": {"/both": {}, "/dropped": {}}}"#);
    s.run("web", &[]);
    write(&s, &["/both", "/dropped"], "kept");
    s.push_with("web", "nohealth:v2", r#"{"Volumes": {"/both": {}, "/added": {}}}"#);
    rotate(&s, &["web"]);
    has(&s, &["/both", "/dropped"], "kept");
    let added = volume_at(&s, "/added");
    assert_eq!(added.len(), 64, "an anonymous volume: {added}");
    write(&s, &["/added"], "new");
    s.push_with("web", "nohealth:v3", r#"{"Volumes": {"/added": {}}}"#);
    rotate(&s, &["web"]);
    has(&s, &["/both", "/dropped"], "kept");
    has(&s, &["/added"], "new");
    assert_eq!(volume_at(&s, "/added"), added);
}

/// It is memory: empty after a rotation as after a restart, and of the same size.
#[test]
fn a_tmpfs_is_there_again_and_empty() {
    let s = scratch("tmpfs");
    s.push("web", "nohealth:v1");
    s.run("web", &["--tmpfs", "/scratch:size=1m", "--mount", "type=tmpfs,dst=/memory,tmpfs-size=2m"]);
    write(&s, &["/scratch", "/memory"], "gone");
    s.push("web", "nohealth:v2");
    rotate(&s, &["web"]);
    let inside = |line: &str| s.host.docker(&["exec", &s.name("web"), "sh", "-c", line]);
    assert_eq!(inside("ls /scratch /memory | grep mark; true"), "");
    assert_eq!(inside("mount | grep -cE ' /(scratch .*size=1024k|memory .*size=2048k)'"), "2");
}
