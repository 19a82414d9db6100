//! Docker's `config.json`, whatever stands in it. What is wrong with it is said without quoting it.

use std::path::Path;

use rotate::registry::Credentials;

use crate::fuzz::{Allowed, fuzz};
use crate::mutate;

const SECRET: &str = "hunter2hunter2";

#[test]
fn credential_files() {
    let corpus = [
        format!(
            r#"{{"auths": {{"ghcr.io/me": {{"username": "u", "password": "{SECRET}"}}, "https://index.docker.io/v1/": {{}}}}, "credsStore": ""}}"#
        ),
        format!(
            r#"{{"auths": {{"r.lan:5000": {{"identitytoken": "{SECRET}"}}}}, "HttpHeaders": {{"x": ["y"]}}, "credHelpers": {{"a": "b"}}}}"#
        ),
        r#"{"auths": {"docker.io": {"auth": "dTpodW50ZXIyaHVudGVyMg=="}, "quay.io/a/b/": {"auth": "dTpodW50ZXIyaHVudGVyMg"}}}"#.to_owned(),
        format!("{{\n \"auths\": {{\"[::1]:5000/v2/\": {{\"auth\": null, \"username\": \"{SECRET}\"}}}}\n}}\n"),
    ];
    // In memory, where there is such a place: thousands are written.
    let file = tempfile::NamedTempFile::new_in("/dev/shm").or_else(|_| tempfile::NamedTempFile::new()).expect("a file");
    let make = |rng: &mut _| mutate::text(rng, &corpus);
    fuzz("credential_files", Allowed { per_byte: 200, beside: 1 << 20 }, make, |bytes| {
        std::fs::write(file.path(), bytes).expect("a file");
        read(file.path());
    });
}

fn read(path: &Path) {
    match Credentials::read(path) {
        Ok(credentials) => {
            for (registry, repository) in [("docker.io", "library/nginx"), ("ghcr.io", "me/app"), ("[::1]:5000", ""), ("", "a//b/")] {
                let _ = credentials.in_file(registry, repository);
            }
            let shown = format!("{credentials:?}");
            assert!(!shown.contains(SECRET) || key_has_it(path), "{shown}");
        }
        Err(error) => {
            let shown = format!("{error} {error:?} {}", error.help());
            assert!(!shown.contains(SECRET), "{shown}");
        }
    }
}

/// The names of registries are no secret, even if one was made of it.
fn key_has_it(path: &Path) -> bool {
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(path).expect("a file")).unwrap_or_default();
    document["auths"].as_object().is_some_and(|auths| auths.keys().any(|key| key.contains(SECRET)))
}
