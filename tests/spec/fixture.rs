//! Saved documents, and small ones made up for tables.

use rotate::spec::{Difference, Images, compare};
use serde_json::{Value, json};

/// A document of tests/spec/fixtures.
pub fn load(name: &str) -> Value {
    let path = format!("{}/tests/spec/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Predecessor, successor, and the two images.
#[derive(Clone)]
pub struct Pair {
    pub predecessor: Value,
    pub successor: Value,
    pub old: Value,
    pub new: Value,
}

impl Pair {
    /// `rich`, `plain`, `rich-again` or `plain-again`; the last two are successors of successors, back on the old image.
    pub fn load(name: &str) -> Self {
        let (old, new) = if name.ends_with("-again") { ("image-new", "image-old") } else { ("image-old", "image-new") };
        Self {
            predecessor: load(&format!("{name}-predecessor")),
            successor: load(&format!("{name}-successor")),
            old: load(old),
            new: load(new),
        }
    }

    pub fn images(&self) -> Images<'_> {
        Images { old: &self.old, new: &self.new }
    }

    pub fn compare(&self, successor: &Value) -> Vec<Difference> {
        compare(&self.predecessor, successor, self.images())
    }
}

pub const PAIRS: [&str; 4] = ["rich", "plain", "rich-again", "plain-again"];

/// The differences without a rule, one line each.
pub fn unexplained(differences: &[Difference]) -> Vec<String> {
    differences.iter().filter(|difference| difference.explained_by.is_none()).map(ToString::to_string).collect()
}

pub const ID: &str = "aaaaaaaaaaaabbbbbbbbbbbbccccccccccccddddddddddddeeeeeeeeeeeeffff";
pub const VOLUME: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A container's document with this much in it.
pub fn container(config: Value, host: Value) -> Value {
    json!({ "Id": ID, "Name": "/web", "Config": config, "HostConfig": host, "Mounts": [], "NetworkSettings": { "Networks": {} } })
}

/// An image's document with this config.
pub fn image(id: &str, config: Value) -> Value {
    json!({ "Id": id, "Config": config })
}
