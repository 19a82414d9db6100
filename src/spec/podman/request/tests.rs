use super::*;

fn document(command: &[&str]) -> Value {
    json!({
        "Id": "0123456789abcdef", "OCIRuntime": "crun",
        "HostConfig": { "PortBindings": { "81/tcp": [{ "HostPort": "40081" }], "82/udp": [{ "HostPort": "40082" }] } },
        "Config": { "CreateCommand": command, "Env": ["TOKEN=secret", "A=b"] },
        "Mounts": [
            { "Type": "volume", "Name": "a".repeat(64), "Destination": "/anon", "RW": true },
            { "Type": "volume", "Name": "b".repeat(64), "Destination": "/declared", "RW": true },
            { "Type": "volume", "Name": "c".repeat(64), "Destination": "/long", "RW": true },
            { "Type": "bind", "Source": "/srv/here", "Destination": "/here", "RW": true },
        ],
    })
}

fn request(command: &[&str]) -> Result<Value, SpecError> {
    create_request(Container(&document(command)), "web:latest")
}

#[test]
fn what_made_the_container_is_said_again_without_what_was_of_that_run() {
    let command = [
        "/usr/bin/podman",
        "--log-level",
        "debug",
        "run",
        "-dit",
        "--name",
        "web",
        "--replace",
        "--restart=always",
        "-e",
        "LD_PRELOAD=/x.so",
        "-p80:80",
        "-p",
        "81",
        "--publish=127.0.0.1::82/udp",
        "-e",
        "TOKEN",
        "-e",
        "A=b",
        "-e",
        "GONE",
        "-v",
        "/anon",
        "--volume=./here:/here:ro",
        "--mount",
        "type=volume,dst=/long",
        "--init=false",
        "--rm=false",
        "web",
        "serve",
        "--rm",
        "-x",
    ];
    let asked = request(&command).expect("a request");
    let expected = [
        "--interactive",
        "--tty",
        "--env=LD_PRELOAD=/x.so",
        "--publish=80:80",
        "--publish=40081:81",
        "--publish=127.0.0.1:40082:82/udp",
        "--env=TOKEN",
        "--env=A",
        &format!("--volume={}:/anon", "a".repeat(64)),
        "--volume=/srv/here:/here:ro",
        &format!("--mount=type=volume,dst=/long,src={}", "c".repeat(64)),
        "--init=false",
        &format!("--volume={}:/declared:rw", "b".repeat(64)),
        "docker.io/library/web:latest",
        "serve",
        "--rm",
        "-x",
    ];
    assert_eq!(texts(&asked["Arguments"]).collect::<Vec<_>>(), expected);
    assert_eq!(asked["Environment"], json!({ "TOKEN": "secret", "A": "b" }));
}

#[test]
fn a_member_joins_the_pod_by_its_id_and_gets_its_restart_policy_at_the_switch() {
    let mut member = document(&["podman", "run", "-d", "--restart=always", "--pod", "new:app", "--pod-id-file=/run/app", "web"]);
    member["Pod"] = "abc".into();
    member["Mounts"] = json!([]);
    let asked = create_request(Container(&member), "web").expect("a request");
    assert_eq!(texts(&asked["Arguments"]).collect::<Vec<_>>(), ["--pod=abc", "--restart=no", "docker.io/library/web:latest"]);
    member["Config"]["CreateCommand"] = json!(["podman", "run", "web"]);
    assert!(create_request(Container(&member), "web").is_err_and(|error| error.to_string().contains("Pod")));
}

#[test]
fn what_cannot_be_said_again_is_named() {
    let error = |command: &[&str]| request(command).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error(&["podman", "run", "--init-ctr", "once", "--pod", "p", "web"]).contains("--init-ctr"));
    assert!(error(&["podman", "run", "--rm", "web"]).contains("--rm"));
    assert!(error(&["podman", "run", "--env-file", "vars", "web"]).contains("--env-file"));
    assert!(error(&["podman", "run", "--made-up=secret", "web"]).contains("--made-up`"));
    assert!(error(&["podman", "run", "-z", "web"]).contains("-z"));
    assert!(error(&["podman", "run", "-e", "A*", "web"]).contains("--env"));
    assert!(error(&["podman", "run", "-v", "./over:/over:O", "web"]).contains("--volume"));
    assert!(error(&["podman", "run", "--mount", "type=bind,src=here,dst=/here", "web"]).contains("--mount"));
    assert!(error(&["podman", "run", "--security-opt", "seccomp=own.json", "web"]).contains("--security-opt"));
    assert!(error(&["podman", "run", "--group-add", "keep-groups", "web"]).contains("--group-add"));
    assert!(error(&["podman", "run", "--pidfile", "/run/web.pid", "web"]).contains("--pidfile"));
    assert!(error(&["podman", "--hooks-dir", "run", "run", "web"]).contains("--hooks-dir"));
    assert_eq!(error(&["podman", "--connection", "run", "container", "run", "web"]), "");
}
