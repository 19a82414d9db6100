//! The stage on which secrets are planted: a container full of them, a registry that wants some, and commands whose every word is kept.

use std::fs::DirEntry;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::plant::{OF_CONTAINER, Plants};
use crate::lab::{Answer, FakeRegistry, Head, Scratch};

/// How the address is told to which pulls are sent.
pub const MASKED_PLACE: &str = "***@127.0.0.1:1/blob?sig=***";

/// The container and its registry. Commands run on the host, as root.
pub struct Stage<'a> {
    s: &'a Scratch,
    program: String,
    plants: Plants,
    registry: FakeRegistry,
    /// What was said, and by what.
    told: Mutex<Vec<(String, String)>>,
}

impl<'a> Stage<'a> {
    /// A container of `good-1`, from a registry that wants a password from now on.
    pub fn set(s: &'a Scratch, program: &str) -> Self {
        let registry = FakeRegistry::in_front_of(s.host);
        let stage = Self { s, program: program.to_owned(), plants: Plants::new(&s.name("s")), registry, told: Mutex::default() };
        stage.push("good-1");
        let secret = |name: &str| stage.plants.get(name).to_owned();
        let image = stage.image();
        stage.s.host.docker(&[
            "run",
            "-d",
            "--pull",
            "always",
            "--name",
            &s.name("web"),
            "--env",
            &format!("APP_PASSWORD={}", secret("environment")),
            "--label",
            &format!("app.token={}", secret("label")),
            "--label",
            "rotate.enable=true",
            "--label",
            &format!("rotate.health.http=:80/?token={}", secret("probe_query")),
            "--label",
            "rotate.health.text=good",
            "--log-opt",
            &format!("tag={}", secret("log_option")),
            "--health-cmd",
            &format!("true {}", secret("health_command")),
            &image,
            "trap 'exit 0' TERM; /bin/busybox httpd -f -p 80 -h /www & wait",
            &secret("argument"),
        ]);
        stage.wants("password");
        stage.credentials(&stage.login("password"));
        stage
    }

    /// Another image, with a secret that was given to its build.
    pub fn push(&self, text: &str) {
        let config = json!({ "Env": ["PATH=/bin", format!("BUILD_TOKEN={}-{text}", self.plants.get("build_argument"))] });
        self.s.push_with("web", &format!("nohealth:{text}"), &config.to_string());
    }

    fn image(&self) -> String {
        format!("{}/{}:latest", self.registry.address(), self.s.name("web"))
    }

    /// The registry wants this password.
    fn wants(&self, name: &str) {
        let basic = format!("Basic {}", self.plants.basic(name));
        self.registry.script(move |head| unless(head, &basic, "Basic realm=\"lab\""));
    }

    /// Asked for its digest the registry answers, and sends who pulls to a place that is none, with a password in its address.
    pub fn refuse_pulls(&self) {
        let place = self.place();
        self.answer_pulls(Answer::status(307).header("Location", &place));
    }

    /// The same, and who pulls is refused in words that have that address: what a registry says, every engine passes on.
    pub fn deny_pulls(&self) {
        let error = json!({ "code": "DENIED", "message": format!("look at {} for it", self.place()) });
        self.answer_pulls(Answer::status(403).header("Content-Type", "application/json").body(&json!({ "errors": [error] }).to_string()));
    }

