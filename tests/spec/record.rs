//! Makes the fixtures of tests/spec on a real engine.
//!
//! `cargo run --example record_spec -- SOCKET OLD NEW DOCKER...`: the engine's socket, two image references on that host whose configs are `OLD_CONFIG` and `NEW_CONFIG`
//! of lost_options.rs, and the command that reaches its `docker`. Leaves nothing behind but the images.

// Shared with the tests, which use the rest.
#[allow(dead_code)]
mod lost_options;
#[allow(dead_code)]
mod patch;

use std::error::Error;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Command;

use lost_options::{COMMAND, LOST, NETWORKS};
use rotate::spec::{Images, create_request};
use serde_json::{Map, Value};

type Outcome<T> = Result<T, Box<dyn Error>>;

const TAG: &str = "rich.example/web:1";

struct Engine {
    socket: String,
    docker: Vec<String>,
}

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let (Some(socket), Some(old), Some(new)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: record_spec SOCKET OLD NEW DOCKER...".into());
    };
    let engine = Engine { socket, docker: args.collect() };
    engine.clean();
    for network in NETWORKS {
        engine.docker(&[&["network", "create"], network].concat())?;
    }
    let rich: Vec<&str> = LOST.iter().flat_map(|lost| lost.args).copied().collect();
    for (name, args, command) in [("rich", rich, &COMMAND[..]), ("plain", vec![], &[][..])] {
        engine.docker(&["tag", &old, TAG])?;
        engine.docker(&[&["run", "--detach", "--name", name][..], &args, &[TAG], command].concat())?;
        engine.docker(&["tag", &new, TAG])?;
        let request = engine.record(name, &old, &new)?;
        if name == "rich" {
            engine.record_lost(&request)?;
        }
        engine.docker(&["stop", name])?;
        engine.docker(&["rename", name, &format!("{name}.old")])?;
        engine.docker(&["rename", &format!("{name}.next"), name])?;
        engine.docker(&["start", name])?;
        engine.docker(&["tag", &old, TAG])?;
        engine.record_as(name, &format!("{name}-again"), &new, &old)?;
    }
    for (name, image) in [("old", &old), ("new", &new)] {
        save(&format!("image-{name}"), &engine.call("GET", &format!("/images/{image}/json"), None)?)?;
    }
    engine.clean();
    Ok(())
}

impl Engine {
    fn clean(&self) {
        for name in ["rich", "plain"] {
            for suffix in ["", ".next", ".old"] {
                let _ = self.docker(&["rm", "--force", "--volumes", &format!("{name}{suffix}")]);
            }
        }
        let _ = self.docker(&["rmi", TAG]);
        let _ = self.docker(&["volume", "rm", "rich"]);
        let _ = self.docker(&["network", "rm", "rich1", "rich2"]);
    }

    fn record(&self, name: &str, old: &str, new: &str) -> Outcome<Value> {
        self.record_as(name, name, old, new)
    }

    /// Saves predecessor and successor of one container; the successor stays.
    fn record_as(&self, name: &str, file: &str, old: &str, new: &str) -> Outcome<Value> {
        let (old, new) = (self.call("GET", &format!("/images/{old}/json"), None)?, self.call("GET", &format!("/images/{new}/json"), None)?);
        let predecessor = self.call("GET", &format!("/containers/{name}/json"), None)?;
        let request = create_request(&predecessor, Images { old: &old, new: &new }, TAG)?;
        save(&format!("{file}-predecessor"), &predecessor)?;
        save(&format!("{file}-successor"), &self.created(&format!("{name}.next"), &request)?)?;
        Ok(request)
    }

    fn record_lost(&self, request: &Value) -> Outcome<()> {
        let base = load("rich-successor")?;
        let mut all = Map::new();
        for lost in &LOST {
            let mut request = request.clone();
            lost.pointers.iter().for_each(|pointer| remove(&mut request, pointer));
            let document = self.created("rich.lost", &request)?;
            self.docker(&["rm", "--volumes", "rich.lost"])?;
            all.insert(lost.option.to_owned(), patch::diff(&base, &document));
        }
        save("lost", &Value::Object(all))
    }

    /// What the engine says of a container just created, mounts in the order of their destinations (the engine's order is random).
    fn created(&self, name: &str, request: &Value) -> Outcome<Value> {
        self.call("POST", &format!("/containers/create?name={name}"), Some(request))?;
        let mut document = self.call("GET", &format!("/containers/{name}/json"), None)?;
        if let Some(mounts) = document["Mounts"].as_array_mut() {
            mounts.sort_by_key(|mount| mount["Destination"].to_string());
        }
        Ok(document)
    }

    fn docker(&self, args: &[&str]) -> Outcome<()> {
        let [program, first @ ..] = &self.docker[..] else { return Err("no docker command given".into()) };
        let output = Command::new(program).args(first).args(args).output()?;
        if output.status.success() {
            Ok(())
        } else {
            Err(format!("docker {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)).into())
        }
    }

    /// One call in HTTP/1.0, whose answer ends with the connection.
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = UnixStream::connect(&self.socket)?;
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: engine\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        if status.starts_with('2') { Ok(serde_json::from_str(body)?) } else { Err(format!("{method} {path}: {status} {body}").into()) }
    }
}

fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    let key = key.replace("~1", "/");
    match document.pointer_mut(parent) {
        Some(Value::Object(map)) if map.contains_key(&key) => drop(map.shift_remove(&key)),
        Some(Value::Array(list)) if key.parse().is_ok_and(|index: usize| index < list.len()) => {
            drop(list.remove(key.parse().unwrap_or_default()))
        }
        _ => panic!("the request has no {pointer}"),
    }
}

fn file(name: &str) -> String {
    format!("{}/tests/spec/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

fn load(name: &str) -> Outcome<Value> {
    Ok(serde_json::from_str(&std::fs::read_to_string(file(name))?)?)
}

fn save(name: &str, document: &Value) -> Outcome<()> {
    Ok(std::fs::write(file(name), format!("{}\n", serde_json::to_string_pretty(document)?))?)
}
