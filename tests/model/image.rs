//! Two images that are one, whatever their ids; and by which digests one is known.

use rotate::model::Image;
use serde_json::{Value, json};

#[test]
fn images_are_the_same_by_id_or_by_all_that_makes_a_container() {
    let image = |id: &str| {
        json!({ "Id": id, "Os": "linux", "Architecture": "amd64", "Created": "2026-01-01T00:00:00Z", "RepoTags": [id],
                "Config": { "Env": ["A=1"], "Labels": { "version": "1" } }, "RootFS": { "Type": "layers", "Layers": ["sha256:aa"] } })
    };
    let changed = |pointer: &str, value: Value| {
        let mut document = image("b");
        *document.pointer_mut(pointer).expect("a part of it") = value;
        document
    };
    let table = [
        (image("a"), true),
        (image("b"), true), // another index over the same manifest
        (changed("/Config/Labels/version", "2".into()), false),
        (changed("/Config/Env/0", "A=2".into()), false),
        (changed("/RootFS/Layers/0", "sha256:bb".into()), false),
        (changed("/Created", "2026-02-02T00:00:00Z".into()), false),
        (changed("/Architecture", "arm64".into()), false),
    ];
    for (other, expected) in table {
        assert_eq!(Image::new(image("a")).is_same_as(&Image::new(other.clone())), expected, "{other}");
    }
    assert!(!Image::new(image("a")).is_blank());
    let nothing = |id: &str| Image::new(json!({ "Id": id }));
    assert!(nothing("a").is_blank());
    assert!(!nothing("a").is_same_as(&nothing("b")), "documents that say nothing are no evidence");
}

#[test]
fn an_images_digests_are_those_it_was_pulled_by_and_its_id_where_that_is_one() {
    let [of_config, pulled, pin] = ["a", "b", "c"].map(|digit| format!("sha256:{}", digit.repeat(64)));
    let web = format!("registry.lan/web@{pulled}");
    let kept = format!("localhost/rotate/keep@{pulled}");
    let elsewhere = format!("registry.lan/other@{pin}");
    let table = [
        ("classic", json!({ "Id": of_config, "RepoDigests": [web] }), vec![&pulled], true),
        ("classic, built here", json!({ "Id": of_config, "RepoDigests": [] }), vec![], false),
        ("classic, another repository's", json!({ "Id": of_config, "RepoDigests": [elsewhere] }), vec![], true),
        ("containerd", json!({ "Id": pulled, "RepoDigests": [web] }), vec![&pulled], true),
        ("containerd, pinned only", json!({ "Id": pulled, "RepoDigests": [kept] }), vec![&pulled], true),
        ("containerd, no name left", json!({ "Id": pulled, "RepoDigests": [], "Descriptor": { "digest": pulled } }), vec![&pulled], true),
        ("nothing known", json!({ "Id": pulled }), vec![], false),
        (
            "podman, no name left",
            json!({ "Id": of_config, "Digest": pulled, "RepoDigests": [], "NamesHistory": ["registry.lan/web:2"] }),
            vec![&pulled],
            true,
        ),
        (
            "podman, pinned only",
            json!({ "Id": of_config, "Digest": pulled, "RepoDigests": [kept], "NamesHistory": ["localhost/rotate/keep:a", "registry.lan/web:1"] }),
            vec![&pulled],
            true,
        ),
        (
            "podman, another repository's",
            json!({ "Id": of_config, "Digest": pin, "RepoDigests": [], "NamesHistory": ["registry.lan/other:1"] }),
            vec![],
            true,
        ),
        (
            "podman, pulled by digest",
            json!({ "Id": of_config, "Digest": pin, "RepoDigests": [], "NamesHistory": [web] }),
            vec![&pulled],
            true,
        ),
        ("podman, loaded without a name", json!({ "Id": of_config, "Digest": pulled, "RepoDigests": [] }), vec![], false),
    ];
    let reference = "registry.lan/web:1".parse().expect("a reference");
    for (what, document, digests, has_digest) in table {
        let image = Image::new(document);
        let found: Vec<_> = image.digests_of(&reference).iter().map(ToString::to_string).collect();
        assert_eq!((found.iter().collect(), image.has_digest()), (digests, has_digest), "{what}");
    }
}

#[test]
fn what_may_be_made_here_has_a_parent_and_no_digest_of_an_index() {
    let [id, own, index] = ["a", "b", "c"].map(|digit| format!("sha256:{}", digit.repeat(64)));
    let podmans = |parent: &str, digests: &[&str]| {
        let names: Vec<String> = digests.iter().map(|digest| format!("registry.lan/web@{digest}")).collect();
        json!({ "Id": id, "Digest": own, "Parent": parent, "RepoDigests": names, "NamesHistory": ["registry.lan/web:1"] })
    };
    let containerd = |parent: &str| json!({ "Id": own, "Parent": parent, "Descriptor": { "digest": own } });
    let table = [
        ("podman, of a base that is here", podmans("0123", &[&own]), true),
        ("podman, without a base", podmans("", &[&own]), false),
        ("podman, out of an index", podmans("0123", &[&index, &own]), false),
        ("containerd", containerd("sha256:0123"), true),
        ("containerd, pulled", containerd(""), false),
        ("classic", json!({ "Id": id, "Parent": "sha256:0123", "RepoDigests": [format!("registry.lan/web@{own}")] }), false),
    ];
    for (what, document, expected) in table {
        let found = Image::new(document).digest_made_here().map(|digest| digest.to_string());
        assert_eq!(found, expected.then(|| own.clone()), "{what}");
    }
}
