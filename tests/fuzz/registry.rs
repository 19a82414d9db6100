//! What a registry and its token service answer: any bytes, in any order.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rotate::model::{InsecureRegistries, Reference, RegistrySettings};
use rotate::registry::{Credentials, HttpRegistry, Registry};

use crate::fuzz::{Allowed, fuzz};
use crate::mutate;

/// Between two answers of one input.
const NEXT: &str = "\n---\n";
const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn corpus(address: &str) -> Vec<String> {
    let http = |head: &str, body: &str| format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let demand =
        |challenge: &str| http(&format!("401 Unauthorized\r\nWWW-Authenticate: {challenge}"), "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}");
    let bearer = demand(&format!("Bearer realm=\"http://{address}/token\",service=\"r\",scope=\"repository:x:pull\""));
    let token =
        http("200 OK\r\nContent-Type: application/json", "{\"token\":\"T\",\"expires_in\":300,\"issued_at\":\"2026-01-01T00:00:00Z\"}");
    let access = http("200 OK", "{\"access_token\":\"T\",\"expires_in\":1e3}");
    let digest =
        http(&format!("200 OK\r\nDocker-Content-Digest: {DIGEST}\r\nRateLimit-Limit: 100;w=21600\r\nRateLimit-Remaining: 99;w=21600"), "");
    let busy = http("429 Too Many Requests\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\nX-RateLimit-Reset: 1", "slow down");
    let moved = http(&format!("307 X\r\nLocation: http://{address}/v2/y/manifests/latest"), "");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"tok\r\nffffffffffff\r\nx".to_owned();
    vec![
        digest.clone(),
        [bearer.clone(), token, digest.clone()].join(NEXT),
        [bearer.clone(), access, bearer.clone()].join(NEXT),
        [bearer, chunked, digest.clone()].join(NEXT),
        [demand("Basic realm=\"r\", Digest a=b"), digest.clone()].join(NEXT),
        [moved, digest].join(NEXT),
        busy,
        http("503 X\r\nRetry-After: 120", "<html>"),
    ]
}

/// Answers the n-th request with the n-th part of what there is, and all further ones with the last.
struct Server {
    address: String,
    answers: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let answers: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let shared = Arc::clone(&answers);
        thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(|stream| drop(answer(stream, &shared))));
        Self { address, answers }
    }

    fn will_answer(&self, bytes: &[u8]) {
        let mut parts = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.windows(NEXT.len()).position(|window| window == NEXT.as_bytes()) {
            parts.push(rest[..end].to_vec());
            rest = &rest[end + NEXT.len()..];
        }
        parts.push(rest.to_vec());
        parts.reverse();
        *self.answers.lock().expect("no panic") = parts;
    }
}

fn answer(mut stream: TcpStream, answers: &Mutex<Vec<Vec<u8>>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let (mut head, mut piece) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = stream.read(&mut piece)?;
        head.extend_from_slice(&piece[..read]);
        // A hello of TLS, which this does not speak.
        if read == 0 || head.first() == Some(&0x16) {
            return stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    }
    let mut answers = answers.lock().expect("no panic");
    let answer = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() };
    drop(answers);
    stream.write_all(&answer.unwrap_or_default())
}

#[test]
fn answers_of_a_registry() {
    let server = Server::start();
    let corpus = corpus(&server.address);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let reference: Reference = format!("{}/x:latest", server.address).parse().expect("a reference");
    let make = |rng: &mut _| mutate::text(rng, &corpus);
    fuzz("answers_of_a_registry", Allowed { per_byte: 500, beside: 16 << 20 }, make, |bytes| {
        server.will_answer(bytes);
        let insecure = InsecureRegistries::new(Vec::new(), vec!["127.0.0.0/8".into()]);
        let settings = RegistrySettings { insecure, ..RegistrySettings::default() };
        let registry = HttpRegistry::new(settings, Credentials::default()).with_deadline(Duration::from_millis(500));
        match runtime.block_on(registry.resolve(&reference)) {
            Ok(digest) => assert_eq!(digest.as_str().len(), DIGEST.len()),
            Err(error) => {
                let message = format!("{error}\n{}", error.help());
                assert!(message.len() < 4_000, "{message}");
            }
        }
        let _ = registry.limits();
    });
}
