//! Where in which file a key or a value stands.

use std::fmt;
use std::path::{Path, PathBuf};

/// A place in a file: line and column in characters, both counted from 1. Displayed as `/etc/rotate/rotate.toml:14:1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The file.
    pub path: PathBuf,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Position {
    /// The place of a byte in a text that was read from `path`; the text's end if the byte is past it.
    pub(super) fn of(path: &Path, text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().filter(|c| *c != BYTE_ORDER_MARK).count() + 1,
        }
    }
}

/// Editors on Windows put it before the first line; it takes no column.
const BYTE_ORDER_MARK: char = '\u{feff}';

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}
