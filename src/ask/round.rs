//! One question to all engines that are served, one after the other: never two at the same time, and none waits for one that is away.

use std::sync::Arc;

use futures_util::future::join_all;
use tracing::Instrument;

use super::{Ask, AskError, Records, Served, Session, View, With, answer};
use crate::cycle::CycleError;
use crate::interrupt::Interrupt;
use crate::model::EngineName;
use crate::plan;
use crate::rotation::{Progress, Watcher};
use crate::store::Store;

/// The engines that are asked, each connected or with the reason why not.
pub struct Round {
    all: Vec<(Served, Option<Result<Session, AskError>>)>,
    interrupt: Arc<Interrupt>,
}

impl Served {
    /// What it is called in messages; empty for the only one.
    pub fn label(&self) -> String {
        self.name.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// What is logged meanwhile is of this engine.
    pub fn span(&self) -> tracing::Span {
        match &self.name {
            // As an error it is there at each level.
            Some(name) => tracing::error_span!("engine", engine = %name),
            None => tracing::Span::none(),
        }
    }

    /// Tells whoever watches of which engine it is.
    pub fn named(&self, progress: Progress) -> Progress {
        Progress { engine: self.name.as_ref().map(ToString::to_string), ..progress }
    }

    /// An error of its own, which says so.
    pub fn failed(&self, error: AskError) -> AskError {
        match &self.name {
            Some(name) => AskError::On { engine: name.to_string(), error: Box::new(error) },
            None => error,
        }
    }
}

/// Those that a question is for.
///
/// Errors: [`AskError::NoSuchEngine`].
pub(super) fn meant<'a>(ask: &Ask, served: &'a [Served], only: Option<&EngineName>) -> Result<Vec<&'a Served>, AskError> {
    let Some(typed) = ask.on() else { return Ok(served.iter().collect()) };
    let is_meant = |served: &&Served| served.name.as_ref().or(only).is_some_and(|name| name.to_string() == typed);
    let meant: Vec<&Served> = served.iter().filter(is_meant).collect();
    if meant.is_empty() { Err(no_such_engine(typed, served)) } else { Ok(meant) }
}

pub(super) fn no_such_engine(typed: &str, served: &[Served]) -> AskError {
    let names = served.iter().filter_map(|served| served.name.as_ref()).map(ToString::to_string);
    AskError::NoSuchEngine { engine: typed.to_owned(), served: names.collect() }
}

/// The question with its containers' bare names; `podman/web` may be said where there is nothing but Podman, too.
pub(super) fn of_the_only(ask: &Ask, only: Option<&EngineName>) -> Result<Ask, AskError> {
    let bare = |typed: &String| match EngineName::split(typed) {
        (Some(engine), _) if only != Some(&engine) => Err(no_such_engine(&engine.to_string(), &[])),
        (_, name) => Ok(name.to_owned()),
    };
    Ok(ask.about(ask.names().into_iter().map(bare).collect::<Result<_, _>>()?))
}

impl Round {
    /// Connects to those that the question is for. Changes nothing anywhere.
    ///
    /// Errors: no engine of the name that was asked for; the only engine is away.
    pub async fn connect(with: &With, served: Vec<Served>, ask: &Ask) -> Result<Self, AskError> {
        let only = with.at.only_name(&with.loaded.config).await;
        let meant: Vec<Served> = meant(ask, &served, only.as_ref())?.into_iter().cloned().collect();
        let connected = join_all(meant.iter().map(|one| Session::new(with, one, &served))).await;
        let mut all = Vec::new();
        for (one, session) in meant.into_iter().zip(connected) {
            if one.name.is_none() {
                all.push((one, Some(Ok(session?))));
                continue;
            }
            all.push((one, Some(session)));
        }
        Ok(Self { all, interrupt: Arc::clone(&with.interrupt) })
    }

    /// See [`Session::beside_a_daemon`].
    pub fn beside_a_daemon(self) -> Self {
        let beside = |session: Option<Result<Session, AskError>>| session.map(|session| session.map(Session::beside_a_daemon));
        Self { all: self.all.into_iter().map(|(served, session)| (served, beside(session))).collect(), ..self }
    }

