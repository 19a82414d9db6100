//! One cell's containers, as they are before the harm is done.

use std::{
    sync::{
        Once,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::check;
use super::pod::Pod;
use super::scenario::{End, Next, Scenario, Service, Shape, Task};
use super::unit::Unit;
use crate::lab::{Action, Agent, Fault, FaultProxy, Host, Scratch};

pub const CONFIG: &str = "min_healthy = \"300ms\"\nschedule = \"0 0 1 1 *\"\n";
/// Where a create takes one network only, a second one is a call more.
const SECOND: &str = "rotate-second";
const STATIC: &str = "rotate-static";
/// Engines that ask a container of its health less often once it is healthy (API 1.44): each time costs as much as a tenth of its start.
const ASKS_SELDOM: [&str; 2] = ["docker-26.1", "docker-28.5"];
const SECOND_NS: u64 = 1_000_000_000;
/// A volume for what a power cut undoes: the lock that says that one of a service runs.
pub const LOCKS: &str = "/dev/shm:/locks";

/// Those that the new image has.
const MORE_VOLUMES: [&str; 1] = ["/extra"];

/// What was there before.
pub struct Start {
    pub service: Service,
    /// The container's name in full.
    pub name: String,
    pub id: String,
    pub image: String,
    pub policy: Value,
    pub networks: Vec<String>,
    pub aliases: Value,
    /// The new image, as the engine calls it once it is pulled.
    pub next: String,
    pub address: Value,
    pub ports: Value,
    /// The volume at `/data`.
    pub volume: Value,
    pub mounts: usize,
}

pub struct World {
    /// Of the containers that systemd owns. Gone before these are removed, which it would make again.
    pub units: Vec<Unit>,
    /// That all are members of.
    pub pod: Option<Pod>,
    pub s: Scratch,
    pub scenario: &'static Scenario,
    pub starts: Vec<Start>,
    /// After its containers.
    _data: Data,
}

/// Volumes of our own making that a new container has under their names: they do not go with it.
struct Data(&'static Host, Vec<String>);

impl Drop for Data {
    fn drop(&mut self) {
        for name in &self.1 {
            self.0.api("DELETE", &format!("/volumes/{name}?force=1"));
        }
    }
}

/// A number for an address or a port that no other cell has.
fn number() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl World {
    pub fn new(host: &'static Host, scenario: &'static Scenario, title: &str) -> World {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            if host.has_podman() {
                restart_at_boot(host);
            }
            // They may be there since an earlier run.
            drop(host.try_docker(&["network", "create", SECOND]));
            drop(host.try_docker(&["network", "create", "--subnet", "10.199.0.0/16", STATIC]));
        });
        let s = Scratch::new(host, title);
        let pod = (scenario.shape == Shape::Pod).then(|| Pod::create(&s, scenario));
        let (mut units, mut starts) = (Vec::new(), Vec::new());
        for service in scenario.services {
            push(&s, service, "ok:v1", Next::Good, &[]);
            units.extend(scenario.shape.is_unit().then(|| Unit::start(&s, scenario, service)));
            starts.push(start(&s, scenario, service, pod.as_ref()));
        }
        let data = starts.iter().filter_map(|start: &Start| start.volume.as_str()).map(str::to_owned).collect();
        World { units, pod, s, scenario, starts, _data: Data(host, data) }
    }

    /// Of an agent that is started here, in front of the engine as it is since the last boot; where systemd owns the containers, in front of that, too.
    pub fn proxy(&self) -> FaultProxy {
        let host = self.s.host;
        if self.scenario.shape.is_unit() {
            FaultProxy::start_on(host, &format!("{}/proxy", self.s.host_dir()))
        } else {
            FaultProxy::start(&host.socket())
        }
    }

    pub fn agent(&self, proxy: &FaultProxy) -> Agent<'_> {
        let agent = self.s.agent().config(&self.config());
        if self.scenario.shape.is_unit() { agent.on_host_through(proxy) } else { agent.engine(&proxy.socket()) }
    }

    /// Waits until what is kept for a second only may go.
    pub fn wait_for_retirement(&self) {
        if self.scenario.task == Task::Retire {
            thread::sleep(Duration::from_secs(1)); // its `keep_old`
        }
    }

    /// By `rotate now`, what has to be behind it before the harm is done.
    pub fn prepare(&self) {
        let now = || self.s.agent().config(&self.config()).run(&["now", &self.starts[0].name]);
        match self.scenario.task {
            Task::Now | Task::DryRun => {}
            Task::Rollback => drop(now().exits(0)),
            Task::Retire => {
                now().exits(0);
                self.wait_for_retirement();
            }
            Task::Leftovers(call) => {
                let proxy = FaultProxy::start(&self.s.host.socket());
                proxy.at(call, Fault::After(Action::Kill));
                assert!(self.agent(&proxy).run(&["now", &self.starts[0].name]).was_killed());
            }
        }
    }

    /// Starts what is stopped, by hand; true if there was anything.
    pub fn wake(&self) -> bool {
        let host = self.s.host;
        let is_asleep = |name: &str| host.try_inspect(name).is_some_and(|document| document["State"]["Running"] == false);
        let asleep: Vec<_> = self.starts.iter().filter(|start| is_asleep(&start.name)).collect();
        for start in &asleep {
            host.docker(&["start", &start.name]);
        }
        !asleep.is_empty()
    }

    /// Which one has to have each name in the end.
    pub fn ends(&self) -> Vec<End> {
        self.starts.iter().map(|start| self.scenario.end(&start.service)).collect()
    }

    pub fn config(&self) -> String {
        // On a host that was just booted an engine may show a container that has exited at once as running for longer than the usual gate takes here.
        let config = if self.scenario.name == "crash" { CONFIG.replace("300ms", "2s") } else { CONFIG.to_owned() };
        format!("{config}{}", self.scenario.config)
    }

    /// What the agent is asked to do.
    pub fn task(&self) -> Vec<String> {
        let words: &[&str] = match self.scenario.task {
            Task::Now | Task::Retire | Task::Leftovers(_) => &["now"],
            Task::DryRun => &["now", "--dry-run"],
            Task::Rollback => &["rollback"],
        };
        self.with_names(words)
    }

    /// What a person or the schedule asks of it afterwards.
    pub fn next(&self) -> Vec<String> {
        let words: &[&str] = if self.scenario.task == Task::DryRun { &["now", "--dry-run"] } else { &["now"] };
        self.with_names(words)
    }

    fn with_names(&self, words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).chain(self.starts.iter().map(|start| start.name.clone())).collect()
    }
}

