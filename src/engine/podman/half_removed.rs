//! A container whose removal was cut short. Podman takes its files away first and what it knows of it last; where the latter fails, as on a full
//! disk, no call describes it any more, but its list has it, and it can be removed again (seen on 5.4). Pure.

use serde_json::{Value, json};

/// True if these are Podman's words for one.
pub fn is_meant_by(message: &str) -> bool {
    message.contains("getting container from store") && message.contains("container not known")
}

/// What the list tells of the container of this name or id, as a description of one that is [dead](crate::model::Status::Dead).
pub fn described(list: &Value, container: &str) -> Option<Value> {
    let line = list.as_array()?.iter().find(|line| line["Id"] == container || line["Names"][0] == container)?;
    Some(json!({
        "Id": line["Id"],
        "Name": line["Names"][0],
        "Image": line["ImageID"],
        "Pod": line["Pod"],
        "IsInfra": line["IsInfra"],
        "OCIRuntime": "",
        "State": { "Status": "removing" },
        "Config": { "Image": line["Image"], "Labels": line["Labels"] },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Container, Status};

    #[test]
    fn one_of_which_only_the_list_knows_is_dead() {
        assert!(is_meant_by("getting container from store \"bb5b\": container not known"));
        assert!(!is_meant_by("no container with ID bb5b found in database: no such container"));
        let list = json!([
            { "Id": "aa11", "Names": ["db"], "State": "running" },
            { "Id": "bb5b", "Names": ["web"], "Image": "web:latest", "ImageID": "c1fd", "Labels": { "a": "b" }, "State": "created", "Pod": "" },
        ]);
        for asked in ["bb5b", "web"] {
            let found = Container::new(described(&list, asked).expect("it is in the list"));
            assert_eq!((found.id().as_str(), found.name(), found.status()), ("bb5b", "web", Status::Dead));
            assert_eq!((found.image_id().as_str(), found.image_typed(), found.label("a")), ("c1fd", "web:latest", Some("b")));
            assert!(found.pod().is_none() && !found.is_infra() && found.is_of_podman());
        }
        assert_eq!(described(&list, "bb5"), None, "the beginning of an id is none");
    }
}
