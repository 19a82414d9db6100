//! What is on the host at the beginning, what is new, and what is asked for.

use std::sync::LazyLock;
use std::time::Duration;

use rotate::config::{Config, OnFailure, OnLateFailure, Select};
use rotate::model::RestartPolicy;

use super::chance::Chance;
use crate::engine::{Build, Ends, Flavour, Spec};

/// What nothing is drawn for. Made once: to read its schedule takes longer than a call of the engine does.
static USUAL: LazyLock<Config> = LazyLock::new(Config::default);

/// What a person or the daemon does while the weather is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// `rotate now`.
    Update,
    /// `rotate rollback`, after an update in good weather.
    RollBack,
    /// What is kept goes, after an update in good weather.
    LetGo,
}

/// How good the new image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    Good,
    Sick,
    Crashing,
    NotThere,
    FellsHost,
}

impl Quality {
    const ALL: [Self; 8] = [Self::Good, Self::Good, Self::Good, Self::Good, Self::Sick, Self::Crashing, Self::NotThere, Self::FellsHost];

    fn build(self, version: &str, has_check: bool) -> Build {
        let health = match (self, has_check) {
            (Self::Sick, _) => Some(false),
            (_, has_check) => has_check.then_some(true),
        };
        let ends = match self {
            Self::Crashing => Ends::After(Duration::from_millis(300), 1),
            Self::NotThere => Ends::AtOnce,
            Self::Good | Self::Sick | Self::FellsHost => Ends::Never,
        };
        Build { health, ends, interval: Duration::from_millis(400), fells_host: self == Self::FellsHost, ..Build::new(version) }
    }
}

/// One container at the beginning, and what is new for it.
#[derive(Debug, Clone)]
pub struct Unit {
    pub spec: Spec,
    pub old: Build,
    pub new: Build,
    pub quality: Quality,
}

/// Everything.
pub struct Scenario {
    pub flavour: Flavour,
    pub units: Vec<Unit>,
    pub config: Config,
    pub ask: Ask,
    pub refuses_create: bool,
    /// The same process makes all passes, as a daemon does, until it dies.
    pub is_daemon: bool,
}

impl Scenario {
    /// One container, a good image, nothing special; with a HEALTHCHECK or without.
    pub fn plain(has_check: bool) -> Self {
        let quality = Quality::Good;
        let spec = Spec { policy: RestartPolicy::Always, ..Spec::new("web", "registry.sim/web:latest") };
        let labels = vec![("sim.unit".to_owned(), "web".to_owned())];
        let spec = Spec { labels, volumes: vec![("web-data".to_owned(), "/data".to_owned())], ..spec };
        let units = vec![Unit { spec, old: quality.build("web-1", has_check), new: quality.build("web-2", has_check), quality }];
        let config = Config { select: Select::All, deadline: Some(Duration::from_secs(20)), ..Config::default() };
        Self { flavour: Flavour::DOCKER_26_1, units, config, ask: Ask::Update, refuses_create: false, is_daemon: true }
    }

    /// The same with an image whose HEALTHCHECK fails.
    pub fn sick() -> Self {
        let mut scenario = Self::plain(true);
        for unit in &mut scenario.units {
            (unit.quality, unit.new) = (Quality::Sick, Quality::Sick.build("web-2", true));
        }
        scenario
    }

    /// The same of a container that compose made.
    pub fn composed(mut self) -> Self {
        for Unit { spec, .. } in &mut self.units {
            spec.labels.extend(compose_labels(&spec.name));
        }
        self
    }

    /// For a seed.
    pub fn draw(chance: &mut Chance) -> Self {
        let ask = chance.pick(&[Ask::Update, Ask::Update, Ask::Update, Ask::RollBack, Ask::LetGo]);
        let count = if chance.one_in(3) { 2 } else { 1 };
        let units = (0..count).map(|n| unit(chance, n, ask)).collect();
        let config = Config {
            select: Select::All,
            keep_old: chance.pick(&[Duration::ZERO, Duration::from_secs(3600)]).max(Duration::from_secs(if ask == Ask::RollBack {
                3600
            } else {
                0
            })),
            min_healthy: Some(Duration::from_secs(1)),
            deadline: Some(Duration::from_secs(20)),
            on_failure: chance.pick(&[OnFailure::Stop, OnFailure::Continue]),
            on_late_failure: chance.pick(&[OnLateFailure::Report, OnLateFailure::Rollback]),
            ..USUAL.clone()
        };
        let refuses_create = ask == Ask::Update && chance.one_in(20);
        Self { flavour: chance.pick(&Flavour::ALL), units, config, ask, refuses_create, is_daemon: chance.one_in(2) }
    }
}

fn unit(chance: &mut Chance, n: usize, ask: Ask) -> Unit {
    let name = ["web", "api"][n];
    let quality = if ask == Ask::Update { chance.pick(&Quality::ALL) } else { Quality::Good };
    let policies = [RestartPolicy::Always, RestartPolicy::UnlessStopped, RestartPolicy::OnFailure(3), RestartPolicy::No];
    let mut spec = Spec { policy: chance.pick(&policies), ..Spec::new(name, &format!("registry.sim/{name}:latest")) };
    spec.labels.push(("sim.unit".to_owned(), name.to_owned()));
    if chance.one_in(2) {
        spec.volumes.push((format!("{name}-data"), "/data".to_owned()));
    }
    if chance.one_in(2) {
        spec.port = Some(format!("808{n}"));
    }
    match chance.below(4) {
        0 => spec.networks = vec![("front".to_owned(), Some(format!("10.1.0.{}", 10 + n)))],
        1 => spec.networks = vec![("front".to_owned(), None), ("back".to_owned(), Some(format!("10.2.0.{}", 10 + n)))],
        _ => {}
    }
    if chance.one_in(5) {
        spec.labels.extend(compose_labels(name));
    }
    let has_check = chance.one_in(3);
    let volumes = if chance.one_in(2) { vec!["/anon".to_owned()] } else { Vec::new() };
    let on_term = chance.pick(&[Some(0), None]);
    let old = Build { volumes: volumes.clone(), on_term, ..Quality::Good.build(&format!("{name}-1"), has_check) };
    let mut new = Build { volumes, on_term, ..quality.build(&format!("{name}-2"), has_check) };
    if chance.one_in(4) {
        new.volumes.push("/born".to_owned());
    }
    Unit { spec, old, new, quality }
}

fn compose_labels(service: &str) -> [(String, String); 4] {
    let labels = [("project", "p"), ("service", service), ("container-number", "1"), ("config-hash", "c0ffee")];
    labels.map(|(label, value)| (format!("com.docker.compose.{label}"), value.to_owned()))
}
