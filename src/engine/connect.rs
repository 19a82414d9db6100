//! One HTTP call over the engine's Unix socket, a connection each: used by bollard as its transport and by us for raw documents.
//!
//! It puts the API version before each path (of Podman's own API, libpod's) and mends `X-Registry-Auth` (bollard 0.21.1 does neither). It must not know what a call means.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use bollard::errors::Error as BollardError;
use bollard::{BollardRequest, ClientVersion, body_full};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::api_version::ApiVersion;
use super::podman_version::PodmanVersion;

/// What is asked before a version is settled on: no version goes before it.
const VERSION: &str = "/version";
/// Podman's own API.
const LIBPOD: &str = "/libpod/";

/// How far a call got.
#[derive(Debug, thiserror::Error)]
pub enum Delivery {
    /// No connection: the engine never heard of it.
    #[error("{0}")]
    NotDelivered(io::Error),
    /// Sent, and the connection ended before the whole answer was there.
    #[error("{0}")]
    Lost(hyper::Error),
    /// Not a request that HTTP can carry.
    #[error("{0}")]
    Malformed(String),
}

/// The way to one engine.
#[derive(Debug)]
pub struct Connector {
    socket: PathBuf,
    spoken: RwLock<Option<Spoken>>,
}

/// What is put before the paths.
#[derive(Debug, Clone, Copy)]
struct Spoken {
    api: ApiVersion,
    libpod: Option<&'static str>,
}

impl Connector {
    /// For the engine at this socket; opens nothing yet.
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), spoken: RwLock::new(None) }
    }

    /// The socket's path.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// From now on puts `/v{version}` before each path, but for `/version`; before `/libpod/` Podman's own.
    pub fn speak(&self, api: ApiVersion, podman: Option<PodmanVersion>) {
        let spoken = Spoken { api, libpod: podman.map(PodmanVersion::prefix) };
        *self.spoken.write().unwrap_or_else(PoisonError::into_inner) = Some(spoken);
    }

    /// The version that is spoken; none before [`Self::speak`].
    pub fn spoken(&self) -> Option<ApiVersion> {
        self.settled().map(|spoken| spoken.api)
    }

    fn settled(&self) -> Option<Spoken> {
        *self.spoken.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one request and returns as soon as the head of the answer is there.
    pub async fn send(&self, mut request: BollardRequest) -> Result<Response<Incoming>, Delivery> {
        self.prepare(&mut request)?;
        let stream = UnixStream::connect(&self.socket).await.map_err(Delivery::NotDelivered)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(Delivery::Lost)?;
        // Ends by itself with the answer's body; a failure shows in the answer, too.
        tokio::spawn(connection.with_upgrades());
        sender.send_request(request).await.map_err(Delivery::Lost)
    }

    /// Sends one request and reads the whole answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<(StatusCode, Bytes), Delivery> {
        let builder = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        let request = builder.body(body_full(Bytes::from(body.unwrap_or_default()))).map_err(|e| Delivery::Malformed(e.to_string()))?;
        let response = self.send(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(Delivery::Lost)?.to_bytes();
        Ok((status, bytes))
    }

    fn prepare(&self, request: &mut BollardRequest) -> Result<(), Delivery> {
        let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let versioned = match self.settled() {
            Some(Spoken { libpod: Some(prefix), .. }) if path.starts_with(LIBPOD) => format!("{prefix}{path}"),
            Some(Spoken { api, .. }) if path != VERSION => format!("/v{api}{path}"),
            _ => path,
        };
        *request.uri_mut() = versioned.parse::<Uri>().map_err(|e| Delivery::Malformed(e.to_string()))?;
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("engine"));
        // Engines decode the URL alphabet of base64; bollard writes the standard one, which drops some passwords.
        if let Some(auth) = headers.get("x-registry-auth") {
            let mended = auth.to_str().unwrap_or_default().replace('+', "-").replace('/', "_");
            headers.insert("x-registry-auth", HeaderValue::from_str(&mended).map_err(|e| Delivery::Malformed(e.to_string()))?);
        }
        Ok(())
    }
}

/// A bollard client whose calls all go this way.
pub fn bollard_over(connector: Arc<Connector>) -> Result<bollard::Docker, BollardError> {
    let send = move |request: BollardRequest| -> std::pin::Pin<Box<dyn Future<Output = Result<_, BollardError>> + Send>> {
        let connector = Arc::clone(&connector);
        Box::pin(async move { connector.send(request).await.map_err(|delivery| io::Error::other(delivery).into()) })
    };
    // Deadlines are ours, call by call: bollard's covers only the head of an answer. The version goes into the path in the connector.
    let no_deadline = u64::from(u32::MAX);
    bollard::Docker::connect_with_custom_transport(
        send,
        Some("http://engine"),
        no_deadline,
        &ClientVersion { major_version: 1, minor_version: 41 },
    )
}
