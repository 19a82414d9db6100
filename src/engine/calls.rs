//! Calls to one engine: each under its deadline, and each failure an [`EngineError`] that names the call. It must not know what is asked.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bollard::body_full;
use bollard::errors::Error as BollardError;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::api_version::ApiVersion;
use super::connect::{Connector, Delivery};
use super::hello::{HELLO, hello, is_about_version};
use super::{EngineError, Refusal};
use crate::text::masked;

/// An engine that answers looks at once; this long is a hang.
pub const LOOK: Duration = Duration::from_secs(20);

/// What a path segment may hold as it is. An image's name keeps its slashes.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b':').remove(b'@');

/// Asks one engine, whose API version is settled.
pub struct Calls {
    connector: Arc<Connector>,
    look: Duration,
}

impl Calls {
    /// Over this way to the engine, whose looks may take this long.
    pub fn new(connector: Arc<Connector>, look: Duration) -> Self {
        Self { connector, look }
    }

    /// How long a look may take.
    pub fn patience(&self) -> Duration {
        self.look
    }

    /// A GET whose answer is wanted whole; none on 404.
    pub async fn look(&self, call: &str, path: &str) -> Result<Option<Value>, EngineError> {
        let path = utf8_percent_encode(path, SEGMENT).to_string();
        let (status, body) = self.raw(call, self.look, Method::GET, &path, None).await?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            _ => parse(call, &body).map(Some),
        }
    }

    /// One request with a JSON document, and the answer as sent, a 404 to a GET included; any other status that is no success is an error.
    pub async fn raw(
        &self,
        call: &str,
        deadline: Duration,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<(StatusCode, Vec<u8>), EngineError> {
        let answer = tokio::time::timeout(deadline, self.connector.call(method.clone(), path, body)).await;
        let (status, body) = answer.map_err(|_| late(call, deadline))?.map_err(|e| self.undelivered(call, e))?;
        if status.is_success() || (status == StatusCode::NOT_FOUND && method == Method::GET) {
            return Ok((status, body.to_vec()));
        }
        let said: Option<Value> = serde_json::from_slice(&body).ok();
        let message = said.as_ref().and_then(|s| s.pointer("/message")).and_then(Value::as_str).unwrap_or("no reason given");
        Err(self.settled_anew(refused(call, status.as_u16(), message)).await)
    }

    /// A GET whose answer goes on; returns as soon as its head is there.
    pub async fn open(&self, call: &str, deadline: Duration, path: &str) -> Result<Response<Incoming>, EngineError> {
        let request = Request::get(path).body(body_full(Bytes::new()));
        let request = request.map_err(|e| EngineError::Garbage { call: call.to_owned(), detail: e.to_string() })?;
        let answer = tokio::time::timeout(deadline, self.connector.send(request)).await.map_err(|_| late(call, deadline))?;
        let response = answer.map_err(|delivery| self.undelivered(call, delivery))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let said = tokio::time::timeout(deadline, response.into_body().collect()).await.map_err(|_| late(call, deadline))?;
        let said = said.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()).unwrap_or_default();
        Err(self.settled_anew(refused(call, status.as_u16(), &said)).await)
    }

    /// Runs a bollard call under a deadline.
    pub async fn ask<T>(
        &self,
        call: &str,
        deadline: Duration,
        answer: impl Future<Output = Result<T, BollardError>>,
    ) -> Result<T, EngineError> {
        match tokio::time::timeout(deadline, answer).await.map_err(|_| late(call, deadline))? {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.settled_anew(self.failed(call, error)).await),
        }
    }

    /// True if this API version, or a later one, is spoken.
    pub fn speaks(&self, version: ApiVersion) -> bool {
        self.connector.spoken() >= Some(version)
    }

    /// An engine that was upgraded meanwhile may not speak our version any more, and takes no call of it: settles anew, and the call was none.
    async fn settled_anew(&self, error: EngineError) -> EngineError {
        if !matches!(&error, EngineError::Refused { message, .. } if is_about_version(message)) {
            return error;
        }
        let before = self.connector.spoken();
        match hello(&self.connector, HELLO).await {
            Ok(hello) if Some(hello.api) != before => {
                tracing::info!("another engine answers now, {}: API {} is spoken with it", hello.version, hello.api);
                self.connector.speak(hello.api, hello.podman);
                let cause = io::Error::other("another engine answers there than a moment ago");
                EngineError::Unreachable { socket: self.connector.socket().to_owned(), cause }
            }
            Ok(_) => error,
            // It is not up yet, or goes away again: asked once more, like any that is away.
            Err(error) => {
                let cause = io::Error::other(format!("another engine answers there than a moment ago: {error}"));
                EngineError::Unreachable { socket: self.connector.socket().to_owned(), cause }
            }
        }
    }

    fn undelivered(&self, call: &str, delivery: Delivery) -> EngineError {
        match delivery {
            Delivery::NotDelivered(cause) => EngineError::Unreachable { socket: self.connector.socket().to_owned(), cause },
            Delivery::Lost(e) => EngineError::Unanswered { call: call.to_owned(), detail: format!("the connection ended ({e})") },
            Delivery::Malformed(detail) => {
                EngineError::Refused { call: call.to_owned(), refusal: Refusal::Other, status: 400, message: detail }
            }
        }
    }

    fn failed(&self, call: &str, error: BollardError) -> EngineError {
        match error {
            BollardError::DockerResponseServerError { status_code, message } => refused(call, status_code, &message),
            BollardError::DockerStreamError { error } => refused(call, 200, &error),
            BollardError::IOError { err } => match err.downcast::<Delivery>() {
                Ok(delivery) => self.undelivered(call, delivery),
                Err(other) => EngineError::Unanswered { call: call.to_owned(), detail: other.to_string() },
            },
            BollardError::JsonDataError { column, .. } => {
                EngineError::Garbage { call: call.to_owned(), detail: format!("not the expected JSON at column {column}") }
            }
            other => EngineError::Unanswered { call: call.to_owned(), detail: masked(&other.to_string()) },
        }
    }
}

/// An answer's body.
pub fn parse(call: &str, body: &[u8]) -> Result<Value, EngineError> {
    serde_json::from_slice(body).map_err(|e| EngineError::Garbage {
        call: call.to_owned(),
        detail: format!("not JSON at line {}, column {}", e.line(), e.column()),
    })
}

fn late(call: &str, deadline: Duration) -> EngineError {
    EngineError::Unanswered { call: call.to_owned(), detail: format!("waited {} s", deadline.as_secs_f64()) }
}

/// A call that was answered with a no. An engine quotes the addresses that it asked, with all that is in them.
///
/// A gateway's status is no engine's answer: whoever stands between us and it had none himself (RFC 9110, 15.6.3 and 15.6.5), and the call may land.
pub fn refused(call: &str, status: u16, message: &str) -> EngineError {
    if [StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT].iter().any(|gateway| gateway.as_u16() == status) {
        return EngineError::Unanswered { call: call.to_owned(), detail: format!("a proxy before the engine says {status}") };
    }
    EngineError::Refused { call: call.to_owned(), refusal: Refusal::read(status, message), status, message: masked(message.trim()) }
}
