//! What is built in: nothing but crates of the one registry, in the versions of Cargo.lock, under licences that `deny.toml` allows. No engine.

use std::process::Command;

use serde_json::Value;
use spdx::{Expression, ParseMode};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What the rules are.
fn rules() -> toml::Table {
    include_str!("../../deny.toml").parse().expect("deny.toml is TOML")
}

fn texts(list: &toml::Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|one| one.as_str().expect("a text").to_owned()).collect()
}

/// Every crate that is built for one platform, those of tests and of builds too.
fn packages(target: &str) -> Vec<Value> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", target]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).expect("cargo tells in JSON");
    document["packages"].as_array().expect("a list of crates").clone()
}

#[test]
fn every_crate_is_of_the_one_registry_and_under_a_licence_that_is_allowed() {
    let rules = rules();
    let allowed = texts(&rules["licenses"]["allow"]);
    let mut wrong = Vec::new();
    for target in texts(&rules["graph"]["targets"]) {
        let packages = packages(&target);
        assert!(packages.len() > 100, "{target}: only {} crates", packages.len());
        for package in packages {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            let (name, licence, source) = (format!("{} {}", text("name"), text("version")), text("license"), text("source"));
            let is_ours = source.is_empty() && text("name") == env!("CARGO_PKG_NAME");
            if !is_ours && source != CRATES_IO {
                wrong.push(format!("{name} is of {source}"));
            }
            if !is_allowed(&licence, &allowed) {
                wrong.push(format!("{name} is under {licence}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_version_is_pinned_by_its_content() {
    let lock: toml::Table = include_str!("../../Cargo.lock").parse().expect("Cargo.lock is TOML");
    let packages = lock["package"].as_array().expect("a list of crates");
    let is_ours = |package: &&toml::Value| package["name"].as_str() == Some(env!("CARGO_PKG_NAME"));
    let unpinned = packages.iter().filter(|package| !is_ours(package) && package.get("checksum").is_none());
    assert_eq!(unpinned.collect::<Vec<_>>(), Vec::<&toml::Value>::new());
}

#[test]
fn a_licence_that_is_not_allowed_is_noticed_in_every_form() {
    let allowed = ["MIT", "Apache-2.0"].map(str::to_owned);
    for (licence, expected) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0-only OR MIT", true),
        ("Apache-2.0 WITH LLVM-exception OR MIT", true),
        ("GPL-3.0-only", false),
        ("MIT AND GPL-3.0-only", false),
        ("no such licence", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(licence, &allowed), expected, "{licence}");
    }
}

/// True if one may choose so that each licence that then holds is allowed.
fn is_allowed(licence: &str, allowed: &[String]) -> bool {
    let holds = |wanted: &spdx::LicenseReq| {
        wanted.addition.is_none() && wanted.license.id().is_some_and(|id| allowed.iter().any(|name| name == id.name))
    };
    Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|expression| expression.evaluate(holds))
}
