//! What earlier runs left: rotations to finish, predecessors past their time, and the way back that a person asks for.

use super::report::{Entry, Report, Verdict};
use super::{Cycle, CycleError};
use crate::rotation::{Record, Stage};

impl Cycle<'_> {
    /// Goes on with every record that is not closed. Those that are only kept are not reported.
    pub async fn resume(&self, report: &mut Report) -> Result<(), CycleError> {
        for mut record in self.store.open_rotations()? {
            let was_kept = record.stage == Stage::Kept;
            record.stuck = None;
            let credential = record.members.first().and_then(|member| (self.credential)(&member.reference));
            let ended = self.rotation(credential.as_ref()).drive(&mut record).await?;
            let entry = self.settle(&record, &ended)?;
            if !was_kept && entry.verdict != Verdict::Withdrawn {
                report.entries.push(Entry { is_resumed: true, ..entry });
            }
        }
        Ok(())
    }

    /// Takes the newest kept predecessor of a unit back. Its successor's digest is refused from then on.
    pub async fn roll_back(&self, name: &str) -> Result<Report, CycleError> {
        let mut report = Report::default();
        let Some(mut record) = self.newest_kept(name)? else {
            return Err(CycleError::NothingKept { name: name.to_owned() });
        };
        let rotation = self.rotation(None);
        rotation.request_back(&mut record)?;
        let ended = rotation.drive(&mut record).await?;
        report.entries.push(self.settle(&record, &ended)?);
        Ok(report)
    }

    fn newest_kept(&self, name: &str) -> Result<Option<Record>, CycleError> {
        let kept = self.store.open_rotations()?.into_iter().filter(|r| r.stage == Stage::Kept && r.unit == name);
        Ok(kept.max_by_key(|record| record.opened_at))
    }
}
