//! The engine is changed from one file only: whoever reads `rotation/act/perform.rs` has seen every change that rotate can make.

use std::fs;
use std::path::{Path, PathBuf};

const MUTATING: [&str; 11] =
    ["pull", "tag", "remove_image", "create", "connect", "start", "stop", "set_restart_policy", "rename", "remove", "remove_volume"];
/// Of systemd.
const MUTATING_SERVICES: [&str; 4] = ["restart", "start", "write_files", "remove_files"];

#[test]
fn mutating_engine_methods_are_called_from_one_file_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let callers: Vec<PathBuf> = files(&src).into_iter().filter(|path| calls_a_mutating_method(path)).collect();
    assert_eq!(callers, vec![src.join("rotation/act/perform.rs")]);
}

fn calls_a_mutating_method(path: &Path) -> bool {
    let text = fs::read_to_string(path).expect("a source file");
    let is_called = |method: &str, ways: [&str; 3]| ways.iter().any(|way| text.contains(&format!("{way}{method}(")));
    MUTATING.iter().any(|method| is_called(method, ["engine.", "Engine::", "engine?."]))
        || MUTATING_SERVICES.iter().any(|method| is_called(method, ["services.", "Services::", "services(engine)?."]))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
