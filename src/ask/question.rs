//! The questions, as they travel over the daemon's socket. Field names are stable.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cycle::Request;
use crate::engine::LOOK;

/// What is asked. As JSON: the command's name, and below it what goes with it, such as `{"now": {"names": ["web"]}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Rotate what has a newer image.
    Now(Request),
    /// What would be rotated.
    Plan {
        /// Only these; empty: all that are selected.
        #[serde(default)]
        names: Vec<String>,
    },
    /// How things stand.
    Status {},
    /// What decides about one container.
    Explain {
        /// The container.
        name: String,
    },
    /// What was rotated.
    History {
        /// Only this one.
        #[serde(default)]
        name: Option<String>,
        /// So many at most.
        #[serde(default = "usual_limit")]
        limit: usize,
    },
    /// Keep containers as they are.
    Hold {
        /// The containers.
        names: Vec<String>,
        /// Why.
        #[serde(default)]
        reason: Option<String>,
        /// Until when; none: until released.
        #[serde(default)]
        until: Option<Timestamp>,
    },
    /// End holds.
    Release {
        /// The containers.
        names: Vec<String>,
    },
    /// Which digests are refused, or forget some.
    Refused {
        /// Forget what is refused for these.
        #[serde(default)]
        forget: Vec<String>,
    },
    /// Take a predecessor back.
    Rollback {
        /// The container.
        name: String,
    },
    /// Another question, of one engine alone. As JSON it is a field of that question: `{"status": {"on": "podman"}}`.
    #[serde(skip)]
    On {
        /// Which.
        engine: String,
        /// What is asked.
        ask: Box<Ask>,
    },
}

/// The name of that field.
const ON: &str = "on";

/// Engines that are well answer in milliseconds, busy ones in a second.
const AT_A_GLANCE: Duration = Duration::from_secs(3);

/// As many rotations as `rotate history` shows by itself.
pub const USUAL_LIMIT: usize = 20;

fn usual_limit() -> usize {
    USUAL_LIMIT
}

impl Ask {
    /// True if it changes something, so that it needs the lock and takes its turn.
    pub fn writes(&self) -> bool {
        match self {
            Self::Now(_) | Self::Hold { .. } | Self::Release { .. } | Self::Rollback { .. } => true,
            Self::Refused { forget } => !forget.is_empty(),
            Self::Plan { .. } | Self::Status {} | Self::Explain { .. } | Self::History { .. } => false,
            Self::On { ask, .. } => ask.writes(),
        }
    }

    /// How long a look at the engine may take for its sake. Whoever asks how things stand sits there and waits, and is told what gets no answer.
    pub fn patience(&self) -> Duration {
        if matches!(self.bare(), Self::Status {}) { AT_A_GLANCE } else { LOOK }
    }

    /// True if it rotates: it may take long, and can be asked to come to rest.
    pub fn rotates(&self) -> bool {
        matches!(self.bare(), Self::Now(_) | Self::Rollback { .. })
    }

    /// True if the store alone can answer it.
    pub fn is_of_the_store(&self) -> bool {
        matches!(self.bare(), Self::History { .. } | Self::Release { .. } | Self::Refused { .. })
    }

    /// The question without the engine that it is for.
    pub fn bare(&self) -> &Self {
        match self {
            Self::On { ask, .. } => ask.bare(),
            _ => self,
        }
    }

    /// The engine that it is for, if only one is meant.
    pub fn on(&self) -> Option<&str> {
        match self {
            Self::On { engine, .. } => Some(engine),
            _ => None,
        }
    }

    /// The containers that it names.
    pub fn names(&self) -> Vec<&String> {
        match self.bare() {
            Self::Now(Request { names, .. }) | Self::Plan { names } | Self::Hold { names, .. } | Self::Release { names } => {
                names.iter().collect()
            }
            Self::Explain { name } | Self::Rollback { name } => vec![name],
            Self::History { name, .. } => name.iter().collect(),
            Self::Refused { forget } => forget.iter().collect(),
            Self::Status {} | Self::On { .. } => Vec::new(),
        }
    }

    /// The same question about these.
    pub fn about(&self, all: Vec<String>) -> Self {
        let first = all.first().cloned().unwrap_or_default();
        let mut ask = self.bare().clone();
        match &mut ask {
            Self::Now(Request { names, .. }) | Self::Plan { names } | Self::Hold { names, .. } | Self::Release { names } => *names = all,
            Self::Explain { name } | Self::Rollback { name } => *name = first,
            Self::History { name, .. } => *name = all.into_iter().next(),
            Self::Refused { forget } => *forget = all,
            Self::Status {} | Self::On { .. } => {}
        }
        ask
    }

    /// `now` and `{"names": ["web"], "on": "podman"}`: the command, and what goes with it.
    ///
    /// Errors: no such command, or fields that it does not have.
    pub fn read(command: &str, mut fields: Value) -> serde_json::Result<Self> {
        let on = fields.as_object_mut().and_then(|fields| fields.remove(ON)).filter(|on| !on.is_null());
        let ask: Self = serde_json::from_value(json!({ command: fields }))?;
        Ok(match on.map(serde_json::from_value).transpose()? {
            Some(engine) => Self::On { engine, ask: Box::new(ask) },
            None => ask,
        })
    }

    /// The other way round.
    pub fn parts(&self) -> serde_json::Result<(String, Value)> {
        let Value::Object(object) = serde_json::to_value(self.bare())? else { return Ok((String::new(), Value::Null)) };
        let (command, mut fields) = object.into_iter().next().unwrap_or_default();
        if let (Value::Object(fields), Some(engine)) = (&mut fields, self.on()) {
            fields.insert(ON.to_owned(), engine.into());
        }
        Ok((command, fields))
    }
}
