//! Opens a file of an operator's without waiting for anybody: a pipe in which nothing comes would hold the whole program.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

/// Opens it for reading. None: it is a pipe.
pub fn open(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    Ok(if file.metadata()?.file_type().is_fifo() { None } else { Some(file) })
}
