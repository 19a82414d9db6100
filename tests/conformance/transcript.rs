//! What was done and what was then to be seen, line by line, in words that are the same in every world.

use std::fmt::Write;

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// What is compared.
    pub text: String,
    /// The engine's own words, for people.
    pub note: String,
}

/// The whole of one script in one world.
#[derive(Debug, Default)]
pub struct Transcript {
    /// Which world.
    pub title: String,
    /// In order.
    pub lines: Vec<Line>,
}

impl Transcript {
    /// What [`Transcript::print`] printed.
    pub fn read(title: &str, text: &str) -> Self {
        let line = |line: &str| {
            let (text, note) = line.split_once("    (").unwrap_or((line, ""));
            Line { text: text.to_owned(), note: note.trim_end_matches(')').to_owned() }
        };
        Self { title: title.to_owned(), lines: text.lines().map(line).collect() }
    }

    pub fn add(&mut self, text: impl Into<String>, note: impl Into<String>) {
        self.lines.push(Line { text: text.into(), note: note.into().replace('\n', " ") });
    }

    /// Every line, with the engine's words behind it.
    pub fn print(&self) -> String {
        print(&self.lines)
    }

    /// The first line that is not the same in both, after all that led to it; none if there is none.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let (ours, theirs) = (&self.lines, &other.lines);
        let same = ours.iter().zip(theirs).take_while(|(one, two)| one.text == two.text).count();
        if same == ours.len() && same == theirs.len() {
            return None;
        }
        // The rest of the same look says what else is different.
        let rest = |lines: &[Line]| {
            let end = lines.iter().skip(same + 1).position(|line| !line.text.starts_with(' ')).map_or(lines.len(), |n| same + 1 + n);
            let shown = lines.get(same..end).unwrap_or_default();
            if shown.is_empty() { "(nothing more)\n".to_owned() } else { print(shown) }
        };
        let (so_far, title, other_title) = (print(&ours[..same]), &self.title, &other.title);
        Some(format!("{so_far}--- {title} goes on:\n{}--- {other_title} goes on:\n{}", rest(ours), rest(theirs)))
    }
}

fn print(lines: &[Line]) -> String {
    let mut all = String::new();
    for Line { text, note } in lines {
        let note = if note.is_empty() { String::new() } else { format!("    ({note})") };
        let _ = writeln!(all, "{text}{note}"); // a String takes all
    }
    all
}
