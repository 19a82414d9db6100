//! What came of a cell, and the calls that led to it.

/// What came of a cell.
#[derive(Debug, Default, Clone)]
pub struct Found {
    pub problems: Vec<String>,
    /// All mutating calls, those of the healing, too.
    pub calls: Vec<String>,
    /// How many of them came before those that are counted.
    pub skipped: usize,
    /// How many of them came before the healing.
    pub before: usize,
    pub said: String,
    /// The engine lost a container by its own death, whatever anybody had asked of it: nothing is shown by this cell, unless two ran at one volume.
    pub is_void: bool,
}

impl Found {
    /// The calls that the harm is counted by.
    pub fn counted(&self) -> Vec<String> {
        self.calls.get(self.skipped..self.before.max(self.skipped)).unwrap_or_default().to_vec()
    }

    /// The problems, and the calls that led to them.
    pub fn told(&self) -> String {
        let mut text: String = self.problems.iter().map(|problem| format!("         {problem}\n")).collect();
        for (n, call) in self.calls.iter().enumerate() {
            let when = if n >= self.before { "healing" } else { "" };
            text += &format!("         {:>3} {call} {when}\n", n + 1 - self.skipped.min(n + 1));
        }
        text
    }
}
