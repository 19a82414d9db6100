//! One `GET` on a connection that is open already: no redirect is followed, no proxy asked.

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;

use super::address::Target;
use super::ask::Trouble;
use crate::model::StatusRange;

/// How much of an answer is searched for the text.
const SEARCHED_BYTES: usize = 64 * 1024;

/// Asks for `path`; well if the status is one of `status` and the first 64 KiB of the body hold `text`.
pub async fn get(
    stream: TcpStream,
    target: &Target,
    port: u16,
    path: &str,
    status: StatusRange,
    text: Option<&str>,
) -> Result<(), Trouble> {
    let lost = |e: hyper::Error| Trouble::Unwell(format!("no HTTP answer: {e}"));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    // Ends with the answer; a failure shows in the answer, too.
    tokio::spawn(connection);
    let request = Request::get(path)
        .header(HOST, SocketAddr::new(target.address, port).to_string())
        .header(USER_AGENT, concat!("rotate/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close");
    let request = request.body(Empty::<Bytes>::new()).map_err(|e| Trouble::NotMade(format!("no HTTP request: {e}")))?;
    let response = sender.send_request(request).await.map_err(lost)?;
    let got = response.status().as_u16();
    if !status.contains(got) {
        return Err(Trouble::Unwell(format!("status {got}")));
    }
    match text {
        Some(text) if !holds(response, text).await.map_err(lost)? => {
            Err(Trouble::Unwell(format!("status {got}, and its body does not hold the text")))
        }
        Some(_) | None => Ok(()),
    }
}

async fn holds(response: Response<Incoming>, text: &str) -> Result<bool, hyper::Error> {
    let mut body = response.into_body();
    let mut seen = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            seen.extend_from_slice(&data);
        }
        if seen.len() >= SEARCHED_BYTES {
            seen.truncate(SEARCHED_BYTES);
            break;
        }
    }
    Ok(seen.windows(text.len().max(1)).any(|part| part == text.as_bytes()))
}
