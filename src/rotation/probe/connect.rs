//! Opens a TCP connection to a container, from the host or from within the container's network namespace.

use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, TcpStream as StdStream};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::address::{Place, Target};
use super::ask::Trouble;
use crate::model::Container;

/// Connects. A socket belongs to the namespace that it was made in, so what comes back is used as any other.
pub async fn connect(container: &Container, target: &Target, port: u16, timeout: Duration) -> Result<TcpStream, Trouble> {
    let to = SocketAddr::new(target.address, port);
    match target.from {
        Place::Host => TcpStream::connect(to).await.map_err(|e| Trouble::Unwell(said(&e))),
        Place::Inside => from_within(container, to, timeout).await,
    }
}

async fn from_within(container: &Container, to: SocketAddr, timeout: Duration) -> Result<TcpStream, Trouble> {
    let pid = container.pid().ok_or_else(|| Trouble::Unwell("it does not run".into()))?;
    let namespace = namespace(container, pid).map_err(|e| not_entered(container, &e))?;
    let (tell, told) = oneshot::channel();
    // A thread of its own: it never comes back from that namespace. It ends with the connection, at the latest after the timeout.
    let thread = thread::Builder::new().name("probe".into()).spawn(move || {
        let entered = move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network));
        // Nobody may be listening any more.
        let _ = tell.send(entered.map(|()| StdStream::connect_timeout(&to, timeout)));
    });
    thread.map_err(|e| not_entered(container, &e))?;
    let entered = told.await.map_err(|_| Trouble::Unwell("the probe ended without an answer".into()))?;
    let stream = entered.map_err(|e| not_entered(container, &e.into()))?.map_err(|e| Trouble::Unwell(said(&e)))?;
    let here = |e: io::Error| Trouble::Unwell(said(&e));
    stream.set_nonblocking(true).map_err(here)?;
    TcpStream::from_std(stream).map_err(here)
}

/// The namespace of the process that the engine names, if that is the container's here, too: an engine in another PID namespace counts otherwise.
fn namespace(container: &Container, pid: u32) -> io::Result<File> {
    let of = |file: &str| PathBuf::from(format!("/proc/{pid}/{file}"));
    let namespace = File::open(of("ns/net"))?;
    // Its id stands in its control group, and in the paths of the files that the engine mounts into it (seen on Docker 20.10–28.5).
    let id = container.id();
    let names_it = |file| fs::read_to_string(of(file)).is_ok_and(|text| text.contains(id.as_str()));
    if names_it("cgroup") || names_it("mountinfo") {
        Ok(namespace)
    } else {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("process {pid} is not the container's on this host")))
    }
}

fn not_entered(container: &Container, error: &io::Error) -> Trouble {
    Trouble::NotMade(format!(
        "the host does not reach an address of `{}`, and its network namespace cannot be entered: {}",
        container.name(),
        said(error)
    ))
}

/// What the operating system said, without its number.
pub fn said(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}
