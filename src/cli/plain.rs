//! Foreign text made fit for a terminal. Labels, logs and messages of engines and registries may hold what moves the cursor, sets a title, turns the
//! reading direction around, or begins a line that looks like ours.

use std::borrow::Cow;

/// The text as one line: control characters and those that turn the reading direction are shown as escapes (`\u{1b}`, `\n`).
pub fn plain(text: &str) -> Cow<'_, str> {
    escaped(text, is_harmful, |line, c| line.extend(c.escape_default()))
}

/// A JSON document that means the same, with the same characters as escapes of JSON. Its own line feeds stay.
pub fn plain_json(text: &str) -> Cow<'_, str> {
    // All harmful ones have four hex digits at most.
    escaped(text, |c| is_harmful(c) && c != '\n', |line, c| *line += &format!("\\u{:04x}", u32::from(c)))
}

fn escaped(text: &str, is_meant: impl Fn(char) -> bool, escape: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(&is_meant) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_meant(c) { escape(&mut line, c) } else { line.push(c) }
    }
    Cow::Owned(line)
}

/// C0, DEL and C1; marks, embeddings, overrides and isolates of direction (Unicode TR9); the separators of lines and paragraphs.
fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_harms_is_shown_and_the_rest_stays() {
        for (text, shown) in [
            ("web 値 «ü» 🚀 \\ `x`", "web 値 «ü» 🚀 \\ `x`"),
            ("\u{1b}[2J\u{7}\r\n\t\u{7f}", "\\u{1b}[2J\\u{7}\\r\\n\\t\\u{7f}"),
            ("a\u{9b}31m\u{202e}b\u{2028}", "a\\u{9b}31m\\u{202e}b\\u{2028}"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    #[test]
    fn json_means_the_same() {
        let text = serde_json::to_string_pretty(&["\u{1b}\u{9b}\u{202e}\n値"]).expect("JSON");
        let plain = plain_json(&text);
        assert!(plain.contains("\\u001b\\u009b\\u202e\\n値") && plain.contains('\n'), "{plain}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&plain).expect("JSON"), ["\u{1b}\u{9b}\u{202e}\n値"]);
    }
}
