//! The host's own registry once more, over TLS and at an address that no engine takes for insecure.

use std::{fs, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::{Host, Scratch, wait_for};

/// An authority that no machine trusts by itself.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate.
    pub pem: String,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no name is a good list of names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        let key = KeyPair::generate().expect("a key can be made");
        let pem = params.self_signed(&key).expect("a certificate can be made").pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for this address or client, and its key.
    pub fn sign(&self, name: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a good name");
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key can be made");
        (params.signed_by(&key, &self.issuer).expect("a certificate can be made").pem(), key.serialize_pem())
    }
}

/// Debian's registry with the images of the host's, in a unit of its own. Dropped, it is gone, its address and what the engine knows of it too.
pub struct SecureRegistry {
    host: &'static Host,
    unit: String,
    ip: String,
    address: String,
}

impl SecureRegistry {
    /// With this authority's certificate; with `asks`, for clients only that it knows. Each test has another `number` (1 to 254).
    #[track_caller]
    pub fn start(s: &Scratch, authority: &Authority, number: u8, asks: bool) -> SecureRegistry {
        // TEST-NET-3, RFC 5737: nobody's, and not in the network that the hosts' engines have among their insecure registries.
        let (ip, unit) = (format!("203.0.113.{number}"), s.name("registry"));
        let address = format!("{ip}:5443");
        let (certificate, key) = authority.sign(&ip);
        let mut tls = serde_json::json!({
            "certificate": s.host_file("own.crt", &certificate),
            "key": s.host_file("own.key", &key),
        });
        if asks {
            tls["clientcas"] = [s.host_file("clients.crt", &authority.pem)].as_slice().into();
        }
        // JSON is YAML.
        let config = serde_json::json!({
            "version": 0.1,
            "log": { "level": "warn" },
            "storage": { "filesystem": { "rootdirectory": "/var/lib/docker-registry" } },
            "http": { "addr": address, "tls": tls },
        });
        let config = s.host_file("registry.yml", &config.to_string());
        let registry = SecureRegistry { host: s.host, unit, ip, address };
        registry.sh("ip addr replace $1/32 dev lo && systemd-run -q --unit=$2 --collect docker-registry serve $3", &config);
        wait_for("the secure registry listens", Duration::from_secs(60), || {
            s.host.exec(&["bash", "-c", &format!("exec 3<>/dev/tcp/{}/5443", registry.ip)]).status.success().then_some(())
        });
        registry
    }

    /// `IP:PORT`, as the host and its engine see it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Puts a file where the host's engine looks for what it needs to know of this registry.
    #[track_caller]
    pub fn tell_engine(&self, name: &str, text: &str) {
        let folder = self.folder();
        fs::create_dir_all(self.host.path(&folder)).expect("the host's disk takes a folder");
        fs::write(self.host.path(&folder).join(name), text).expect("the host's disk takes a file");
    }

    /// Takes one of these files away.
    #[track_caller]
    pub fn take_from_engine(&self, name: &str) {
        fs::remove_file(self.host.path(&self.folder()).join(name)).expect("the file is there");
    }

    fn folder(&self) -> String {
        let settings = if self.host.engine().ends_with("-rootless") { "/home/op/.config" } else { "/etc" };
        let engine = if self.host.has_podman() { "containers" } else { "docker" };
        format!("{settings}/{engine}/certs.d/{}", self.address)
    }

    #[track_caller]
    fn sh(&self, script: &str, argument: &str) {
        let output = self.host.exec(&["sh", "-c", script, "_", &self.ip, &self.unit, argument]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for SecureRegistry {
    fn drop(&mut self) {
        let script = r#"systemctl stop "$2"; rm -rf "$3"; ip addr del "$1/32" dev lo"#;
        self.host.exec(&["sh", "-c", script, "_", &self.ip, &self.unit, &self.folder()]);
    }
}
