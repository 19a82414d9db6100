//! Records and observations to decide about.

use std::time::Duration;

use jiff::Timestamp;
use rotate::model::{ContainerId, Ending, ImageId, RestartPolicy, RotationId, State, Status};
use rotate::rotation::{ContainerView, GateRules, ImagesView, Member, MemberView, Observed, Opening, Proof, Purpose, Record, Terms};

pub const AGENT: &str = "agent";
pub const BOOT: &str = "boot";
pub const NEXT: &str = "web.rotate-next-7f3a21";
pub const OLD: &str = "web.rotate-old-7f3a21-always";
pub const FAILED: &str = "web.rotate-failed-7f3a21";

pub fn digest(fill: char) -> rotate::model::Digest {
    format!("sha256:{}", fill.to_string().repeat(64)).parse().expect("a digest")
}

pub fn member() -> Member {
    Member {
        name: "web".into(),
        reference: "10.0.0.1:5000/web:latest".parse().expect("a reference"),
        digest: Some(digest('b')),
        old_digest: Some(digest('a')),
        platform: None,
        old_image: ImageId::new("sha256:old"),
        new_image: Some(ImageId::new("sha256:new")),
        is_pulled: true,
        tag_before: Some(ImageId::new("sha256:old")),
        predecessor: ContainerId::new("old"),
        original: serde_json::json!({ "Config": {} }).into(),
        policy: RestartPolicy::Always,
        stop_signal: None,
        was_healthy: true,
        is_tool_owned: false,
        successor: Some(ContainerId::new("new")),
        volumes_born: vec![],
        terms: None,
        auth_file: None,
    }
}

pub fn record() -> Record {
    let terms = Terms {
        min_healthy: None,
        deadline: None,
        keep_old: Duration::from_secs(86_400),
        is_oneshot: false,
        probe: None,
        stays: false,
        returns_late: false,
    };
    Record::open(Opening {
        id: RotationId::new("7f3a21"),
        purpose: Purpose::Rotate,
        members: vec![member()],
        terms,
        agent: AGENT.into(),
        boot: BOOT.into(),
        at: Timestamp::UNIX_EPOCH,
    })
}

pub fn state(status: Status) -> State {
    let started_at = (status != Status::Created).then(|| Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(100));
    State { status, exit_code: 0, oom_killed: false, started_at, restart_count: 0, health: None }
}

pub fn rules() -> GateRules {
    GateRules {
        proof: Proof::Running,
        min_healthy: Duration::from_secs(10),
        deadline: Duration::from_secs(300),
        is_oneshot: false,
        restarts: 0,
        is_started_again: false,
    }
}

pub fn container(id: &str, name: &str, status: Status, policy: RestartPolicy) -> ContainerView {
    ContainerView {
        id: ContainerId::new(id),
        name: name.into(),
        policy: Some(policy),
        state: state(status),
        gate: rules(),
        watch: None,
        ending: Ending::Unknown,
    }
}

pub fn images() -> ImagesView {
    ImagesView {
        new: Some(ImageId::new("sha256:new")),
        is_same: false,
        foreign: None,
        is_new_tagged: true,
        old: Some(ImageId::new("sha256:old")),
        is_old_tagged: false,
        tag: Some(ImageId::new("sha256:new")),
        pin: Some(ImageId::new("sha256:old")),
        left_pins: vec![],
    }
}

pub fn observed(predecessor: Option<ContainerView>, successor: Option<ContainerView>) -> Observed {
    let member = MemberView { predecessor, successor, images: Some(images()), ..MemberView::default() };
    Observed {
        at: Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_000),
        now: Duration::from_secs(1_000),
        agent: AGENT.into(),
        boot: BOOT.into(),
        is_interrupted: false,
        is_held_before_tag: false,
        is_run_stopped: false,
        unanswered: None,
        refused: vec![],
        members: vec![member],
    }
}
