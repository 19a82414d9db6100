//! What a directory can look like after a power cut, from the traced calls of the process that wrote it: what was synced is there, and of
//! the rest anything may be, in any order, whole or torn.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use super::trace::Call;

/// Names and contents of a directory.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A sector, which a disk writes whole or not.
const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Op {
    Link { name: String, inode: usize },
    Unlink { name: String },
    Write { inode: usize, offset: usize, data: Vec<u8> },
    Resize { inode: usize, length: usize },
    Sync { inode: usize },
    SyncNames,
}

/// A directory and all that was done to it.
pub struct Disk {
    start: Vec<(String, Vec<u8>)>,
    /// One for each traced call; none if it did nothing to the directory.
    ops: Vec<Option<Op>>,
}

impl Disk {
    /// `start` is what was in the directory before. Files that are rebuilt when they are needed (`left_out`, endings) are no part of it.
    pub fn new(dir: &Path, start: Files, calls: &[Call], left_out: &[&str]) -> Disk {
        let start: Vec<_> = start.into_iter().collect();
        let mut names: BTreeMap<String, usize> = start.iter().enumerate().map(|(inode, (name, _))| (name.clone(), inode)).collect();
        let mut inodes = start.len();
        let dir = dir.display().to_string();
        let name_of = |path: &str| {
            let name = path.strip_prefix(&dir)?.strip_prefix('/')?;
            (!left_out.iter().any(|ending| name.ends_with(ending))).then(|| name.to_owned())
        };
        let mut op = |call: &Call| match call {
            Call::Open { path, creates: true, truncates } => {
                let name = name_of(path)?;
                match names.get(&name) {
                    Some(inode) => truncates.then_some(Op::Resize { inode: *inode, length: 0 }),
                    None => {
                        inodes += 1;
                        names.insert(name.clone(), inodes - 1);
                        Some(Op::Link { name, inode: inodes - 1 })
                    }
                }
            }
            Call::Open { .. } => None,
            Call::Write { path, offset, data } => {
                let inode = *names.get(&name_of(path)?)?;
                let offset = offset.unwrap_or_else(|| panic!("{path} is written without an offset"));
                Some(Op::Write { inode, offset, data: data.clone() })
            }
            Call::Resize { path, length } => Some(Op::Resize { inode: *names.get(&name_of(path)?)?, length: *length }),
            Call::Unlink { path } => {
                let name = name_of(path)?;
                names.remove(&name).map(|_| Op::Unlink { name })
            }
            Call::Rename { from, .. } => name_of(from).map(|name| panic!("{name} is renamed: teach this model to do so")),
            Call::Sync { path } if *path == dir => Some(Op::SyncNames),
            Call::Sync { path } => Some(Op::Sync { inode: *names.get(&name_of(path)?)? }),
        };
        let ops = calls.iter().map(&mut op).collect();
        Disk { start, ops }
    }

    /// How many calls there were.
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// True if the call did something to the directory.
    pub fn is_change(&self, call: usize) -> bool {
        self.ops[call].is_some()
    }

    /// True if the call was a sync of a file of it, or of its names.
    pub fn is_sync(&self, call: usize) -> bool {
        matches!(self.ops[call], Some(Op::Sync { .. } | Op::SyncNames))
    }

    /// What was done before call `end` and may be lost at that moment.
    fn unsynced(&self, end: usize) -> Vec<usize> {
        let is_lost = |k: &usize| {
            let mut later = self.ops[*k + 1..end].iter().flatten();
            match &self.ops[*k] {
                Some(Op::Link { .. } | Op::Unlink { .. }) => !later.any(|op| matches!(op, Op::SyncNames)),
                Some(Op::Write { inode, .. } | Op::Resize { inode, .. }) => {
                    !later.any(|op| matches!(op, Op::Sync { inode: synced } if synced == inode))
                }
                Some(Op::Sync { .. } | Op::SyncNames) | None => false,
            }
        };
        (0..end).filter(is_lost).collect()
    }

