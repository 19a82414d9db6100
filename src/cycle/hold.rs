//! A person's hold on containers, by name.

use jiff::Timestamp;

use super::{Cycle, CycleError};
use crate::model::Hold;

impl Cycle<'_> {
    /// Holds containers as they are, from now on; a hold that one has already is replaced. All or none.
    ///
    /// An open rotation of such a container is still brought to its end: leaving it half done would hold nothing.
    /// Errors: [`CycleError::NoSuchContainer`].
    pub async fn hold(&self, names: &[String], reason: Option<&str>, until: Option<Timestamp>) -> Result<Vec<Hold>, CycleError> {
        let survey = self.survey().await?;
        let mut holds = Vec::new();
        for typed in names {
            let name = survey.find(typed).ok_or_else(|| CycleError::NoSuchContainer { name: typed.clone() })?.to_owned();
            holds.push(Hold { name, reason: reason.map(str::to_owned), until, at: self.clock.at() });
        }
        for hold in &holds {
            self.store.hold(hold)?;
        }
        Ok(holds)
    }
}
