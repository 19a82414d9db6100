//! What harm is done at which call, and what came so far.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use super::systemctl::TARGET;
use crate::lab::{Api, http::Head};

/// What to do at a call.
pub enum Action {
    /// SIGKILL to the agent that called, itself or by a client of its engine.
    Kill,
    /// Close the connection without an answer.
    Cut,
    /// Answer with this status and an error in the engine's form.
    Status(u16, String),
    /// Keep the connection open and never answer.
    Hang,
    /// Call this, then go on as if nothing were: another hand between two calls.
    Run(Box<dyn FnOnce() + Send>),
    /// The same, but no other call goes on meanwhile, and this one does not either if its caller has given up by then.
    Hold(Box<dyn FnOnce() + Send>),
    /// As [`Action::Hold`], but then the connection is closed without an answer.
    Last(Box<dyn FnOnce() + Send>),
    /// Pass on half of the answer, then close the connection. Only after a call.
    Half,
    /// Close the connection without an answer after [`IN_VAIN`]; the call lands later: see [`super::FaultProxy::land`].
    Late,
    /// Answer nothing until the caller gives up, at its deadline; the call lands later: see [`super::FaultProxy::land`].
    Overdue,
    /// SIGKILL to the process that called; the call lands later: see [`super::FaultProxy::land`].
    KillLate,
}

/// For how long a caller waits for the answer to a call that lands late.
pub(super) const IN_VAIN: Duration = Duration::from_secs(1);

/// A call that the engine has not seen yet, while its caller has given up on it.
pub(super) struct LateCall {
    pub(super) request: String,
    pub(super) bytes: Vec<u8>,
    /// Who has not seen it: [`Shared::behind`].
    pub(super) behind: PathBuf,
}

/// When to do it.
pub enum Fault {
    /// The call does not reach the engine (but it does after a [`Action::Run`]).
    Before(Action),
    /// The engine has answered in full; its answer is not passed on (but it is after a [`Action::Run`]).
    After(Action),
}

pub(super) enum Point {
    Mutation { left: usize },
    Request { part: String, left: usize },
}

pub(super) struct Shared {
    pub(super) engine: PathBuf,
    /// What does the calls of systemctl that come through.
    pub(super) systemctl: Option<PathBuf>,
    pub(super) state: Mutex<State>,
    pub(super) api: Mutex<Option<Api>>,
    pub(super) is_closing: AtomicBool,
    /// Held by a call that holds all others up.
    pub(super) gate: Mutex<()>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) requests: Vec<String>,
    pub(super) versions: Vec<Option<u32>>,
    pub(super) faults: Vec<(Point, Fault)>,
    /// For good: what a request has in it that is never answered, or with this status and error.
    pub(super) lasting: Vec<(String, Option<(u16, String)>)>,
    pub(super) done: usize,
    pub(super) late: Option<LateCall>,
}

/// Podman is asked by a POST to wait, and changes nothing.
pub(super) fn is_mutating(request: &str) -> bool {
    !request.starts_with("GET ") && !request.starts_with("HEAD ") && !request.contains("/wait?")
}

pub(super) fn request(head: &Head) -> String {
    format!("{} {}", head.method, head.target)
}

/// True if a request has this part in it. What libpod has by the same path as Docker is meant by it, too: `POST /v5.0.0/libpod/containers/create` by
/// `POST /containers/`.
fn is_meant(request: &str, part: &str) -> bool {
    let of_docker = || {
        let (method, target) = request.split_once(' ')?;
        let (_version, path) = target.split_once("/libpod/")?;
        Some(format!("{method} /{path}"))
    };
    request.contains(part) || of_docker().is_some_and(|request| request.contains(part))
}

pub(super) fn is_of_systemctl(head: &Head) -> bool {
    head.target.starts_with(TARGET)
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever the call is for.
    pub(super) fn behind(&self, head: &Head) -> &Path {
        self.systemctl.as_deref().filter(|_| is_of_systemctl(head)).unwrap_or(&self.engine)
    }

    /// The call that lands late, if this is the same again.
    pub(super) fn late(&self, head: &Head) -> Option<LateCall> {
        self.state().late.take_if(|late| late.request == request(head))
    }

    /// Writes the request down, counts it on every fault, and takes the first that is due.
    pub(super) fn fault(&self, head: &Head) -> Option<Fault> {
        let request = request(head);
        let mut state = self.state();
        let mut due = None;
        for (index, (point, _)) in state.faults.iter_mut().enumerate() {
            let (is_it, left) = match point {
                Point::Mutation { left } => (is_mutating(&request), left),
                Point::Request { part, left } => (is_meant(&request, part), left),
            };
            *left -= usize::from(is_it && *left > 0);
            if is_it && *left == 0 && due.is_none() {
                due = Some(index);
            }
        }
        let lasting = state.lasting.iter().find(|(part, _)| is_meant(&request, part)).map(|(_, answer)| match answer {
            None => Fault::Before(Action::Hang),
            Some((status, message)) => Fault::Before(Action::Status(*status, message.clone())),
        });
        state.requests.push(request);
        state.versions.push(head.version);
        let Some(due) = due else { return lasting };
        let (_, fault) = state.faults.remove(due);
        state.done += 1;
        Some(fault)
    }
}