    /// Contents (names aside) that may be lost before call `end`.
    pub fn unsynced_writes(&self, end: usize) -> usize {
        self.unsynced(end).iter().filter(|k| matches!(self.ops[**k], Some(Op::Write { .. } | Op::Resize { .. }))).count()
    }

    /// As the process saw it before call `end`.
    pub fn whole(&self, end: usize) -> Files {
        self.replay(end, |_| Some(None))
    }

    /// What is there for sure before call `end`.
    pub fn durable(&self, end: usize) -> Files {
        let lost: HashSet<usize> = self.unsynced(end).into_iter().collect();
        self.replay(end, |k| (!lost.contains(&k)).then_some(None))
    }

    /// What may be there if the power is cut before call `end`: all, only what is sure, that and one thing more, that and all that came before one
    /// thing, all but one thing, and all with one write of which only the beginning or only the end was made.
    pub fn cuts(&self, end: usize) -> Vec<Files> {
        let unsynced = self.unsynced(end);
        let lost: HashSet<usize> = unsynced.iter().copied().collect();
        let mut all = vec![self.whole(end), self.durable(end)];
        for one in unsynced {
            all.push(self.replay(end, |k| (k == one || !lost.contains(&k)).then_some(None)));
            all.push(self.replay(end, |k| (k < one || !lost.contains(&k)).then_some(None)));
            all.push(self.replay(end, |k| (k != one).then_some(None)));
            if let Some(Op::Write { data, .. }) = &self.ops[one]
                && data.len() > SECTOR
            {
                let middle = data.len() / 2 / SECTOR * SECTOR;
                for part in [0..middle, middle..data.len()] {
                    all.push(self.replay(end, |k| Some((k == one).then(|| part.clone()))));
                }
            }
        }
        all
    }

    /// Does again what `of` gives something for: the whole of it, or of a write only a part.
    fn replay(&self, end: usize, of: impl Fn(usize) -> Option<Option<std::ops::Range<usize>>>) -> Files {
        let mut names: BTreeMap<&str, usize> = self.start.iter().enumerate().map(|(inode, (name, _))| (name.as_str(), inode)).collect();
        let mut contents: BTreeMap<usize, Vec<u8>> = self.start.iter().map(|(_, content)| content.clone()).enumerate().collect();
        for (k, op) in self.ops[..end].iter().enumerate() {
            let (Some(op), Some(part)) = (op, of(k)) else { continue };
            match op {
                Op::Link { name, inode } => drop(names.insert(name, *inode)),
                Op::Unlink { name } => drop(names.remove(name.as_str())),
                Op::Write { inode, offset, data } => {
                    let part = part.unwrap_or(0..data.len());
                    let (content, begin) = (contents.entry(*inode).or_default(), offset + part.start);
                    content.resize(content.len().max(offset + part.end), 0);
                    content[begin..offset + part.end].copy_from_slice(&data[part]);
                }
                Op::Resize { inode, length } => contents.entry(*inode).or_default().resize(*length, 0),
                Op::Sync { .. } | Op::SyncNames => {}
            }
        }
        names.into_iter().map(|(name, inode)| (name.to_owned(), contents.get(&inode).cloned().unwrap_or_default())).collect()
    }
}

/// Reads a directory; an absent one is empty.
pub fn files(dir: &Path, left_out: &[&str]) -> Files {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.expect("a file").path());
    let named = |path: PathBuf| Some((path.file_name()?.to_str()?.to_owned(), fs::read(&path).ok()?));
    entries.filter_map(named).filter(|(name, _)| !left_out.iter().any(|ending| name.ends_with(ending))).collect()
}

/// Makes such a directory, in memory.
pub fn materialize(files: &Files) -> tempfile::TempDir {
    let dir = tempfile::tempdir_in("/dev/shm").expect("a folder can be made in memory");
    for (name, content) in files {
        fs::write(dir.path().join(name), content).expect("a file can be made in memory");
    }
    dir
}
