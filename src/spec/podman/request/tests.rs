use super::*;
use crate::spec::podman::heeded::HEEDED;

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
    create_request(Container(&document(command)), "web:latest", &Value::Null)
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
        "--http-proxy=false",
        &format!("--volume={}:/declared:rw", "b".repeat(64)),
        "docker.io/library/web:latest",
        "serve",
        "--rm",
        "-x",
    ];
    assert_eq!(texts(&asked["Arguments"]).collect::<Vec<_>>(), expected);
    assert_eq!(asked["Environment"], json!({ "TOKEN": "secret", "A": "b" }));
}

/// What an argument and what the client's environment says of a variable that the command took from its shell.
fn handed_over(name: &str) -> (String, Value) {
    let mut taken = document(&["podman", "run", "-e", name, "web"]);
    taken["Config"]["Env"] = json!([format!("{name}=s3cret")]);
    taken["Mounts"] = json!([]);
    let asked = create_request(Container(&taken), "web", &Value::Null).expect("a request");
    let argument = texts(&asked["Arguments"]).find_map(|argument| argument.strip_prefix("--env=")).unwrap_or_default().to_owned();
    (argument, asked["Environment"].clone())
}

/// By the environment it would arrive as typed, and the container has it otherwise.
#[test]
fn a_variable_whose_lines_end_as_on_windows_is_handed_over_as_the_container_has_it() {
    let value = |shown: &str| {
        let mut made = document(&["podman", "run", "-e", "KEY=one\r\ntwo\r\n", "web"]);
        made["Config"]["Env"] = json!([format!("KEY={shown}")]);
        create_request(Container(&made), "web", &Value::Null).expect("a request")["Environment"]["KEY"].clone()
    };
    assert_eq!(value("one\ntwo\n"), "one\ntwo\n");
    assert_eq!(value("one\r\ntwo\r\n"), "one\r\ntwo\r\n");
    assert_eq!(value("one and more"), "one\r\ntwo\r\n", "what `--env-merge` makes of it is made of it again");
}

#[test]
fn a_secret_is_no_argument_whatever_its_name_begins_with() {
    for name in [
        "LD_SDK_KEY",
        "GOTIFY_DEFAULTUSER_PASS",
        "GOOGLE_CLIENT_SECRET",
        "REGISTRY_HTTP_SECRET",
        "DOCKER_INFLUXDB_INIT_PASSWORD",
        "STORAGE_ACCOUNT_KEY",
        "CONTAINER_TOKEN",
        "SSL_KEY_PASSWORD",
        "PODMAN_PASSWORD",
        "https_proxy",
        "HTTP_PROXY",
        "discovery.type",
    ] {
        assert_eq!(handed_over(name), (name.to_owned(), json!({ name: "s3cret" })));
    }
}

#[test]
fn a_variable_that_the_client_would_heed_is_an_argument_and_not_in_its_environment() {
    for name in HEEDED.iter().copied().chain(["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"]) {
        assert_eq!(handed_over(name), (format!("{name}=s3cret"), json!({})));
    }
}

#[test]
fn an_older_name_of_an_option_is_said_as_todays() {
    let check = ["podman", "run", "--healthcheck-command", "/bin/sh -c true", "--healthcheck-interval=1s", "--override-os", "linux", "web"];
    let mut made = document(&check);
    made["Mounts"] = json!([]);
    let asked = create_request(Container(&made), "web", &Value::Null).expect("a request");
    let expected =
        ["--health-cmd=/bin/sh -c true", "--health-interval=1s", "--os=linux", "--http-proxy=false", "docker.io/library/web:latest"];
    assert_eq!(texts(&asked["Arguments"]).collect::<Vec<_>>(), expected);
}

#[test]
fn a_member_joins_the_pod_by_its_id_and_gets_its_restart_policy_at_the_switch() {
    let mut member = document(&["podman", "run", "-d", "--restart=always", "--pod", "new:app", "--pod-id-file=/run/app", "web"]);
    member["Pod"] = "abc".into();
    member["Mounts"] = json!([]);
    let asked = create_request(Container(&member), "web", &Value::Null).expect("a request");
    assert_eq!(
        texts(&asked["Arguments"]).collect::<Vec<_>>(),
        ["--http-proxy=false", "--pod=abc", "--restart=no", "docker.io/library/web:latest"]
    );
    member["Config"]["CreateCommand"] = json!(["podman", "run", "web"]);
    assert!(create_request(Container(&member), "web", &Value::Null).is_err_and(|error| error.to_string().contains("Pod")));
}

