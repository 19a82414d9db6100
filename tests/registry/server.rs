//! A small HTTP server that answers as a test tells it to, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The digest that the scripted registries name.
pub const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What was asked.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    /// As long as it says.
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
pub enum Answer {
    /// Status, headers, body.
    Http(u16, Vec<(&'static str, String)>, String),
    /// These bytes.
    Raw(&'static [u8]),
    /// Nothing, with the connection left open.
    Silence,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self::Http(status, Vec::new(), String::new())
    }

    pub fn digest() -> Self {
        Self::status(200).header("Docker-Content-Digest", DIGEST)
    }

    pub fn json(body: &str) -> Self {
        Self::Http(200, vec![("Content-Type", "application/json".to_owned())], body.to_owned())
    }

    pub fn demand(challenge: impl Into<String>) -> Self {
        Self::status(401).header("WWW-Authenticate", challenge)
    }

    pub fn redirect(to: impl Into<String>) -> Self {
        Self::status(307).header("Location", to)
    }

    pub fn header(self, name: &'static str, value: impl Into<String>) -> Self {
        match self {
            Self::Http(status, mut headers, body) => {
                headers.push((name, value.into()));
                Self::Http(status, headers, body)
            }
            other => other,
        }
    }

    fn write(&self, stream: &mut impl Write, method: &str) -> std::io::Result<()> {
        match self {
            Self::Http(status, headers, body) => {
                write!(stream, "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len())?;
                for (name, value) in headers {
                    write!(stream, "{name}: {value}\r\n")?;
                }
                write!(stream, "\r\n{}", if method == "HEAD" { "" } else { body })
            }
            Self::Raw(bytes) => stream.write_all(bytes),
            Self::Silence => {
                std::thread::sleep(Duration::from_secs(3600));
                Ok(())
            }
        }
    }
}

type Script = dyn Fn(&Request) -> Answer + Send + Sync;

/// A server on a port of its own; it lives as long as the test's process.
pub struct Server {
    /// `127.0.0.1:PORT`.
    pub address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").unwrap(), None, script)
    }

    pub fn start_tls(tls: Arc<ServerConfig>, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").unwrap(), Some(tls), script)
    }

    /// A registry whose token service is `/token` of the same server. It lets whoever has the token `T` see everything.
    pub fn with_tokens(token: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let realm = format!("http://{}/token", listener.local_addr().unwrap());
        Self::serve(listener, None, move |request| match request.header("authorization") {
            _ if request.path.starts_with("/token") => token(request),
            Some("Bearer T") => Answer::digest(),
            _ => Answer::demand(format!("Bearer realm=\"{realm}\",service=\"test registry\"")),
        })
    }

    pub fn serve(
        listener: TcpListener,
        tls: Option<Arc<ServerConfig>>,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, script): (_, Arc<Script>) = (Arc::clone(&requests), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, script, tls) = (Arc::clone(&seen), Arc::clone(&script), tls.clone());
                // A client that goes away in the middle is the test's matter, not the server's.
                std::thread::spawn(move || drop(connection(stream, tls, &seen, &*script)));
            }
        });
        Self { address, requests }
    }

    /// `METHOD /path` of each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn connection(stream: TcpStream, tls: Option<Arc<ServerConfig>>, seen: &Mutex<Vec<Request>>, script: &Script) -> std::io::Result<()> {
    match tls {
        Some(config) => {
            let tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
            let mut stream = StreamOwned::new(tls, stream);
            exchange(&mut stream, seen, script)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
        None => {
            let mut stream = stream;
            exchange(&mut stream, seen, script)
        }
    }
}

fn exchange<S: Read + Write>(stream: &mut S, seen: &Mutex<Vec<Request>>, script: &Script) -> std::io::Result<()> {
    let Some(request) = read(&mut BufReader::new(&mut *stream))? else {
        return stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    };
    seen.lock().unwrap().push(request.clone());
    script(&request).write(stream, &request.method)?;
    stream.flush()
}

/// None if it is no HTTP: somebody tries TLS.
fn read(stream: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line)?;
        match String::from_utf8(line) {
            Ok(line) if !line.trim().is_empty() => lines.push(line.trim().to_owned()),
            Ok(_) => break,
            Err(_) => return Ok(None),
        }
    }
    let first: Vec<&str> = lines.first().map_or("", String::as_str).split(' ').collect();
    let [method, path, "HTTP/1.1"] = *first else { return Ok(None) };
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(": ")).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let mut request = Request { method: method.to_owned(), path: path.to_owned(), body: String::new(), headers };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    stream.take(length).read_to_string(&mut request.body)?;
    Ok(Some(request))
}
