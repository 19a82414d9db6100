//! Answers of several engines as one: each line, and each object of the document, says whose it is. Pure.

use serde_json::{Map, Value, json};

use super::{Trouble, View};
use crate::ask::{Ask, Problem};
use crate::cycle::Report;
use crate::plan::Plan;

/// What stands in the document for each engine.
const ENGINES: &str = "engines";
/// What stands above the engines' names.
const HEAD: &str = "ENGINE";
/// What names the engine in an object.
const ENGINE: &str = "engine";

impl View {
    /// The answer to this question where no engine has anything to say.
    pub fn nothing(ask: &Ask) -> Self {
        let nothing = match ask.bare() {
            Ask::Now(request) => Self::report(&Report { is_dry_run: request.is_dry_run, entries: Vec::new() }),
            Ask::Rollback { .. } => Self::report(&Report::default()),
            Ask::Plan { .. } => Self::plan(&Plan::default()),
            Ask::Status {} => Self::status(&[]),
            Ask::History { name, .. } => Self::history(&[], name.is_some()),
            Ask::Hold { .. } => Self::held(&[]),
            Ask::Release { .. } => Self::released(&[]),
            Ask::Refused { forget } => Self::refused(&[], !forget.is_empty()),
            Ask::Explain { .. } | Ask::On { .. } => Self::new(json!({ "version": super::JSON_VERSION }), &["WHAT", "HOW"], Vec::new()),
        };
        if nothing.is_one_thing() {
            return nothing;
        }
        Self { head: before(HEAD, nothing.head), ..nothing }
    }

    /// Rows of what and how, not of containers.
    fn is_one_thing(&self) -> bool {
        self.head.first().is_some_and(|head| head == "WHAT")
    }

    /// The same answer, which says of which engine it is.
    pub fn of_engine(self, engine: &str) -> Self {
        let named = |text: String| format!("{engine}: {text}");
        let (head, rows) = match self.is_one_thing() {
            true => (self.head, [vec![vec![ENGINE.to_owned(), engine.to_owned()]], self.rows].concat()),
            false => (before(HEAD, self.head), self.rows.into_iter().map(|row| row_of(engine, row)).collect()),
        };
        let problem = self.problem.map(|problem| Problem { error: named(problem.error), ..problem });
        Self {
            document: document_of(engine, self.document, problem.as_ref()),
            head,
            rows,
            below: self.below.into_iter().map(named).collect(),
            trouble: self.trouble.into_iter().map(|trouble| Trouble { error: named(trouble.error), ..trouble }).collect(),
            talk: self.talk.into_iter().map(named).collect(),
            problem,
            exit: self.exit,
        }
    }

    /// Of an engine that gave no answer. `is_expected`: that is a fault.
    pub fn away(engine: &str, problem: &Problem, is_expected: bool) -> Self {
        let document = document_of(engine, json!({ "version": super::JSON_VERSION }), Some(problem));
        let view = Self::new(document, &[], Vec::new());
        if !is_expected {
            return Self { below: vec![format!("{}; {}", problem.error, problem.help)], ..view };
        }
        Self { exit: problem.exit, trouble: vec![problem.trouble()], ..view }
    }

    /// Both. The exit code is the greater one.
    pub fn beside(mut self, other: Self) -> Self {
        // Whoever is named last is not to hide what ended the work of another.
        let problem = match (self.problem.take(), other.problem) {
            (Some(one), Some(other)) => {
                self.trouble.push(one.trouble());
                Some(other)
            }
            (one, other) => one.or(other),
        };
        self.rows.extend(other.rows);
        self.below.extend(other.below);
        self.trouble.extend(other.trouble);
        self.talk.extend(other.talk);
        merge(&mut self.document, other.document);
        Self { problem, exit: self.exit.max(other.exit), ..self }
    }
}

impl Problem {
    fn trouble(&self) -> Trouble {
        let Self { error, state, help, .. } = self.clone();
        Trouble { error, state, help, log: Vec::new() }
    }
}

fn before(first: &str, mut row: Vec<String>) -> Vec<String> {
    row.insert(0, first.to_owned());
    row
}

/// What stands below a row, about it, begins with blanks.
fn row_of(engine: &str, row: Vec<String>) -> Vec<String> {
    let is_below = row.first().is_none_or(|cell| cell.is_empty() || cell.starts_with(' '));
    before(if is_below { "" } else { engine }, row)
}

