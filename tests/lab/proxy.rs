//! A proxy between agent and engine that counts the calls and does harm at a chosen one.

use std::{
    fs::{self, Permissions},
    io::{self, Read, Write},
    net::Shutdown,
    os::unix::fs::PermissionsExt,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    process,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use rustix::{
    net::sockopt::socket_peercred,
    process::{Pid, Signal, kill_process},
};
use tempfile::TempDir;

use super::{Api, http::Head};

/// What to do at a call.
pub enum Action {
    /// SIGKILL to the process that called.
    Kill,
    /// Close the connection without an answer.
    Cut,
    /// Answer with this status and an error in the engine's form.
    Status(u16, String),
    /// Keep the connection open and never answer.
    Hang,
    /// Call this, then go on as if nothing were: another hand between two calls.
    Run(Box<dyn FnOnce() + Send>),
}

/// When to do it.
pub enum Fault {
    /// The call does not reach the engine (but it does after a [`Action::Run`]).
    Before(Action),
    /// The engine has answered in full; its answer is not passed on (but it is after a [`Action::Run`]).
    After(Action),
}

enum Point {
    Mutation { left: usize },
    Request { part: String, left: usize },
}

/// Listens on a socket of its own and passes every call on to the engine, each on a connection of its own.
/// *Mutating* calls, the ones that count, are all but GET and HEAD. Dropped, it takes no more calls.
pub struct FaultProxy {
    socket: PathBuf,
    _folder: Option<TempDir>,
    shared: Arc<Shared>,
}

struct Shared {
    engine: PathBuf,
    state: Mutex<State>,
    api: Mutex<Option<Api>>,
    is_closing: AtomicBool,
}

#[derive(Default)]
struct State {
    requests: Vec<String>,
    versions: Vec<Option<u32>>,
    faults: Vec<(Point, Fault)>,
    /// For good: what a request has in it that is never answered, or with this status and error.
    lasting: Vec<(String, Option<(u16, String)>)>,
    done: usize,
}

impl FaultProxy {
    /// Does no harm yet.
    pub fn start(engine: &Path) -> FaultProxy {
        FaultProxy::in_a_folder(engine, None)
    }

    /// At a path of one's choice, for everybody: such as one that a host sees too.
    pub fn start_at(socket: &Path, engine: &Path) -> FaultProxy {
        let _ = fs::remove_file(socket); // of a run that was killed
        FaultProxy::begin(socket.to_owned(), None, engine, None)
    }

    /// In front of an engine that appears to speak these API versions.
    pub fn speaking(engine: &Path, api: Api) -> FaultProxy {
        FaultProxy::in_a_folder(engine, Some(api))
    }

    /// What makes the engine appear as it is, from the moment on at which it is called.
    pub fn unmask(&self) -> impl FnOnce() + Send + 'static {
        let shared = Arc::clone(&self.shared);
        move || *shared.api.lock().unwrap_or_else(PoisonError::into_inner) = None
    }

    fn in_a_folder(engine: &Path, api: Option<Api>) -> FaultProxy {
        let folder = tempfile::Builder::new().prefix("rotate-proxy-").tempdir().expect("a folder can be made in /tmp");
        FaultProxy::begin(folder.path().join("engine.sock"), Some(folder), engine, api)
    }

    fn begin(socket: PathBuf, folder: Option<TempDir>, engine: &Path, api: Option<Api>) -> FaultProxy {
        let listener = UnixListener::bind(&socket).expect("a socket can be made");
        fs::set_permissions(&socket, Permissions::from_mode(0o666)).expect("it is ours");
        let (api, state) = (Mutex::new(api), Mutex::default());
        let shared = Arc::new(Shared { engine: engine.to_owned(), state, api, is_closing: AtomicBool::new(false) });
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for caller in listener.incoming().map_while(Result::ok) {
                    if shared.is_closing.load(Ordering::Relaxed) {
                        break;
                    }
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || serve(&shared, caller)); // a broken connection is the caller's to notice
                }
            }
        });
        FaultProxy { socket, _folder: folder, shared }
    }

    /// At the `k`-th mutating call from now, counted from 1.
    pub fn at(&self, k: usize, fault: Fault) {
        self.shared.state().faults.push((Point::Mutation { left: k }, fault));
    }

    /// At the `nth` request from now, counted from 1, whose `METHOD /path?query` has `part` in it; also one that does not count as mutating.
    pub fn at_path(&self, part: &str, nth: usize, fault: Fault) {
        self.shared.state().faults.push((Point::Request { part: part.to_owned(), left: nth }, fault));
    }

    /// From now on no request whose `METHOD /path?query` has `part` in it is answered, and none of them reaches the engine.
    pub fn hang(&self, part: &str) {
        self.shared.state().lasting.push((part.to_owned(), None));
    }

    /// From now on each request whose `METHOD /path?query` has `part` in it is answered with this status and error, and none of them reaches the engine.
    pub fn refuse(&self, part: &str, status: u16, message: &str) {
        self.shared.state().lasting.push((part.to_owned(), Some((status, message.to_owned()))));
    }

    pub fn socket(&self) -> PathBuf {
        self.socket.clone()
    }

    /// All requests that came, as `METHOD /path?query` without API version, in order.
    pub fn requests(&self) -> Vec<String> {
        self.shared.state().requests.clone()
    }

    /// The API version that each of them asked for: 45 for 1.45.
    pub fn versions(&self) -> Vec<Option<u32>> {
        self.shared.state().versions.clone()
    }

    /// The mutating ones of them.
    pub fn calls(&self) -> Vec<String> {
        self.requests().into_iter().filter(|request| is_mutating(request)).collect()
    }

    /// How many mutating calls came.
    pub fn count(&self) -> usize {
        self.calls().len()
    }

    /// How many faults were done. A run that needed none is a run that outlived its faults.
    pub fn done(&self) -> usize {
        self.shared.state().done
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.is_closing.store(true, Ordering::Relaxed);
        let _ = UnixStream::connect(&self.socket); // wakes the listener
        let _ = fs::remove_file(&self.socket);
    }
}

