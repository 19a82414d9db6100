//! Both ends of the daemon's socket: requests of clients that mean no good, and answers of a daemon that is none.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rotate::ask::{Ask, Exit, Problem, View};
use rotate::control::{Client, ClientError, Desk, listen, serve};
use rotate::rotation::Progress;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::time::timeout;

use crate::fuzz::{Allowed, fuzz};
use crate::memory::measure;
use crate::mutate;

/// Whatever is right has been answered long before.
const SOON: Duration = Duration::from_secs(30);

/// Whatever is a request has been answered mostly.
const ANSWERED: Duration = Duration::from_millis(50);

struct Nobody(Sender<Progress>);

#[async_trait]
impl Desk for Nobody {
    async fn answer(&self, ask: Ask) -> Result<View, Problem> {
        Err(Problem { error: format!("{ask:?}"), state: "nothing was changed".into(), help: "none".into(), exit: Exit::Failed })
    }

    fn progress(&self) -> Receiver<Progress> {
        self.0.subscribe()
    }

    fn state(&self) -> Value {
        json!({})
    }

    fn metrics(&self) -> Result<String, Problem> {
        Ok(String::new())
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn requests_at_the_socket() {
    let request = |method: &str, path: &str, body: &str| {
        format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    };
    let mut corpus = vec![
        request("GET", "/v1/status", ""),
        request("GET", "/v1/daemon", ""),
        request("GET", "/metrics", ""),
        request("POST", "/v1/now", r#"{"names": ["web"], "dry_run": true}"#),
        request("POST", "/v1/plan", r#"{"names": []}"#),
        request("GET", "/v1/history?x=%00", r#"{"name": null, "limit": 18446744073709551615}"#),
        request("POST", "/v1/hold", r#"{"names": ["a", "b"], "reason": "\u0000", "until": "9999-12-31T23:59:59Z"}"#),
        request("POST", "/v1/refused", r#"{"forget": ["web"]}"#),
        request("POST", "/v1/rollback", r#"{"name": "web"}"#),
    ];
    corpus
        .push("POST /v1/plan HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n2\r\n{}\r\n0\r\n\r\n".into());
    let (folder, runtime) = (tempfile::tempdir().expect("a folder"), runtime());
    let socket = folder.path().join("s");
    let _server = runtime.block_on(async {
        let listener = listen(&socket).await.expect("a socket");
        serve(listener, Arc::new(Nobody(channel(8).0)))
    });
    let ask = async |bytes: &[u8]| {
        let mut stream = UnixStream::connect(&socket).await.expect("the daemon listens");
        // It may close before it has read all.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        // What is no whole request waits for its rest.
        if timeout(ANSWERED, stream.read_to_end(&mut answer)).await.is_err() {
            let _ = stream.shutdown().await;
            let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("the connection ends");
        }
        answer
    };
    let fine = request("GET", "/v1/daemon", "");
    let make = |rng: &mut _| mutate::text(rng, &corpus);
    fuzz("requests_at_the_socket", Allowed { per_byte: 100, beside: 4 << 20 }, make, |bytes| {
        // Watchers are not ended by the end of their request: others have a test of their own.
        if bytes.windows(5).any(|window| window == b"watch") {
            return;
        }
        runtime.block_on(async {
            ask(bytes).await;
            let mut other = UnixStream::connect(&socket).await.expect("the daemon listens");
            other.write_all(fine.as_bytes()).await.expect("a daemon that reads");
            let mut answer = String::new();
            let _ = timeout(SOON, other.read_to_string(&mut answer)).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200"), "others are answered: {answer}");
        });
    });
}

#[test]
fn lines_of_a_daemon() {
    let progress = "{\"progress\":{\"unit\":\"web\",\"doing\":\"pulling\",\"done_bytes\":1,\"total_bytes\":2}}\n";
    let problem = "{\"problem\":{\"error\":\"e\",\"state\":\"s\",\"help\":\"h\",\"exit\":1}}\n";
    let answer = "{\"answer\":{\"exit\":0,\"document\":{\"version\":1},\"head\":[\"NAME\"],\"rows\":[[\"web\"]],\"below\":[],\"trouble\":[],\"talk\":[],\"problem\":null}}\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n";
    let whole = |body: &str| format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let corpus = [
        whole(&format!("{progress}{answer}")),
        whole(problem),
        format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{answer}\r\n0\r\n\r\n", answer.len()),
        format!("{head}connection: close\r\n\r\n{progress}{progress}{answer}"),
    ];
    let place = tempfile::tempdir().expect("a folder");
    let (socket, runtime) = (place.path().join("s"), runtime());
    let listener = runtime.block_on(async { UnixListener::bind(&socket).expect("a socket") });
    let make = |rng: &mut _| mutate::text(rng, &corpus);
    fuzz("lines_of_a_daemon", Allowed { per_byte: 200, beside: 1 << 20 }, make, |bytes| {
        if let Err(error) = runtime.block_on(asked(&socket, &listener, &[bytes])) {
            let _ = (error.to_string(), error.problem());
        }
    });
}

#[test]
fn a_line_without_an_end_is_not_kept() {
    let place = tempfile::tempdir().expect("a folder");
    let (socket, runtime) = (place.path().join("s"), runtime());
    let listener = runtime.block_on(async { UnixListener::bind(&socket).expect("a socket") });
    let mebibyte = vec![b' '; 1 << 20];
    let mut said: Vec<&[u8]> = vec![b"HTTP/1.1 200 OK\r\n\r\n"];
    said.extend(std::iter::repeat_n(mebibyte.as_slice(), 64));
    let (result, taken) = measure(|| runtime.block_on(asked(&socket, &listener, &said)));
    let message = result.expect_err("no answer").to_string();
    assert!(message.ends_with("gave no answer: it sent a line of more than 16 MiB"), "{message}");
    assert!(taken.bytes < 64 << 20, "{} bytes", taken.bytes);
}

/// What a client makes of a daemon that says this.
async fn asked(socket: &Path, listener: &UnixListener, said: &[&[u8]]) -> Result<View, ClientError> {
    let daemon = async {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut request = vec![0; 4096];
        let _ = stream.read(&mut request).await;
        for bytes in said {
            if stream.write_all(bytes).await.is_err() {
                return;
            }
        }
    };
    let client = async {
        let client = Client::connect(socket).await.expect("somebody listens");
        timeout(SOON, client.ask(&Ask::Status {}, &|_| {})).await.expect("an end")
    };
    tokio::join!(client, daemon).0
}
