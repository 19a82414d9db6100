//! Programs that are asked where a Podman's socket tells nothing, and that hang: each ends in an error that names what was asked, in the time that it
//! may take.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use rotate::engine::{EngineError, LOOK};
use serde_json::json;
use tokio::time::Instant;

use crate::peer::{self, Reply};
use crate::time::in_quick_time;

/// More than a tick for each step of a call, and less than any deadline.
const SLACK: Duration = Duration::from_secs(4);
/// The child has what it writes to, too.
const HANGS: &str = "#!/bin/sh\nsleep 100000\nexit\n";
const NAME: &str = "programs::a_podman_and_a_systemctl_that_hang_cost_each_call_its_deadline";

type Call<'a> = Pin<Box<dyn Future<Output = Result<(), EngineError>> + 'a>>;

fn podman() -> Reply {
    let engine = json!({ "Name": "Podman Engine", "Version": "5.4.2" });
    Reply::json(200, &json!({ "Version": "5.4.2", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64", "Components": [engine] }))
}

/// In a process of its own: where programs are looked for is said by the environment, which cannot be changed beside other threads.
#[test]
fn a_podman_and_a_systemctl_that_hang_cost_each_call_its_deadline() {
    let Some(folder) = env::var_os("ROTATE_TEST_FOLDER") else { return alone() };
    in_quick_time(async {
        let socket = peer::engine(Path::new(&folder), |_| podman());
        let engine = rotate::engine::connect(&socket, LOOK).await.expect("it says who it is");
        let services = engine.services().expect("a Podman's containers can have units");
        let (request, names) = (json!({ "Arguments": ["web:latest"], "Environment": {} }), ["web.service".to_owned()]);
        let calls: Vec<(&str, u64, Call)> = vec![
            ("create container web", 60, Box::pin(async { engine.create("web", &request, None).await.map(drop) })),
            ("show units of systemd", 20, Box::pin(async { services.show(&names).await.map(drop) })),
            // Three times 20 s: what it needs is asked for, and the start limits to count anew, first.
            ("start web.service", 60, Box::pin(async { services.start("web.service").await })),
            ("read the units of systemd again", 90, Box::pin(async { services.write_files(&[]).await })),
        ];
        join_all(calls.into_iter().map(|(name, seconds, call)| async move {
            let begun = Instant::now();
            let error = call.await.err().unwrap_or_else(|| panic!("«{name}» had an answer"));
            let (took, limit) = (begun.elapsed(), Duration::from_secs(seconds));
            let is_named = matches!(&error, EngineError::Unanswered { call, .. } if call == name);
            assert!(is_named && error.may_land(), "«{name}»: {error:?}");
            assert!((limit..limit + SLACK).contains(&took), "«{name}»: {took:?}");
        }))
        .await;
    });
}

fn alone() {
    let folder = tempfile::tempdir().expect("a folder can be made in /tmp");
    for program in ["podman", "systemctl"] {
        let path = folder.path().join(program);
        fs::write(&path, HANGS).expect("a file can be written there");
        fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("it is ours");
    }
    let before = env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = [folder.path().to_owned()].into_iter().chain(env::split_paths(&before)).collect();
    let output = Command::new(env::current_exe().expect("this program"))
        .args([NAME, "--exact", "--nocapture"])
        .env("ROTATE_TEST_FOLDER", folder.path())
        .env("PATH", env::join_paths(path).expect("folders without a colon"))
        .output()
        .expect("it can be run once more");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
