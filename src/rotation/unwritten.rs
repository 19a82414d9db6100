//! What follows of a change that the store did not take. Pure.

use super::{Change, Goal, Record};

/// What follows of a change that the store did not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritten {
    /// It is made in memory all the same: it brings to rest.
    Made,
    /// It is not made, and the rotation turns back: nothing depends on it yet.
    TurnsBack,
    /// The record is left to another run.
    Left,
}

impl Change {
    /// What follows if the store does not take it, of a record that it would change.
    pub fn unwritten(&self, record: &Record) -> Unwritten {
        match self {
            Self::Pulled { .. }
            | Self::EnterCreating { .. }
            | Self::Adopt { .. }
            | Self::NoteDependents { .. }
            | Self::EnterSwitching { .. } => match record.goal {
                Goal::Forward => Unwritten::TurnsBack,
                // Turned back once more, the same would be asked for without end.
                Goal::Back { .. } => Unwritten::Made,
            },
            // The host has gone down since its last start. If that was its doing, it would be started at each boot, as none would know of the others. For one
            // that has to stay no other may serve, and where a rollback has failed no other can.
            Self::CountStart { boot, .. } if *boot != record.boot && !record.terms.stays && record.failed_rollback.is_none() => {
                Unwritten::TurnsBack
            }
            Self::TurnBack { .. }
            | Self::CountStart { .. }
            | Self::AdoptReplacement { .. }
            | Self::AdoptPredecessor { .. }
            | Self::TakeForPredecessor { .. }
            | Self::GiveUpRollback { .. }
            | Self::Prove { .. }
            | Self::Stay { .. }
            | Self::FailLate { .. }
            | Self::Recover
            | Self::NoteDown { .. }
            | Self::LeaveDropIn
            | Self::NoteLost { .. }
            | Self::NoteFailed { .. }
            | Self::KeepLog { .. } => Unwritten::Made,
            Self::Close => Unwritten::Left,
        }
    }
}
