//! Inspect documents of containers and images, through everything that is pure: readings, policy, selection, create request, comparison, gate.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use rotate::config::Config;
use rotate::model::{Check, Container, Image, ImageId, NOTES, Probe, RestartPolicy, RotationId, StatusRange};
use rotate::plan::{self, Survey};
use rotate::policy::policy;
use rotate::rotation::{ContainerView, GateRules, Member, Opening, Purpose, Record, Replacement, Terms, Watch, late, verdict};
use rotate::spec::{self, Images};
use serde_json::{Value, json};

use crate::fuzz::{Allowed, fuzz};
use crate::mutate;

fn load(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/spec/fixtures/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("a fixture")).expect("a document")
}

/// Real pairs, and small ones that say what the real ones do not.
static CORPUS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let all = |predecessor: Value, successor: Value, old: Value, new: Value| json!({ "predecessor": predecessor, "successor": successor, "old": old, "new": new });
    let (old, new) = (load("image-old"), load("image-new"));
    let mut corpus = Vec::new();
    for name in ["rich", "plain", "rich-again", "plain-again"] {
        let (predecessor, successor) = (load(&format!("{name}-predecessor")), load(&format!("{name}-successor")));
        corpus.push(all(predecessor, successor, old.clone(), new.clone()));
    }
    let image = json!({ "Id": "sha256:aa", "Config": { "Env": ["A=1"], "Labels": { "rotate.enable": "true" }, "Volumes": { "/data/": {} } },
        "RepoTags": ["web:1"], "RepoDigests": ["web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"], "Os": "linux",
        "Architecture": "arm64", "Variant": "v8", "Manifests": [{ "Kind": "image", "ID": "sha256:bb", "Available": true }] });
    let small = json!({ "Id": "a".repeat(64), "Name": "/web", "Image": "sha256:aa", "RestartCount": 3,
        "State": { "Status": "running", "StartedAt": "2026-01-01T00:00:00Z", "Health": { "Status": "starting" }, "Pid": 7, "OOMKilled": false },
        "Config": { "Image": "web:1", "Hostname": "aaaaaaaaaaaa", "Healthcheck": { "Test": ["CMD", "true"], "Interval": 1, "Retries": 1 },
            "Labels": { "rotate.enable": "true", "rotate.health.http": ":80/", "com.docker.compose.project": "p", "com.docker.compose.service": "web",
                "com.docker.compose.container-number": "1", "com.docker.compose.config-hash": "x", "com.docker.compose.image": "sha256:aa" },
            "StopTimeout": 10, "Volumes": { "/data": {} } },
        "HostConfig": { "NetworkMode": "container:db", "Links": ["/db:/web/db"], "Binds": ["/data", "v:/x:ro,z"], "VolumesFrom": ["db:ro"],
            "Mounts": [{ "Type": "volume", "Target": "/m" }], "PortBindings": { "80/tcp": [{ "HostIp": "", "HostPort": "8080" }] },
            "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 3 } },
        "Mounts": [{ "Type": "volume", "Name": "0123456789abcdef".repeat(4), "Destination": "/data", "Mode": "z", "RW": false, "Driver": "local" }],
        "NetworkSettings": { "Networks": { "bridge": { "NetworkID": "n1", "IPAddress": "10.0.0.2", "Gateway": "10.0.0.1", "MacAddress": "02:42:0a:00:00:02",
            "GlobalIPv6Address": "fd00::2", "Aliases": ["aaaaaaaaaaaa", "web"] } } } });
    for podman in of_podman() {
        corpus.push(all(podman.clone(), podman, image.clone(), image.clone()));
    }
    corpus.push(all(small.clone(), small, image.clone(), image));
    corpus
});

