//! Secrets are planted wherever one can be, everything is done that rotate does, and nothing that it says or writes has any of them.

mod plant;
mod stage;

use stage::{MASKED_PLACE, Stage};

use super::CONFIG;
use crate::lab::{Host, ROOTS_ENGINE, Scratch, Unit, lacks};

/// Gates of a moment, and all that is told.
fn config() -> String {
    format!("{CONFIG}deadline = \"3s\"\nlog_level = \"debug\"\n[health]\ninterval = \"200ms\"\n")
}

#[test]
fn no_secret_is_told_by_a_command_or_kept_in_a_file_once_it_is_over() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    // What it labels as selected any other daemon would take over in the middle.
    let s = Scratch::alone(Host::shared(), "secrets");
    let unit = Unit::install(&s, &config());
    let stage = Stage::set(&s, &unit.program);
    let web = s.name("web");

    stage.push("good-2");
    stage.tell("a plan", &["plan"]);
    stage.tell("an explanation", &["explain", &web]);
    stage.tell("what holds, and whose word it is", &["config", "show"]);
    stage.one("a dry run", &["now", &web, "--dry-run", "--json"], "\"dry_run\"");
    stage.one("a rotation", &["now", &web, "--json"], "\"rotated\"");
    stage.tell("how it stands", &["status"]);
    stage.tell("what was", &["history"]);
    // While the old one is kept, the store has what it needs to create it again; and nothing else has.
    stage.check_files(true);
    stage.one("back", &["rollback", &web], "rolled back");
    stage.check_files(false);
    stage.push("sick");
    stage.one("a sick image", &["now", &web], "rolled back");
    stage.one("a sick image once more", &["now", &web, "--retry", "--json"], "\"rolled_back\"");
    stage.tell("what is refused", &["refused"]);
    stage.tell("what was", &["history", &web]);
    stage.check_files(false);

    stage.push("good-3");
    stage.refuse_pulls();
    stage.one("a pull that is refused", &["now", &web], stage.refused_pull());
    stage.one("a pull that is refused", &["now", &web, "--json"], "pull_failed");
    stage.deny_pulls();
    stage.one("a pull that is denied", &["now", &web], MASKED_PLACE);
    stage.one("a pull that is denied", &["now", &web, "--json"], MASKED_PLACE);
    stage.tell("what was", &["history", &web]);
    stage.check_files(false);

    stage.credentials(&stage.login("wrong_password"));
    stage.tell("a wrong password", &["plan"]);
    stage.wants_tokens();
    stage.credentials(&stage.identity_token());
    stage.tell("an identity token", &["plan", &web]);
    stage.forgets_tokens();
    stage.tell("an identity token that is not taken", &["plan", &web]);
    for script in stage.helpers() {
        stage.helper(&script);
        stage.tell("a credential helper", &["plan", &web]);
    }
    stage.credentials(&stage.login("password"));
    stage.behind_a_proxy("a proxy that does not answer", &["plan", &web]);
    stage.mistake();
    stage.tell("a mistake in a label", &["plan"]);
    stage.tell("a mistake in a label", &["explain", &s.name("odd")]);
    stage.check_files(false);

    let told = stage.told();
    assert!(told.contains("http://***@web/?token=***"), "the mistaken label is told: {told}");
    assert!(told.contains("http :80/?token=***"), "the probe is told: {told}");
    stage.check_told();
}

#[test]
fn no_secret_is_in_the_journal_of_the_daemon_or_in_its_state_directory() {
    if lacks(&ROOTS_ENGINE) {
        return;
    }
    let s = Scratch::alone(Host::shared(), "journal");
    let unit = Unit::install(&s, &config());
    let stage = Stage::set(&s, &unit.program);
    let web = s.name("web");
    unit.drop_in(&format!(
        "[Service]\nEnvironment=RUST_LOG=trace RUST_BACKTRACE=full\nLoadCredential=config.json:{}/config.json\n",
        s.host_dir()
    ));
    unit.start();
    let ask = |what: &str, args: &[&str], word: &str| {
        let said = unit.ask(args);
        assert!(said.contains(word), "{what}: {said}{}", unit.journal());
        stage.note(what, said);
    };
    stage.push("good-2");
    ask("a plan", &["plan", "--json"], &web);
    ask("an explanation", &["explain", &web], "***");
    ask("a rotation", &["now", &web, "--json"], "\"rotated\"");
    stage.check_dir("/var/lib/rotate", true);
    ask("back", &["rollback", &web, "--json"], "\"rolled_back\"");
    stage.push("sick");
    ask("a sick image", &["now", &web, "--json"], "\"rolled_back\"");
    stage.push("good-3");
    stage.refuse_pulls();
    ask("a pull that is refused", &["now", &web, "--json"], "pull_failed");
    stage.deny_pulls();
    ask("a pull that is denied", &["now", &web, "--json"], MASKED_PLACE);
    ask("how it stands", &["status", "--json"], &web);
    ask("what was", &["history", "--json"], &web);
    stage.check_dir("/var/lib/rotate", false);
    let journal = unit.journal();
    assert!(journal.contains(MASKED_PLACE) && journal.contains(stage.refused_pull()) && journal.contains("ROTATE_STEP=pull"), "{journal}");
    stage.note("the journal", journal);
    stage.check_told();
}
