//! Credential helpers as real child processes: what they are asked, what is taken from them, and what becomes of bad ones.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rotate::model::Credential;
use rotate::registry::{Credentials, HelperFault, HelperLimits, HttpRegistry, Registry, RegistryError};
use tempfile::TempDir;

use crate::server::{Answer, DIGEST, Server};
use crate::support::{basic, credentials, local_is_insecure, reference, resolve};

/// A folder of helpers, which is all of `$PATH` that is looked at.
struct Helpers(TempDir);

impl Helpers {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A helper that is this shell script. It can keep notes in `$HERE`.
    fn with(self, name: &str, script: &str) -> Self {
        let path = self.0.path().join(format!("docker-credential-{name}"));
        let text = format!("#!/bin/sh\nHERE={}\n{script}\n", self.0.path().display());
        // By another process: a file that this one has open for writing cannot be executed, and a child of another test's may have it open still.
        let written = Command::new("sh").args(["-c", "printf %s \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(&path).arg(text).status();
        assert!(written.unwrap().success());
        self
    }

    fn credentials(&self, config: &str) -> Credentials {
        let limits = HelperLimits { path: self.0.path().into(), deadline: Duration::from_secs(5) };
        credentials(config).unwrap().with_helper_limits(limits)
    }

    fn registry(&self, config: &str) -> HttpRegistry {
        HttpRegistry::new(local_is_insecure(), self.credentials(config))
    }

    fn notes(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap_or_default()
    }
}

/// Writes down what it is asked, and knows one password.
const ALICE: &str = r#"[ "$1" = get ] || exit 9
echo "$(cat)" >>$HERE/asked
echo '{"ServerURL": "x", "Username": "alice", "Secret": "a?b?c>d>~~~?"}'"#;
const NONE: &str = "echo 'credentials not found in native keychain'; exit 1";

fn guarded() -> Server {
    let expected = basic("alice", "a?b?c>d>~~~?");
    Server::start(move |request| match request.header("authorization") {
        Some(sent) if sent == expected => Answer::digest(),
        _ => Answer::demand("Basic realm=\"a registry\""),
    })
}

fn helper_of(server: &Server, name: &str) -> String {
    serde_json::json!({ "credHelpers": { &server.address: name } }).to_string()
}

#[tokio::test]
async fn a_helper_opens_its_registry_and_is_asked_once_a_run() {
    let server = guarded();
    let helpers = Helpers::new().with("alice", ALICE);
    let registry = helpers.registry(&helper_of(&server, "alice"));
    let names: Vec<String> = (0..10).map(|n| format!("web{n}")).collect();
    for answer in futures_util::future::join_all(names.iter().map(|name| resolve(&registry, &server, name))).await {
        assert_eq!(answer.unwrap().as_str(), DIGEST);
    }
    let pulled_with = registry.credential(&reference(&format!("{}/web", server.address))).await.unwrap();
    assert_eq!(pulled_with, Some(Credential::Basic { username: "alice".into(), password: "a?b?c>d>~~~?".into() }));
    assert_eq!(helpers.notes("asked"), format!("{}\n", server.address));
}

#[tokio::test]
async fn the_store_keeps_what_no_other_helper_does_and_knows_the_hub_by_its_old_name() {
    let helpers = Helpers::new().with("alice", ALICE).with("own", "cat >/dev/null; echo '{\"Username\": \"own\", \"Secret\": \"pw\"}'");
    let all = helpers.credentials(r#"{"credsStore": "alice", "credHelpers": {"r.lan": "own", "file.lan": ""}, "auths": {"r.lan": {}}}"#);
    let user = async |registry: &str| match all.find(registry, "library/web").await.unwrap() {
        Some(Credential::Basic { username, .. }) => Some(username),
        _ => None,
    };
    assert_eq!(user("r.lan").await.as_deref(), Some("own"));
    assert_eq!(user("file.lan").await, None);
    assert_eq!(user("docker.io").await.as_deref(), Some("alice"));
    assert_eq!(user("ghcr.io:444").await.as_deref(), Some("alice"));
    assert_eq!(helpers.notes("asked"), "https://index.docker.io/v1/\nghcr.io:444\n");
}

#[tokio::test]
async fn what_a_helper_does_not_have_is_looked_up_in_the_file_and_else_there_is_none() {
    let helpers = Helpers::new().with("none", NONE).with("empty", r#"echo '{"ServerURL": "", "Username": "", "Secret": ""}'"#);
    for name in ["none", "empty"] {
        let config = serde_json::json!({ "credsStore": name, "auths": { "r.lan": { "username": "bob", "password": "pw" } } });
        let all = helpers.credentials(&config.to_string());
        assert!(matches!(all.find("r.lan", "web").await, Ok(Some(Credential::Basic { username, .. })) if username == "bob"));
        assert_eq!(all.find("other.lan", "web").await, Ok(None));
    }
}

#[tokio::test]
async fn the_name_of_a_token_makes_an_identity_token_of_the_secret() {
    let helpers = Helpers::new().with("token", r#"echo '{"ServerURL": "x", "Username": "<token>", "Secret": "eyJ0"}'"#);
    let all = helpers.credentials(r#"{"credsStore": "token"}"#);
    assert_eq!(all.find("r.lan", "web").await, Ok(Some(Credential::IdentityToken("eyJ0".into()))));
}

/// What a bad helper is said to have done; the registry behind it lets everybody in and must not be asked.
async fn check(helpers: &Helpers, name: &str, expected: HelperFault) -> RegistryError {
    let server = Server::start(|_| Answer::digest());
    let other = Server::start(|_| Answer::digest());
    let registry = helpers.registry(&helper_of(&server, name));
    for _ in 0..2 {
        let error = resolve(&registry, &server, "web").await.unwrap_err();
        let RegistryError::Helper { server: named, helper, fault } = &error else { panic!("{error:?}") };
        assert_eq!((named, helper.as_str(), fault), (&server.address, name, &expected));
    }
    let error = registry.credential(&reference(&format!("{}/web", server.address))).await.unwrap_err();
    assert_eq!(server.asked(), [""; 0], "a registry is asked without credentials only if there are none");
    resolve(&registry, &other, "web").await.unwrap();
    let shown = format!("{error} {error:?} {} {}", error.help(), error.state());
    assert!(!shown.contains("T0PSECRET"), "{shown}");
    assert!(shown.contains(&format!("docker-credential-{name}")), "{shown}");
    error
}

#[tokio::test]
async fn a_helper_that_fails_holds_its_registry_and_no_other() {
    let failing = "echo 'the password is T0PSECRET'; printf 'pinentry:\\033[31m no\\nterminal' >&2; exit 1";
    let helpers = Helpers::new().with("failing", failing).with("killed", "kill -9 $$").with("mute", "exit 3");
    let stderr = "pinentry: [31m no terminal".to_owned();
    let error = check(&helpers, "failing", HelperFault::Failed { code: Some(1), stderr }).await;
    assert!(error.to_string().ends_with(": it ended with 1 («pinentry: [31m no terminal»)"), "{error}");
    check(&helpers, "killed", HelperFault::Failed { code: None, stderr: String::new() }).await;
    check(&helpers, "mute", HelperFault::Failed { code: Some(3), stderr: String::new() }).await;
}

#[tokio::test]
async fn a_helper_that_prints_garbage_is_not_quoted() {
    let all = ["T0PSECRET", "", "[]", r#"{"Username": "T0PSECRET"}"#, r#"{"Username": 1, "Secret": "T0PSECRET"}"#, "\\000\\377{"];
    for text in all {
        let helpers = Helpers::new().with("garbage", &format!("printf '{text}'"));
        check(&helpers, "garbage", HelperFault::Garbage).await;
    }
}

#[tokio::test]
async fn a_helper_that_prints_megabytes_is_stopped() {
    let endless = "while :; do echo T0PSECRETT0PSECRETT0PSECRETT0PSECRET; done";
    check(&Helpers::new().with("endless", endless), "endless", HelperFault::TooLong).await;
    // On stderr it is only cut short.
    let loud = "dd if=/dev/zero bs=1M count=4 2>/dev/null | tr '\\0' x >&2; echo '{\"Username\": \"a\", \"Secret\": \"b\"}'";
    let all = Helpers::new().with("loud", loud);
    assert!(matches!(all.credentials(r#"{"credsStore": "loud"}"#).find("r.lan", "web").await, Ok(Some(_))));
}

#[tokio::test]
async fn a_helper_that_is_missing_or_no_program_is_said_to_be_so() {
    let helpers = Helpers::new().with("plain", "exit 0");
    let file = helpers.0.path().join("docker-credential-plain");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    for name in ["nowhere", "plain"] {
        let error = check(&helpers, name, HelperFault::Missing).await;
        assert!(error.help().contains(&format!("install docker-credential-{name}")), "{}", error.help());
    }
    std::fs::write(&file, "\u{1}\u{2} no program").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = helpers.credentials(r#"{"credsStore": "plain"}"#).find("r.lan", "web").await.unwrap_err();
    assert!(matches!(error, RegistryError::Helper { fault: HelperFault::NotStarted(_), .. }), "{error:?}");
}

#[tokio::test]
async fn a_helper_is_found_by_absolute_folders_of_path_only_and_never_by_a_path_of_its_own() {
    let helpers = Helpers::new().with("alice", ALICE);
    let here = std::env::current_dir().unwrap();
    let up: String = here.ancestors().skip(1).map(|_| "../").collect();
    let relative = format!("{up}{}", helpers.0.path().strip_prefix("/").unwrap().display());
    assert!(Path::new(&relative).join("docker-credential-alice").exists(), "{relative}");
    let fault = async |path: &str, name: &str| {
        let limits = HelperLimits { path: path.into(), deadline: Duration::from_secs(5) };
        let config = serde_json::json!({ "credsStore": name }).to_string();
        match credentials(&config).unwrap().with_helper_limits(limits).find("r.lan", "web").await {
            Err(RegistryError::Helper { fault, .. }) => Some(fault),
            Err(other) => panic!("{other:?}"),
            Ok(_) => None,
        }
    };
    assert_eq!(fault(&relative, "alice").await, Some(HelperFault::Missing));
    assert_eq!(fault(&format!("{relative}::/nonexistent:{}", helpers.0.path().display()), "alice").await, None);
    std::fs::create_dir(helpers.0.path().join("docker-credential-x")).unwrap();
    assert_eq!(fault(&helpers.0.path().display().to_string(), "x/../docker-credential-alice").await, Some(HelperFault::Missing));
}

#[tokio::test]
async fn a_helper_that_hangs_is_killed_with_all_that_it_started() {
    for (name, script) in [
        ("hangs", "sleep 1000 & echo $! >$HERE/child; echo $$ >$HERE/leader; wait"),
        // Its own end is not enough: a child that keeps its stdout open could still answer.
        ("leaves", "sleep 1000 & echo $! >$HERE/child; echo $$ >$HERE/leader"),
        ("closes", "exec >&- 2>&-; echo $$ >$HERE/child; echo $$ >$HERE/leader; sleep 1000"),
    ] {
        let helpers = Helpers::new().with(name, script);
        let limits = HelperLimits { path: helpers.0.path().into(), deadline: Duration::from_millis(700) };
        let all = credentials(&serde_json::json!({ "credsStore": name }).to_string()).unwrap().with_helper_limits(limits);
        let begin = Instant::now();
        for _ in 0..3 {
            let error = all.find("r.lan", "web").await.unwrap_err();
            assert!(error.to_string().ends_with("did not end within 0.7 s"), "{error}");
        }
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        for who in ["leader", "child"] {
            let id = helpers.notes(who).trim().to_owned();
            assert!(!id.is_empty(), "{name} never ran");
            let deadline = Instant::now() + Duration::from_secs(10);
            while is_alive(&id) {
                assert!(Instant::now() < deadline, "{who} {id} of {name} still runs");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Neither gone nor a zombie.
fn is_alive(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}
