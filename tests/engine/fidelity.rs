//! The comparison on the real engine: no false alarm, and no lost option that it does not find. `tests/spec` does the same, and flips every
//! leaf, on documents recorded from real engines.

use rotate::engine::{Docker, Engine};
use rotate::spec::{Difference, Images, compare, create_request, leave_main_network};
use serde_json::Value;

use super::scratch;
use crate::lab::Scratch;

/// Options of `docker run`, and where the create request carries each: without that part, the successor is another container.
const OPTIONS: [(&[&str], &str); 26] = [
    (&["-e", "MINE=1"], "/Env"),
    (&["--label", "mine=1"], "/Labels/mine"),
    (&["--user", "1:1"], "/User"),
    (&["--workdir", "/tmp"], "/WorkingDir"),
    (&["--stop-signal", "SIGUSR1"], "/StopSignal"),
    (&["--stop-timeout", "7"], "/StopTimeout"),
    (&["--hostname", "mine"], "/Hostname"),
    (&["--health-retries", "9"], "/Healthcheck"),
    (&["--expose", "9000"], "/ExposedPorts"),
    (&["--restart", "on-failure:3"], "/HostConfig/RestartPolicy"),
    (&["-p", "127.0.0.1::81"], "/HostConfig/PortBindings"),
    (&["-v", "VOL"], "/HostConfig/Binds"),
    (&["--mount", "type=bind,src=/tmp,dst=/bound,readonly"], "/HostConfig/Mounts"),
    (&["--tmpfs", "/scratch:size=1m"], "/HostConfig/Tmpfs"),
    (&["--cap-add", "NET_ADMIN"], "/HostConfig/CapAdd"),
    (&["--cap-drop", "MKNOD"], "/HostConfig/CapDrop"),
    (&["--ulimit", "nofile=100:200"], "/HostConfig/Ulimits"),
    (&["--log-opt", "max-size=2m"], "/HostConfig/LogConfig"),
    (&["--sysctl", "net.core.somaxconn=1024"], "/HostConfig/Sysctls"),
    (&["--add-host", "there:10.9.8.7"], "/HostConfig/ExtraHosts"),
    (&["--init"], "/HostConfig/Init"),
    (&["--shm-size", "10m"], "/HostConfig/ShmSize"),
    (&["--security-opt", "no-new-privileges"], "/HostConfig/SecurityOpt"),
    (&["-p", "82"], "/HostConfig/PortBindings/82~1tcp"),
    // A second network, without any setting of its own, by `docker network connect`.
    (&[], "/NetworkingConfig/EndpointsConfig/SECOND"),
    (&["--network", "NET", "--ip", "IP", "--network-alias", "mine"], "/NetworkingConfig"),
];

const ENDPOINTS: &str = "/NetworkingConfig/EndpointsConfig";

/// A predecessor with every option, its new image, and what is needed to make successors of it.
struct Pair<'a> {
    s: &'a Scratch,
    engine: Docker,
    old: Value,
    old_image: Value,
    new_image: Value,
}

