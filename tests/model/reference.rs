//! References, by the grammar that Docker's command line reads.

use rotate::model::{Digest, Reference, ReferenceError, Target};

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Registry, repository, tag or digest, and how it is shown.
#[track_caller]
fn check(text: &str, expected: [&str; 4]) {
    let reference: Reference = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    let target = match reference.target() {
        Target::Tag(tag) => tag.as_str(),
        Target::Digest(digest) => digest.as_str(),
    };
    assert_eq!([reference.registry(), reference.repository(), target, &reference.to_string()], expected, "{text}");
    assert_eq!(reference.to_string().parse(), Ok(reference), "{text} reads back as itself");
}

#[test]
fn a_short_name_is_one_of_the_hub() {
    check("nginx", ["docker.io", "library/nginx", "latest", "nginx:latest"]);
    check("nginx:1.29-alpine", ["docker.io", "library/nginx", "1.29-alpine", "nginx:1.29-alpine"]);
    check("grafana/grafana", ["docker.io", "grafana/grafana", "latest", "grafana/grafana:latest"]);
    check("docker.io/nginx", ["docker.io", "library/nginx", "latest", "nginx:latest"]);
    check("index.docker.io/library/nginx:1", ["docker.io", "library/nginx", "1", "nginx:1"]);
    check("a/b/c/d", ["docker.io", "a/b/c/d", "latest", "a/b/c/d:latest"]);
    // A host has a slash after it: this is a tag.
    check("localhost:5000", ["docker.io", "library/localhost", "5000", "localhost:5000"]);
}

#[test]
fn a_first_part_that_looks_like_a_host_is_one() {
    check("ghcr.io/me/app", ["ghcr.io", "me/app", "latest", "ghcr.io/me/app:latest"]);
    check("localhost/app", ["localhost", "app", "latest", "localhost/app:latest"]);
    check("localhost:5000/app:v1", ["localhost:5000", "app", "v1", "localhost:5000/app:v1"]);
    check("10.0.0.1:5000/web", ["10.0.0.1:5000", "web", "latest", "10.0.0.1:5000/web:latest"]);
    check("registry:5000/web", ["registry:5000", "web", "latest", "registry:5000/web:latest"]);
    check("Registry/web", ["Registry", "web", "latest", "Registry/web:latest"]);
    check("my-host.lan/a/b", ["my-host.lan", "a/b", "latest", "my-host.lan/a/b:latest"]);
    check("[::1]:5000/x", ["[::1]:5000", "x", "latest", "[::1]:5000/x:latest"]);
    check("[fd00::17]/x:1", ["[fd00::17]", "x", "1", "[fd00::17]/x:1"]);
}

#[test]
fn a_digest_counts_more_than_a_tag() {
    check(&format!("nginx@{DIGEST}"), ["docker.io", "library/nginx", DIGEST, &format!("nginx@{DIGEST}")]);
    check(&format!("nginx:1@{DIGEST}"), ["docker.io", "library/nginx", DIGEST, &format!("nginx@{DIGEST}")]);
    check(&format!("r.lan:5000/a/b@{DIGEST}"), ["r.lan:5000", "a/b", DIGEST, &format!("r.lan:5000/a/b@{DIGEST}")]);
}

#[test]
fn separators_stand_between_letters_or_digits() {
    for path in ["a.b", "a_b", "a__b", "a-b", "a--b", "a----b", "0/9", "a.b_c__d-e"] {
        let expected = [&*format!("r.lan/{path}:latest"), "r.lan", path];
        let reference: Reference = format!("r.lan/{path}").parse().unwrap();
        assert_eq!([&*reference.to_string(), reference.registry(), reference.repository()], expected);
    }
    for path in ["a..b", "a___b", "a._b", "a_-b", "-a", "a-", ".a", "a.", "_a", "a_", "a//b", "/a", "a/", "A", "a/B", "ä", "a b"] {
        let text = format!("r.lan/{path}");
        assert_eq!(text.parse::<Reference>(), Err(ReferenceError::Malformed(text.clone())));
    }
}

#[test]
fn what_is_shown_is_read_back_even_where_the_short_form_would_mean_something_else() {
    check("docker.io/my.team/web", ["docker.io", "my.team/web", "latest", "docker.io/my.team/web:latest"]);
    check("docker.io/localhost/web:1", ["docker.io", "localhost/web", "1", "docker.io/localhost/web:1"]);
    check("library/a/b", ["docker.io", "library/a/b", "latest", "library/a/b:latest"]);
    let hex = DIGEST.trim_start_matches("sha256:");
    let id_like = format!("docker.io/library/sha256:{hex}");
    check(&id_like, ["docker.io", "library/sha256", hex, &id_like]);
}

#[test]
fn an_image_id_is_no_reference() {
    for id in [DIGEST, DIGEST.trim_start_matches("sha256:")] {
        assert_eq!(id.parse::<Reference>(), Err(ReferenceError::ImageId(id.to_owned())));
    }
}

#[test]
fn what_no_registry_could_be_asked_for_is_refused() {
    let long_tag = format!("nginx:{}", "a".repeat(129));
    let long_path = format!("nginx/{}", "a".repeat(250));
    let texts = [
        "",
        " ",
        "nginx ",
        ":1",
        "nginx:",
        "nginx:-1",
        "nginx:.1",
        "nginx:a/b:c",
        "nginx@",
        "nginx@sha256:12",
        "nginx@latest",
        "@",
        "/",
        "/nginx",
        "https://ghcr.io/me/app",
        "ghcr.io/",
        "ghcr.io:/app",
        "ghcr.io:x/app",
        "-a.lan/app",
        "a-.lan/app",
        "a..b/app",
        ".lan/app",
        "a_b.lan/app",
        "user@r.lan/app",
        "[::1/x",
        "[]/x",
        "[::1]x/x",
        "[::1]:/x",
        "[fe80::1%eth0]/x",
        "[r.lan]/x",
        "nginx\n",
        "nginx:1\0",
        "nginx?x=1",
        "r.lan/../x",
        "Upper",
        &long_tag,
        &long_path,
    ];
    for text in texts {
        assert_eq!(text.parse::<Reference>(), Err(ReferenceError::Malformed(text.to_owned())));
    }
    // Without a slash it is a repository of the Hub, as for Docker.
    check("ghcr.io:5000", ["docker.io", "library/ghcr.io", "5000", "ghcr.io:5000"]);
}

#[test]
fn one_repository_is_the_same_under_each_of_its_names() {
    let reference = |text: &str| text.parse::<Reference>().unwrap();
    assert!(reference("nginx:1").is_same_repository(&reference("docker.io/library/nginx:2")));
    assert!(!reference("nginx").is_same_repository(&reference("ghcr.io/library/nginx")));
    let digest: Digest = DIGEST.parse().unwrap();
    assert_eq!(reference("nginx:1").at_digest(&digest), reference(&format!("nginx@{DIGEST}")));
}
