//! An engine of other API versions than its own, as a proxy in front of it makes it appear.

use std::{
    io::{self, Write},
    os::unix::net::UnixStream,
    path::Path,
};

use serde_json::Value;

use super::http::{Head, request};

/// What `/version` shall say: from which API version to which, such as 44 for 1.44.
#[derive(Debug, Clone, Copy)]
pub struct Api {
    pub lowest: u32,
    pub newest: u32,
}

impl Api {
    /// Answers `GET /version` with the engine's own words but for the versions.
    pub(super) fn tell(self, engine: &Path, caller: &mut impl Write) -> io::Result<()> {
        let answer = request(UnixStream::connect(engine)?, "GET", "/version", "")?;
        let mut document: Value = serde_json::from_str(&answer.body)?;
        for part in ["", "/Components/0/Details"] {
            if let Some(part) = document.pointer_mut(part) {
                part["ApiVersion"] = format!("1.{}", self.newest).into();
                part["MinAPIVersion"] = format!("1.{}", self.lowest).into();
            }
        }
        let body = document.to_string();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close", body.len());
        caller.write_all(format!("{head}\r\n\r\n{body}").as_bytes())
    }

    /// What the engine does not speak is passed on without a version: it takes that for its newest.
    pub(super) fn pass_on(engine: &Path, head: &mut Head) -> io::Result<()> {
        let answer = request(UnixStream::connect(engine)?, "GET", "/version", "")?;
        let document: Value = serde_json::from_str(&answer.body)?;
        let newest = document["ApiVersion"].as_str().and_then(|version| version.strip_prefix("1.")?.parse().ok()).unwrap_or(0);
        if head.version.is_some_and(|asked| asked > newest) {
            head.forget_version();
        }
        Ok(())
    }
}