impl<'a> Pair<'a> {
    /// `subnet`: a number that no other test has.
    async fn new(s: &'a Scratch, subnet: u8) -> Self {
        s.host.docker(&["network", "create", "--subnet", &format!("172.31.{subnet}.0/24"), &s.name("net")]);
        let v1 = r#"{"Env": ["PATH=/bin", "GONE=1", "KEPT=1"], "Labels": {"of.image": "1"}, "Volumes": {"/data": {}}}"#;
        let v2 = r#"{"Env": ["PATH=/bin:/usr/bin", "KEPT=2", "NEW=1"], "Labels": {"of.image": "2"}, "Volumes": {"/data": {}, "/more": {}},
                     "StopSignal": "SIGINT", "ExposedPorts": {"80/tcp": {}, "443/tcp": {}}}"#;
        s.push_with("web", "ok:v1", v1);
        let own = |word: &&str| match *word {
            "NET" => s.name("net"),
            "IP" => format!("172.31.{subnet}.10"),
            "VOL" => format!("{}:/named", s.name("vol")),
            word => word.to_owned(),
        };
        let options: Vec<String> = OPTIONS.iter().flat_map(|(options, _)| options.iter()).map(own).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        s.run("web", &options);
        s.host.docker(&["network", "create", &s.name("second")]);
        s.host.docker(&["network", "connect", &s.name("second"), &s.name("web")]);
        let engine = Docker::connect(&s.host.socket()).await.expect("the engine answers");
        let document = |name: &str| s.host.inspect(name);
        let image = |name: &str| serde_json::from_str::<Vec<Value>>(&s.host.docker(&["image", "inspect", name])).expect("JSON")[0].clone();
        let old = document(&s.name("web"));
        let old_image = image(old["Image"].as_str().expect("an id")); // gone after the pull, with containerd's store of Docker 26.1
        s.push_with("web", "ok:v2", v2);
        s.host.docker(&["pull", "-q", &s.image("web")]);
        let new_image = image(&s.image("web"));
        Self { s, engine, old, old_image, new_image }
    }

    fn images(&self) -> Images<'_> {
        Images { old: &self.old_image, new: &self.new_image }
    }

    /// What the engine says of the container that this request makes.
    async fn made(&self, request: &Value, name: &str) -> Value {
        let (mut first, mut others) = (request.clone(), serde_json::Map::new());
        if !self.engine.takes_all_networks() {
            leave_main_network(&mut first, &self.old);
            others = request.pointer(ENDPOINTS).and_then(Value::as_object).cloned().unwrap_or_default();
            others.retain(|network, _| first.pointer(ENDPOINTS).is_some_and(|taken| taken.get(network).is_none()));
        }
        let id = self.engine.create(&self.s.name(name), &first, None).await.expect("the engine creates it");
        for (network, endpoint) in &others {
            self.engine.connect(&id, network, endpoint).await.expect("the engine connects it");
        }
        self.engine.container(&self.s.name(name)).await.expect("an answer").expect("a container").document().clone()
    }

    fn request(&self) -> Value {
        create_request(&self.old, self.images(), &self.s.image("web")).expect("a request")
    }

    fn unexplained(&self, new: &Value) -> Vec<Difference> {
        compare(&self.old, new, self.images()).into_iter().filter(|difference| difference.explained_by.is_none()).collect()
    }
}

#[tokio::test]
async fn a_successor_with_two_dozen_options_differs_in_nothing_unexplained() {
    let s = scratch("faithful");
    let pair = Pair::new(&s, 78).await;
    let new = pair.made(&pair.request(), "next").await;
    assert_eq!(pair.unexplained(&new), vec![]);
    let env = new["Config"]["Env"].to_string();
    assert!(env.contains("MINE=1") && env.contains("NEW=1") && env.contains("KEPT=2") && !env.contains("GONE"), "{env}");
    assert_eq!(new["Config"]["StopSignal"], "SIGUSR1", "the operator's");
    assert_eq!(new["Config"]["Labels"]["of.image"], "2", "the new image's");
}

#[tokio::test]
async fn a_create_request_that_lost_one_option_is_found_out_by_the_comparison() {
    let s = scratch("lost");
    let pair = Pair::new(&s, 79).await;
    for (n, (options, pointer)) in OPTIONS.iter().enumerate() {
        let mut request = pair.request();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let key = &key.replace("SECOND", &s.name("second")).replace("~1", "/");
        let lost = request.pointer_mut(parent).and_then(Value::as_object_mut).and_then(|fields| fields.remove(key));
        assert!(lost.is_some(), "{options:?}: the request has no {pointer}");
        let new = pair.made(&request, &format!("lost{n}")).await;
        assert!(!pair.unexplained(&new).is_empty(), "{options:?} got lost and was not missed");
    }
}
