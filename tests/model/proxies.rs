//! Who is asked through a proxy, and who directly.

use rotate::model::Proxies;

fn check(except: &str, host: &str, port: u16, is_direct: bool) {
    let proxies = Proxies { http: "http://p.lan:3128".into(), https: "q.lan:3129".into(), except: except.into() };
    let expected = if is_direct { [None, None] } else { [Some("http://p.lan:3128"), Some("http://q.lan:3129")] };
    let found = [proxies.of("http", host, port), proxies.of("https", host, port)];
    assert_eq!(found.each_ref().map(|proxy| proxy.as_deref()), expected, "{host}:{port} with {except:?}");
}

#[test]
fn everybody_is_asked_through_the_proxy_but_those_that_are_excepted() {
    for (except, host, port, is_direct) in [
        ("", "ghcr.io", 443, false),
        ("*", "ghcr.io", 443, true),
        ("a.lan, ghcr.io", "ghcr.io", 443, true),
        ("GHCR.io", "ghcr.IO", 443, true),
        ("ghcr.io", "pkg.ghcr.io", 443, true),
        ("ghcr.io", "evilghcr.io", 443, false),
        (".ghcr.io", "ghcr.io", 443, false),
        (".ghcr.io", "pkg.ghcr.io", 443, true),
        ("*.ghcr.io", "pkg.ghcr.io", 443, true),
        ("*.ghcr.io", "ghcr.io", 443, false),
        ("io", "ghcr.io", 443, true),
        ("ghcr.io:5000", "ghcr.io", 5000, true),
        ("ghcr.io:5000", "ghcr.io", 443, false),
        ("10.0.0.0/8", "10.1.2.3", 443, true),
        ("10.0.0.0/8", "11.1.2.3", 443, false),
        ("10.0.0.0/8", "ten.lan", 443, false),
        ("10.1.2.3", "10.1.2.3", 443, true),
        ("10.1.2.3:443", "10.1.2.3", 443, true),
        ("10.1.2.3:444", "10.1.2.3", 443, false),
        ("2.3", "10.1.2.3", 443, false),
        ("fd00::/8", "fd00::1", 443, true),
        ("fd00::1", "fd00::1", 443, true),
        ("[fd00::1]:443", "fd00::1", 443, true),
        ("[fd00::1]:444", "fd00::1", 443, false),
        (",,", "ghcr.io", 443, false),
    ] {
        check(except, host, port, is_direct);
    }
}

#[test]
fn this_machine_needs_no_proxy() {
    for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] {
        check("", host, 5000, true);
    }
}

#[test]
fn without_a_proxy_for_its_scheme_everybody_is_asked_directly() {
    let proxies = Proxies { http: "http://p.lan:3128".into(), ..Proxies::default() };
    assert_eq!(proxies.of("https", "ghcr.io", 443), None);
    assert!(!proxies.is_empty() && Proxies::default().is_empty());
}

#[test]
fn a_password_that_the_engine_does_not_show_is_taken_from_our_own_proxy_if_it_is_the_same() {
    let shown = || Proxies { http: "http://xxxxx:xxxxx@p.lan:3128".into(), https: "http://q.lan".into(), except: String::new() };
    let asked = |own: &[&str]| {
        let own: Vec<String> = own.iter().map(|&own| own.to_owned()).collect();
        let proxies = shown().unmasked(&own);
        assert!(!format!("{proxies:?}").contains("pw"));
        assert_eq!(proxies.https, "http://q.lan");
        proxies.http
    };
    assert_eq!(asked(&["http://alice:pw@q.lan", "http://alice:pw@p.lan:3128/"]), "http://alice:pw@p.lan:3128/");
    assert_eq!(asked(&["http://alice:pw@p.lan:3129", "", "http://alice:pw@evil.lan"]), "http://p.lan:3128");
    assert_eq!(asked(&[]), "http://p.lan:3128");
}
