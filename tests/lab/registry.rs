//! A registry that says what the test wants, and otherwise what the host's real one says.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::{Host, http::Head};

/// What to answer.
#[derive(Debug, Clone)]
pub enum Answer {
    Reply {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// Something that is not HTTP.
    Garbage,
    /// Keep the connection open and never answer.
    Hang,
    /// Close without an answer.
    Close,
}

impl Answer {
    pub fn status(status: u16) -> Answer {
        Answer::Reply { status, headers: Vec::new(), body: String::new() }
    }

    /// A manifest's HEAD that points to this digest.
    pub fn digest(digest: &str) -> Answer {
        Answer::status(200).header("Docker-Content-Digest", digest).header("Content-Type", "application/vnd.oci.image.index.v1+json")
    }

    /// Adds a header to a reply.
    pub fn header(mut self, name: &str, value: &str) -> Answer {
        if let Answer::Reply { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Gives a reply this body.
    pub fn body(mut self, text: &str) -> Answer {
        if let Answer::Reply { body, .. } = &mut self {
            text.clone_into(body);
        }
        self
    }
}

type Script = dyn Fn(&Head) -> Option<Answer> + Send + Sync;

/// Plain HTTP on the machine's address in the hosts' network, so that agent and engine reach it alike and hold it for insecure.
/// Passes GET and HEAD on to the host's real registry, until a script says otherwise; counts all. Dropped, it takes no more requests.
pub struct FakeRegistry {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    real: String,
    script: Mutex<Arc<Script>>,
    requests: Mutex<Vec<String>>,
    is_closing: AtomicBool,
}

impl FakeRegistry {
    pub fn in_front_of(host: &Host) -> FakeRegistry {
        let listener = TcpListener::bind((host.gateway(), 0)).expect("the machine has an address in the hosts' network");
        let address = listener.local_addr().expect("a listener has an address").to_string();
        let shared = Arc::new(Shared {
            real: host.registry().to_owned(),
            script: Mutex::new(Arc::new(|_: &Head| None)),
            requests: Mutex::default(),
            is_closing: AtomicBool::new(false),
        });
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
        FakeRegistry { address, shared }
    }

    /// `IP:PORT`: the registry's part of a reference.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// From now on this decides; `None` lets the real registry answer.
    pub fn script(&self, script: impl Fn(&Head) -> Option<Answer> + Send + Sync + 'static) {
        *self.shared.script.lock().unwrap() = Arc::new(script);
    }

    /// All requests that came, as `METHOD /path?query`, in order.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests().clone()
    }

    /// How many requests came with this method (any, if empty) and this in path or query.
    pub fn count(&self, method: &str, part: &str) -> usize {
        let is_meant = |request: &&String| request.starts_with(method) && request.contains(part);
        self.shared.requests().iter().filter(is_meant).count()
    }
}

impl Drop for FakeRegistry {
    fn drop(&mut self) {
        self.shared.is_closing.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address); // wakes the listener
    }
}

impl Shared {
    fn requests(&self) -> MutexGuard<'_, Vec<String>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, mut caller: TcpStream) -> io::Result<()> {
        if is_tls(&caller)? {
            // The answer of a registry without TLS, from which an engine concludes that it may go on without: silence would end in a timeout.
            let _ = caller.read(&mut [0; 4096])?;
            return caller.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        }
        let Some(head) = Head::read(&mut caller)? else { return Ok(()) };
        self.requests().push(format!("{} {}", head.method, head.target));
        let script = Arc::clone(&self.script.lock().unwrap_or_else(PoisonError::into_inner));
        match script(&head) {
            None => {
                let mut real = TcpStream::connect(&self.real)?;
                real.write_all(&head.closing())?;
                io::copy(&mut real, &mut caller)?;
            }
            Some(Answer::Reply { status, headers, body }) => {
                let mut text = format!("HTTP/1.1 {status} Scripted\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
                headers.iter().for_each(|(name, value)| text += &format!("{name}: {value}\r\n"));
                let body = if head.method == "HEAD" { "" } else { &body };
                caller.write_all(format!("{text}\r\n{body}").as_bytes())?;
            }
            Some(Answer::Garbage) => caller.write_all(b"\x00\x01 this is not HTTP\r\n\r\n\xff")?,
            Some(Answer::Hang) => while caller.read(&mut [0; 512])? > 0 {},
            Some(Answer::Close) => {}
        }
        Ok(())
    }
}

/// Whether the other side begins with a TLS handshake.
fn is_tls(caller: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    Ok(caller.peek(&mut first)? == 1 && first[0] == 0x16)
}
