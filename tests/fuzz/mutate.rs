//! Inputs from a corpus: documents are changed as documents, texts as texts.

use fastrand::Rng;
use serde_json::{Map, Value, json};

/// What means something somewhere, and what is at a limit.
const WORDS: &[&str] = &[
    "",
    "0",
    "-1",
    "none",
    "host",
    "container:",
    "container:aaaa",
    "default",
    "bridge",
    "always",
    "on-failure",
    "NONE",
    "CMD",
    "CMD-SHELL",
    "running",
    "unhealthy",
    "sha256:",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "@",
    ":",
    "/",
    "=",
    "a=b",
    "\0",
    "\u{1b}[2J",
    "é",
    "\u{202e}",
    "9223372036854775807",
    "18446744073709551616",
    "1e400",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "true",
    "24h",
    "Bearer realm=\"http://127.0.0.1:1/\"",
    "Basic",
    ",",
    "\"",
    "\r\n",
    "[",
    "{",
    "=\"",
    "#",
    "'''",
    "\"\"\"",
    "https://",
    "index.docker.io",
    "::1",
    "/64",
];

/// A text out of the corpus, changed a few times.
pub fn text(rng: &mut Rng, corpus: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut text = pick(rng, corpus).as_ref().to_vec();
    for _ in 0..rng.usize(1..6) {
        let at = rng.usize(..=text.len());
        let until = rng.usize(at..=text.len().min(at + 40));
        match rng.u8(..8) {
            0 => drop(text.splice(at..at, pick(rng, WORDS).bytes())),
            1 => drop(text.splice(at..until, pick(rng, WORDS).bytes())),
            2 => drop(text.drain(at..until)),
            3 => {
                let most = if rng.u8(..50) == 0 { 2_000 } else { 4 };
                let again = text[at..until].repeat(rng.usize(1..most));
                text.splice(at..at, again);
            }
            4 => text.truncate(at),
            5 => text.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << rng.u8(..8)),
            6 => text.insert(at, rng.u8(..)),
            _ => {
                let other = pick(rng, corpus).as_ref();
                let from = rng.usize(..=other.len());
                text.splice(at.., other[from..].iter().copied());
            }
        }
    }
    text
}

/// A document out of the corpus, changed in a few places.
pub fn document(rng: &mut Rng, corpus: &[Value]) -> Value {
    let mut document = pick(rng, corpus).clone();
    for _ in 0..rng.usize(1..8) {
        let other = pick(rng, corpus);
        change(rng, &mut document, other);
    }
    document
}

/// Changes one place in it.
fn change(rng: &mut Rng, document: &mut Value, other: &Value) {
    let mut place = document;
    // The deeper, the more there is to change.
    while rng.u8(..8) > 0 && place.as_array().is_some_and(|l| !l.is_empty()) | place.as_object().is_some_and(|m| !m.is_empty()) {
        place = match place {
            Value::Array(items) => {
                let index = rng.usize(..items.len());
                &mut items[index]
            }
            Value::Object(fields) => {
                let index = rng.usize(..fields.len());
                fields.values_mut().nth(index).expect("within")
            }
            _ => return,
        };
    }
    match (rng.u8(..6), &mut *place) {
        (0, Value::Object(fields)) => {
            let key = fields.keys().nth(rng.usize(..=fields.len())).cloned();
            key.map(|key| fields.shift_remove(&key));
        }
        (1, Value::Object(fields)) => {
            let (key, value) = ((*pick(rng, WORDS)).to_owned(), leaf(rng));
            fields.insert(key, value);
        }
        (0 | 1, Value::Array(items)) if !items.is_empty() => {
            let item = items[rng.usize(..items.len())].clone();
            items.extend(std::iter::repeat_n(item, rng.usize(1..4)));
        }
        (2, _) => *place = somewhere(rng, other).clone(),
        (3, Value::String(text)) => *text = String::from_utf8_lossy(&self::text(rng, &[text.as_bytes()])).into_owned(),
        (4, _) => (0..rng.usize(1..40)).for_each(|_| *place = json!([place.take()])),
        _ => *place = leaf(rng),
    }
}

fn somewhere<'a>(rng: &mut Rng, document: &'a Value) -> &'a Value {
    let children: Vec<&Value> = match document {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => return document,
    };
    if children.is_empty() || rng.u8(..4) == 0 {
        return document;
    }
    let child = children[rng.usize(..children.len())];
    somewhere(rng, child)
}

fn leaf(rng: &mut Rng) -> Value {
    match rng.u8(..9) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(rng.i64(..)),
        3 => json!(*pick(rng, &[0, 1, -1, i64::MAX, i64::MIN, 1_000_000_000])),
        4 => json!(u64::MAX),
        5 => json!(rng.f64() * 1e300),
        6 => json!([]),
        7 => Value::Object(Map::new()),
        _ => json!(pick(rng, WORDS)),
    }
}

pub fn pick<'a, T>(rng: &mut Rng, all: &'a [T]) -> &'a T {
    &all[rng.usize(..all.len())]
}
