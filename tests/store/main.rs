//! The store's file: formats, what is kept and what is forgotten. No engine.

mod formats;
mod kept;

use jiff::Timestamp;
use rotate::model::{Digest, Reference};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn digest(hex: char) -> Digest {
    format!("sha256:{}", hex.to_string().repeat(64)).parse().expect("a digest")
}

fn reference(text: &str) -> Reference {
    text.parse().expect("a reference")
}
