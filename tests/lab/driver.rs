//! A network driver of Docker's remote kind, which works, fails, or never answers, as a test wants.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::{Host, http::Head};

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;

/// Where engines look for drivers, the rootless one too. `$0`: the driver's name; `$1`: its address, or nothing to take it away.
const ANNOUNCE: &str = r#"
for dir in /etc/docker/plugins /home/op/.config/docker/plugins; do
  [ -d "$(dirname "$dir")" ] || continue
  mkdir -p "$dir"
  if [ -n "$1" ]; then echo "tcp://$1" >"$dir/$0.spec"; else rm -f "$dir/$0.spec"; fi
done
"#;

/// Its networks connect nothing: a container gets an address and no interface. Dropped, it is gone.
pub struct NetworkDriver {
    host: &'static Host,
    name: String,
    address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    mood: AtomicU8,
    waiting: AtomicUsize,
    is_closing: AtomicBool,
}

impl NetworkDriver {
    /// One that works.
    #[track_caller]
    pub fn start(host: &'static Host, name: &str) -> NetworkDriver {
        let listener = TcpListener::bind((host.gateway(), 0)).expect("the machine has an address in the hosts' network");
        let address = listener.local_addr().expect("a listener has an address").to_string();
        let shared = Arc::new(Shared::default());
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for caller in listener.incoming().map_while(Result::ok) {
                    if shared.is_closing.load(Ordering::Relaxed) {
                        break;
                    }
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || shared.serve(caller)); // a broken connection is the caller's to notice
                }
            }
        });
        let output = host.exec(&["sh", "-c", ANNOUNCE, name, &address]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        NetworkDriver { host, name: name.to_owned(), address, shared }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// From now on every question is answered with an error that says «out of order».
    pub fn fail(&self) {
        self.shared.mood.store(FAILS, Ordering::Relaxed);
    }

    /// From now on no question is answered.
    pub fn hang(&self) {
        self.shared.mood.store(HANGS, Ordering::Relaxed);
    }

    /// From now on it works, and those who wait are answered.
    pub fn go_on(&self) {
        self.shared.mood.store(WORKS, Ordering::Relaxed);
    }

    /// How many questions wait for an answer.
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }
}

impl Drop for NetworkDriver {
    fn drop(&mut self) {
        self.go_on();
        self.host.exec(&["sh", "-c", ANNOUNCE, &self.name, ""]);
        self.shared.is_closing.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address); // wakes the listener
    }
}

impl Shared {
    fn serve(&self, mut caller: TcpStream) -> io::Result<()> {
        let Some(head) = Head::read(&mut caller)? else { return Ok(()) };
        let length = head.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        caller.read_exact(&mut vec![0; length - head.rest.len().min(length)])?;
        self.waiting.fetch_add(1, Ordering::Relaxed);
        while self.mood.load(Ordering::Relaxed) == HANGS {
            thread::sleep(Duration::from_millis(20));
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let body = match head.target.as_str() {
            "/Plugin.Activate" => r#"{"Implements": ["NetworkDriver"]}"#,
            _ if self.mood.load(Ordering::Relaxed) == FAILS => r#"{"Err": "the driver is out of order"}"#,
            "/NetworkDriver.GetCapabilities" => r#"{"Scope": "local"}"#,
            _ => "{}",
        };
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        caller.write_all(format!("{head}{body}").as_bytes())
    }
}
