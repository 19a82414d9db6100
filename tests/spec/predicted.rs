//! What is said of a successor before there is one, held against what the engine then made.

use rotate::spec::{Difference, Rule, predict};
use serde_json::json;

use crate::fixture::{PAIRS, Pair, container, image, unexplained};

/// What follows from the images; the rest follows from the successor's own id, or from its volumes and links being written anew.
fn of_the_image(differences: Vec<Difference>) -> Vec<String> {
    let is_of_the_image = |d: &Difference| {
        matches!(d.explained_by, None | Some(Rule::NewImage | Rule::ImageDefault | Rule::CommandLine | Rule::ComposeImage))
    };
    differences.iter().filter(|d| is_of_the_image(d)).map(ToString::to_string).collect()
}

#[test]
fn what_is_predicted_is_what_the_engine_makes() {
    for name in PAIRS {
        let pair = Pair::load(name);
        let predicted = predict(&pair.predecessor, pair.images()).expect("documents of an engine");
        assert_eq!(unexplained(&predicted), Vec::<String>::new(), "{name}");
        assert_eq!(of_the_image(predicted), of_the_image(pair.compare(&pair.successor)), "{name}");
    }
}

#[test]
fn the_same_image_predicts_nothing() {
    for name in PAIRS {
        let mut pair = Pair::load(name);
        pair.new = pair.old.clone();
        let predicted = predict(&pair.predecessor, pair.images()).expect("documents of an engine");
        assert_eq!(predicted.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_volume_that_the_new_image_declares_is_predicted() {
    let mut old = container(json!({ "Image": "web", "Volumes": null }), json!({}));
    old["Image"] = "sha256:old".into();
    let (before, after) = (image("sha256:old", json!({})), image("sha256:new", json!({ "Volumes": { "/data": {} } })));
    let predicted = predict(&old, rotate::spec::Images { old: &before, new: &after }).expect("documents");
    assert!(predicted.iter().any(|d| d.explained_by == Some(Rule::DeclaredVolume)), "{predicted:?}");
    assert_eq!(unexplained(&predicted), Vec::<String>::new());
}
