//! The containers that are rotated over and over, and what must be true of them after each round.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use serde_json::Value;

use crate::lab::{Answer, FakeRegistry, Scratch, Unit, within};

/// Containers; each has fifty records at most.
const SERVICES: usize = 5;
/// In so many rotations one image is sick.
const SICK_ONE_IN: u32 = 16;
/// For what takes a moment, beside whatever else this machine does.
const SOON: Duration = Duration::from_secs(180);

/// All of them, and the registry that says which image is the newest.
pub struct Services<'a> {
    s: &'a Scratch,
    registry: FakeRegistry,
    /// By repository: the digest that its tag points to.
    newest: Arc<Mutex<HashMap<String, String>>>,
    all: Vec<Service>,
}

/// One container.
struct Service {
    name: String,
    repository: String,
    policy: &'static str,
    /// Its anonymous volume, in which it wrote its name.
    volume: String,
    /// Digests of two good images, and of one that ends at once.
    good: [String; 2],
    sick: String,
}

/// What a round wants.
pub struct Round {
    /// Which of them, the container that it has, and whether the newest image is a sick one.
    wanted: Vec<(usize, String, String, bool)>,
}

/// What came of a round.
pub struct RoundOutcome {
    pub rotated: usize,
    pub turned_back: usize,
}

impl<'a> Services<'a> {
    /// With volumes that hold a note, a port, a network.
    pub fn start(s: &'a Scratch) -> Self {
        let registry = FakeRegistry::in_front_of(s.host);
        let network = s.name("net");
        s.host.docker(&["network", "create", &network]);
        let mut all = Vec::new();
        let newest = Arc::new(Mutex::new(HashMap::new()));
        for n in 0..SERVICES {
            let (name, policy) = (format!("s{n}"), if n % 2 == 0 { "always" } else { "unless-stopped" });
            let sick = s.push(&name, "crash");
            let good = [s.push(&name, "nohealth:b"), s.push(&name, "nohealth:a")];
            let (full, image) = (s.name(&name), format!("{}/{}:latest", registry.address(), s.name(&name)));
            let mut options =
                vec!["run", "-d", "--pull", "always", "--name", &full, "--restart", policy, "--network", &network, "-v", "/data"];
            if n == 0 {
                options.extend(["-p", "80"]);
            }
            options.push(&image);
            s.host.docker(&options);
            s.host.docker(&["exec", &full, "/bin/busybox", "sh", "-c", &format!("echo {full} >/data/note")]);
            newest.lock().unwrap_or_else(PoisonError::into_inner).insert(full.clone(), good[1].clone());
            let volume = volume(&s.host.inspect(&full));
            all.push(Service { repository: full.clone(), name: full, policy, volume, good, sick });
        }
        registry.script({
            let newest = Arc::clone(&newest);
            move |head| {
                let repository = head.target.strip_prefix("/v2/")?.strip_suffix("/manifests/latest")?;
                let digest = newest.lock().unwrap_or_else(PoisonError::into_inner).get(repository).cloned()?;
                (head.method == "HEAD").then(|| Answer::digest(&digest))
            }
        });
        Self { s, registry, newest, all }
    }

    /// Some of them get a newer image.
    pub fn begin_round(&self, rng: &mut Rng) -> Round {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        rng.shuffle(&mut order);
        order.truncate(rng.usize(2..=self.all.len()));
        let wanted = order.into_iter().map(|n| self.renew(n, rng.u32(..SICK_ONE_IN) == 0));
        Round { wanted: wanted.collect() }
    }

