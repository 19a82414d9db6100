//! A line of an answer: what goes on, any number of times, and at the end the answer or what kept it from being given.

use serde::{Deserialize, Serialize};

use crate::ask::{Problem, View};
use crate::rotation::Progress;

/// One line of NDJSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// What goes on.
    Progress(Progress),
    /// The answer; the last line.
    Answer(Box<View>),
    /// There is none, and why; the last line.
    Problem(Problem),
}

impl Line {
    /// With its line feed.
    pub fn bytes(&self) -> bytes::Bytes {
        let mut text = serde_json::to_vec(self).unwrap_or_default();
        text.push(b'\n');
        text.into()
    }
}
