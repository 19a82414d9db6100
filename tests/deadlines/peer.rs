//! An engine or a registry that answers as a test tells it to: late, a byte at a time, in parts, or not at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::time::sleep;

pub const MINUTE: Duration = Duration::from_secs(60);

/// What is sent, in parts, each after a while; then the connection is closed, or stays open.
#[derive(Clone)]
pub struct Reply {
    parts: Vec<(Duration, Vec<u8>)>,
    /// After them, again and again.
    more: Option<(Duration, Vec<u8>)>,
    closes: bool,
}

impl Reply {
    /// All of it at once.
    pub fn whole(bytes: impl Into<Vec<u8>>) -> Self {
        Self { parts: vec![(Duration::ZERO, bytes.into())], more: None, closes: true }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        let body = body.to_string();
        let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        Self::whole(format!("{head}Connection: close\r\n\r\n{body}"))
    }

    /// No body, and these headers.
    pub fn head(status: u16, headers: &str) -> Self {
        Self::whole(format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"))
    }

    /// Nothing, and the connection stays open.
    pub fn silence() -> Self {
        Self { parts: Vec::new(), more: None, closes: false }
    }

    /// These bytes and no more; the connection is closed.
    pub fn cut(bytes: &str) -> Self {
        Self::whole(bytes)
    }

    /// These bytes, then nothing; the connection stays open.
    pub fn stalled(bytes: impl Into<Vec<u8>>) -> Self {
        Self { closes: false, ..Self::whole(bytes) }
    }

    /// The same, but only after a while.
    pub fn after(mut self, while_: Duration) -> Self {
        if let Some((first, _)) = self.parts.first_mut() {
            *first = while_;
        }
        self
    }

    /// After what there is, this each `every`, for ever.
    pub fn then_always(self, every: Duration, bytes: &str) -> Self {
        Self { more: Some((every, bytes.into())), closes: false, ..self }
    }

    /// The head a byte a minute, for ever.
    pub fn trickled_head() -> Self {
        Self::whole("HTTP/1.1 200 X\r\nX-Slow: ").then_always(MINUTE, "x")
    }

    /// The head at once, then the body a byte a minute, for ever.
    pub fn trickled_body() -> Self {
        Self::whole("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n[").then_always(MINUTE, " ")
    }

    /// Closed in the middle of the head.
    pub fn cut_head() -> Self {
        Self::cut("HTTP/1.1 200 X\r\nContent-Ty")
    }

    /// Closed in the middle of the body.
    pub fn cut_body() -> Self {
        Self::cut("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"Id\": \"")
    }

    async fn send(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> std::io::Result<()> {
        for (pause, bytes) in &self.parts {
            sleep(*pause).await;
            stream.write_all(bytes).await?;
        }
        while let Some((pause, bytes)) = &self.more {
            sleep(*pause).await;
            stream.write_all(bytes).await?;
        }
        if !self.closes {
            while stream.read(&mut [0; 512]).await? > 0 {}
        }
        Ok(())
    }
}

/// Who an engine says that it is.
pub fn version() -> Reply {
    Reply::json(200, &json!({ "Version": "26.1.5", "ApiVersion": "1.45", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64" }))
}

/// What to answer to `METHOD /path?query BODY`, without an API version in front.
pub type Script = dyn Fn(&str) -> Reply + Send + Sync;

/// An engine, for as long as the runtime lives.
pub fn engine(folder: &Path, script: impl Fn(&str) -> Reply + Send + Sync + 'static) -> PathBuf {
    let path = folder.join("engine.sock");
    let listener = UnixListener::bind(&path).expect("a socket can be made in /tmp");
    let script: Arc<Script> = Arc::new(script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&script)));
        }
    });
    path
}

/// A registry without TLS, for as long as the runtime lives; its address.
pub async fn registry(script: impl Fn(&str) -> Reply + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let script: Arc<Script> = Arc::new(script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&script)));
        }
    });
    address
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: Arc<Script>) -> std::io::Result<()> {
    let Some(request) = request(&mut stream).await? else {
        // Somebody tries TLS: says at once that there is none.
        return stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
    };
    let reply = script(&request);
    reply.send(&mut stream).await
}

/// Reads to the end of the head, and the body that it announces.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if bytes.first() == Some(&0x16) || stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |name: &str| head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix(name).map(|v| v.trim().to_owned()));
    let length: usize = header("content-length:").and_then(|length| length.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length && stream.read_buf(&mut bytes).await? > 0 {}
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let bare = target.strip_prefix("/v1.").and_then(|rest| rest.find('/').map(|at| &rest[at..])).unwrap_or(target);
    let body = String::from_utf8_lossy(&bytes[end..]);
    Ok(Some(format!("{method} {bare} {body}").trim_end().to_owned()))
}