    /// What a pull is told that is sent to the place which is none: of Podman's words its API keeps the last (4.3: all).
    pub fn refused_pull(&self) -> &'static str {
        let is_short = self.s.host.has_podman() && !self.s.host.engine().starts_with("podman-4.3");
        if is_short { "could not be pulled: connection refused" } else { MASKED_PLACE }
    }

    fn place(&self) -> String {
        format!("http://me:{}@127.0.0.1:1/blob?sig={}", self.plants.get("pull_user"), self.plants.get("pull_query"))
    }

    fn answer_pulls(&self, answer: Answer) {
        let basic = format!("Basic {}", self.plants.basic("password"));
        self.registry.script(move |head| match unless(head, &basic, "Basic realm=\"lab\"") {
            None if head.method == "GET" && head.target.contains("/manifests/") => Some(answer.clone()),
            refused => refused,
        });
    }

    /// The registry sends to a token service, which redeems the identity token.
    pub fn wants_tokens(&self) {
        self.token_service(200);
    }

    /// The token service takes nothing, and says what it does not take.
    pub fn forgets_tokens(&self) {
        self.token_service(401);
    }

    fn token_service(&self, status: u16) {
        let token = self.plants.get("bearer_token").to_owned();
        let refused = format!("not known: {}", self.plants.get("identity_token"));
        let challenge = format!("Bearer realm=\"http://{}/token\",service=\"lab\"", self.registry.address());
        self.registry.script(move |head| match head.target.starts_with("/token") {
            true if status == 200 => Some(Answer::status(200).body(&json!({ "access_token": token }).to_string())),
            true => Some(Answer::status(status).body(&json!({ "error": refused }).to_string())),
            false => unless(head, &format!("Bearer {token}"), &challenge),
        });
    }

    pub fn login(&self, name: &str) -> Value {
        json!({ "auths": { self.registry.address(): { "auth": self.plants.basic(name) } } })
    }

    pub fn identity_token(&self) -> Value {
        json!({ "auths": { self.registry.address(): { "auth": "", "identitytoken": self.plants.get("identity_token") } } })
    }

    /// Docker's file, for root only.
    pub fn credentials(&self, config: &Value) {
        let file = self.s.host_file("config.json", &config.to_string());
        self.s.host.exec(&["chmod", "600", &file]);
    }

    /// What a credential helper may do.
    pub fn helpers(&self) -> [String; 3] {
        let secret = |name| self.plants.get(name);
        [
            format!("echo '{{\"Username\": \"alice\", \"Secret\": \"{}\"}}'", secret("helper_answer")),
            format!("echo '{}'", secret("helper_failure")),
            format!("echo '{}'; exit 1", secret("helper_failure")),
        ]
    }

    pub fn helper(&self, script: &str) {
        self.s.host_file("docker-credential-lab", &format!("#!/bin/sh\ncat >/dev/null\n{script}\n"));
        self.credentials(&json!({ "credHelpers": { self.registry.address(): "lab" } }));
    }

    /// A second container, in whose label somebody wrote a whole address.
    pub fn mistake(&self) {
        let (user, query) = (self.plants.get("probe_user"), self.plants.get("probe_mistaken_query"));
        let label = format!("rotate.health.http=http://me:{user}@web/?token={query}");
        let image = self.image();
        self.s.host.docker(&["run", "-d", "--name", &self.s.name("odd"), "--label", "rotate.enable=true", "--label", &label, &image]);
    }

    /// A command, for people and for programs, with all that it tells while it works.
    pub fn tell(&self, what: &str, args: &[&str]) {
        for flags in [&["-v"][..], &["-v", "--json"]] {
            self.run(what, &[], &[args, flags].concat());
        }
    }

    /// One that changes something; this has to be in what it says.
    #[track_caller]
    pub fn one(&self, what: &str, args: &[&str], word: &str) {
        let said = self.run(what, &[], &[args, &["-v"]].concat());
        assert!(said.contains(word), "{what}, without «{word}»: {said}");
    }

    pub fn behind_a_proxy(&self, what: &str, args: &[&str]) {
        let proxy = format!("http://me:{}@127.0.0.1:1", self.plants.get("proxy"));
        self.run(what, &[&format!("HTTP_PROXY={proxy}"), &format!("http_proxy={proxy}")], args);
    }

    fn run(&self, what: &str, env: &[&str], args: &[&str]) -> String {
        let folder = self.s.host_dir();
        let (docker, path) = (format!("DOCKER_CONFIG={folder}"), format!("PATH={folder}:/usr/sbin:/usr/bin:/sbin:/bin"));
        let state_dir = format!("{folder}/state");
        let command = ["env", "RUST_LOG=trace", "RUST_BACKTRACE=full", &docker, &path];
        let output = self.s.host.exec(&[&command, env, &[&self.program, "--state-dir", &state_dir], args].concat());
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        self.note(&format!("{what} (`rotate {}`)", args.join(" ")), said.clone());
        said
    }

    /// Keeps what something said.
    pub fn note(&self, what: &str, said: String) {
        self.told.lock().expect("no test failed meanwhile").push((what.to_owned(), said));
    }

    /// All that was said.
    pub fn told(&self) -> String {
        self.told.lock().expect("no test failed meanwhile").iter().map(|(what, said)| format!("--- {what}\n{said}")).collect()
    }

    /// No secret was said.
    #[track_caller]
    pub fn check_told(&self) {
        for (what, said) in self.told.lock().expect("no test failed meanwhile").iter() {
            assert_eq!(self.plants.found(said.as_bytes()), Vec::<&str>::new(), "{what}: {said}");
        }
    }

    /// The files of the commands' state directory; see [`Stage::check_dir`].
    #[track_caller]
    pub fn check_files(&self, is_kept: bool) {
        self.check_dir(&format!("{}/state", self.s.host_dir()), is_kept);
    }

    /// No file of a state directory is anybody else's, and none has a secret: but the store has the container's own as long as it is kept.
    #[track_caller]
    pub fn check_dir(&self, state_dir: &str, is_kept: bool) {
        let state_dir = self.s.host.path(state_dir);
        assert_eq!(std::fs::metadata(&state_dir).expect("it is there").mode() & 0o7777, 0o700);
        let mut seen = 0;
        for entry in files_below(&state_dir) {
            let (name, mode) = (entry.file_name().to_string_lossy().into_owned(), entry.metadata().expect("a file").mode());
            let found = self.plants.found(&std::fs::read(entry.path()).expect("a file"));
            let is_store = name.starts_with("rotate.db");
            assert!(!is_store || mode & 0o077 == 0, "{name}: {mode:o}");
            let may = |secret: &&&str| is_kept && is_store && OF_CONTAINER.contains(*secret);
            let too_many: Vec<_> = found.iter().filter(|secret| !may(secret)).collect();
            assert!(too_many.is_empty(), "{name} has {too_many:?}");
            seen += found.len();
        }
        assert_eq!(seen > 0, is_kept, "the container could be created again");
    }
}

/// Those of engines that were not served first lie in folders of their own.
fn files_below(folder: &Path) -> Vec<DirEntry> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let is_folder = |entry: &DirEntry| entry.file_type().expect("it is there").is_dir();
    entries.flat_map(|entry| if is_folder(&entry) { files_below(&entry.path()) } else { vec![entry] }).collect()
}

/// Refuses whoever does not send this.
fn unless(head: &Head, authorization: &str, challenge: &str) -> Option<Answer> {
    let is_known = head.header("authorization") == Some(authorization);
    (!is_known).then(|| Answer::status(401).header("WWW-Authenticate", challenge))
}