/// Each object says whose it is; where there is only a name, it is written as one types it: `podman:alice/web`.
fn document_of(engine: &str, document: Value, problem: Option<&Problem>) -> Value {
    let Value::Object(fields) = document else { return document };
    let whole = |name: &str| Value::from(format!("{engine}/{name}"));
    let mut named = Map::new();
    for (key, value) in fields {
        let value = match value {
            // Beside the engine's name, below.
            Value::Object(_) if key == "problem" => continue,
            Value::Object(lists) if lists.values().all(Value::is_array) && key == "labels_not_followed" => {
                lists.into_iter().map(|(name, list)| (format!("{engine}/{name}"), list)).collect()
            }
            Value::Object(object) => Value::Object(object_of(engine, object)),
            Value::Array(all) => all
                .into_iter()
                .map(|item| match item {
                    Value::Object(object) => Value::Object(object_of(engine, object)),
                    Value::String(name) => whole(&name),
                    other => other,
                })
                .collect(),
            other => other,
        };
        named.insert(key, value);
    }
    named.insert(ENGINES.to_owned(), json!([{ "name": engine, "problem": problem }]));
    Value::Object(named)
}

fn object_of(engine: &str, object: Map<String, Value>) -> Map<String, Value> {
    std::iter::once((ENGINE.to_owned(), Value::from(engine))).chain(object).collect()
}

fn merge(one: &mut Value, other: Value) {
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return };
    for (key, value) in other {
        match (one.get_mut(&key), value) {
            (Some(Value::Array(all)), Value::Array(more)) if key == ENGINES => {
                // Each engine once, however many parts an answer has.
                let is_new = |engine: &Value| all.iter().all(|known| known["name"] != engine["name"]);
                let more: Vec<Value> = more.into_iter().filter(is_new).collect();
                all.extend(more);
            }
            (Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
            (Some(Value::Object(all)), Value::Object(more)) => all.extend(more),
            (Some(_), _) => {}
            (None, value) => drop(one.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Exit;
    use crate::cycle::Request;

    fn view(names: &[&str], exit: Exit) -> View {
        let containers: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        let rows = names.iter().flat_map(|name| [vec![(*name).to_owned(), "x:1".into()], vec![String::new(), "differs".into()]]).collect();
        let document = json!({ "version": 1, "containers": containers, "released": names, "labels_not_followed": { "web": ["a"] } });
        View { exit, ..View::new(document, &["NAME", "IMAGE"], rows) }
    }

    #[test]
    fn each_line_and_each_object_says_of_which_engine_it_is() {
        let away = Problem { error: "podman: off".into(), state: "nothing was changed".into(), help: "on".into(), exit: Exit::NoEngine };
        let both = View::nothing(&Ask::Now(Request::default()))
            .beside(view(&["web"], Exit::Failed).of_engine("docker"))
            .beside(View::away("podman", &away, true))
            .beside(view(&["web"], Exit::Done).of_engine("podman:alice"));
        assert_eq!(both.head, ["ENGINE", "NAME", "IMAGE", "RESULT"]);
        assert_eq!(both.rows, [["docker", "web", "x:1"], ["", "", "differs"], ["podman:alice", "web", "x:1"], ["", "", "differs"]]);
        assert_eq!(both.exit, Exit::NoEngine, "the greater one");
        assert_eq!(both.trouble.iter().map(|t| t.error.as_str()).collect::<Vec<_>>(), ["podman: off"]);
        let document = &both.document;
        assert_eq!(document["containers"], json!([{ "engine": "docker", "name": "web" }, { "engine": "podman:alice", "name": "web" }]));
        assert_eq!(document["released"], json!(["docker/web", "podman:alice/web"]));
        assert_eq!(document["labels_not_followed"], json!({ "docker/web": ["a"], "podman:alice/web": ["a"] }));
        let engines = document["engines"].as_array().expect("a list");
        assert_eq!(
            engines.iter().map(|engine| engine["name"].as_str()).collect::<Vec<_>>(),
            ["docker", "podman", "podman:alice"].map(Some)
        );
        assert_eq!(engines.iter().map(|engine| engine["problem"]["exit"].as_u64()).collect::<Vec<_>>(), [None, Some(69), None]);
    }

    #[test]
    fn one_that_nobody_expects_is_told_and_no_fault() {
        let away = Problem { error: "podman:bob: off".into(), state: "-".into(), help: "turn it on".into(), exit: Exit::NoEngine };
        let all = View::nothing(&Ask::Status {}).beside(View::away("podman:bob", &away, false));
        assert_eq!((all.exit, all.below), (Exit::Done, vec!["podman:bob: off; turn it on".to_owned()]));
        assert_eq!(all.document["containers"], json!([]));
    }

    #[test]
    fn of_two_that_ended_early_both_are_told() {
        let ended = |name: &str| {
            let problem = Problem { error: "gone".into(), state: "s".into(), help: "h".into(), exit: Exit::NoEngine };
            view(&["web"], Exit::Done).ended_by(problem).of_engine(name)
        };
        let both = ended("docker").beside(ended("podman"));
        assert_eq!(both.trouble.iter().map(|t| t.error.as_str()).collect::<Vec<_>>(), ["docker: gone"]);
        assert_eq!(both.problem.map(|problem| problem.error).as_deref(), Some("podman: gone"));
    }
}
