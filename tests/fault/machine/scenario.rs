//! What is rotated, and how it has to end.

use super::cell::Healer;

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub task: Task,
    pub services: &'static [Service],
    /// The containers' restart policy, as `docker run` takes it.
    pub policy: &'static str,
    /// More lines of the configuration.
    pub config: &'static str,
    /// One more label of the containers, if there is one.
    pub label: &'static str,
    pub shape: Shape,
    pub keeps: Keeps,
}

/// What is asked of the agent when the harm is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Task {
    Now,
    DryRun,
    /// `rotate rollback` after an update.
    Rollback,
    /// A run after an update whose predecessor's time is over.
    Retire,
    /// A run after one that was killed after this call of its update.
    Leftovers(usize),
}

/// One container, and the image that comes.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    pub name: &'static str,
    pub next: Next,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    Good,
    /// Its HEALTHCHECK fails.
    Sick,
    /// Exits with 1 at once.
    Crash,
    /// Says nothing to run: the engine refuses the create.
    NoCommand,
    /// Says to run what is not there: the engine refuses the start.
    NoEntry,
    /// None: it goes along with another.
    Same,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Two networks, an anonymous volume.
    Networks,
    /// A published port.
    Port,
    /// An address of its own choice.
    Address,
    /// Made by `docker compose`.
    Compose,
    /// Made by systemd out of a `.container` file, with a volume that has a name.
    Unit,
    /// The same with `Pull=newer`, from which drop-ins of ours keep it.
    UnitPulls,
    /// A member of a pod, with another one beside it.
    Pod,
    /// Each but the first requires the first (`podman run --requires`).
    Required,
}

/// What is kept of the old one for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keeps {
    Container,
    /// Its image and its document: compose is to find no second container of its own, a pod not to start it, and of a unit there is one only.
    Image,
    Nothing,
}

/// Which of the two serves in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    New,
    Old,
}

const UPDATE: Scenario = Scenario {
    name: "update",
    task: Task::Now,
    services: &[Service { name: "web", next: Next::Good }],
    policy: "always",
    config: "",
    label: "",
    shape: Shape::Networks,
    keeps: Keeps::Container,
};
const SICK: Scenario = Scenario { name: "sick", services: &[Service { name: "web", next: Next::Sick }], ..UPDATE };

pub const ALL: &[Scenario] = &[
    UPDATE,
    SICK,
    Scenario { name: "crash", services: &[Service { name: "web", next: Next::Crash }], ..UPDATE },
    Scenario { name: "create-refused", services: &[Service { name: "web", next: Next::NoCommand }], ..UPDATE },
    Scenario { name: "start-refused", services: &[Service { name: "web", next: Next::NoEntry }], ..UPDATE },
    Scenario { name: "rollback", task: Task::Rollback, ..UPDATE },
    Scenario { name: "retire", task: Task::Retire, config: "keep_old = \"1s\"\n", keeps: Keeps::Nothing, ..UPDATE },
    Scenario { name: "keep-nothing", config: "keep_old = \"0s\"\n", keeps: Keeps::Nothing, ..UPDATE },
    Scenario {
        name: "second-sick",
        services: &[Service { name: "api", next: Next::Good }, Service { name: "web", next: Next::Sick }],
        ..UPDATE
    },
    Scenario { name: "leftovers", task: Task::Leftovers(8), ..UPDATE },
    Scenario { name: "sick-stays", label: "rotate.on_failure=stay", ..SICK },
    Scenario { name: "dry-run", task: Task::DryRun, ..UPDATE },
    Scenario { name: "update-no", policy: "no", ..UPDATE },
    Scenario { name: "update-on-failure", policy: "on-failure:3", ..UPDATE },
    Scenario { name: "update-unless-stopped", policy: "unless-stopped", ..UPDATE },
    Scenario { name: "sick-no", policy: "no", ..SICK },
    Scenario { name: "sick-on-failure", policy: "on-failure:3", ..SICK },
    Scenario { name: "sick-unless-stopped", policy: "unless-stopped", ..SICK },
    Scenario { name: "update-port", shape: Shape::Port, ..UPDATE },
    Scenario { name: "sick-port", shape: Shape::Port, ..SICK },
    Scenario { name: "update-address", shape: Shape::Address, ..UPDATE },
    Scenario { name: "sick-address", shape: Shape::Address, ..SICK },
    Scenario { name: "update-compose", shape: Shape::Compose, keeps: Keeps::Image, ..UPDATE },
    Scenario { name: "sick-compose", shape: Shape::Compose, keeps: Keeps::Image, ..SICK },
    Scenario { name: "unit", shape: Shape::Unit, keeps: Keeps::Image, ..UPDATE },
    Scenario { name: "unit-sick", shape: Shape::Unit, keeps: Keeps::Image, ..SICK },
    Scenario { name: "unit-pulls", shape: Shape::UnitPulls, keeps: Keeps::Image, ..UPDATE },
    Scenario { name: "unit-pulls-sick", shape: Shape::UnitPulls, keeps: Keeps::Image, ..SICK },
    Scenario { name: "pod", shape: Shape::Pod, keeps: Keeps::Image, ..UPDATE },
    Scenario { name: "pod-sick", shape: Shape::Pod, keeps: Keeps::Image, ..SICK },
    Scenario {
        name: "required",
        services: &[Service { name: "db", next: Next::Good }, Service { name: "web", next: Next::Good }],
        shape: Shape::Required,
        keeps: Keeps::Image,
        ..UPDATE
    },
    Scenario {
        name: "required-sick",
        services: &[Service { name: "db", next: Next::Sick }, Service { name: "web", next: Next::Same }],
        shape: Shape::Required,
        keeps: Keeps::Image,
        ..UPDATE
    },
];