/// What libpod says of a container that a command made, and of one that its API made.
fn of_podman() -> [Value; 2] {
    let common = json!({ "Id": "b".repeat(64), "Name": "web", "Image": "aa", "ImageName": "registry.example:5000/web:1", "OCIRuntime": "crun", "Pod": "",
        "IsInfra": false, "Dependencies": [], "RestartCount": 1, "OCIConfigPath": "/var/b/config.json",
        "State": { "Status": "running", "StartedAt": "2026-01-01T00:00:00.123456789Z", "Healthcheck": { "Status": "", "FailingStreak": 0, "Log": null } },
        "HostConfig": { "NetworkMode": "bridge", "RestartPolicy": { "Name": "always" }, "CapAdd": ["CAP_SYS_TIME"], "SecurityOpt": ["seccomp=unconfined"],
            "Annotations": { "io.podman.annotations.init": "TRUE" }, "PortBindings": { "80/tcp": [{ "HostIp": "", "HostPort": "8080" }] },
            "LogConfig": { "Type": "journald", "Size": "9.766kB" }, "Ulimits": [{ "Name": "RLIMIT_NOFILE", "Hard": 9, "Soft": -1 }] },
        "Mounts": [{ "Type": "volume", "Name": "0123456789abcdef".repeat(4), "Destination": "/data", "Driver": "local", "RW": true, "Options": ["nosuid"] }],
        "NetworkSettings": { "Networks": { "podman": { "NetworkID": "podman", "IPAddress": "10.88.0.2", "Aliases": ["bbbbbbbbbbbb"] } } } });
    let config = json!({ "Hostname": "bbbbbbbbbbbb", "Env": ["A=1", "container=podman"], "Cmd": ["httpd"], "Entrypoint": ["/bin/sh"], "StopSignal": "SIGTERM",
        "StopTimeout": 10, "Labels": { "io.containers.autoupdate": "registry", "PODMAN_SYSTEMD_UNIT": "web.service" }, "sdNotifyMode": "container",
        "StartupHealthCheck": { "Test": ["CMD-SHELL", "true"], "Interval": 1, "Successes": 2 }, "Secrets": [{ "Name": "s", "ID": "1", "Mode": 256 }] });
    let command = json!([
        "podman",
        "--log-level=debug",
        "run",
        "-d",
        "--name",
        "web",
        "-e",
        "A",
        "-e",
        "B=2",
        "-v",
        "/data",
        "--mount",
        "type=volume,src=v,dst=/x",
        "--pod=app",
        "--health-cmd",
        "true",
        "-p80",
        "-itw/",
        "--secret=s,type=env,target=T",
        "--",
        "web:1",
        "httpd",
        "-f"
    ]);
    let notes = json!({ "Generator": { "name": "web", "image": "web:1", "volumes": [{ "Name": "v", "Dest": "/x" }], "umask": "0022",
        "portmappings": [{ "container_port": 80, "host_port": 8080 }], "Networks": { "podman": { "static_ips": ["10.88.0.2"] } }, "secrets": [{ "Source": "s", "Target": "/t" }] },
        "Runtime": { "linux": { "sysctl": { "net.ipv4.ip_forward": "1" }, "maskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
            "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/sys/firmware"], "resources": { "devices": [] } } } });
    let of = |extra: (&str, Value)| {
        let mut document = common.clone();
        document["Config"] = config.clone();
        match extra {
            ("", value) => document["Config"]["CreateCommand"] = value,
            (name, value) => document[name] = value,
        }
        document
    };
    [of(("", command)), of((NOTES, notes))]
}

static CONFIG: LazyLock<Config> = LazyLock::new(|| Config::parse(Path::new("rotate.toml"), "select = \"all\"").expect("a configuration"));

#[test]
fn documents_of_an_engine() {
    let make = |rng: &mut _| mutate::document(rng, &CORPUS).to_string();
    fuzz("documents_of_an_engine", Allowed { per_byte: 1_000, beside: 4 << 20 }, make, |text| {
        // serde_json itself refuses what is nested too deep, as it does for the engine's answers.
        let Ok(document) = serde_json::from_str::<Value>(text) else { return };
        read(&document);
    });
}

