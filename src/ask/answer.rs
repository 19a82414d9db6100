//! Questions to answers: each calls one function of a pass, or of the store, and shows what came back.

use super::{Ask, AskError, View};
use crate::cycle::{self, Cycle, CycleError, Report};
use crate::store::Store;

/// Answers with engine, registry and store. What writes needs the lock, which the caller holds.
pub async fn answer(ask: &Ask, cycle: &Cycle<'_>) -> Result<View, AskError> {
    match ask {
        Ask::Now(request) => {
            let mut report = Report::default();
            let ended = cycle.run(request, &mut report).await;
            told(&report, ended)
        }
        Ask::Rollback { name } => {
            let mut report = Report::default();
            let ended = cycle.roll_back(name, &mut report).await;
            told(&report, ended)
        }
        Ask::Plan { names } => {
            let request = cycle::Request { names: names.clone(), ..cycle::Request::default() };
            Ok(View::plan(&cycle.plan(&request).await?).warned(cycle.warning().await))
        }
        Ask::Status {} => Ok(View::status(&cycle.status().await?).warned(cycle.warning().await)),
        Ask::Explain { name } => Ok(View::explanation(&cycle.explain(name).await?)),
        Ask::Hold { names, reason, until } => Ok(View::held(&cycle.hold(names, reason.as_deref(), *until).await?)),
        Ask::History { .. } | Ask::Release { .. } | Ask::Refused { .. } => answer_without_engine(ask, cycle.store),
        Ask::On { ask, .. } => Box::pin(answer(ask, cycle)).await,
    }
}

/// What a pass did before an error ended it is not lost with the error.
fn told(report: &Report, ended: Result<(), CycleError>) -> Result<View, AskError> {
    match ended.map_err(AskError::from) {
        Ok(()) => Ok(View::report(report)),
        Err(error) if report.entries.is_empty() => Err(error),
        Err(error) => Ok(View::report(report).ended_by(error.problem())),
    }
}

/// Answers what the store alone knows; what is asked about need not exist any more.
///
/// Errors: [`AskError::NeedsEngine`] for every other question.
pub fn answer_without_engine(ask: &Ask, store: &dyn Store) -> Result<View, AskError> {
    match ask {
        Ask::History { name, limit } => {
            let all = cycle::history(store, name.as_deref(), *limit)?;
            let talk = name.as_ref().filter(|_| all.is_empty()).map(|name| format!("no rotation of `{name}` is recorded"));
            Ok(View { talk: talk.into_iter().collect(), ..View::history(&all, name.is_some()) })
        }
        Ask::Release { names } => {
            let mut all = Vec::new();
            for name in names.iter().map(|name| name.trim_start_matches('/')) {
                all.push((name.to_owned(), store.release(name)?));
            }
            Ok(View::released(&all))
        }
        Ask::Refused { forget } if forget.is_empty() => Ok(View::refused(&store.all_refused()?, false)),
        Ask::Refused { forget } => {
            let (mut forgotten, mut talk) = (Vec::new(), Vec::new());
            for name in forget.iter().map(|name| name.trim_start_matches('/')) {
                match store.refused(name)? {
                    Some(refused) => forgotten.push(refused),
                    None => talk.push(format!("nothing is refused for `{name}`")),
                }
                store.accept(name)?;
            }
            Ok(View { talk, ..View::refused(&forgotten, true) })
        }
        _ => Err(AskError::NeedsEngine),
    }
}
