//! What every test here needs: an asker, a reference, and the promise that nothing is ever pulled.

use std::path::Path;

use rotate::model::{Digest, InsecureRegistries, Reference, RegistrySettings};
use rotate::registry::{Credentials, HttpRegistry, Registry, RegistryError};

use crate::server::Server;

/// As Docker's engine has it with nothing configured.
pub fn local_is_insecure() -> RegistrySettings {
    let insecure = InsecureRegistries::new(Vec::new(), vec!["127.0.0.0/8".into(), "::1/128".into()]);
    RegistrySettings { insecure, ..RegistrySettings::default() }
}

pub fn anonymous() -> HttpRegistry {
    HttpRegistry::new(local_is_insecure(), Credentials::default())
}

/// Asks with what stands in such a `config.json`.
pub fn with_config(config: &str) -> HttpRegistry {
    HttpRegistry::new(local_is_insecure(), credentials(config).unwrap())
}

pub fn credentials(config: &str) -> Result<Credentials, RegistryError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    std::fs::write(&path, config).unwrap();
    Credentials::read(&path)
}

/// A `config.json` with one name and password.
pub fn auths(registry: &str, username: &str, password: &str) -> String {
    use base64::Engine as _;
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
    serde_json::json!({ "auths": { registry: { "auth": auth } } }).to_string()
}

pub fn basic(username: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}")))
}

pub fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

/// Resolves `name` on this server.
pub async fn resolve(registry: &HttpRegistry, server: &Server, name: &str) -> Result<Digest, RegistryError> {
    let answer = registry.resolve(&reference(&format!("{}/{name}", server.address))).await;
    nothing_was_pulled(server);
    answer
}

/// A GET of a manifest or a blob counts as a pull.
#[track_caller]
pub fn nothing_was_pulled(server: &Server) {
    let pulls: Vec<String> = server.asked().into_iter().filter(|asked| asked.starts_with("GET /v2/") || asked.starts_with("P")).collect();
    assert_eq!(pulls, Vec::<String>::new());
}

/// Runs one test of this binary in a process with another environment, because this one's cannot be changed beside other threads.
/// True in that process: the caller then is the test.
pub fn is_alone_with(test: &str, variables: &[(&str, &Path)]) -> bool {
    if std::env::var_os("ROTATE_TEST_ALONE").is_some() {
        return true;
    }
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output =
        command.args([test, "--exact", "--nocapture"]).env("ROTATE_TEST_ALONE", "1").envs(variables.iter().copied()).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}
