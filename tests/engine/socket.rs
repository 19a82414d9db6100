//! Sockets that are missing, forbidden, something else, or silent.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use super::scratch;

#[test]
fn a_missing_socket_is_named_with_what_to_do() {
    let s = scratch("missing");
    let path = s.dir().join("none.sock");
    let outcome = s.agent().engine(&path).run(&["now"]).exits(69);
    let expected = format!(
        "error: cannot reach the engine at {}: there is no such socket\nstate: the engine was not asked; nothing changed\nhelp:  start the engine, or name its socket with --engine unix:///path\n",
        path.display()
    );
    assert_eq!(outcome.stderr, expected);
}

#[test]
fn something_that_is_no_engine_is_told_apart() {
    let s = scratch("not-engine");
    let path = s.dir().join("web.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        }
    });
    let outcome = s.agent().engine(&path).run(&["status"]).exits(69);
    assert!(outcome.stderr.contains("is not a container engine"), "{outcome}");
}

#[test]
fn a_socket_that_never_answers_does_not_hang_us() {
    let s = scratch("silent");
    let path = s.dir().join("silent.sock");
    let _listener = UnixListener::bind(&path).expect("a socket");
    let outcome = s.agent().engine(&path).run(&["plan"]).exits(69);
    assert!(outcome.stderr.contains("no answer within 10 s"), "{outcome}");
}

#[test]
fn a_socket_without_permission_ends_with_77() {
    let s = scratch("forbidden");
    let dir = s.dir();
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = dir.join("forbidden.sock");
    let _listener = UnixListener::bind(&path).expect("a socket");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    let program = dir.join("rotate");
    std::fs::copy(env!("CARGO_BIN_EXE_rotate"), &program).expect("a copy that nobody may run");
    let output = std::process::Command::new("setpriv")
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(&program)
        .args(["--engine", &format!("unix://{}", path.display()), "status"])
        .env_clear()
        .output()
        .expect("setpriv of util-linux");
    assert_eq!(output.status.code(), Some(77), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("permission denied"), "{output:?}");
}

#[test]
fn an_engine_on_another_host_is_refused_with_the_reason() {
    let s = scratch("remote");
    for address in ["tcp://10.0.0.1:2375", "ssh://me@there"] {
        let outcome = s.agent().engine_flag("").env("DOCKER_HOST", address).run(&["status"]).exits(78);
        assert!(outcome.stderr.contains(&format!("DOCKER_HOST is `{address}`: rotate works with an engine on its own host")), "{outcome}");
    }
}