/// The one with this name.
pub fn scenario(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}

impl Shape {
    /// Each start makes another container.
    pub fn is_unit(self) -> bool {
        matches!(self, Shape::Unit | Shape::UnitPulls)
    }
}

impl Scenario {
    /// Whether an engine, as the lab names it, has such containers: 4.3 has neither Quadlet nor restart policies of pods, and changes none.
    pub fn is_on(&self, engine: &str) -> bool {
        let is_of_podman = self.shape.is_unit() || matches!(self.shape, Shape::Pod | Shape::Required);
        !is_of_podman || engine.starts_with("podman-") && !engine.starts_with("podman-4.3")
    }

    /// What a unit's daemon asks of systemd would need a way through the proxy, which only an agent that is started here has. And what is kept a daemon
    /// removes when its time is over, whether the harm is ready by then or not.
    pub fn is_healed_by(&self, healer: Healer) -> bool {
        healer == Healer::Now || !self.shape.is_unit() && self.task != Task::Retire
    }

    /// Which one serves in the end, if the engine refuses nothing by the way.
    pub fn end(&self, service: &Service) -> End {
        match (self.task, service.next) {
            (Task::DryRun | Task::Rollback, _) => End::Old,
            (_, Next::Good) => End::New,
            _ if self.stays() => End::New,
            _ => End::Old,
        }
    }

    /// True if the new image is to blame, or unwanted: it is not tried again, and goes.
    pub fn refuses(&self, service: &Service) -> bool {
        self.task == Task::Rollback || matches!(service.next, Next::Sick | Next::Crash | Next::NoEntry)
    }

    /// How many volumes the new image has that the old one has not: what goes at each start of a unit is not counted on.
    pub fn more_volumes(&self) -> usize {
        usize::from(!self.shape.is_unit())
    }

    pub fn stays(&self) -> bool {
        self.label.ends_with("=stay")
    }

    /// A create that the engine refuses says nothing of the image: each run tries again.
    pub fn is_tried_again(&self) -> bool {
        self.task == Task::DryRun || self.services.iter().any(|service| service.next == Next::NoCommand)
    }

    /// A container that nobody restarts is not running after the engine was away; its owner starts it.
    pub fn is_restarted(&self) -> bool {
        matches!(self.policy, "always" | "unless-stopped")
    }
}

impl Next {
    /// As `tests/lab/image` names it.
    pub fn variant(self) -> &'static str {
        match self {
            Next::Good => "ok:v2",
            Next::Same => "ok:v1",
            Next::Sick => "sick:v2",
            Next::Crash | Next::NoCommand => "nohealth:v2",
            Next::NoEntry => "noentry",
        }
    }
}
