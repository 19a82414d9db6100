//! Secrets of all kinds, each told from the others, and where they are found again.

use std::collections::BTreeMap;

/// In a container, and so in the engine's description of it: the store needs them as long as it could have to create the container again.
pub const OF_CONTAINER: [&str; 7] = ["environment", "argument", "label", "build_argument", "log_option", "health_command", "probe_query"];
/// What opens registries: in no file of rotate's at all.
pub const OF_REGISTRY: [&str; 9] =
    ["password", "wrong_password", "identity_token", "bearer_token", "helper_answer", "helper_failure", "proxy", "pull_user", "pull_query"];
/// What somebody wrote into a label by mistake.
pub const OF_LABEL: [&str; 2] = ["probe_user", "probe_mistaken_query"];

/// What was planted, by what it is.
pub struct Plants(BTreeMap<&'static str, String>);

impl Plants {
    pub fn new(test: &str) -> Self {
        let all = [&OF_CONTAINER[..], &OF_REGISTRY, &OF_LABEL].concat();
        // Nothing that is in a text by chance or from another test, and the same however an address is written.
        Self(all.into_iter().map(|name| (name, format!("Zq7{test}{}Xv9", name.replace('_', "")))).collect())
    }

    /// The secret itself.
    pub fn get(&self, name: &str) -> &str {
        &self.0[name]
    }

    /// `name:secret` as a registry is sent it.
    pub fn basic(&self, name: &str) -> String {
        base64(format!("alice:{}", self.get(name)).as_bytes())
    }

    /// Which of them are in a text, as they are or as they are sent.
    pub fn found(&self, text: &[u8]) -> Vec<&'static str> {
        let text = String::from_utf8_lossy(text);
        let is_in = |name: &&&'static str| text.contains(self.get(name)) || text.contains(&self.basic(name));
        self.0.keys().filter(is_in).copied().collect()
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
