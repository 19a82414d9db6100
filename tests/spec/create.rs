//! The create request's share of `Config`: image defaults come through, what the user set survives.

use rotate::spec::{Images, SpecError, create_request};
use serde_json::{Value, json};

use crate::fixture::{ID, container, image};

const PARTS: [&str; 3] = ["Image", "HostConfig", "NetworkingConfig"];

/// A container's `Config` and the old image's; the request must have exactly these fields beside the image, `HostConfig` and the networks.
fn check(case: &str, config: Value, old: Value, expected: Value) {
    check_on(case, container(config, json!({ "NetworkMode": "bridge" })), old, expected);
}

fn check_on(case: &str, container: Value, old: Value, expected: Value) {
    let (old, new) = (image("sha256:old", old), image("sha256:new", json!({})));
    let mut request =
        create_request(&container, Images { old: &old, new: &new }, "web:1").unwrap_or_else(|error| panic!("{case}: {error}"));
    assert_eq!(request["Image"], "web:1", "{case}");
    if let Value::Object(fields) = &mut request {
        fields.retain(|field, _| !PARTS.contains(&field.as_str()));
    }
    assert_eq!(request, expected, "{case}");
}

#[test]
fn what_equals_the_old_image_is_left_out() {
    let same = json!({ "User": "app", "StopSignal": "SIGINT", "Shell": ["/bin/sh"], "OnBuild": ["RUN x"], "WorkingDir": "/app/", "Cmd": ["serve"], "Entrypoint": ["/app"],
        "Healthcheck": { "Test": ["CMD", "true"], "Interval": 5 } });
    check("all of them", same.clone(), same, json!({}));
    check("a cleaned path", json!({ "WorkingDir": "/app" }), json!({ "WorkingDir": "/app/" }), json!({}));
    check("nothing in either", json!({ "User": "", "Cmd": null, "Entrypoint": [] }), json!({}), json!({}));
    check(
        "what no image decides stays",
        json!({ "Tty": true, "StopTimeout": 7, "Future": [1] }),
        json!({ "Tty": true, "StopTimeout": 7, "Future": [1] }),
        json!({ "Tty": true, "StopTimeout": 7, "Future": [1] }),
    );
}

#[test]
fn what_the_user_set_survives() {
    let set = json!({ "User": "me", "StopSignal": "SIGINT", "WorkingDir": "/here", "Domainname": "x", "AttachStdin": false, "Shell": ["/bin/ash"] });
    check(
        "beside the image's",
        set.clone(),
        json!({ "User": "app", "StopSignal": "SIGTERM", "WorkingDir": "/", "Shell": ["/bin/sh"] }),
        set.clone(),
    );
    check("where the image says nothing", set.clone(), json!({}), set.clone());
    check("where the image has no config", set.clone(), Value::Null, set);
}

#[test]
fn variables_and_labels_go_one_by_one() {
    let old = json!({ "Env": ["PATH=/bin", "A=1", "B=1"], "Labels": { "a": "1", "b": "1" } });
    let config = json!({ "Env": ["B=2", "C", "D=x=y", "PATH=/bin", "A=1"], "Labels": { "a": "1", "b": "2", "c": "" } });
    check("mixed", config, old, json!({ "Env": ["B=2", "C", "D=x=y"], "Labels": { "b": "2", "c": "" } }));
    check("one given twice", json!({ "Env": ["A=1", "A=2"] }), json!({}), json!({ "Env": ["A=1", "A=2"] }));
}

#[test]
fn entrypoint_and_command_hang_together() {
    let old = json!({ "Entrypoint": ["/app"], "Cmd": ["serve"] });
    let check = |case: &str, entrypoint: Value, cmd: Value, expected: Value| {
        check(case, json!({ "Entrypoint": entrypoint, "Cmd": cmd }), old.clone(), expected)
    };
    check("both the image's", json!(["/app"]), json!(["serve"]), json!({}));
    check("a command", json!(["/app"]), json!(["work"]), json!({ "Cmd": ["work"] }));
    check(
        "an entrypoint: the image's command does not come back",
        json!(["/mine"]),
        json!(null),
        json!({ "Entrypoint": ["/mine"], "Cmd": null }),
    );
    check(
        "an entrypoint, and the image's command typed",
        json!(["/mine"]),
        json!(["serve"]),
        json!({ "Entrypoint": ["/mine"], "Cmd": ["serve"] }),
    );
    check("the image's entrypoint, typed without a command", json!(["/app"]), json!(null), json!({ "Entrypoint": ["/app"], "Cmd": null }));
    check("an emptied entrypoint", json!(null), json!(["/bin/ls"]), json!({ "Entrypoint": [""], "Cmd": ["/bin/ls"] }));
    check("an empty list takes the image's command", json!([]), json!(["serve"]), json!({ "Entrypoint": [] }));
}

#[test]
fn a_health_check_is_inherited_field_by_field() {
    let old = json!({ "Healthcheck": { "Test": ["CMD", "true"], "Interval": 5, "Retries": 2 } });
    let check = |case: &str, health: Value, expected: Value| check(case, json!({ "Healthcheck": health }), old.clone(), expected);
    check("the image's", json!({ "Test": ["CMD", "true"], "Interval": 5, "Retries": 2 }), json!({}));
    check("an interval", json!({ "Test": ["CMD", "true"], "Interval": 9, "Retries": 2 }), json!({ "Healthcheck": { "Interval": 9 } }));
    check(
        "a test",
        json!({ "Test": ["CMD", "x"], "Interval": 5, "Retries": 2, "Timeout": 4 }),
        json!({ "Healthcheck": { "Test": ["CMD", "x"], "Timeout": 4 } }),
    );
    check("none", json!({ "Test": ["NONE"], "Interval": 5, "Retries": 2 }), json!({ "Healthcheck": { "Test": ["NONE"] } }));
}

