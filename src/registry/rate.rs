//! Reads what a registry says of its limits with every answer.

use reqwest::header::HeaderMap;

use crate::model::RateLimit;

/// The limit, what is left, and over how long: `RateLimit-Limit: 100;w=21600` (Docker Hub, as in draft-ietf-httpapi-ratelimit-headers-03).
/// Also with `X-` before it, as GitLab and others send it. What cannot be read is not said.
pub fn read(registry: &str, headers: &HeaderMap) -> RateLimit {
    let header = |name: &str| {
        let own = [name.to_owned(), format!("x-{name}")];
        own.iter().find_map(|name| headers.get(name.as_str())).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let (limit, remaining) = (header("ratelimit-limit"), header("ratelimit-remaining"));
    RateLimit {
        registry: registry.to_owned(),
        limit: number(limit),
        remaining: number(remaining),
        window_seconds: window(limit).or_else(|| window(remaining)),
        retry_after_seconds: None,
    }
}

/// `100;w=21600` and `100, 100;w=60` are 100.
fn number(text: &str) -> Option<u64> {
    text.split([';', ',']).next()?.trim().parse().ok()
}

fn window(text: &str) -> Option<u64> {
    text.split([';', ',']).find_map(|part| part.trim().strip_prefix("w=")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_registries_send_it() {
        let check = |sent: &[(&'static str, &str)], expected: [Option<u64>; 3]| {
            let headers: HeaderMap = sent.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            let found = read("r.lan", &headers);
            assert_eq!([found.limit, found.remaining, found.window_seconds], expected, "{sent:?}");
        };
        check(&[("ratelimit-limit", "100;w=21600"), ("ratelimit-remaining", "76;w=21600")], [Some(100), Some(76), Some(21600)]);
        check(&[("RateLimit-Limit", "100, 100;w=60"), ("RateLimit-Remaining", " 0 ")], [Some(100), Some(0), Some(60)]);
        check(&[("ratelimit-remaining", "5; w=60")], [None, Some(5), Some(60)]);
        check(&[("x-ratelimit-limit", "60"), ("x-ratelimit-remaining", "59")], [Some(60), Some(59), None]);
        check(&[("ratelimit-limit", "many"), ("ratelimit-remaining", "-1")], [None, None, None]);
        check(&[], [None, None, None]);
    }
}
