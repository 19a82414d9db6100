//! The store's file: formats, what is kept and what is forgotten, and what a kill, a power cut or a broken disk may do to it. No engine.

#[path = "../lab/disk.rs"]
#[allow(dead_code)] // not all of it is needed here
mod disk;
#[path = "../lab/trace.rs"]
#[allow(dead_code)]
mod trace;

mod cut;
mod formats;
mod kept;
mod killed;
mod lock;

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