#[test]
fn ports_of_the_user_survive_and_those_of_the_image_follow_it() {
    let old = json!({ "ExposedPorts": { "80/tcp": {}, "81/tcp": {} } });
    let config = json!({ "ExposedPorts": { "80/tcp": {}, "81/tcp": {}, "90/udp": {} } });
    check("exposed", config.clone(), old.clone(), json!({ "ExposedPorts": { "90/udp": {} } }));
    let published = container(config, json!({ "PortBindings": { "80/tcp": [{ "HostPort": "8080" }] } }));
    check_on("published", published, old, json!({ "ExposedPorts": { "80/tcp": {}, "90/udp": {} } }));
}

#[test]
fn a_host_name_is_kept_only_if_the_user_chose_it() {
    let check = |case: &str, hostname: &str, host: Value, expected: Value| {
        check_on(case, container(json!({ "Hostname": hostname }), host), json!({}), expected);
    };
    check("generated", &ID[..12], json!({ "NetworkMode": "bridge" }), json!({}));
    check("chosen", "db", json!({ "NetworkMode": "bridge" }), json!({ "Hostname": "db" }));
    check("chosen on the host's network", "db", json!({ "NetworkMode": "host" }), json!({ "Hostname": "db" }));
    check("the host's own", "metal", json!({ "NetworkMode": "host", "UTSMode": "host" }), json!({}));
    check("another container's", "other", json!({ "NetworkMode": "container:1234" }), json!({}));
}

#[test]
fn composes_note_of_the_image_follows_the_image() {
    let check = |case: &str, label: &str, expected: &str| {
        let mut web = container(json!({ "Labels": { "com.docker.compose.image": label } }), json!({}));
        web["ImageManifestDescriptor"] = json!({ "digest": "sha256:old-manifest" });
        let old = json!({ "Id": "sha256:old", "Config": {} });
        let new = json!({ "Id": "sha256:new", "Manifests": [{ "Kind": "attestation", "ID": "sha256:x", "Available": true }, { "Kind": "image", "ID": "sha256:new-manifest", "Available": true }] });
        let request = create_request(&web, Images { old: &old, new: &new }, "web:1").unwrap_or_default();
        assert_eq!(request["Labels"]["com.docker.compose.image"], expected, "{case}");
    };
    check("the image's id", "sha256:old", "sha256:new");
    check("the platform's manifest", "sha256:old-manifest", "sha256:new-manifest");
    check("something else", "sha256:other", "sha256:other");
}

#[test]
fn a_document_that_is_none_is_refused() {
    let web = container(json!({}), json!({}));
    let (good, bad) = (image("sha256:x", json!({})), json!({}));
    let check = |predecessor: &Value, old: &Value, new: &Value, expected: &str| {
        let error: SpecError = create_request(predecessor, Images { old, new }, "web:1").expect_err(expected);
        assert_eq!(error.to_string(), expected);
    };
    check(&json!({}), &good, &good, "the container's document has no `Id`");
    check(&json!({ "Id": ID, "Config": {} }), &good, &good, "the container's document has no `HostConfig`");
    check(&web, &bad, &good, "the old image's document has no `Id`");
    check(&web, &good, &bad, "the new image's document has no `Id`");
    let mut twice = web.clone();
    twice["NetworkSettings"]["Networks"] =
        json!({ "0c6c9a78478c": { "NetworkID": "0c6c9a78478cff" }, "n1": { "NetworkID": "0c6c9a78478cff" } });
    check(
        &twice,
        &good,
        &good,
        "the container is connected twice to one network, as `0c6c9a78478c` and as `n1`, and cannot be started again by its engine",
    );
}

/// `docker run --use-api-socket` of Docker 28.5.2.
#[test]
fn credentials_that_the_client_copied_into_the_container_are_refused_and_a_mere_socket_is_not() {
    let check = |case: &str, env: Value, mounts: Value, image_env: Value, expected: Option<&str>| {
        let web = container(json!({ "Env": env }), json!({ "Mounts": mounts }));
        let image = image("sha256:x", json!({ "Env": image_env }));
        let error = create_request(&web, Images { old: &image, new: &image }, "web:1").err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), expected, "{case}");
    };
    let socket = json!([{ "Type": "bind", "Source": "/var/run/docker.sock", "Target": "/var/run/docker.sock", "BindOptions": {} }]);
    let config = json!(["DOCKER_CONFIG=/run/secrets/docker", "PATH=/bin"]);
    let refused = "`Config.Env.DOCKER_CONFIG` cannot be carried over: --use-api-socket copied credentials into the container's own files, and a new container would not have them";
    check("with credentials", config.clone(), socket.clone(), json!(["PATH=/bin"]), Some(refused));
    check("without", json!(["PATH=/bin"]), socket.clone(), json!(["PATH=/bin"]), None);
    check("without the socket", config.clone(), json!([]), json!(["PATH=/bin"]), None);
    check("the image's own", config.clone(), socket, config, None);
}
