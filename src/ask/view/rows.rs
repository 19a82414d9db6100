//! Rows and documents of `plan` and `status`.

use serde_json::{Value, json};

use super::entry::short;
use super::past::time;
use crate::cycle::Status;
use crate::model::{Digest, RateLimit, RefusedDigest};
use crate::plan::{Along, Candidate, Plan, Planned, Skipped, listed};

/// First what is rotated, in order, then the rest.
pub fn plan(plan: &Plan) -> Vec<Vec<String>> {
    let rotation = |(n, planned): (usize, &Planned)| {
        let name = planned.candidate.container.name();
        let along = planned.along.iter().map(|along| beside(name, along));
        std::iter::once(rotated(n, planned)).chain(along).collect::<Vec<_>>()
    };
    let skipped = |skipped: &Skipped| vec![skipped.name.clone(), skipped.image.clone(), skipped.reason.to_string()];
    plan.rotations.iter().enumerate().flat_map(rotation).chain(plan.skipped.iter().map(skipped)).collect()
}

fn rotated(n: usize, planned: &Planned) -> Vec<String> {
    let candidate = &planned.candidate;
    let text = format!("{}. rotate from {} to {}", n + 1, runs(candidate), planned.digest.short());
    let by = candidate.service.as_ref().map(|service| format!(" by {}", service.name)).unwrap_or_default();
    let others = listed(&planned.also_moves);
    let also = if others.is_empty() { others } else { format!("; the next start of {others} brings it, too: the same tag") };
    vec![candidate.container.name().to_owned(), candidate.reference.to_string(), text + &by + &also]
}

/// One that goes along with another.
fn beside(with: &str, Along { candidate, digest, .. }: &Along) -> Vec<String> {
    let to =
        digest.as_ref().map_or_else(|| "its image stays".to_owned(), |digest| format!("from {} to {}", runs(candidate), digest.short()));
    let text = format!("along with `{with}`, which it requires: {to}");
    vec![candidate.container.name().to_owned(), candidate.reference.to_string(), text]
}

fn runs(candidate: &Candidate) -> String {
    let digests = candidate.image.digests_of(&candidate.reference);
    digests.first().map_or_else(|| "an unknown digest".to_owned(), |digest| digest.short().to_owned())
}

/// What a registry said of its limits: `registry docker.io: 76 of 100 requests left, counted over 6 h`.
pub fn limit(limit: &RateLimit) -> String {
    let number = |n: Option<u64>| n.map_or_else(|| "an unknown number".to_owned(), |n| n.to_string());
    let left = match (limit.limit, limit.remaining) {
        (None, None) => None,
        (None, Some(left)) => Some(format!("{left} requests left")),
        (Some(all), left) => Some(format!("{} of {all} requests left", number(left))),
    };
    let window = limit.window_seconds.map(|seconds| format!("counted over {}", period(seconds)));
    let pause = limit.retry_after_seconds.map(|seconds| format!("wants to be left alone for {seconds} s"));
    let said: Vec<String> = [left, window, pause].into_iter().flatten().collect();
    format!("registry {}: {}", limit.registry, said.join(", "))
}

