//! `--volumes-from`: the other container's volumes, whichever of the two is rotated.

use serde_json::Value;

use crate::lab::Scratch;
use crate::scratch;
use crate::walk::rotate;

fn run(s: &Scratch, name: &str, options: &[&str]) {
    s.push(name, "nohealth:v1");
    s.run(name, options);
}

#[track_caller]
fn read(s: &Scratch, name: &str, folder: &str) -> String {
    s.host.docker(&["exec", &s.name(name), "cat", &format!("{folder}/mark")])
}

/// The lender has a named and an anonymous volume; the borrower mounts them by the lender's name, to read only.
#[test]
fn both_the_lender_and_the_borrower_of_volumes_are_rotated_and_share_them_still() {
    let s = scratch("borrow");
    run(&s, "lender", &["-v", &format!("{}:/named", s.name("vol")), "-v", "/anonymous"]);
    run(&s, "borrower", &["--volumes-from", &format!("{}:ro", s.name("lender")), "-v", "/own"]);
    for (folder, of) in [("/named", "lender"), ("/anonymous", "lender"), ("/own", "borrower")] {
        s.host.docker(&["exec", &s.name(of), "sh", "-c", &format!("echo {of} >{folder}/mark")]);
    }
    for (name, version) in [("lender", "v2"), ("borrower", "v2"), ("borrower", "v3"), ("lender", "v3"), ("borrower", "v4")] {
        s.push(name, &format!("nohealth:{version}"));
        rotate(&s, &[name]);
        assert_eq!(read(&s, "borrower", "/named"), "lender", "after {name}");
        assert_eq!(read(&s, "borrower", "/anonymous"), "lender", "after {name}");
        assert_eq!(read(&s, "lender", "/anonymous"), "lender", "after {name}");
        assert_eq!(read(&s, "borrower", "/own"), "borrower", "after {name}");
        let written = s.host.try_docker(&["exec", &s.name("borrower"), "touch", "/named/x"]);
        assert!(written.is_err(), "borrowed to read only");
    }
    let document: Value = s.host.inspect(&s.name("borrower"));
    assert_eq!(document["HostConfig"]["VolumesFrom"][0], format!("{}:ro", s.name("lender")));
}
