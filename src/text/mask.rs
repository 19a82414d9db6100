//! What others wrote, without the secrets that addresses carry: a user and password, and the values of a query.

/// Stands for what is not shown.
const HIDDEN: &str = "***";

/// The text with `user:password` of each address, and each value of a query, hidden. Keys stay: they say what was asked.
///
/// `Get "https://me:pw@r.lan/v2/?sig=ab": EOF` becomes `Get "https://***@r.lan/v2/?sig=***": EOF`.
pub(crate) fn masked(text: &str) -> String {
    // An address ends where the words around it go on: at white space, or at what quotes it.
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '«' | '»');
    text.split_inclusive(ends).map(|word| mask_query(&mask_user(word))).collect()
}

/// In one word.
fn mask_user(word: &str) -> String {
    let mut shown = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(['/', '?', '#', '(', ')', ',']).unwrap_or(after.len());
        let (authority, path) = after.split_at(end);
        shown += before;
        shown += "://";
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                shown += HIDDEN;
                shown.push('@');
                shown += host;
            }
            None => shown += authority,
        }
        rest = path;
    }
    shown + rest
}

/// In one word: `?key=value&key=value`.
fn mask_query(word: &str) -> String {
    let Some((before, query)) = word.split_once('?').filter(|(_, query)| query.contains('=')) else { return word.to_owned() };
    let shown: Vec<String> = query.split('&').map(mask_value).collect();
    format!("{before}?{}", shown.join("&"))
}

/// The character that ended the word, and a colon or a bracket before it, are no part of the value.
fn mask_value(pair: &str) -> String {
    let Some((key, value)) = pair.split_once('=') else { return pair.to_owned() };
    let end = value.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && !"%+/=-_.~".contains(c)).len();
    format!("{key}={HIDDEN}{}", value.get(end..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn no_password_and_no_value_of_a_query_is_shown_and_the_rest_stays() {
        for (text, expected) in [
            (r#"Get "https://me:pw@r.lan/v2/": EOF"#, r#"Get "https://***@r.lan/v2/": EOF"#),
            (
                r#"Head "https://a.lan/token?account=me&scope=x%3Apull": dial tcp"#,
                r#"Head "https://a.lan/token?account=***&scope=***": dial tcp"#,
            ),
            ("parse http://u:p@ss@h.lan:80/x, then http://a:b@c", "parse http://***@h.lan:80/x, then http://***@c"),
            ("(https://h.lan/x?sig=ab%2B) timed out", "(https://h.lan/x?sig=***) timed out"),
            (":80/ready?token=abc", ":80/ready?token=***"),
            ("ghcr.io/me/app@sha256:00", "ghcr.io/me/app@sha256:00"),
            ("docker://h.lan/me/app@sha256:00: why? because", "docker://h.lan/me/app@sha256:00: why? because"),
            ("", ""),
            ("://@?=", "://***@?=***"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }
}
