//! Texts that people and programs write: labels, `rotate.toml`, references, schedules, and the other small ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rotate::config::{Config, EngineAddress, KEYS, parse_duration};
use rotate::model::{Digest, InsecureRegistries, Proxies, Reference, RestartPolicy, StopSignal};
use rotate::plan::given_name;
use rotate::policy::{LABELS, policy};
use rotate::schedule::Schedule;

use crate::fuzz::{Allowed, fuzz};
use crate::mutate;

const LITTLE: Allowed = Allowed { per_byte: 500, beside: 2 << 20 };

/// The example that is shipped, with its defaults in force, and what else may stand there.
static FILES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rotate.toml.example");
    let example = std::fs::read_to_string(path).expect("the example");
    let in_force = example.lines().map(|line| line.strip_prefix('#').unwrap_or(line)).collect::<Vec<_>>().join("\n");
    let mut files = vec![example, in_force];
    files.push("[health]\ninterval = \"5s\"\n[health.commands]\n\"a b\" = [\"/bin/true\", \"x\"]\nc = [\"/x\"]\n".into());
    files.push(
        "schedule = \"0 4 * * MON-FRI\"\ntime_zone = \"Europe/Berlin\"\njitter = \"5m\"\nselect = 'all'\nkeep_old = \"\"\"24h\"\"\"\n"
            .into(),
    );
    files.extend(KEYS.iter().map(|key| format!("{key} = [{{ a.b = 1979-05-27T07:32:00Z }}, 0x1F, inf, \"\\u00e9\"]\n")));
    files
});

#[test]
fn configuration_files() {
    let make = |rng: &mut _| mutate::text(rng, &FILES);
    fuzz("configuration_files", LITTLE, make, |bytes| {
        // A file that is no text is refused before it is parsed.
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        if let Err(error) = Config::parse(Path::new("rotate.toml"), text) {
            let _ = (error.to_string(), error.help());
        }
    });
}

#[test]
fn labels() {
    let config = Config::parse(Path::new("rotate.toml"), "[health.commands]\ncheck = [\"/bin/true\"]").expect("a configuration");
    let values = ["true", "24h", ":8080/healthz", "200-399", "[\"pg_isready\", \"-q\"]", "check", "rollback", "3", "SIGINT", "1h 30m"];
    let mut lines: Vec<String> = LABELS.iter().flat_map(|label| values.map(|value| format!("{label}={value}\n"))).collect();
    lines.extend(["enable", "monitor-only", "stop-signal"].map(|end| format!("com.centurylinklabs.watchtower.{end}=true\n")));
    let make = |rng: &mut fastrand::Rng| {
        let some: String = (0..rng.usize(1..5)).map(|_| mutate::pick(rng, &lines).as_str()).collect();
        mutate::text(rng, &[some])
    };
    fuzz("labels", LITTLE, make, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let labels: BTreeMap<String, String> =
            text.split('\n').map(|line| line.split_once('=').unwrap_or((line, ""))).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        if let Err(error) = policy(&config, &labels, &BTreeMap::new()) {
            let (message, help) = (error.to_string(), error.help());
            assert!(!message.contains(char::is_control) && message.len() < 2_000, "{message:?} {help}");
        }
    });
}

#[test]
fn small_texts() {
    let corpus = [
        "nginx",
        "10.0.0.1:5000/a/b:1.2-x",
        "[::1]:5000/x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "docker.io/library/x:latest",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "0 4 * * *",
        "*/15 0-6,8 1,15 JAN-MAR MON#2",
        "@daily",
        "0 0 29 2 *",
        "1h 30m",
        "500ms",
        "on-failure-3",
        "SIGRTMIN+3",
        "15",
        "unix:///run/x.sock",
        "tcp://127.0.0.1:2375",
        "web.rotate-old-7f3a21-always",
        "127.0.0.0/8",
        "::1/128",
        "http://user:pw@proxy:3128",
        ".example.org,10.0.0.0/8,*",
    ];
    let make = |rng: &mut _| mutate::text(rng, &corpus);
    fuzz("small_texts", LITTLE, make, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(reference) = text.parse::<Reference>() {
            assert_eq!(reference.to_string().parse::<Reference>().as_ref(), Ok(&reference), "what is shown can be typed again");
            let _ = (reference.familiar_name(), reference.is_same_repository(&reference));
        }
        if let Ok(schedule) = Schedule::parse(&text) {
            let _ = schedule.next(Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        }
        let _ =
            (text.parse::<Digest>(), parse_duration(&text), text.parse::<RestartPolicy>(), text.parse::<StopSignal>(), given_name(&text));
        let _ = text.parse::<EngineAddress>();
        let insecure = InsecureRegistries::new(vec![text.to_string()], vec![text.to_string()]).with_secure(vec![text.to_string()]);
        let host: String = text.chars().take(255).collect();
        let _ = (insecure.contains(&host, &[]), insecure.depends_on_addresses(&host));
        let proxies = Proxies { http: text.to_string(), https: text.to_string(), except: text.to_string() };
        let _ = proxies.unmasked(&[text.to_string()]).of("http", &host, 80);
    });
}
