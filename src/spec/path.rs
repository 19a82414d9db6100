//! The path of a leaf, as people read it.

use std::fmt::Write;

/// `HostConfig.PortBindings[80/tcp][0].HostPort`: a part that is not a plain word stands in brackets.
pub(super) fn to_text(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        let is_word =
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let dot = if text.is_empty() { "" } else { "." };
        // Writing to a string cannot fail.
        let _ = if is_word { write!(text, "{dot}{part}") } else { write!(text, "[{part}]") };
    }
    text
}
