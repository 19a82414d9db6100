//! What a process asked of the kernel, in order: writes, syncs and what it sent, as `strace` tells it.

use std::{collections::HashMap, fs, path::Path};

/// The calls that change what is on a disk, make it durable, or send something.
const CALLS: &str = "trace=openat,pwrite64,write,writev,ftruncate,unlink,unlinkat,rename,renameat,renameat2,fsync,fdatasync,sendto,sendmsg";

/// What stands in front of a program that is traced into a file.
pub fn command(into: &Path) -> Vec<String> {
    let into = into.display().to_string();
    ["strace", "-f", "-y", "-xx", "-s", "10000000", "-e", "signal=none", "-e", CALLS, "-o", &into].map(str::to_owned).to_vec()
}

/// The same with calls of these names that fail with this error, from the nth on (counted for each name). All of them are written to the file.
pub fn failing(calls: &str, error: &str, n: u32, into: &Path) -> Vec<String> {
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:error={error}:when={n}+"));
    ["strace", "-f", "-e", "signal=none", "-e", &trace, "-e", &inject, "-o", &into.display().to_string()].map(str::to_owned).to_vec()
}

/// One call that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A file was opened, and made if it was absent and `creates`.
    Open { path: String, creates: bool, truncates: bool },
    /// At an offset of a file; at none, where it stood, or into a socket.
    Write { path: String, offset: Option<usize>, data: Vec<u8> },
    /// Cut or grown.
    Resize { path: String, length: usize },
    /// A name is gone.
    Unlink { path: String },
    /// Another name.
    Rename { from: String, to: String },
    /// Returned when all that was written to it, file or directory, was on the disk.
    Sync { path: String },
}

/// Reads what `strace` wrote. Panics at a line that it cannot read.
pub fn read(trace: &Path) -> Vec<Call> {
    let text = fs::read_to_string(trace).expect("strace wrote a file");
    let mut begun: HashMap<&str, String> = HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let (pid, rest) = line.split_once(char::is_whitespace).unwrap_or_else(|| panic!("no process: {line}"));
        let rest = rest.trim_start();
        if let Some(first) = rest.strip_suffix("<unfinished ...>") {
            begun.insert(pid, first.to_owned());
        } else if let Some((_, second)) = rest.strip_prefix("<... ").and_then(|rest| rest.split_once(" resumed>")) {
            calls.extend(call(&(begun.remove(pid).unwrap_or_default() + second)));
        } else {
            calls.extend(call(rest));
        }
    }
    calls
}

/// None for what failed, and for what is no call.
fn call(text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let returned: i64 = result.split(['<', ' ']).next()?.parse().ok()?;
    if returned < 0 {
        return None;
    }
    let arguments = arguments.trim_end().trim_end_matches(')');
    let strings: Vec<Vec<u8>> = arguments.split('"').skip(1).step_by(2).map(bytes).collect();
    let path = |at: usize| strings.get(at).map(|path| words(path)).unwrap_or_default();
    // Of `3<PATH>`.
    let file =
        |of: &str| of.split_once('<').and_then(|(_, path)| path.split_once('>')).map(|(path, _)| words(&bytes(path))).unwrap_or_default();
    let last = || arguments.rsplit(", ").next().and_then(|number| number.parse().ok());
    Some(match name {
        "openat" => Call::Open { path: file(result), creates: arguments.contains("O_CREAT"), truncates: arguments.contains("O_TRUNC") },
        "pwrite64" | "write" | "writev" | "sendto" | "sendmsg" => {
            let data = strings.concat().into_iter().take(usize::try_from(returned).unwrap_or(0)).collect();
            Call::Write { path: file(arguments), offset: if name == "pwrite64" { last() } else { None }, data }
        }
        "ftruncate" => Call::Resize { path: file(arguments), length: last()? },
        "unlink" | "unlinkat" => Call::Unlink { path: path(0) },
        "rename" | "renameat" | "renameat2" => Call::Rename { from: path(0), to: path(1) },
        "fsync" | "fdatasync" => Call::Sync { path: file(arguments) },
        _ => return None,
    })
}

/// Of `\x2f\x6c`; what is not escaped stands for itself.
fn bytes(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or_else(|| panic!("not in hex: {part}"));
        bytes.push(u8::from_str_radix(hex, 16).unwrap_or_else(|_| panic!("not in hex: {part}")));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Call {
    /// `METHOD /path?query`, without API version, of a request that changes something.
    pub fn request(&self) -> Option<String> {
        let Self::Write { data, offset: None, .. } = self else { return None };
        let head = data.split(|byte| *byte == b'\r').next()?;
        let head = std::str::from_utf8(head).ok()?;
        let mut words = head.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        if !["POST", "DELETE", "PUT"].contains(&method) || !head.ends_with("HTTP/1.1") {
            return None;
        }
        let target = if target.starts_with("/v1.") { target.split_at(target[1..].find('/')? + 1).1 } else { target };
        Some(format!("{method} {target}"))
    }
}
