//! A project of compose on the host, and what a test asks of it.

use serde_json::Value;

use super::{FAST, scratch};
use crate::lab::{Action, Agent, COMPOSE, FaultProxy, Host, Scratch, lacks};

/// A compose project on the host, its file included; goes with the scratch.
pub struct Project {
    host: &'static Host,
    name: String,
    file: String,
}

impl Project {
    /// Two services: `web` with an anonymous volume, which waits for `db` with a named one and an alias.
    pub fn of_two(s: &Scratch) -> Project {
        s.push("web", "volume:v1");
        s.push("db", "ok:d1");
        Project::up(
            s,
            &format!(
                r#"
services:
  web: {{image: "{}", restart: always, ports: ["80"], depends_on: {{db: {{condition: service_healthy}}}}}}
  db:
    image: "{}"
    restart: unless-stopped
    volumes: ["data:/named"]
    networks: {{default: {{aliases: [store]}}}}
    healthcheck: {{test: "test -d /named", interval: 1s}}
volumes: {{data: {{}}}}
"#,
                s.image("web"),
                s.image("db")
            ),
        )
    }

    /// One service, `web`, with data in an anonymous volume; a newer image is in the registry.
    pub fn stale(s: &Scratch, variant: &str) -> Project {
        s.push("web", "volume:v1");
        let project = Project::up(s, &one(s, ""));
        project.compose(&["exec", "-T", "web", "touch", "/data/mine"]);
        s.push("web", variant);
        project
    }

    fn up(s: &Scratch, text: &str) -> Project {
        let project = Project { host: s.host, name: s.name("p"), file: format!("/run/{}.yaml", s.name("p")) };
        project.write(text);
        project.compose(&["up", "-d", "--pull", "always", "--wait"]);
        project
    }

    pub fn write(&self, text: &str) {
        assert!(self.host.exec(&["sh", "-c", r#"printf %s "$2" >"$1""#, "_", &self.file, text]).status.success());
    }

    #[track_caller]
    pub fn compose(&self, args: &[&str]) -> String {
        self.try_compose(args).unwrap_or_else(|why| panic!("compose {}: {why}", args.join(" ")))
    }

    fn try_compose(&self, args: &[&str]) -> Result<String, String> {
        run(self.host, &self.command(args))
    }

    fn command(&self, args: &[&str]) -> Vec<String> {
        let options = ["docker", "compose", "--progress", "quiet", "-f", &self.file, "-p", &self.name];
        options.iter().chain(args).map(|&word| word.to_owned()).collect()
    }

    /// Runs compose as another hand at a call of the agent's; whether it succeeds is compose's affair.
    pub fn later(&self, args: &[&str]) -> Action {
        let (host, all) = (self.host, self.command(args));
        Action::Run(Box::new(move || drop(run(host, &all))))
    }

    /// Full name of a container: `web-1`.
    pub fn container(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// Names, ids and states of all containers that have the project's label, by name.
    pub fn all(&self) -> Vec<(String, String, String)> {
        let filter = format!("label=com.docker.compose.project={}", self.name);
        let format = "{{.Names}} {{.ID}} {{.State}}";
        let lines = self.host.docker(&["ps", "-a", "--no-trunc", "--format", format, "--filter", &filter]);
        let mut all: Vec<_> = lines.lines().filter_map(|line| Some(words(line.split_once(' ')?))).collect();
        all.sort();
        all
    }

    pub fn networks(&self) -> String {
        self.host.docker(&["network", "ls", "-q", "--filter", &format!("label=com.docker.compose.project={}", self.name)])
    }

    /// The one container of `web`: running under its name, with its data, and compose has nothing to do.
    #[track_caller]
    pub fn is_whole(&self, s: &Scratch, case: &str) -> String {
        let all = self.all();
        let [(name, id, state)] = &all[..] else { panic!("{case}: not one container of the service: {all:?}") };
        assert_eq!((name.as_str(), state.as_str()), (self.container("web-1").as_str(), "running"), "{case}");
        self.compose(&["exec", "-T", "web", "test", "-e", "/data/mine"]);
        self.compose(&["up", "-d"]);
        assert_eq!(self.all(), all, "{case}: compose has nothing to do");
        let status = agent(s).run(&["status", "--json"]).exits(0).json();
        let web = status["containers"].as_array().into_iter().flatten().find(|c| c["name"] == name.as_str()).cloned();
        assert_eq!(web.map(|web| web["is_open"].clone()), Some(Value::Bool(false)), "{case}: the record is closed");
        id.clone()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        self.host.exec(&["rm", "-f", &self.file]);
    }
}

/// None where there is no compose.
pub fn scratch_with_compose(test: &str) -> Option<Scratch> {
    (!lacks(&COMPOSE)).then(|| scratch(test))
}

/// The agent, with fast gates. What compose makes on Podman is made through its API, and rotated on the engine's own host only.
pub fn agent(s: &Scratch) -> Agent<'_> {
    let agent = s.agent().config(FAST);
    if s.host.has_podman() { agent.on_host_as_owner() } else { agent }
}

/// What disturbs an agent of [`through`].
pub fn proxy(s: &Scratch) -> FaultProxy {
    if s.host.has_podman() { FaultProxy::start_on(s.host, &format!("{}/proxy", s.host_dir())) } else { FaultProxy::start(&s.host.socket()) }
}

/// The same agent, with its engine behind a proxy.
pub fn through<'a>(s: &'a Scratch, proxy: &FaultProxy) -> Agent<'a> {
    let agent = s.agent().config(FAST);
    if s.host.has_podman() { agent.on_host_through(proxy) } else { agent.engine(&proxy.socket()) }
}

/// Docker's client, whatever the engine: `lab exec` names its socket.
fn run(host: &Host, command: &[String]) -> Result<String, String> {
    let output = host.exec(&command.iter().map(String::as_str).collect::<Vec<_>>());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn words((name, rest): (&str, &str)) -> (String, String, String) {
    let (id, state) = rest.split_once(' ').unwrap_or((rest, ""));
    (name.to_owned(), id.to_owned(), state.to_owned())
}

/// A file with one service, and what else is to be set for it.
pub fn one(s: &Scratch, more: &str) -> String {
    format!("services:\n  web: {{image: \"{}\", restart: always{more}}}\n", s.image("web"))
}