/// What the old image says the new one may say otherwise; what was typed is there already; a secret is asked for as one.
#[test]
fn proxies_of_the_shell_are_handed_over_by_the_environment_and_those_of_the_service_are_kept_away() {
    let mut made = document(&["podman", "run", "--http-proxy", "-e", "https_proxy", "--secret=ftp_proxy,type=env", "web"]);
    made["Mounts"] = json!([]);
    made["Config"]["Env"] = json!([
        "http_proxy=http://me:s3cret@proxy:3128",
        "https_proxy=x",
        "NO_PROXY=lan",
        "no_proxy=image",
        "ftp_proxy=shown by 4.3",
        "A=b"
    ]);
    let asked = create_request(Container(&made), "web", &json!(["no_proxy=image"])).expect("a request");
    let expected = [
        "--env=https_proxy",
        "--secret=ftp_proxy,type=env",
        "--http-proxy=false",
        "--env=http_proxy",
        "--env=NO_PROXY",
        "docker.io/library/web:latest",
    ];
    assert_eq!(texts(&asked["Arguments"]).collect::<Vec<_>>(), expected);
    let environment = json!({ "http_proxy": "http://me:s3cret@proxy:3128", "https_proxy": "x", "NO_PROXY": "lan" });
    assert_eq!(asked["Environment"], environment);

    made["Config"]["CreateCommand"] = json!(["podman", "run", "--env-file=/etc/web.env", "web"]);
    made["Config"]["Entrypoint"] = json!(""); // as 4.3 shows it, whose client does not know the option
    let asked = create_request(Container(&made), "web", &Value::Null).expect("a request");
    assert_eq!(texts(&asked["Arguments"]).collect::<Vec<_>>(), ["--env-file=/etc/web.env", "docker.io/library/web:latest"]);
}

/// As `podman update` left them. Swap without a limit is shown as 0.
#[test]
fn limits_are_those_that_the_container_has_now_and_what_inspect_does_not_show_is_said_as_typed() {
    let mut made = document(&["podman", "run", "-m", "64m", "--memory-swap=-1", "--cpus", "0.5", "--cpuset-cpus=0", "web"]);
    made["Mounts"] = json!([]);
    made["HostConfig"] =
        json!({ "Memory": 134217728, "MemorySwap": 0, "CpuPeriod": 100000, "CpuQuota": 25000, "CpuShares": 0, "CpusetCpus": "0-1" });
    let asked = create_request(Container(&made), "web", &Value::Null).expect("a request");
    let expected = [
        "--memory-swap=-1",
        "--cpu-period=100000",
        "--cpu-quota=25000",
        "--cpuset-cpus=0-1",
        "--memory=134217728",
        "--http-proxy=false",
        "docker.io/library/web:latest",
    ];
    assert_eq!(texts(&asked["Arguments"]).collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_in_other_networks_than_it_was_made_in_is_held() {
    let is_held = |options: &[&str], networks: &[&str], pod: &str| {
        let mut made = document(&[&["podman", "run"], options, &["web"]].concat());
        made["HostConfig"]["NetworkMode"] = "bridge".into();
        made["NetworkSettings"]["Networks"] =
            networks.iter().map(|name| ((*name).to_owned(), json!({}))).collect::<serde_json::Map<_, _>>().into();
        made["Pod"] = pod.into();
        create_request(Container(&made), "web", &Value::Null).is_err_and(|error| error.to_string().contains("podman network connect"))
    };
    for options in [&[][..], &["--network", "bridge"], &["--net=one:alias=a,alias=b"]] {
        assert!(!is_held(options, &["one"], ""), "{options:?}");
        assert!(is_held(options, &["one", "two"], "") && is_held(options, &[], ""), "{options:?}");
    }
    for options in [&["--network", "one,two"][..], &["--network=one:ip=10.0.0.2", "--network=two"]] {
        assert!(!is_held(options, &["one", "two"], "") && is_held(options, &["one"], ""), "{options:?}");
    }
    assert!(!is_held(&["--pod=app"], &["one", "two"], "abc"), "the pod's");
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
    assert!(error(&["podman", "run", "--cgroups=split", "web"]).contains("--cgroups"));
    assert!(error(&["podman", "run", "--log-driver", "passthrough", "web"]).contains("--log-driver"));
    assert!(error(&["podman", "run", "--pidfile", "/run/web.pid", "web"]).contains("--pidfile"));
    assert!(error(&["podman", "--hooks-dir", "run", "run", "web"]).contains("--hooks-dir"));
    assert!(error(&["podman", "run", "--userns=auto:size=9", "web"]).contains("`U` or `idmap`"));
    assert_eq!(error(&["podman", "run", "--userns=auto", "--userns=keep-id", "web"]), "");
    assert_eq!(error(&["podman", "--connection", "run", "container", "run", "web"]), "");
}

#[test]
fn where_podman_chooses_the_numbers_only_what_follows_them_or_is_read_may_be_mounted() {
    let is_held = |mount: Value| {
        let mut web = document(&["podman", "run", "--userns=auto", "web"]);
        web["Mounts"] = json!([mount]);
        create_request(Container(&web), "web", &Value::Null).is_err()
    };
    let mount =
        |kind: &str, options: &[&str], writable: bool| json!({ "Type": kind, "Destination": "/data", "Options": options, "RW": writable });
    for option in ["U", "idmap"] {
        assert!(!is_held(mount("volume", &["nosuid", option], true)) && !is_held(mount("bind", &["rbind", option], true)), "{option}");
    }
    assert!(!is_held(mount("bind", &["rbind"], false)));
    assert!(is_held(mount("bind", &["rbind"], true)));
    // Podman gives an empty one to whoever is the first to mount it, if only to read.
    assert!(is_held(mount("volume", &["nosuid"], true)) && is_held(mount("volume", &["nosuid"], false)));
    // Which ids are mapped to which is said with these numbers.
    assert!(is_held(mount("volume", &["idmap=uids=0-200000-1"], true)));
    // What lies below an overlay is the volume.
    assert!(is_held(mount("volume", &["O"], true)));
}
