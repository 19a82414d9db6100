//! One call on its way to the engine and back, and the harm that is done to it.

use std::{
    fs,
    io::{self, Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    path::Path,
    process,
    sync::PoisonError,
    thread,
};

use rustix::{
    net::{SendFlags, send, sockopt::socket_peercred},
    process::{Pid, Signal, kill_process},
};

use super::fault::{Action, Fault, IN_VAIN, LateCall, Shared, is_of_systemctl, request};
use crate::lab::{Api, http::Head};

pub(super) fn serve(shared: &Shared, mut caller: UnixStream) -> io::Result<()> {
    let result = answer(shared, &mut caller);
    // Not only dropped: the thread that copies the body holds the same connection.
    let _ = caller.shutdown(Shutdown::Both);
    result
}

fn answer(shared: &Shared, caller: &mut UnixStream) -> io::Result<()> {
    let Some(mut head) = Head::read(caller)? else { return Ok(()) };
    drop(shared.gate.lock().unwrap_or_else(PoisonError::into_inner));
    let fault = shared.fault(&head);
    let api = *shared.api.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(api) = api {
        if head.target == "/version" {
            return api.tell(&shared.engine, caller);
        }
        Api::pass_on(&shared.engine, &mut head)?;
    }
    if let Some(late) = shared.late(&head) {
        // Just before its repetition: an engine does one after the other.
        let mut engine = UnixStream::connect(&late.behind)?;
        engine.write_all(&late.bytes)?;
        thread::spawn(move || io::copy(&mut engine, &mut io::sink()));
    }
    match fault {
        None => pass_on(shared.behind(&head), &head, caller, &mut &*caller),
        Some(Fault::Before(action @ (Action::Late | Action::Overdue | Action::KillLate))) => {
            let bytes = whole(&head, caller)?;
            shared.state().late = Some(LateCall { request: request(&head), bytes, behind: shared.behind(&head).to_owned() });
            match action {
                Action::KillLate => return kill_caller(caller, &head),
                Action::Overdue => read_away(caller),
                _ => thread::sleep(IN_VAIN),
            }
            Ok(())
        }
        Some(Fault::Before(action)) => {
            if act(shared, action, caller, &head)? {
                pass_on(shared.behind(&head), &head, caller, &mut &*caller)?;
            }
            Ok(())
        }
        Some(Fault::After(action)) => {
            let mut answer = Vec::new();
            pass_on(shared.behind(&head), &head, caller, &mut answer)?;
            if matches!(action, Action::Half) {
                return caller.write_all(&answer[..answer.len() / 2]);
            }
            if act(shared, action, caller, &head)? { caller.write_all(&answer) } else { Ok(()) }
        }
    }
}

/// Sends a request to the engine, its body too, and the engine's answer to `answer`, until the engine closes.
/// The engine is told of a caller that goes away, as it would be without us.
fn pass_on(engine: &Path, head: &Head, caller: &UnixStream, answer: &mut impl Write) -> io::Result<()> {
    let mut engine = UnixStream::connect(engine)?;
    engine.write_all(&head.closing())?;
    thread::spawn({
        let (mut body, mut engine) = (caller.try_clone()?, engine.try_clone()?);
        move || {
            let _ = io::copy(&mut body, &mut engine);
            let _ = engine.shutdown(Shutdown::Write);
        }
    });
    io::copy(&mut engine, answer)?;
    Ok(())
}

/// The request with all of its body, which has a length: the agent sends no other.
fn whole(head: &Head, caller: &mut UnixStream) -> io::Result<Vec<u8>> {
    let length = head.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut rest = vec![0; length - head.rest.len().min(length)];
    caller.read_exact(&mut rest)?;
    Ok([head.closing(), rest].concat())
}

/// The engine's answer, of which nobody hears.
pub(super) fn land(late: &LateCall) -> io::Result<String> {
    let mut engine = UnixStream::connect(&late.behind)?;
    engine.write_all(&late.bytes)?;
    let mut answer = Vec::new();
    engine.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Does it; true if the call goes on.
fn act(shared: &Shared, action: Action, caller: &mut UnixStream, head: &Head) -> io::Result<bool> {
    match action {
        Action::Kill => kill_caller(caller, head)?,
        Action::Cut => {}
        Action::Status(status, message) => {
            let body = serde_json::json!({ "message": message }).to_string();
            let head =
                format!("HTTP/1.1 {status} Fault\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close", body.len());
            caller.write_all(format!("{head}\r\n\r\n{body}").as_bytes())?;
            caller.shutdown(Shutdown::Write)?;
            read_away(caller);
        }
        Action::Hang => read_away(caller),
        Action::Hold(closure) => {
            hold(shared, closure);
            return Ok(!has_given_up(caller));
        }
        Action::Last(closure) => hold(shared, closure),
        Action::Half | Action::Late | Action::Overdue | Action::KillLate => panic!("not at this side of a call"),
        Action::Run(closure) => {
            closure();
            return Ok(true);
        }
    }
    Ok(false)
}

fn hold(shared: &Shared, closure: impl FnOnce()) {
    let _gate = shared.gate.lock().unwrap_or_else(PoisonError::into_inner);
    closure();
}

/// A call that nobody waits for any more is not made: it would land when its repetition has been answered, which no engine lets happen.
fn has_given_up(caller: &UnixStream) -> bool {
    send(caller, &[], SendFlags::NOSIGNAL).is_err() // also where its body is not read yet, so that its end is not seen
}

/// Until the caller closes. To close before it has sent all would make its answer an error.
fn read_away(caller: &mut UnixStream) {
    let mut chunk = [0; 4096];
    while caller.read(&mut chunk).is_ok_and(|count| count > 0) {}
}

/// Returns when the caller is dead, before its connection is closed: it must not see that. Of a systemctl, or of Podman's client, it is who has called
/// that; the client dies with it.
fn kill_caller(caller: &UnixStream, head: &Head) -> io::Result<()> {
    let peer = socket_peercred(caller)?.pid;
    if is_of_systemctl(head) {
        return kill(parent(peer)?);
    }
    let above = parent(peer).ok().filter(|above| !is_agent(peer) && is_agent(*above));
    above.map_or(Ok(()), kill)?;
    kill(peer).or_else(|why| above.map(|_| ()).ok_or(why)) // it may have seen the end of who called it
}

fn kill(pid: Pid) -> io::Result<()> {
    assert!(pid != Pid::from_raw(process::id() as i32).expect("a process has an id"), "a test must not kill itself");
    kill_process(pid, Signal::KILL)?;
    let is_dead = |fields: String| fields.starts_with(['Z', 'X']);
    while !stat(pid).map_or(true, is_dead) {
        thread::yield_now();
    }
    Ok(())
}

/// `rotate`, or `rotate-` and the time of its build.
fn is_agent(pid: Pid) -> bool {
    fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero())).is_ok_and(|name| name.starts_with("rotate"))
}

/// What the kernel says of a process from its state on: the first field behind the name, which may have anything in it, but not behind its last bracket.
fn stat(pid: Pid) -> io::Result<String> {
    let text = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))?;
    text.rsplit_once(") ").map(|(_, fields)| fields.to_owned()).ok_or_else(|| io::Error::other("it has no name"))
}

fn parent(pid: Pid) -> io::Result<Pid> {
    let parent = stat(pid)?.split(' ').nth(1).and_then(|parent| Pid::from_raw(parent.parse().ok()?));
    parent.ok_or_else(|| io::Error::other("it has no parent"))
}