    /// Asks each in turn. What one engine did not answer is told, and the others are asked all the same.
    ///
    /// Errors: what ended the answer of the only engine that was asked; a name that no container has, or several have.
    pub async fn answer(mut self, ask: &Ask, records: &Records, watcher: &Watcher<'_>) -> Result<View, AskError> {
        if let [(served, session @ Some(Ok(_)))] = self.all.as_mut_slice()
            && served.name.is_none()
            && let Some(Ok(session)) = session.take()
        {
            let store = records.of(session.name(), true)?;
            let ask = of_the_only(ask, session.name())?;
            return answer(&ask, &session.cycle(&*store, watcher)).await;
        }
        let parts = self.parts(ask, records).await?;
        let is_for_one = parts.len() == 1 && !ask.names().is_empty();
        let mut view = View::nothing(ask);
        for (at, part) in parts {
            let (served, session) = &mut self.all[at];
            let Some(session) = session.take() else { continue };
            let label = served.label();
            let answered = match session {
                Ok(session) => Self::ask_one(&part, served, &session, records, watcher).instrument(served.span()).await,
                Err(error) => Err(error),
            };
            view = view.beside(match answered {
                Ok(answer) => answer.of_engine(&label),
                Err(error) if is_for_one => return Err(served.failed(error)),
                Err(error) => {
                    let is_missed = served.is_missed(&error) || !ask.names().is_empty();
                    View::away(&label, &served.failed(error).problem(), is_missed)
                }
            });
            if ask.rotates() && self.interrupt.is_set() {
                break;
            }
        }
        Ok(view)
    }

    async fn ask_one(part: &Ask, served: &Served, session: &Session, records: &Records, watcher: &Watcher<'_>) -> Result<View, AskError> {
        let store = records.of(session.name(), served.is_heir)?;
        let watcher = |progress| watcher(served.named(progress));
        answer(part, &session.cycle(&*store, &watcher)).await
    }

    /// What is asked of which engine: each is asked about those containers that are its own.
    async fn parts(&mut self, ask: &Ask, records: &Records) -> Result<Vec<(usize, Ask)>, AskError> {
        let names = ask.names();
        if names.is_empty() {
            return Ok((0..self.all.len()).map(|at| (at, ask.bare().clone())).collect());
        }
        let mut by_engine: Vec<Vec<String>> = vec![Vec::new(); self.all.len()];
        for typed in names {
            let at = self.whose(typed, records).await?;
            by_engine[at].push(EngineName::split(typed).1.to_owned());
        }
        Ok(by_engine.into_iter().enumerate().filter(|(_, names)| !names.is_empty()).map(|(at, names)| (at, ask.about(names))).collect())
    }

    /// The engine that has this container, or that has rotated it.
    async fn whose(&mut self, typed: &str, records: &Records) -> Result<usize, AskError> {
        let (engine, name) = EngineName::split(typed);
        if let Some(engine) = engine {
            let at = self.all.iter().position(|(served, _)| served.name.as_ref() == Some(&engine));
            let served: Vec<Served> = self.all.iter().map(|(served, _)| served.clone()).collect();
            return at.ok_or_else(|| no_such_engine(&engine.to_string(), &served));
        }
        if self.all.len() == 1 {
            return Ok(0);
        }
        let (mut found, mut first_unclear) = (Vec::new(), None);
        for at in 0..self.all.len() {
            match self.has(at, name, records).await {
                Ok(Has::It) => found.push(at),
                Ok(Has::Not) => {}
                Ok(Has::Perhaps) => first_unclear = first_unclear.or(Some((at, None))),
                Err(error) => first_unclear = first_unclear.or(Some((at, Some(error)))),
            }
        }
        let nobodys = || CycleError::NoSuchContainer { name: name.to_owned() }.into();
        match (found.as_slice(), first_unclear) {
            ([at], _) => Ok(*at),
            // It may be a container of the one that is away.
            ([], Some((at, error))) => {
                let (served, session) = &mut self.all[at];
                let why_away = || session.take().and_then(Result::err);
                Err(error.or_else(why_away).map_or_else(nobodys, |error| served.failed(error)))
            }
            ([], None) => Err(nobodys()),
            (several, _) => {
                let engines = several.iter().map(|at| self.all[*at].0.label()).collect();
                Err(AskError::Ambiguous { name: name.to_owned(), engines })
            }
        }
    }

    /// Changes nothing of what was found when it was connected to: it is told to each who asks that engine.
    async fn has(&self, at: usize, name: &str, records: &Records) -> Result<Has, AskError> {
        let (served, session) = &self.all[at];
        let is_there = match session {
            Some(Ok(connected)) => {
                let listed = connected.engine().containers().await?;
                listed.iter().any(|listed| plan::is_listed(listed, name)) || is_known(served, connected.name(), name, records)?
            }
            Some(Err(_)) if is_known(served, served.name.as_ref(), name, records)? => true,
            Some(Err(_)) if served.is_expected => return Ok(Has::Perhaps),
            Some(Err(_)) | None => false,
        };
        Ok(if is_there { Has::It } else { Has::Not })
    }
}

/// True if a rotation of a container of this name is under way at the engine, or its predecessor kept.
fn is_known(served: &Served, engine: Option<&EngineName>, name: &str, records: &Records) -> Result<bool, AskError> {
    let open = records.of(engine, served.is_heir)?.open_rotations()?;
    Ok(open.iter().any(|record| record.is_about(name)))
}

/// Whether an engine has a container.
enum Has {
    It,
    Not,
    /// It is away, and may have it.
    Perhaps,
}
