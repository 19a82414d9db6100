//! Two images that are one, whatever their ids.

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
