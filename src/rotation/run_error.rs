//! Why a rotation could not go on, and how its containers stand then.

use super::Record;
use crate::engine::EngineError;
use crate::store::StoreError;

/// The loop could not go on; the record stays open and the next run goes on with it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The engine.
    #[error("`{unit}`: {source}")]
    Engine {
        /// Whose rotation.
        unit: Box<str>,
        /// See [`Record::stands`].
        stands: &'static str,
        /// What it said last.
        source: EngineError,
    },
    /// The store, where going on unrecorded would not be safe.
    #[error("`{unit}`: {source}")]
    Store {
        /// Whose rotation.
        unit: Box<str>,
        /// See [`Record::stands`].
        stands: &'static str,
        /// What happened.
        source: StoreError,
    },
}

impl RunError {
    /// What is true of its containers now.
    pub fn state(&self) -> String {
        let (Self::Engine { unit, stands, .. } | Self::Store { unit, stands, .. }) = self;
        format!("`{unit}`: {stands}; its rotation is recorded and not finished")
    }

    /// Whose rotation.
    pub fn unit(&self) -> &str {
        let (Self::Engine { unit, .. } | Self::Store { unit, .. }) = self;
        unit
    }

    pub(super) fn unsaved(record: &Record, source: StoreError) -> Self {
        Self::Store { unit: record.unit.as_str().into(), stands: record.stands(), source }
    }
}