/// What Docker does by itself after a power cut, a unit does for Podman. The lab's hosts boot to `multi-user.target`, which is not their default.
fn restart_at_boot(host: &Host) {
    let command = if host.engine().ends_with("-rootless") {
        "systemctl --user --machine=op@ enable podman-restart.service"
    } else {
        "systemctl add-wants multi-user.target podman-restart.service"
    };
    let output = host.exec(&["sh", "-c", command]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Pushes an image of this service; its digest.
fn push(s: &Scratch, service: &Service, variant: &str, next: Next, more_volumes: &[&str]) -> String {
    s.push_with(service.name, variant, &image_config(s.host.engine(), &s.name(service.name), next, more_volumes))
}

fn start(s: &Scratch, scenario: &Scenario, service: &Service, pod: Option<&Pod>) -> Start {
    let full = s.name(service.name);
    let name = match scenario.shape {
        Shape::Compose => compose(s, scenario, service),
        Shape::Unit | Shape::UnitPulls => full,
        shape => {
            run(s, scenario, service, shape, pod);
            full
        }
    };
    let document = s.host.inspect(&name);
    let data = check::data(s.host, &document).expect("it has a volume at /data");
    std::fs::write(data.join("mine"), "").expect("the volume takes a file");
    let digest = match service.next {
        Next::Same => String::new(),
        next => push(s, service, next.variant(), next, &MORE_VOLUMES[..scenario.more_volumes()]),
    };
    let networks = document["NetworkSettings"]["Networks"].as_object().cloned().unwrap_or_default();
    let mounts = document["Mounts"].as_array().cloned().unwrap_or_default();
    Start {
        service: *service,
        name,
        id: document["Id"].as_str().unwrap_or_default().to_owned(),
        image: document["Image"].as_str().unwrap_or_default().to_owned(),
        policy: check::restart_policy(&document),
        networks: networks.keys().cloned().collect(),
        aliases: check::aliases(&document),
        next: format!("{}@{digest}", s.image(service.name).trim_end_matches(":latest")),
        address: networks.get(STATIC).map(|network| network["IPAMConfig"].clone()).unwrap_or_default(),
        ports: document["HostConfig"]["PortBindings"].clone(),
        volume: mounts.iter().find(|mount| mount["Destination"] == "/data").map(|mount| mount["Name"].clone()).unwrap_or_default(),
        mounts: mounts.len(),
    }
}

fn run(s: &Scratch, scenario: &Scenario, service: &Service, shape: Shape, pod: Option<&Pod>) {
    let first = scenario.services[0].name;
    let mut options = vec!["-v".to_owned(), LOCKS.to_owned()];
    match pod {
        // Its restart policy is that of its members.
        Some(pod) => options.extend(["--pod".to_owned(), pod.name().to_owned()]),
        None => options.extend(["--restart".to_owned(), scenario.policy.to_owned()]),
    }
    if !scenario.label.is_empty() {
        options.extend(["--label".to_owned(), scenario.label.to_owned()]);
    }
    // What Podman connects later is not in the command that made the container, and holds it.
    let has_podman = s.host.has_podman();
    match shape {
        Shape::Networks if has_podman => {
            options.extend(["--network", "podman", "--network", &format!("{SECOND}:alias=www")].map(str::to_owned));
        }
        Shape::Required if service.name != first => options.extend(["--requires".to_owned(), s.name(first)]),
        Shape::Required | Shape::Networks | Shape::Compose | Shape::Unit | Shape::UnitPulls | Shape::Pod => {}
        Shape::Port => options.extend(["-p".to_owned(), format!("{}:80", 21_000 + number())]),
        Shape::Address => {
            let number = number();
            let address = format!("10.199.{}.{}", 1 + number / 250, 2 + number % 250);
            options.extend(["--network".to_owned(), STATIC.to_owned(), "--ip".to_owned(), address]);
        }
    }
    s.run(service.name, &options.iter().map(String::as_str).collect::<Vec<_>>());
    if shape == Shape::Networks && !has_podman {
        s.host.docker(&["network", "connect", "--alias", "www", SECOND, &s.name(service.name)]);
    }
}

/// One service of a project; its container's name.
fn compose(s: &Scratch, scenario: &Scenario, service: &Service) -> String {
    let (project, image) = (s.name("p"), s.image(service.name));
    let text = format!("services:\n  {}: {{image: \"{image}\", restart: {}, volumes: [\"{LOCKS}\"]}}\n", service.name, scenario.policy);
    let file = s.host_file("compose.yaml", &text);
    s.host.docker(&["compose", "--progress", "quiet", "-f", &file, "-p", &project, "up", "-d", "--pull", "always"]);
    format!("{project}-{}-1", service.name)
}

/// An image's config. What serves holds a lock meanwhile and leaves a mark on its volume if another has it: two never run on one volume. What an engine has
/// killed, and started once more, finds a lock of its own.
fn image_config(engine: &str, name: &str, next: Next, more_volumes: &[&str]) -> String {
    let is_own = r#"[ "$($b cat $l/of)" = "$HOSTNAME" ]"#;
    let lock = format!("$b mkdir $l || {is_own} || $b touch /data/two; echo $HOSTNAME >$l/of;");
    let begin = format!("b=/bin/busybox; l=/locks/{name}; trap '$b rm -r $l; exit 0' TERM; {lock}");
    let mut config = json!({ "Volumes": { "/data": {} } });
    for volume in more_volumes {
        config["Volumes"][*volume] = json!({});
    }
    if next == Next::Good && ASKS_SELDOM.iter().any(|version| engine.starts_with(version)) {
        config["Healthcheck"] = json!({ "StartPeriod": SECOND_NS * 60, "StartInterval": SECOND_NS / 2, "Interval": SECOND_NS * 5 });
    }
    match next {
        Next::Good | Next::Same | Next::Sick => config["Cmd"] = json!([format!("{begin} $b httpd -f -p 80 -h /www & wait")]),
        Next::Crash => config["Cmd"] = json!([format!("{begin} $b usleep 100000; $b rm -r $l; echo boom; exit 1")]),
        Next::NoCommand => (config["Cmd"], config["Entrypoint"]) = (Value::Null, Value::Null),
        Next::NoEntry => {}
    }
    config.to_string()
}
