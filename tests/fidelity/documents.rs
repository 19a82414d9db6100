//! Options that no test host can run, proved on documents saved from a real engine: the create request has what the predecessor has, a successor that
//! has it too is the same, and one that lost it is found out.

use rotate::spec::{Images, compare, create_request};
use serde_json::Value;

use crate::case::{Case, Proof};
use crate::cases;

fn load(name: &str) -> Value {
    let path = format!("{}/tests/spec/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).expect("JSON")
}

fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    document.pointer_mut(parent).expect("a parent")[key] = value;
}

#[test]
fn what_no_test_host_can_run_is_asked_for_again_and_missed_when_lost() {
    let (old, new) = (load("image-old"), load("image-new"));
    let images = Images { old: &old, new: &new };
    let unexplained = |predecessor: &Value, successor: &Value| -> Vec<String> {
        compare(predecessor, successor, images)
            .into_iter()
            .filter(|difference| difference.explained_by.is_none())
            .map(|difference| difference.path)
            .collect()
    };
    for Case { option, proof } in cases::all() {
        let Proof::OnDocuments { shown, value, lacking } = proof else { continue };
        println!("{option:24} {shown:36} the test hosts have {lacking}");
        let value: Value = serde_json::from_str(value).expect("JSON");
        let (mut predecessor, lost) = (load("plain-predecessor"), load("plain-successor"));
        let mut successor = lost.clone();
        put(&mut predecessor, shown, value.clone());
        put(&mut successor, shown, value.clone());
        let request = create_request(&predecessor, images, "web:1").expect("a request");
        assert_eq!(request.pointer(shown), Some(&value), "{option}");
        assert_eq!(unexplained(&predecessor, &successor), Vec::<String>::new(), "{option}");
        let found = unexplained(&predecessor, &lost);
        let path = shown.trim_start_matches('/').replace('/', ".");
        assert!(!found.is_empty() && found.iter().all(|found| found.starts_with(&path)), "{option}: {found:?}");
    }
}

/// The table in the documentation names each of them.
#[test]
fn the_documentation_lists_what_is_proved_on_documents_only() {
    let path = format!("{}/docs/fidelity.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    for Case { option, proof } in cases::all() {
        if let Proof::OnDocuments { lacking, .. } = proof {
            assert!(page.contains(&format!("| `{option}` | {lacking} |")), "{path} has no row for {option}, {lacking}");
        }
    }
}
