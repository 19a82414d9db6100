//! What the stores alone can answer, of all engines that have one: those that are served, and those that were.

use std::sync::Arc;

use super::round::{meant, no_such_engine, of_the_only};
use super::{Ask, AskError, Records, Served, View, With, answer_without_engine};
use crate::cycle;
use crate::model::EngineName;
use crate::store::{SqliteStore, Store};

/// Asks no engine.
///
/// Errors: [`AskError::NoSuchEngine`], [`AskError::Ambiguous`]; [`AskError::NeedsEngine`] for what they cannot answer.
pub async fn of_the_stores(ask: &Ask, with: &With, served: &[Served], records: &Records) -> Result<View, AskError> {
    let only = with.at.only_name(&with.loaded.config).await;
    if let [Served { name: None, .. }] = served {
        meant(ask, served, only.as_ref())?;
        return answer_without_engine(&of_the_only(ask, only.as_ref())?, &*records.of(only.as_ref(), true)?);
    }
    let mut all: Vec<(EngineName, Arc<SqliteStore>)> = Vec::new();
    for one in served {
        all.extend(one.name.as_ref().map(|name| Ok::<_, AskError>((name.clone(), records.of(Some(name), one.is_heir)?))).transpose()?);
    }
    for name in records.engines()? {
        if all.iter().all(|(known, _)| *known != name) {
            let store = records.of(Some(&name), false)?;
            all.push((name, store));
        }
    }
    if let Some(typed) = ask.on() {
        all.retain(|(name, _)| name.to_string() == typed);
        if all.is_empty() {
            return Err(no_such_engine(typed, served));
        }
    }
    match ask.bare() {
        Ask::History { name, limit } => history(name.as_deref(), *limit, &all, served),
        bare => {
            let names = bare.names();
            if names.is_empty() {
                return all.iter().try_fold(View::nothing(bare), |view, (name, store)| {
                    Ok(view.beside(answer_without_engine(bare, &**store)?.of_engine(&name.to_string())))
                });
            }
            let asked = names.into_iter().map(|typed| Ok::<_, AskError>((whose(typed, bare, &all, served)?, EngineName::split(typed).1)));
            // Nothing is changed before each name is known to mean one engine.
            let asked = asked.collect::<Result<Vec<_>, _>>()?;
            asked.into_iter().try_fold(View::nothing(bare), |view, (at, name)| {
                let (engine, store) = &all[at];
                Ok(view.beside(answer_without_engine(&bare.about(vec![name.to_owned()]), &**store)?.of_engine(&engine.to_string())))
            })
        }
    }
}

/// Of all engines the newest; of a name those of each engine that had such a container.
fn history(typed: Option<&str>, limit: usize, all: &[(EngineName, Arc<SqliteStore>)], served: &[Served]) -> Result<View, AskError> {
    let (engine, name) = typed.map_or((None, None), |typed| {
        let (engine, name) = EngineName::split(typed);
        (engine, Some(name))
    });
    if let Some(engine) = &engine
        && all.iter().all(|(known, _)| known != engine)
    {
        return Err(no_such_engine(&engine.to_string(), served));
    }
    let mut past = Vec::new();
    for (known, store) in all.iter().filter(|(known, _)| engine.as_ref().is_none_or(|engine| engine == known)) {
        past.extend(cycle::history(&**store, name, limit)?.into_iter().map(|past| (known.to_string(), past)));
    }
    past.sort_by_key(|(_, past)| std::cmp::Reverse(past.began_at));
    past.truncate(limit);
    let ask = Ask::History { name: typed.map(str::to_owned), limit };
    let one = |(engine, past): (String, cycle::Past)| View::history(&[past], name.is_some()).of_engine(&engine);
    let view = past.into_iter().map(one).fold(View::nothing(&ask), View::beside);
    let talk = typed.filter(|_| view.rows.is_empty()).map(|name| format!("no rotation of `{name}` is recorded"));
    Ok(View { talk: talk.into_iter().chain(view.talk).collect(), ..view })
}

/// The engine whose store knows something of this name that the question is about; where none does, the first.
fn whose(typed: &str, ask: &Ask, all: &[(EngineName, Arc<SqliteStore>)], served: &[Served]) -> Result<usize, AskError> {
    let (engine, name) = EngineName::split(typed);
    if let Some(engine) = engine {
        let at = all.iter().position(|(known, _)| *known == engine);
        return at.ok_or_else(|| no_such_engine(&engine.to_string(), served));
    }
    let name = name.trim_start_matches('/');
    let mut found = Vec::new();
    for (at, (_, store)) in all.iter().enumerate() {
        let is_known = match ask {
            Ask::Release { .. } => store.holds()?.iter().any(|hold| hold.name == name),
            _ => store.refused(name)?.is_some(),
        };
        found.extend(is_known.then_some(at));
    }
    match found.as_slice() {
        [] => Ok(0),
        [at] => Ok(*at),
        several => {
            let engines = several.iter().map(|at| all[*at].0.to_string()).collect();
            Err(AskError::Ambiguous { name: name.to_owned(), engines })
        }
    }
}
