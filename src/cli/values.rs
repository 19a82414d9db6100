//! The configuration as TOML, with a comment on each line that says where the value comes from.

use std::path::PathBuf;

use serde_json::Value;

use crate::cli::plain::{plain, plain_json};
use crate::config::Shown;

/// The comments stand below each other, unless a line is longer than this.
const WIDEST: usize = 48;

/// A line for each key. Read as `rotate.toml` they mean the same.
pub fn lines(values: &[Shown]) -> String {
    let typed: Vec<String> = values.iter().map(typed).collect();
    let width = typed.iter().map(|text| text.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    values.iter().zip(&typed).map(|(Shown { from, .. }, typed)| format!("{typed:width$}  # {}\n", plain(&from.to_string()))).collect()
}

/// What was read and found to be in order.
pub fn checked(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|path| plain(&path.display().to_string()).into_owned()).collect();
    match files.split_first() {
        None => "the configuration is fine: there is no file, the defaults hold\n".to_owned(),
        Some((only, [])) => format!("{only} is fine\n"),
        Some((first, others)) => format!("{first} with {} is fine\n", others.join(", ")),
    }
}

/// A list is written as JSON writes it, which is TOML too, but for a space after each comma.
fn typed(Shown { key, value, .. }: &Shown) -> String {
    let text = match value {
        Value::Null => return format!("# {} is not set", plain_json(key)),
        Value::Array(items) => format!("[{}]", items.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    };
    plain_json(&format!("{key} = {text}")).into_owned()
}