fn is_mutating(request: &str) -> bool {
    !request.starts_with("GET ") && !request.starts_with("HEAD ")
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the request down, counts it on every fault, and takes the first that is due.
    fn fault(&self, head: &Head) -> Option<Fault> {
        let request = format!("{} {}", head.method, head.target);
        let mut state = self.state();
        let mut due = None;
        for (index, (point, _)) in state.faults.iter_mut().enumerate() {
            let (is_meant, left) = match point {
                Point::Mutation { left } => (is_mutating(&request), left),
                Point::Request { part, left } => (request.contains(part.as_str()), left),
            };
            *left -= usize::from(is_meant && *left > 0);
            if is_meant && *left == 0 && due.is_none() {
                due = Some(index);
            }
        }
        let lasting = state.lasting.iter().find(|(part, _)| request.contains(part.as_str())).map(|(_, answer)| match answer {
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

fn serve(shared: &Shared, mut caller: UnixStream) -> io::Result<()> {
    let result = answer(shared, &mut caller);
    // Not only dropped: the thread that copies the body holds the same connection.
    let _ = caller.shutdown(Shutdown::Both);
    result
}

fn answer(shared: &Shared, caller: &mut UnixStream) -> io::Result<()> {
    let Some(mut head) = Head::read(caller)? else { return Ok(()) };
    let fault = shared.fault(&head);
    let api = *shared.api.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(api) = api {
        if head.target == "/version" {
            return api.tell(&shared.engine, caller);
        }
        Api::pass_on(&shared.engine, &mut head)?;
    }
    match fault {
        None => pass_on(&shared.engine, &head, caller, &mut &*caller),
        Some(Fault::Before(action)) => {
            if act(action, caller)? {
                pass_on(&shared.engine, &head, caller, &mut &*caller)?;
            }
            Ok(())
        }
        Some(Fault::After(action)) => {
            let mut answer = Vec::new();
            pass_on(&shared.engine, &head, caller, &mut answer)?;
            if act(action, caller)? { caller.write_all(&answer) } else { Ok(()) }
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

/// Does it; true if the call goes on.
fn act(action: Action, caller: &mut UnixStream) -> io::Result<bool> {
    match action {
        Action::Kill => kill_caller(caller)?,
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
        Action::Run(closure) => {
            closure();
            return Ok(true);
        }
    }
    Ok(false)
}

/// Until the caller closes. To close before it has sent all would make its answer an error.
fn read_away(caller: &mut UnixStream) {
    let mut chunk = [0; 4096];
    while caller.read(&mut chunk).is_ok_and(|count| count > 0) {}
}

/// Returns when the caller is dead, before its connection is closed: it must not see that.
fn kill_caller(caller: &UnixStream) -> io::Result<()> {
    let pid = socket_peercred(caller)?.pid;
    assert!(pid != Pid::from_raw(process::id() as i32).expect("a process has an id"), "a test must not kill itself");
    kill_process(pid, Signal::KILL)?;
    let stat = format!("/proc/{}/stat", pid.as_raw_nonzero());
    // The state is the first field behind the name, which may have anything in it, but not behind its last bracket.
    let is_dead = |stat: String| stat.rsplit_once(") ").is_none_or(|(_, fields)| fields.starts_with(['Z', 'X']));
    while !fs::read_to_string(&stat).map_or(true, is_dead) {
        thread::yield_now();
    }
    Ok(())
}
