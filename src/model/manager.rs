//! The manager of systemd that units belong to, as a person reaches it.

use serde::{Deserialize, Serialize};

/// Which one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "of")]
pub enum Manager {
    /// The host's.
    #[default]
    System,
    /// That of the user who we are.
    Oneself,
    /// Another user's.
    User {
        /// The name.
        name: String,
        /// The number.
        id: u32,
    },
}

impl Manager {
    /// What a person types to have it do something: `systemctl --user`.
    pub fn systemctl(&self) -> String {
        match self {
            Self::System => "systemctl".to_owned(),
            Self::Oneself => "systemctl --user".to_owned(),
            Self::User { name, .. } => format!("systemctl --user --machine={name}@"),
        }
    }

    /// What a person types to read what a unit and its container wrote.
    pub fn journal(&self, unit: &str) -> String {
        match self {
            Self::System => format!("journalctl -u {unit}"),
            Self::Oneself => format!("journalctl --user -u {unit}"),
            // `--user-unit` is for oneself only, and `--machine` for containers that have a systemd (journalctl(1)).
            Self::User { id, .. } => format!("journalctl _UID={id} _SYSTEMD_USER_UNIT={unit}"),
        }
    }
}
