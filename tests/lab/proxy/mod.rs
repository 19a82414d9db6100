//! A proxy between agent and engine that counts the calls and does harm at a chosen one.

mod fault;
mod serve;
mod systemctl;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use tempfile::TempDir;

pub use self::fault::{Action, Fault};
use self::{
    fault::{Point, Shared, is_mutating},
    serve::{land, serve},
    systemctl::Systemctl,
};
use super::{Api, Host};

/// Listens on a socket of its own and passes every call on to the engine, each on a connection of its own.
/// *Mutating* calls, the ones that count, are all but GET and HEAD. Dropped, it takes no more calls.
pub struct FaultProxy {
    socket: PathBuf,
    _folder: Option<TempDir>,
    _systemctl: Option<Systemctl>,
    /// Where it is on a host, as that names it.
    there: Option<String>,
    shared: Arc<Shared>,
}

impl FaultProxy {
    /// Does no harm yet.
    pub fn start(engine: &Path) -> FaultProxy {
        FaultProxy::in_a_folder(engine, None)
    }

    /// At a path of one's choice, for everybody: such as one that a host sees too.
    pub fn start_at(socket: &Path, engine: &Path) -> FaultProxy {
        let _ = fs::remove_file(socket); // of a run that was killed
        FaultProxy::begin(socket.to_owned(), None, engine, None, None)
    }

    /// In a folder of the host, in front of its engine and of its systemd, for [`Agent::on_host_through`](super::Agent::on_host_through): what changes a
    /// unit is a mutating call, too.
    pub fn start_on(host: &'static Host, folder: &str) -> FaultProxy {
        systemctl::install(&host.path(folder));
        let socket = host.path(&format!("{folder}/engine.sock"));
        let _ = fs::remove_file(&socket); // of the last boot
        let mut proxy = FaultProxy::begin(socket, None, &host.socket(), None, Some(Systemctl::start(host)));
        systemctl::give(&proxy.socket, host);
        proxy.there = Some(folder.to_owned());
        proxy
    }

    /// Its folder, as the host names it.
    pub(super) fn there(&self) -> &str {
        self.there.as_deref().expect("it was started on a host")
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
        FaultProxy::begin(folder.path().join("engine.sock"), Some(folder), engine, api, None)
    }

    fn begin(socket: PathBuf, folder: Option<TempDir>, engine: &Path, api: Option<Api>, systemctl: Option<Systemctl>) -> FaultProxy {
        let listener = UnixListener::bind(&socket).expect("a socket can be made");
        fs::set_permissions(&socket, Permissions::from_mode(0o666)).expect("it is ours");
        let shared = Arc::new(Shared {
            engine: engine.to_owned(),
            systemctl: systemctl.as_ref().map(Systemctl::socket),
            state: Mutex::default(),
            api: Mutex::new(api),
            is_closing: AtomicBool::new(false),
            gate: Mutex::default(),
        });
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
        FaultProxy { socket, _folder: folder, _systemctl: systemctl, there: None, shared }
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

    /// What was to happen at a call that did not come is not to happen any more; true if nothing was left.
    pub fn forget(&self) -> bool {
        std::mem::take(&mut self.shared.state().faults).is_empty()
    }

    /// The call of an [`Action::Late`] or [`Action::KillLate`] reaches the engine now, unless it landed beside its repetition: the same call again
    /// lets it go, since an engine does one of the two after the other. Its answer's first line, if it landed now.
    pub fn land(&self) -> Option<String> {
        let late = self.shared.state().late.take()?;
        let answer = land(&late).unwrap_or_else(|why| why.to_string());
        Some(answer.lines().next().unwrap_or_default().to_owned())
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
