//! Settings that are one word out of a few.

/// Declares an enum whose variants have a word each, as it stands in the file and in a label.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$doc])* $variant),+
        }

        impl $name {
            /// The words for it.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for this one.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// What a word stands for, in these letters only.
            pub(crate) fn read(text: &str) -> Result<Self, crate::config::ValueError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::config::ValueError::NotOneOf { allowed: Self::WORDS }),
                }
            }
        }
    };
}

choice! {
    /// Which containers are rotated without being named.
    Select {
        /// Those with the label `rotate.enable=true`.
        Labelled = "labelled",
        /// All but those with the label `rotate.enable=false`.
        All = "all",
    }
}

choice! {
    /// What is done about a newer image.
    Mode {
        /// The container is rotated.
        Rotate = "rotate",
        /// It is told, and nothing else: no pull, no rotation.
        Watch = "watch",
    }
}

choice! {
    /// What a run does when a rotation fails.
    OnFailure {
        /// It ends; what is left waits for the next run.
        Stop = "stop",
        /// It goes on with the next container.
        Continue = "continue",
    }
}

choice! {
    /// What becomes of a successor that fails its gate.
    FailurePolicy {
        /// The predecessor comes back.
        Rollback = "rollback",
        /// It stays, under its name: its data may already be beyond what the predecessor can read.
        Stay = "stay",
    }
}

choice! {
    /// What is done when a successor fails after it had proved itself, while its predecessor is still kept.
    OnLateFailure {
        /// It is told.
        Report = "report",
        /// The predecessor comes back.
        Rollback = "rollback",
    }
}

choice! {
    /// From which rank on something is told in the log.
    LogLevel {
        /// What ended a command or a rotation.
        Error = "error",
        /// What a person should look at, too.
        Warn = "warn",
        /// What is done, too.
        Info = "info",
        /// How it is done, too.
        Debug = "debug",
    }
}

choice! {
    /// Who asks the registry what a reference points to.
    RegistryVia {
        /// This program: a HEAD, which is no pull.
        Rotate = "rotate",
        /// The engine, with its own certificates, mirrors and proxies. Docker Hub counts it as a pull.
        Engine = "engine",
    }
}
