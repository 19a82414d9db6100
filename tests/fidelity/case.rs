//! What a case is: an option, and how it is proved that a rotation carries it over.

/// One option of `docker run`, `docker create` or `docker network connect`.
#[derive(Debug)]
pub struct Case {
    /// `--hostname`; an option of `docker network connect` with that command before it.
    pub option: &'static str,
    pub proof: Proof,
}

#[derive(Debug)]
pub enum Proof {
    /// A container has it and is rotated twice.
    Rotated {
        /// As typed; `{x}` is the test's own name of `x`.
        args: &'static [&'static str],
        /// Pointers into [`crate::settings::settings`], whose values are not those of a container without options, and never change.
        shown: &'static [&'static str],
    },
    /// The test hosts cannot run it: it is proved on saved documents.
    OnDocuments {
        /// A pointer into the engine's document.
        shown: &'static str,
        /// What stands there, as JSON.
        value: &'static str,
        /// What the hosts lack.
        lacking: &'static str,
    },
    /// The engine keeps nothing of it, or nothing that a successor could have.
    NothingToCarry(&'static str),
    /// A container with it is not rotated.
    Held {
        /// As typed; `{other}` is another container of the test.
        args: &'static [&'static str],
        /// The reason's code.
        code: &'static str,
    },
}

pub const fn rotated(option: &'static str, args: &'static [&'static str], shown: &'static [&'static str]) -> Case {
    Case { option, proof: Proof::Rotated { args, shown } }
}

pub const fn on_documents(option: &'static str, shown: &'static str, value: &'static str, lacking: &'static str) -> Case {
    Case { option, proof: Proof::OnDocuments { shown, value, lacking } }
}

pub const fn nothing_to_carry(option: &'static str, why: &'static str) -> Case {
    Case { option, proof: Proof::NothingToCarry(why) }
}

pub const fn held(option: &'static str, args: &'static [&'static str], code: &'static str) -> Case {
    Case { option, proof: Proof::Held { args, code } }
}

/// Cases that go into one container, so that a walk takes seconds.
#[derive(Debug)]
pub struct Group {
    pub cases: &'static [Case],
    /// What the image does, as in `tests/lab/image help`.
    pub variant: &'static str,
    /// What stands after the image.
    pub command: &'static [&'static str],
    /// Shell lines on the host, before the container is made; `{x}` as above, and `{other}` runs already.
    pub before: &'static [&'static str],
    /// Shell lines in the container, and a part of what each prints: the same before and after.
    pub inside: &'static [(&'static str, &'static str)],
}

impl Group {
    pub const PLAIN: Group = Group { cases: &[], variant: "nohealth", command: &[], before: &[], inside: &[] };
}