fn read(document: &Value) {
    let containers = ["predecessor", "successor"].map(|name| Container::new(document[name].clone()));
    let images = ["old", "new"].map(|name| Image::new(document[name].clone()));
    let documents = Images { old: images[0].document(), new: images[1].document() };
    for image in &images {
        let _ = (image.id(), image.is_blank(), image.platform(), image.tags().len(), image.digest_made_here(), image.has_digest());
        let _ = (image.is_same_as(&images[0]), image.digests_of(&"web:1".parse().expect("a reference")), format!("{image:?}"));
    }
    for container in &containers {
        read_container(container, &images, &containers);
    }
    let [old, new] = containers.each_ref().map(Container::document);
    if let Ok(mut request) = spec::create_request(old, documents, "web:1") {
        spec::leave_main_network(&mut request, old);
        let _ = (spec::bind_sources(&request), request.to_string());
    }
    for differences in [Ok(spec::compare(old, new, documents)), spec::predict(old, documents)].into_iter().flatten() {
        differences.iter().for_each(|difference| drop(difference.to_string()));
    }
    let missing = spec::missing_networks(old, new);
    missing.iter().for_each(|network| drop(spec::endpoint(old, network)));
    let _ = spec::volumes_born(old, new);
    let [one, other] = containers;
    let survey = Survey {
        images: images.into_iter().map(|image| (image.id(), image)).collect::<BTreeMap<ImageId, Image>>(),
        containers: vec![one, other],
        ..Survey::default()
    };
    let (_, skipped) = plan::select(&survey, &CONFIG, &["web".to_owned()]);
    skipped.iter().for_each(|skipped| drop((skipped.reason.to_string(), skipped.reason.help())));
}

fn read_container(container: &Container, images: &[Image; 2], all: &[Container; 2]) {
    let _ =
        (container.id().short().len(), container.image_id(), container.restart_policy(), container.is_removed_on_exit(), container.pid());
    let _ = (container.stop_grace_seconds(), container.attachments(), container.linked_to().len(), container.shares_namespace_of().len());
    let _ = (format!("{container:?}"), container.has_host_network());
    if let Err(error) = policy(&CONFIG, &container.labels(), &images[0].labels()) {
        let _ = (error.to_string(), error.help());
    }
    let range = StatusRange::DEFAULT;
    let check = Check::Http { port: 80, path: "/".into(), status: range, text: None };
    let probe = Probe { check, interval: Duration::from_secs(5), timeout: Duration::from_secs(3), retries: 3 };
    let terms = Terms {
        min_healthy: None,
        deadline: None,
        keep_old: Duration::ZERO,
        is_oneshot: false,
        probe: None,
        stays: false,
        returns_late: false,
    };
    let (at, now) = (Timestamp::UNIX_EPOCH, Duration::from_secs(1));
    for terms in [terms.clone(), Terms { probe: Some(probe), is_oneshot: true, ..terms }] {
        let rules = GateRules::of(container, &terms, true);
        let (state, mut watch) = (container.state(), Watch::begin(now, true));
        watch.look(now, &state);
        let _ = verdict(&rules, &watch, &state, Duration::MAX);
        let view = ContainerView::new(container, rules, Some(watch));
        let _ = (late(&view, RestartPolicy::OnFailure(1), Timestamp::MAX, Duration::MAX), view.is_at_rest(), container.ended_at());
        let member = member(container, &images[0]);
        for other in all {
            let _ = Replacement::of(&member, other);
        }
        let id = RotationId::new("7f3a21");
        let opening = Opening { id, purpose: Purpose::Rotate, members: vec![member], terms, agent: "a".into(), boot: "b".into(), at };
        let record = Record::open(opening);
        let _ = (record.old_name(&record.members[0]), serde_json::to_string(&record));
    }
}

fn member(container: &Container, image: &Image) -> Member {
    Member {
        name: container.name().to_owned(),
        reference: container.image_typed().parse().unwrap_or_else(|_| "web:1".parse().expect("a reference")),
        digest: Some(format!("sha256:{}", "b".repeat(64)).parse().expect("a digest")),
        old_digest: None,
        platform: image.platform(),
        old_image: image.id(),
        new_image: Some(container.image_id()),
        is_pulled: true,
        tag_before: None,
        predecessor: container.id(),
        original: container.clone(),
        policy: container.restart_policy().unwrap_or(RestartPolicy::No),
        stop_signal: None,
        was_healthy: true,
        is_tool_owned: true,
        successor: None,
        volumes_born: vec![],
        terms: None,
        auth_file: None,
    }
}

/// Else the inputs made of them end at the first refusal.
#[test]
fn what_podman_says_is_read_to_the_end_before_it_is_changed() {
    let image = json!({ "Id": "aa", "Config": {} });
    for document in of_podman() {
        let request = spec::create_request(&document, Images { old: &image, new: &image }, "web:1");
        assert!(request.is_ok(), "{request:?}");
    }
}
