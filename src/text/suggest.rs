//! What a person may have meant by a word that is not known.

/// Longer words are no slips of the finger, and comparing them costs time.
const LONGEST: usize = 40;

/// `did you mean ...?`, or `otherwise` if no known word is near.
pub(crate) fn did_you_mean(typed: &str, known: &[&str], otherwise: impl FnOnce() -> String) -> String {
    nearest(typed, known).map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}

/// The known word that was most likely meant, if one is near.
///
/// Case and `-` for `_` count as no difference; else a third of the known word's letters may differ, at least one: `shedule` is `schedule`, `port` is not `sort_by`.
pub(crate) fn nearest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    if typed.len() > LONGEST {
        return None;
    }
    let typed = typed.to_lowercase().replace('-', "_");
    let distances = known.iter().map(|word| (strsim::osa_distance(&typed, word), *word));
    let near = distances.filter(|(distance, word)| *distance <= (word.len() / 3).max(1));
    near.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// Words for a sentence: `` `a`, `b` and `c` ``, with the last word as given.
pub(crate) fn list(words: &[impl AsRef<str>], last: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
