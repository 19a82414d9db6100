//! As much HTTP as the harness needs: one request on one connection, and the head of a request that somebody else sent.

use std::io::{self, Read, Write};

/// An answer, whole.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

/// Sends one request and reads its answer to the end of the connection. HTTP/1.0, so that no answer comes in chunks.
pub fn request(mut stream: impl Read + Write, method: &str, target: &str, body: &str) -> io::Result<Response> {
    let length = body.len();
    let head = format!("{method} {target} HTTP/1.0\r\nHost: lab\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("the answer has no end of head"))?;
    let status =
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| io::Error::other("the answer has no status"))?;
    Ok(Response { status, body: body.to_owned() })
}

/// The head of a request as it came, and what came of the body in the same breath.
#[derive(Debug, Clone)]
pub struct Head {
    pub method: String,
    /// Path and query, without an API version in front.
    pub target: String,
    /// The API version in front of it: 45 for `/v1.45`.
    pub version: Option<u32>,
    text: String,
    pub rest: Vec<u8>,
}

impl Head {
    /// Reads to the end of the head. `None` if the other side closes before.
    pub fn read(stream: &mut impl Read) -> io::Result<Option<Head>> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            match stream.read(&mut chunk)? {
                0 => return Ok(None),
                count => bytes.extend_from_slice(&chunk[..count]),
            }
        };
        let rest = bytes.split_off(end + 4);
        bytes.truncate(end);
        let text = String::from_utf8(bytes).map_err(io::Error::other)?;
        let mut words = text.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let (version, target) = unversioned(words.next().unwrap_or_default());
        Ok(Some(Head { method, target: target.to_owned(), version, text, rest }))
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.text.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    /// Passes it on without an API version.
    pub fn forget_version(&mut self) {
        if let Some(version) = self.version.take() {
            self.text = self.text.replacen(&format!("/v1.{version}/"), "/", 1);
        }
    }

    /// The bytes to pass on: as they came, but asking that the connection ends with the answer. One that is to be something else than HTTP does so by itself.
    pub fn closing(&self) -> Vec<u8> {
        let is_upgraded = self.header("upgrade").is_some();
        let kept = self.text.lines().filter(|line| is_upgraded || !line.to_ascii_lowercase().starts_with("connection:"));
        let mut bytes = kept.collect::<Vec<_>>().join("\r\n").into_bytes();
        if !is_upgraded {
            bytes.extend_from_slice(b"\r\nConnection: close");
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&self.rest);
        bytes
    }
}

/// `/v1.45/info` is 45 and `/info`.
fn unversioned(target: &str) -> (Option<u32>, &str) {
    let parts = target.strip_prefix("/v1.").and_then(|rest| rest.split_once('/'));
    let parsed = parts.and_then(|(version, rest)| Some((version.parse().ok()?, &target[target.len() - rest.len() - 1..])));
    parsed.map_or((None, target), |(version, rest)| (Some(version), rest))
}
