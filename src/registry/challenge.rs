//! What a registry demands with a 401.

use http_auth::ChallengeRef;
use http_auth::parser::ChallengeParser;
use reqwest::Url;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// A demand that can be met (RFC 7235; distribution, «Token Authentication Specification»).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// Name and password with each request.
    Basic,
    /// A token from a service.
    Bearer(TokenService),
}

/// Where tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenService {
    /// Where to ask: http or https, without a name or password of its own.
    pub realm: Url,
    /// For whom.
    pub service: Option<String>,
    /// For what; several are parted by spaces.
    pub scope: Option<String>,
}

/// The `Bearer` demand cannot be met: no realm, or none with http or https.
#[derive(Debug, PartialEq, Eq)]
pub struct BadRealm;

/// Reads the headers of a 401; none if they demand nothing that is known. A token is preferred to a password with each request.
pub fn read(headers: &HeaderMap) -> Result<Option<Challenge>, BadRealm> {
    let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    // What comes before a slip in the syntax still counts.
    let all: Vec<ChallengeRef<'_>> = texts.flat_map(|text| ChallengeParser::new(text).map_while(Result::ok)).collect();
    let of = |scheme: &str| all.iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme));
    let basic = of("Basic").map(|_| Challenge::Basic);
    match of("Bearer").map(token_service) {
        Some(Some(service)) => Ok(Some(Challenge::Bearer(service))),
        Some(None) => basic.map(Some).ok_or(BadRealm),
        None => Ok(basic),
    }
}

fn token_service(challenge: &ChallengeRef<'_>) -> Option<TokenService> {
    let parameter = |name: &str| {
        let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_unescaped()).filter(|text| !text.is_empty())
    };
    let mut realm = Url::parse(&parameter("realm")?).ok()?;
    // Only our own credentials are sent, and no part of a URL is.
    realm.set_username("").and_then(|()| realm.set_password(None)).ok()?;
    realm.set_fragment(None);
    let is_web = matches!(realm.scheme(), "http" | "https") && realm.has_host();
    is_web.then(|| TokenService { realm, service: parameter("service"), scope: parameter("scope") })
}

/// Host, and port where it is not the scheme's own, as a reference names it.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[&str], expected: Result<Option<Challenge>, BadRealm>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, value.parse().unwrap());
        }
        assert_eq!(read(&headers), expected, "{values:?}");
    }

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Result<Option<Challenge>, BadRealm> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(Some(Challenge::Bearer(TokenService { realm: realm.parse().unwrap(), service: owned(service), scope: owned(scope) })))
    }

    #[test]
    fn a_demand_for_a_token_says_where_for_whom_and_for_what() {
        check(
            &[r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#],
            bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:library/nginx:pull")),
        );
        check(&[r#"bearer Realm="http://r.lan:5001/t?a=b" , SERVICE=r.lan"#], bearer("http://r.lan:5001/t?a=b", Some("r.lan"), None));
        check(&[r#"Bearer realm="https://r.lan/\"t\"",scope="""#], bearer("https://r.lan/\"t\"", None, None));
        check(&[r#"Bearer realm="https://alice:secret@r.lan/t#x""#], bearer("https://r.lan/t", None, None));
    }

    #[test]
    fn a_token_is_preferred_wherever_it_stands() {
        check(&[r#"Basic realm="r", Bearer realm="https://r.lan/t""#], bearer("https://r.lan/t", None, None));
        check(&[r#"Basic realm="r""#, r#"Bearer realm="https://r.lan/t""#], bearer("https://r.lan/t", None, None));
        check(&[r#"Bearer realm="https://r.lan/t", !!! nonsense"#], bearer("https://r.lan/t", None, None));
        check(&[r#"BASIC realm="a, Bearer realm=b""#], Ok(Some(Challenge::Basic)));
        check(&["Basic"], Ok(Some(Challenge::Basic)));
        check(&[r#"Bearer service="x", Basic realm="r""#], Ok(Some(Challenge::Basic)));
    }

    #[test]
    fn what_cannot_be_met_is_said() {
        check(&[], Ok(None));
        check(&["Negotiate", "Digest realm=x, nonce=y", "", ",,", "="], Ok(None));
        check(&["Bearer"], Err(BadRealm));
        for realm in ["", "token", "/token", "ftp://r.lan/t", "file:///etc/passwd", "https://", "data:x"] {
            check(&[&format!("Bearer realm=\"{realm}\"")], Err(BadRealm));
        }
    }
}
