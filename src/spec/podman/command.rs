//! The command that created a container, word by word (`Config.CreateCommand`), as Podman's client reads it.

use super::options::{Known, Use, known, name_of, today};
use crate::spec::document::SpecError;

/// One option as typed.
pub struct Typed<'a> {
    /// Without dashes; the long one of a letter, today's of an older one.
    pub name: &'a str,
    /// What becomes of it.
    pub becomes: Use,
    /// None for a switch; `false` of `--init=false` is one.
    pub value: Option<&'a str>,
}

/// The options, and what comes after them: the image, and its command line.
///
/// Errors: [`SpecError::UnknownOption`]: where the options end is not known then.
pub fn parse<'a>(typed: &[&'a str]) -> Result<(Vec<Typed<'a>>, Vec<&'a str>), SpecError> {
    let unknown = |word: &str| SpecError::UnknownOption { option: word.split('=').next().unwrap_or_default().to_owned() };
    let mut words = typed.iter().copied().skip(1);
    pass_over_global_options(&mut words).map_err(unknown)?;
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, given) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let name = today(name);
            let Known { becomes, takes_value } = known(name).ok_or_else(|| unknown(word))?;
            let value = if takes_value && given.is_none() { words.next() } else { given };
            options.push(Typed { name, becomes, value });
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            parse_letters(letters, &mut words, &mut options).ok_or_else(|| unknown(word))?;
        } else {
            return Ok((options, std::iter::once(word).chain(words).collect()));
        }
    }
    Ok((options, words.collect()))
}

/// The image as a command names it.
pub fn image_of<'a>(typed: &[&'a str]) -> Option<&'a str> {
    parse(typed).ok()?.1.first().copied()
}

/// True if a command gives the container a secret as this variable.
pub fn has_secret(typed: &[&str], variable: &str) -> bool {
    parse(typed).is_ok_and(|(options, _)| are_with_secret(&options, variable))
}

/// The same of its options (podman-run(1), `--secret`: `NAME,type=env,target=VARIABLE`; without a target the variable is named like the secret).
pub fn are_with_secret(options: &[Typed<'_>], variable: &str) -> bool {
    options.iter().filter(|option| option.name == "secret").filter_map(|option| option.value).any(|secret| {
        let mut parts = secret.split(',');
        let name = parts.next().unwrap_or_default();
        let parts: Vec<&str> = parts.collect();
        let target = parts.iter().find_map(|part| part.strip_prefix("target=")).unwrap_or(name);
        parts.contains(&"type=env") && target == variable
    })
}

/// `podman --connection here container run`: what says which engine is meant, or how much is logged, makes no difference to the container; Err is an
/// option that may.
fn pass_over_global_options<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<(), &'a str> {
    const VALUED: [&str; 5] = ["--connection", "-c", "--identity", "--log-level", "--url"];
    const SWITCHES: [&str; 3] = ["--remote", "-r", "--syslog"];
    while let Some(word) = words.next() {
        match word {
            "run" | "create" => return Ok(()),
            "container" => {}
            _ if SWITCHES.contains(&word)
                || VALUED.iter().any(|option| word.strip_prefix(option).is_some_and(|rest| rest.starts_with('='))) => {}
            _ if VALUED.contains(&word) => drop(words.next()),
            _ => return Err(word),
        }
    }
    Err("podman")
}

/// `-dit`, `-p80:80`, `-p 80:80`: switches in a row, the last of which may take a value.
fn parse_letters<'a>(letters: &'a str, words: &mut impl Iterator<Item = &'a str>, options: &mut Vec<Typed<'a>>) -> Option<()> {
    for (at, letter) in letters.char_indices() {
        let name = name_of(letter)?;
        let Known { becomes, takes_value } = known(name)?;
        let rest = &letters[at + letter.len_utf8()..];
        if takes_value {
            let value = if rest.is_empty() { words.next()? } else { rest.strip_prefix('=').unwrap_or(rest) };
            options.push(Typed { name, becomes, value: Some(value) });
            return Some(());
        }
        options.push(Typed { name, becomes, value: None });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_variable_of_its_target_or_of_its_own_name() {
        let typed = ["podman", "run", "--secret=key,type=env,target=TOKEN", "--secret", "OWN,type=env", "--secret", "file", "web"];
        let is_one = |variable: &str| has_secret(&typed, variable);
        assert!(is_one("TOKEN") && is_one("OWN"));
        assert!(!is_one("key") && !is_one("file") && !is_one("OTHER"));
    }
}
