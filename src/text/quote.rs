//! What others wrote, made fit for one line of a terminal.

/// Characters of foreign text that are shown at most.
const LONGEST: usize = 80;

/// The text in backticks, with control characters escaped (a label could else clear the screen) and the end cut off if it is long.
pub(crate) fn quoted(text: &str) -> String {
    let mut line = String::from("`");
    for c in text.chars().take(LONGEST) {
        match c {
            '"' | '\'' | '\\' => line.push(c),
            other => line.extend(other.escape_debug()),
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line.push('`');
    line
}
