//! What Podman knows of a container and shows by no call of its API: how its networks, devices and overlays were asked for (`podman generate
//! spec`), and what its runtime was told of the kernel (`config.json`, whose place the API tells). Both are had on the engine's own host, with
//! the rights of its own user.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Value, json};

use super::client::Client;
use super::owner::{as_user, not_started, not_that_user};
use super::said::run;
use crate::engine::calls::refused;
use crate::engine::{EngineError, LOOK};
use crate::model::Container;
use crate::user::User;

/// No such file is longer: most of it is a list of system calls.
const MOST_BYTES: u64 = 4 << 20;
/// What is kept of it. Its environment is not: it has secrets in it that inspect hides.
const KEPT: [&str; 6] =
    ["/linux/sysctl", "/linux/resources/devices", "/linux/devices", "/linux/maskedPaths", "/linux/personality", "/process/oomScoreAdj"];

impl Client {
    /// For a container that was made through the API. Errors: [`EngineError::Refused`] with what was not there.
    pub async fn notes(&self, container: &Container) -> Result<Value, EngineError> {
        let call = format!("look how container {} was made", container.name());
        // First: where that file is not, there is not the engine's store either, and its client would lay a new one.
        let path = container.document()["OCIConfigPath"].as_str().unwrap_or_default();
        let unread = |why: &str| {
            let what = "it was made through Podman's API, which does not tell all that it was asked for; the rest could not be read";
            refused(&call, 400, &format!("{what} from {path}: {why}"))
        };
        let user = self.owner.another(&call).await?;
        let text = match &user {
            None => read(Path::new(path)).map_err(|error| error.to_string()),
            Some(user) => read_as(user, &call, path).await?,
        };
        let runtime = text.and_then(|text| kept(&text)).map_err(|why| unread(&why))?;
        let said = self.ask_here(&call, &["generate", "spec", "--compact", "--name=false", container.id().as_str()]).await?;
        let generator: Value = serde_json::from_str(&said)
            .map_err(|_| EngineError::Garbage { call, detail: "`podman generate spec` wrote no document".to_owned() })?;
        Ok(json!({ "Generator": generator, "Runtime": runtime }))
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// With the rights of the user whose engine said where it is. Err within: it cannot be read.
async fn read_as(user: &User, call: &str, path: &str) -> Result<Result<String, String>, EngineError> {
    let mut command = as_user(user, "cat");
    command.args(["--", path]);
    let said = run(call, command, LOOK, |error| not_started(call, 501, "cat", error)).await?;
    match said.code {
        Some(0) => Ok(Ok(said.answer)),
        Some(_) => not_that_user(call, &said.complaint).map_or(Ok(Err(said.complaint.trim().to_owned())), Err),
        None => Err(EngineError::Unanswered { call: call.to_owned(), detail: "cat was killed".to_owned() }),
    }
}

fn kept(text: &str) -> Result<Value, String> {
    let document: Value = serde_json::from_str(text).map_err(|_| "it is no document".to_owned())?;
    let mut kept = json!({ "linux": { "resources": {} }, "process": {}, "mounts": mounts(&document) });
    for place in KEPT {
        if let (Some(value), Some((parent, key))) = (document.pointer(place), place.rsplit_once('/'))
            && let Some(Value::Object(parent)) = kept.pointer_mut(parent)
        {
            parent.insert(key.to_owned(), value.clone());
        }
    }
    Ok(kept)
}

/// Where something is mounted and how, not from where.
fn mounts(document: &Value) -> Vec<Value> {
    let mounts = document["mounts"].as_array().into_iter().flatten();
    mounts.map(|mount| json!({ "destination": mount["destination"], "type": mount["type"], "options": mount["options"] })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_runtime_s_description_no_environment_is_kept() {
        let document = json!({
            "process": { "env": ["TOKEN=secret"], "oomScoreAdj": 5 }, "linux": { "sysctl": { "a": "1" }, "resources": { "devices": [1] } },
            "mounts": [{ "destination": "/proc", "source": "secret", "options": ["hidepid=2"] }],
        });
        let kept = kept(&document.to_string()).expect("a document");
        assert_eq!(kept["process"], json!({ "oomScoreAdj": 5 }));
        assert_eq!(kept["linux"], json!({ "resources": { "devices": [1] }, "sysctl": { "a": "1" } }));
        assert!(!kept.to_string().contains("secret"), "{kept}");
        assert!(super::kept("{").is_err());
    }
}