    fn renew(&self, n: usize, is_sick: bool) -> (usize, String, String, bool) {
        let service = &self.all[n];
        let document = self.s.host.inspect(&service.name);
        let runs = self.digest(&document);
        let good = service.good.iter().find(|digest| !runs.contains(digest.as_str())).expect("one of two");
        let digest = if is_sick { &service.sick } else { good };
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).insert(service.repository.clone(), digest.clone());
        (n, service.name.clone(), id(&document), is_sick)
    }

    /// The digests of the image that a container has.
    fn digest(&self, document: &Value) -> String {
        let image = document["Image"].as_str().unwrap_or_default();
        self.s.host.api("GET", &format!("/images/{image}/json")).1["RepoDigests"].to_string()
    }

    /// Each runs under its name as it was made, or as another hand wants it: then that hand starts it again.
    pub fn check_round(&self, unit: &Unit<'_>, round: &Round, stopped: Option<&str>, context: &dyn Fn() -> String) -> RoundOutcome {
        for service in &self.all {
            let document = self.s.host.try_inspect(&service.name).unwrap_or_else(|| panic!("LOST {}: {}", service.name, context()));
            if document["State"]["Running"] != true && stopped == Some(&service.name) {
                self.s.host.docker(&["start", &service.name]);
            } else {
                let is_up = || (self.s.host.inspect(&service.name)["State"]["Running"] == true).then_some(());
                within(SOON, is_up).unwrap_or_else(|| panic!("LOST {} is down: {}{}", service.name, context(), unit.journal()));
            }
            let found = self.s.host.inspect(&service.name);
            let policy = found["HostConfig"]["RestartPolicy"]["Name"].as_str().unwrap_or_default();
            assert_eq!(policy, service.policy, "LOST policy of {}: {}", service.name, context());
            assert_eq!(volume(&found), service.volume, "LOST data of {}: {}", service.name, context());
        }
        let mut outcome = RoundOutcome { rotated: 0, turned_back: 0 };
        for (n, name, before, is_sick) in &round.wanted {
            let is_new = id(&self.s.host.inspect(name)) != *before;
            if *is_sick {
                outcome.turned_back += usize::from(self.is_turned_back(unit, *n));
            } else {
                outcome.rotated += usize::from(is_new);
            }
        }
        outcome
    }

    /// True if the last thing that happened to it was the way back from its sick image.
    fn is_turned_back(&self, unit: &Unit<'_>, n: usize) -> bool {
        let service = &self.all[n];
        let history: Value = serde_json::from_str(&unit.ask(&["history", &service.name, "--limit", "1", "--json"])).unwrap_or_default();
        let last = &history["rotations"][0];
        last["verdict"] == "rolled_back" && last["to_digest"].as_str() == Some(&service.sick)
    }

    /// To the newest good image, without a fault, until nothing is kept and nothing is to be done.
    pub fn finish(&self, unit: &Unit<'_>) {
        for service in &self.all {
            let good = service.good[1].clone();
            self.newest.lock().unwrap_or_else(PoisonError::into_inner).insert(service.repository.clone(), good);
        }
        let names: Vec<&str> = self.all.iter().map(|service| service.name.as_str()).collect();
        unit.ask(&[&["now", "--retry"][..], &names].concat());
        let context = || format!("at the end{}", unit.journal());
        rest(self.s, unit, &context);
        let ours = format!("name=^/?{}", self.s.name("s"));
        let is_clean = || {
            let all = self.s.host.docker(&["ps", "-a", "--filter", &ours, "--format", "{{.Names}}"]);
            (all.lines().count() == self.all.len()).then_some(())
        };
        within(SOON, is_clean).unwrap_or_else(|| panic!("LEFT OVER: {}", self.s.host.docker(&["ps", "-a"])));
        rest(self.s, unit, &context);
        for service in &self.all {
            let is_newest = self.digest(&self.s.host.inspect(&service.name)).contains(&service.good[1]);
            assert!(is_newest, "NOT UP TO DATE {}: {}{}", service.name, unit.ask(&["plan", &service.name]), unit.journal());
            let note = self.s.host.try_docker(&["exec", &service.name, "/bin/busybox", "cat", "/data/note"]);
            assert_eq!(note.as_ref(), Ok(&service.name), "LOST data");
        }
        // Asked by nobody any more; it must live as long as the containers are rotated.
        let _ = &self.registry;
    }
}

impl Round {
    pub fn names(&self) -> Vec<String> {
        self.wanted.iter().map(|(_, name, ..)| name.clone()).collect()
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.wanted.iter().try_for_each(|(_, name, id, is_sick)| write!(f, "{name} ({id:.12}{}) ", if *is_sick { ", sick" } else { "" }))
    }
}

fn volume(document: &Value) -> String {
    document["Mounts"][0]["Name"].as_str().unwrap_or_default().to_owned()
}

fn id(document: &Value) -> String {
    document["Id"].as_str().unwrap_or_default().to_owned()
}

/// Until the daemon answers, has nothing to do, and no rotation is open.
pub fn rest(s: &Scratch, unit: &Unit<'_>, context: &dyn Fn() -> String) {
    let is_at_rest = || {
        // Each question is a process more on this machine.
        thread::sleep(Duration::from_millis(200));
        let status: Value = serde_json::from_str(&unit.ask(&["status", "--json"])).ok()?;
        let is_open = status["containers"].as_array()?.iter().any(|container| container["is_open"] == true);
        (status["daemon"]["is_busy"] == false && !is_open).then_some(())
    };
    if within(SOON, is_at_rest).is_none() {
        panic!("NOT AT REST: {}\n{}\n{}", unit.ask(&["status"]), s.host.docker(&["ps", "-a"]), context());
    }
}
