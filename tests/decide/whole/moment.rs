//! Everything of one moment that a decision can depend on, as small as it can be: what the record says, what is on the engine, what the process
//! remembers. Equal moments have equal futures.

/// The two that change places.
pub const OLD: usize = 0;
pub const NEW: usize = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Moment<const N: usize> {
    pub paper: Paper,
    pub process: Process,
    pub places: [Place; N],
    /// How much may still go wrong.
    pub faults: u8,
}

/// What the record says of the whole unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Paper {
    pub stage: Stage,
    pub aim: Aim,
    pub starts: u32,
    /// Written by this process; in this boot.
    pub is_own: bool,
    pub is_this_boot: bool,
    pub keep: Keep,
    pub late: Option<Ill>,
    pub has_log: bool,
    pub has_failed_rollback: bool,
    pub has_stayed: bool,
    /// Which member is to blame.
    pub failed: Option<u8>,
}

/// What the process knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Process {
    pub is_interrupted: bool,
    pub is_held: bool,
    pub is_run_stopped: bool,
    /// Its store takes no write any more.
    pub is_full: bool,
    /// Index of the act.
    pub unanswered: Option<u8>,
    /// One bit an act.
    pub refused: u64,
}

/// One member: its record, its containers, its images, and what the process saw of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    pub is_adopted: bool,
    pub is_pulled: bool,
    pub tag_before: Option<Img>,
    pub old_image: Img,
    pub is_born: bool,
    /// The two that change places.
    pub bodies: [Option<Body>; 2],
    /// The old one was created again and the record does not know it yet.
    pub is_again: bool,
    /// What another hand made under the name, or was about to.
    pub theirs: Option<Theirs>,
    pub images: Images,
    pub has_volume: bool,
    pub seen: [Seen; 2],
    pub has_new_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Body {
    pub name: Name,
    pub status: Status,
    pub policy: Policy,
    pub lacks_network: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Theirs {
    pub body: Body,
    pub image: Img,
    pub is_same_configuration: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Images {
    pub has_new: bool,
    pub has_old: bool,
    pub tag: Option<Img>,
    pub is_pinned: bool,
    pub has_left_pin: bool,
    /// The new image is the old one, or made for another platform.
    pub is_same: bool,
    pub is_foreign: bool,
    /// The new container differs from the old one in what nothing explains.
    pub differs: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    Preparing,
    Creating,
    Switching,
    Kept,
    Closed,
}

/// Where it goes. Failures that `decide` treats alike are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aim {
    Forward,
    /// A person's, or after the proof: the new one had proved itself.
    Wish,
    /// The image is to blame.
    Blamed,
    /// The image is not.
    Blameless,
    /// What a person made in between is what they want.
    GivenUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keep {
    Unset,
    Past,
    Future,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ill {
    Exited,
    Memory,
    Restarted,
    Unhealthy,
    Probe,
    Deadline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Img {
    Old,
    New,
    Third,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Name {
    Web,
    Next,
    Kept,
    Failed,
    Unfinished,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    Created,
    Running,
    Paused,
    Restarting,
    Exited,
    Dead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    No,
    /// The unit's.
    Own,
}

/// What this process saw of a container that has to prove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Seen {
    Nothing,
    /// Frozen since the first look.
    Begun,
    /// Started by this process, not yet seen running.
    Started,
    Fresh,
    Proved,
    /// Ran, and does not any more.
    Stalled,
    Restarted,
    /// The probe failed too often after it had been well.
    Unwell,
    /// Not well within its time.
    Overdue,
}

impl Body {
    pub fn is_active(&self) -> bool {
        matches!(self.status, Status::Running | Status::Paused | Status::Restarting)
    }

    /// It runs, or a boot would start it.
    pub fn could_run(&self) -> bool {
        self.is_active() || (self.policy == Policy::Own && self.status != Status::Created)
    }
}

impl Place {
    /// How many of the member's containers run, or would after a boot.
    pub fn could_run(&self) -> usize {
        self.all().filter(Body::could_run).count()
    }

    pub fn all(&self) -> impl Iterator<Item = Body> + '_ {
        self.bodies.iter().flatten().copied().chain(self.theirs.map(|theirs| theirs.body))
    }

    /// One exists, or the old one can be created again.
    pub fn is_served_or_can_be(&self, has_old_digest: bool) -> bool {
        self.all().next().is_some() || self.has_image(self.old_image) || has_old_digest
    }

    pub fn has_image(&self, image: Img) -> bool {
        match image {
            Img::Old => self.images.has_old,
            Img::New => self.images.has_new,
            Img::Third => true,
        }
    }
}

impl<const N: usize> Moment<N> {
    /// Takes in the look at the containers, as the process would.
    pub fn looked(mut self, has_probe: bool) -> Self {
        let incoming = if self.paper.aim == Aim::Forward { NEW } else { OLD };
        for place in &mut self.places {
            let Some(body) = place.bodies[incoming] else { continue };
            let is_asked_later = self.paper.stage == Stage::Kept && has_probe && body.name == Name::Web;
            if self.paper.stage != Stage::Switching && !is_asked_later {
                continue;
            }
            if incoming == NEW && !place.is_adopted {
                continue;
            }
            if body.is_active() && incoming == NEW {
                place.has_new_run = true;
            }
            place.seen[incoming] = place.seen[incoming].after(body.status);
        }
        self
    }

    /// Another process, which remembers nothing.
    pub fn died(mut self) -> Self {
        self.paper.is_own = false;
        self.process = Process::default();
        for place in &mut self.places {
            (place.seen, place.has_new_run) = ([Seen::Nothing; 2], false);
        }
        self
    }

    /// The host went down and came up: the engine starts what has a policy.
    pub fn rebooted(self, has_policy: bool, requires: bool) -> Self {
        let mut after = self.died();
        after.paper.is_this_boot = false;
        for place in &mut after.places {
            let theirs = place.theirs.iter_mut().map(|theirs| &mut theirs.body);
            for body in place.bodies.iter_mut().flatten().chain(theirs) {
                if body.could_run() && body.status != Status::Dead {
                    let is_started = body.policy == Policy::Own && has_policy;
                    body.status = if is_started { Status::Running } else { Status::Exited };
                }
            }
        }
        if let Some((required, requiring)) = after.places.split_first_mut().filter(|_| requires) {
            for role in [OLD, NEW] {
                if requiring.iter().any(|place| place.bodies[role].is_some_and(|body| body.is_active())) {
                    required.bodies[role].iter_mut().for_each(|body| body.status = Status::Running);
                }
            }
        }
        after
    }
}

impl Seen {
    fn after(self, status: Status) -> Self {
        match (status, self) {
            (_, Self::Restarted | Self::Unwell) => self,
            (Status::Running, Self::Nothing | Self::Begun | Self::Started | Self::Fresh) => Self::Fresh,
            (Status::Running, Self::Proved) => Self::Proved,
            // What the process did not see run may be on its way up since the engine came back.
            (Status::Restarting, Self::Nothing | Self::Begun) => Self::Begun,
            (Status::Running, Self::Stalled) | (Status::Restarting, _) => Self::Restarted,
            (Status::Running, Self::Overdue) => Self::Overdue,
            (Status::Paused, Self::Nothing | Self::Begun) => Self::Begun,
            (Status::Created | Status::Exited | Status::Dead, Self::Nothing | Self::Begun) => self,
            (Status::Created | Status::Exited | Status::Dead | Status::Paused, Self::Started | Self::Overdue) => self,
            (Status::Created | Status::Exited | Status::Dead | Status::Paused, Self::Fresh | Self::Proved | Self::Stalled) => Self::Stalled,
        }
    }
}
