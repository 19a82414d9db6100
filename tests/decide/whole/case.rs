//! What stays the same over a whole run: the terms, and what kind of container it is.

use rotate::model::RestartPolicy;
use rotate::rotation::Purpose;

#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub policy: RestartPolicy,
    pub purpose: Purpose,
    pub stays: bool,
    pub returns_late: bool,
    /// How the new one is judged.
    pub has_probe: bool,
    pub is_oneshot: bool,
    /// `keep_old` is more than nothing.
    pub keeps: bool,
    pub is_tool_owned: bool,
    pub has_old_digest: bool,
    /// The image is named by a tag.
    pub has_tag: bool,
    /// A create can name one network of two.
    pub has_two_networks: bool,
    pub has_volume: bool,
    /// The second member requires the first.
    pub requires: bool,
    /// The second member's image stays.
    pub goes_along: bool,
}

pub const PLAIN: Case = Case {
    name: "plain",
    policy: RestartPolicy::Always,
    purpose: Purpose::Rotate,
    stays: false,
    returns_late: false,
    has_probe: false,
    is_oneshot: false,
    keeps: true,
    is_tool_owned: false,
    has_old_digest: true,
    has_tag: true,
    has_two_networks: false,
    has_volume: false,
    requires: false,
    goes_along: false,
};

/// Of two members that are no strangers to each other. Of these no engine has one-shots: it would start what has ended again.
pub const REQUIRED: [Case; 5] = [
    Case { name: "required", requires: true, is_tool_owned: true, ..PLAIN },
    Case { name: "required, with a probe", requires: true, is_tool_owned: true, has_probe: true, returns_late: true, ..PLAIN },
    Case { name: "required without a restart policy", requires: true, is_tool_owned: true, policy: RestartPolicy::No, ..PLAIN },
    Case { name: "required, along", requires: true, is_tool_owned: true, goes_along: true, ..PLAIN },
    Case { name: "required, a dry run", requires: true, is_tool_owned: true, purpose: Purpose::DryRun, ..PLAIN },
];

pub const CASES: [Case; 10] = [
    PLAIN,
    Case { name: "keeps nothing, with a volume", keeps: false, has_volume: true, ..PLAIN },
    Case { name: "returns late, with a probe", returns_late: true, has_probe: true, ..PLAIN },
    Case { name: "stays, with a probe", stays: true, has_probe: true, ..PLAIN },
    Case { name: "of a tool", is_tool_owned: true, ..PLAIN },
    Case { name: "of a tool, returns late", is_tool_owned: true, returns_late: true, has_two_networks: true, ..PLAIN },
    Case { name: "without a digest of the old image", has_old_digest: false, ..PLAIN },
    Case { name: "by digest, on two networks", has_tag: false, has_two_networks: true, ..PLAIN },
    Case { name: "one-shot without a restart policy", policy: RestartPolicy::No, is_oneshot: true, ..PLAIN },
    Case { name: "dry run", purpose: Purpose::DryRun, ..PLAIN },
];
