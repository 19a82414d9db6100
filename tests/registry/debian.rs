//! The same against a real registry: Debian's `docker-registry` with names and passwords.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use rotate::registry::{Asked, Credentials, Registry, RegistryError};
use tempfile::TempDir;

use crate::certificates::{Authority, Folder};
use crate::support::{anonymous, auths, credentials, reference, with_config};

const PASSWORD: &str = "a?b?c>d>~~~?:ö \"\\";
/// alice, with bcrypt of the password.
const HTPASSWD: &str = "alice:$2b$05$abcdefghijklmnopqrstuul.nA3KhR.nOJ/Vsv3jqbeXVUD3M9tcG\n";
/// Of `{}`, the smallest config there is.
const CONFIG: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

struct DebianRegistry {
    process: Child,
    address: String,
    _folder: TempDir,
}

impl Drop for DebianRegistry {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl DebianRegistry {
    /// With these files in its folder, and over TLS with a certificate of its own if it is given whom to trust as clients: some of these files.
    async fn start(files: &[(&str, &str)], clients: Option<&[&str]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let file = |name: &str| folder.path().join(name).display().to_string();
        for (name, text) in files.iter().chain(&[("htpasswd", HTPASSWD)]) {
            std::fs::write(file(name), text).unwrap();
        }
        let mut config = serde_json::json!({
            "version": 0.1,
            "log": { "level": "error" },
            "storage": { "filesystem": { "rootdirectory": file("data") } },
            "http": { "addr": address },
            "auth": { "htpasswd": { "realm": "a realm", "path": file("htpasswd") } },
        });
        if let Some(clients) = clients {
            let clients: Vec<String> = clients.iter().map(|name| file(name)).collect();
            config["http"]["tls"] = serde_json::json!({ "certificate": file("own.crt"), "key": file("own.key"), "clientcas": clients });
        }
        // JSON is YAML.
        std::fs::write(file("config.yml"), config.to_string()).unwrap();
        let started =
            Command::new("docker-registry").args(["serve", &file("config.yml")]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = started.expect("docker-registry starts; `apt-get install docker-registry` provides it");
        let registry = Self { process, address, _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while tokio::net::TcpStream::connect(&registry.address).await.is_err() {
            assert!(Instant::now() < deadline, "docker-registry listens on {} within 20 s", registry.address);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        registry
    }

    /// Puts an image there, and an index of it under `tag`. Returns both digests: the image's, the index's.
    async fn push(&self, repository: &str, tag: &str) -> [String; 2] {
        let base = format!("http://{}/v2/{repository}", self.address);
        let client = Client::new();
        let with = |request: reqwest::RequestBuilder| request.basic_auth("alice", Some(PASSWORD));
        let upload = with(client.post(format!("{base}/blobs/uploads/"))).send().await.unwrap();
        assert_eq!(upload.status(), StatusCode::ACCEPTED);
        let place = upload.headers()["location"].to_str().unwrap().to_owned();
        let put = with(client.put(format!("{place}&digest={CONFIG}"))).body("{}").send().await.unwrap();
        assert_eq!(put.status(), StatusCode::CREATED);
        let config = serde_json::json!({ "mediaType": "application/vnd.oci.image.config.v1+json", "digest": CONFIG, "size": 2 });
        let image = serde_json::json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [] }).to_string();
        let mut digests = Vec::new();
        let mut put = async |name: &str, kind: &str, document: String| {
            let put = with(client.put(format!("{base}/manifests/{name}"))).header(CONTENT_TYPE, kind).body(document).send().await.unwrap();
            assert_eq!(put.status(), StatusCode::CREATED);
            digests.push(put.headers()["docker-content-digest"].to_str().unwrap().to_owned());
            digests.last().unwrap().clone()
        };
        let size = image.len();
        let digest = put("image", MANIFEST, image).await;
        let entry = serde_json::json!({
            "mediaType": MANIFEST, "digest": digest, "size": size, "platform": { "architecture": "amd64", "os": "linux" },
        });
        let index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] });
        put(tag, INDEX, index.to_string()).await;
        digests.try_into().unwrap()
    }
}

#[tokio::test]
async fn debians_registry_gives_the_indexs_digest_to_whoever_may_see_it() {
    // The client of the test needs it before rotate's own is built.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let server = DebianRegistry::start(&[], None).await;
    let [image, index] = server.push("team/web", "1").await;
    assert_ne!(image, index);
    let web = |tag: &str| reference(&format!("{}/team/web:{tag}", server.address));

    let alice = with_config(&auths(&server.address, "alice", PASSWORD));
    assert_eq!(alice.resolve(&web("1")).await.unwrap().as_str(), index);
    assert_eq!(alice.resolve(&web("image")).await.unwrap().as_str(), image);
    assert!(matches!(alice.resolve(&web("2")).await, Err(RegistryError::NotFound { .. })));

    let mallory = with_config(&auths(&server.address, "alice", "wrong"));
    let error = mallory.resolve(&web("1")).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { asked: Asked::WithCredentials, .. }), "{error:?}");
    let error = anonymous().resolve(&web("1")).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { asked: Asked::WithoutCredentials, .. }), "{error:?}");
}

#[tokio::test]
async fn debians_registry_behind_an_authority_of_its_own_wants_a_client_and_a_password() {
    let authority = Authority::new();
    let (own, own_key) = authority.sign_pem("127.0.0.1");
    let (client, client_key) = authority.sign_pem("rotate");
    let files = [("own.crt", own.as_str()), ("own.key", own_key.as_str()), ("clients.crt", authority.pem.as_str())];
    let server = DebianRegistry::start(&files, Some(&["clients.crt"])).await;
    let web = reference(&format!("{}/team/web:1", server.address));
    let alice = || credentials(&auths(&server.address, "alice", PASSWORD)).unwrap();

    let untrusted = Folder::new().registry(alice()).resolve(&web).await.unwrap_err();
    assert!(matches!(untrusted, RegistryError::Unreachable { .. } | RegistryError::NoTrust { .. }), "{untrusted:?}");
    let folder = Folder::new().with(&server.address, "ca.crt", &authority.pem);
    let unknown = folder.registry(alice()).resolve(&web).await.unwrap_err();
    assert!(matches!(unknown, RegistryError::Unreachable { .. }), "{unknown:?}");
    let folder = folder.with(&server.address, "client.cert", &client).with(&server.address, "client.key", &client_key);
    let anonymous = folder.registry(Credentials::default()).resolve(&web).await.unwrap_err();
    assert!(matches!(anonymous, RegistryError::Unauthorized { asked: Asked::WithoutCredentials, .. }), "{anonymous:?}");
    let nothing_yet = folder.registry(alice()).resolve(&web).await.unwrap_err();
    assert!(matches!(nothing_yet, RegistryError::NotFound { .. }), "{nothing_yet:?}");
}