/// In the largest unit that leaves no rest.
fn period(seconds: u64) -> String {
    match seconds {
        0 => "0 s".to_owned(),
        s if s % 3600 == 0 => format!("{} h", s / 3600),
        s if s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// The same as a document.
pub fn plan_json(plan: &Plan, version: u32) -> Value {
    let along = |Along { candidate, digest, .. }: &Along| {
        json!({
            "name": candidate.container.name(),
            "container": candidate.container.id(),
            "image": candidate.reference,
            "from_digest": candidate.image.digests_of(&candidate.reference).first(),
            "to_digest": digest,
        })
    };
    let rotation = |planned: &Planned| {
        let candidate = &planned.candidate;
        json!({
            "name": candidate.container.name(),
            "container": candidate.container.id(),
            "image": candidate.reference,
            "from_digest": candidate.image.digests_of(&candidate.reference).first(),
            "to_digest": planned.digest,
            "service": candidate.service.as_ref().map(|service| &service.name),
            "made_by": candidate.made_by(),
            "also_moves": planned.also_moves,
            "along": planned.along.iter().map(along).collect::<Vec<_>>(),
        })
    };
    let skipped = |skipped: &Skipped| {
        let Skipped { name, image, reason } = skipped;
        json!({ "name": name, "image": image, "reason": reason.code(), "message": reason.to_string(), "help": reason.help() })
    };
    json!({
        "version": version,
        "rotations": plan.rotations.iter().map(rotation).collect::<Vec<_>>(),
        "labels_not_followed": plan.not_followed,
        "skipped": plan.skipped.iter().map(skipped).collect::<Vec<_>>(),
        "limits": plan.limits,
    })
}

/// Name, image, state, and what of its rotations matters most.
pub fn status(status: &Status) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(why) = &status.stuck {
        notes.push(format!("STUCK: {why}"));
    } else if status.is_open {
        notes.push("a rotation is open".to_owned());
    }
    notes.extend(status.unwell.as_ref().map(|why| format!("UNWELL: {why}")));
    if let Some(last) = &status.last {
        let why = last.message.as_ref().map(|m| format!(": {m}")).unwrap_or_default();
        notes.push(format!("{} ({}) {}{why}", last.outcome, short(Some(&last.digest)), time(last.began_at)));
    }
    if let Some(kept) = &status.kept {
        notes.push(format!("{} kept until {}", kept.what(), time(kept.until)));
    }
    let is_refused = |digest: &Digest| status.refused.as_ref().is_some_and(|refused| refused.digest == *digest);
    if let Some(newer) = status.newer.as_ref().filter(|newer| !is_refused(&newer.digest)) {
        let only = if status.is_watched { " (watch only)" } else { "" };
        notes.push(format!("newer: {}{only}", newer.digest.short()));
    }
    if let Some(refused) = &status.refused {
        notes.push(format!("refused: {}", refused.digest.short()));
    }
    notes.extend(status.note.clone());
    vec![status.name.clone(), status.image.clone(), status.state.clone(), notes.join("; ")]
}

/// Name, image, digest, since when, and why; or that it is forgotten.
pub fn refused(refused: &RefusedDigest, is_forgotten: bool) -> Vec<String> {
    let RefusedDigest { unit, reference, digest, reason, at } = refused;
    let text = if is_forgotten { "forgotten: the next run tries it again" } else { reason };
    vec![unit.clone(), reference.to_string(), digest.short().to_owned(), time(*at), text.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::model::{Container, Image, Manager, Service};
    use crate::policy::policy;

    #[test]
    fn the_plan_tells_by_whom_the_new_container_is_made_and_names_the_unit_of_systemd_if_it_is_one() {
        let none = std::collections::BTreeMap::new();
        let planned = |service: Option<&str>, container: Value| Planned {
            candidate: Candidate {
                container: Container::new(container),
                image: Image::new(json!({})),
                reference: "web.example/web:1".parse().expect("a reference"),
                policy: policy(&Config::default(), &none, &none).expect("the usual policy"),
                is_watched: false,
                service: service.map(|name| Service {
                    name: name.to_owned(),
                    drop_ins: Vec::new(),
                    dependents: Vec::new(),
                    is_to_note: false,
                    down: Vec::new(),
                    manager: Manager::System,
                    was_pinned: false,
                    source: None,
                    leaves_drop_ins: false,
                    siblings: Vec::new(),
                }),
                dependents: Vec::new(),
            },
            digest: format!("sha256:{}", "b".repeat(64)).parse().expect("a digest"),
            pulled_as: None,
            along: Vec::new(),
            also_moves: vec!["db".to_owned()],
        };
        let of_docker = json!({ "Id": "4f1c", "Name": "web" });
        let of_an_api = json!({ "Id": "4f1c", "Name": "web", "OCIRuntime": "crun" });
        let of_a_command =
            json!({ "Id": "4f1c", "Name": "web", "OCIRuntime": "crun", "Config": { "CreateCommand": ["podman", "run", "web"] } });
        let rotations = vec![
            planned(Some("web.service"), of_a_command.clone()),
            planned(None, of_docker),
            planned(None, of_an_api),
            planned(None, of_a_command),
        ];
        let all = Plan { rotations, ..Plan::default() };
        let (rows, document) = (plan(&all), plan_json(&all, 1));
        let said = "rotate from an unknown digest to sha256:bbbbbbbbbbbb";
        assert_eq!(rows[0][2], format!("1. {said} by web.service; the next start of `db` brings it, too: the same tag"));
        assert_eq!(rows[1][2], format!("2. {said}; the next start of `db` brings it, too: the same tag"));
        assert_eq!(document["rotations"][0]["service"], "web.service");
        assert_eq!(document["rotations"][1]["service"], Value::Null);
        let made_by: Vec<&Value> = (0..4).map(|n| &document["rotations"][n]["made_by"]).collect();
        assert_eq!(made_by, [&json!("unit"), &Value::Null, &json!("api"), &json!("command")]);
    }
}
