//! Which proxy stands between a host and a server, by the rules that engines follow.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// What engines show in place of a proxy's name and password (moby, `/info`).
const MASK: &str = "xxxxx:xxxxx@";

/// Proxies by the scheme of what is asked. `Debug` shows no address, which may hold a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http`; empty: none.
    pub http: String,
    /// For `https`; empty: none.
    pub https: String,
    /// Who is asked directly, parted by commas: `*`, an address or a range, a name with its subdomains (`lan`), or only these (`.lan`, `*.lan`);
    /// each may end in a port.
    pub except: String,
}

impl Proxies {
    /// True if there is none at all.
    pub fn is_empty(&self) -> bool {
        self.http.is_empty() && self.https.is_empty()
    }

    /// The proxy for this server, with a scheme. `host` is a name or an address without brackets. This machine itself needs none.
    /// Source: golang.org/x/net/http/httpproxy, which Docker's engine uses.
    pub fn of(&self, scheme: &str, host: &str, port: u16) -> Option<String> {
        let proxy = if scheme == "https" { &self.https } else { &self.http };
        let address: Option<IpAddr> = host.parse().ok();
        let is_here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        if proxy.is_empty() || is_here || self.except.split(',').any(|rule| excepts(rule.trim(), host, address, port)) {
            return None;
        }
        Some(if proxy.contains("://") { proxy.clone() } else { format!("http://{proxy}") })
    }

    /// Puts back what the engine does not show of a proxy's address, where one of these (this program's own proxies) is the same but for that.
    /// Where none is, the proxy is asked without a name and password.
    pub fn unmasked(self, own: &[String]) -> Self {
        let unmask = |shown: String| match shown.split_once(MASK) {
            None => shown,
            Some((scheme, rest)) => {
                let bare = format!("{scheme}{rest}");
                let is_same = |own: &&String| without_password(own).trim_end_matches('/') == bare.trim_end_matches('/');
                own.iter().find(is_same).cloned().unwrap_or(bare)
            }
        };
        Self { http: unmask(self.http), https: unmask(self.https), except: self.except }
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies").field("except", &self.except).finish_non_exhaustive()
    }
}

fn without_password(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
    format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
}

fn excepts(rule: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if rule == "*" {
        return true;
    }
    if let Some(address) = address
        && let Ok(range) = rule.parse::<IpNet>()
    {
        return range.contains(&address);
    }
    let (name, only) = split_port(rule);
    if name.is_empty() || only.is_some_and(|only| only != port) {
        return false;
    }
    match (address, name.parse::<IpAddr>()) {
        (Some(address), Ok(excepted)) => address == excepted,
        (Some(_), Err(_)) | (None, Ok(_)) => false,
        (None, Err(_)) => is_within(&host.to_ascii_lowercase(), &name.to_ascii_lowercase()),
    }
}

/// `lan` is `lan` and `a.lan`; `.lan` and `*.lan` are `a.lan` only.
fn is_within(host: &str, name: &str) -> bool {
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    match name.strip_prefix('.') {
        Some(parent) => host.strip_suffix(parent).is_some_and(|front| front.len() > 1 && front.ends_with('.')),
        None => host == name || host.strip_suffix(name).is_some_and(|front| front.ends_with('.')),
    }
}

/// `lan:5000` and `[::1]:5000` have a port; `::1` has none.
fn split_port(rule: &str) -> (&str, Option<u16>) {
    let with_port = rule.rsplit_once(':').filter(|(name, _)| name.ends_with(']') || !name.contains(':'));
    let (name, port) = with_port.map_or((rule, None), |(name, port)| (name, port.parse().ok()));
    (name.trim_start_matches('[').trim_end_matches(']'), port)
}
