//! What a log line may show of a container and of an image.

use rotate::model::{Container, Image};
use serde_json::json;

#[test]
fn nothing_of_an_environment_is_in_what_is_logged() {
    let config = json!({ "Env": ["PASSWORD=hunter2"], "Labels": { "token": "hunter2" } });
    let container = Container::new(json!({ "Id": "4f1c8a02b7d9aa", "Name": "/web", "Config": config }));
    let image = Image::new(json!({ "Id": "sha256:4f1c8a02b7d9", "Config": config }));
    let said = format!("{container:?} {image:?} {:#?} {:#?}", container, image);
    assert!(!said.contains("hunter2") && said.contains("web") && said.contains("4f1c8a02b7d9"), "{said}");
}
