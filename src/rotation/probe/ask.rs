//! One probe from the question to the answer.

use tokio::time::timeout;

use super::address::{Target, target};
use super::{command, connect, http};
use crate::engine::{Engine, EngineError};
use crate::model::{Check, Container, ContainerId, Probe};
use crate::rotation::Answer;

/// A probe that found nothing well.
#[derive(Debug)]
pub enum Trouble {
    /// With the container.
    Unwell(String),
    /// With the probe itself.
    NotMade(String),
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        Self::Unwell(match error {
            EngineError::Refused { message, .. } => message,
            other => other.to_string(),
        })
    }
}

/// Makes one probe of a container. Ends within its timeout. Changes nothing; a command that it runs may.
pub async fn ask(engine: &dyn Engine, container: &ContainerId, probe: &Probe) -> Answer {
    match timeout(probe.timeout, make(engine, container, probe)).await {
        Ok(Ok(())) => Answer::Well,
        Ok(Err(Trouble::Unwell(why))) => Answer::Unwell(why),
        Ok(Err(Trouble::NotMade(why))) => Answer::NotMade(why),
        Err(_) => Answer::Unwell(format!("no answer within {} s", probe.timeout.as_secs_f64())),
    }
}

async fn make(engine: &dyn Engine, id: &ContainerId, probe: &Probe) -> Result<(), Trouble> {
    if let Check::Exec { argv } = &probe.check {
        let done = engine.exec(id, argv, probe.timeout).await?;
        return ended(done.code, &done.output);
    }
    // Looked at for each probe: its process and its addresses are others after a restart.
    let container = engine.container(id.as_str()).await?.ok_or_else(|| Trouble::Unwell("there is no such container".into()))?;
    let target = target(&container, engine.info().await?.is_rootless);
    match &probe.check {
        Check::Tcp { port } => connect::connect(&container, &target, *port, probe.timeout).await.map(drop),
        Check::Http { port, path, status, text } => {
            let stream = connect::connect(&container, &target, *port, probe.timeout).await?;
            http::get(stream, &target, *port, path, *status, text.as_deref()).await
        }
        Check::Command { argv, .. } => run(argv, &container, &target).await,
        Check::Exec { .. } => Ok(()),
    }
}

async fn run(argv: &[String], container: &Container, target: &Target) -> Result<(), Trouble> {
    let environment = [
        ("ROTATE_CONTAINER", container.name().to_owned()),
        ("ROTATE_CONTAINER_ID", container.id().to_string()),
        ("ROTATE_CONTAINER_ADDRESS", target.address.to_string()),
    ];
    let done = command::run(argv, &environment).await?;
    ended(done.code, &done.output)
}

fn ended(code: i64, output: &str) -> Result<(), Trouble> {
    match (code, output) {
        (0, _) => Ok(()),
        (code, "") => Err(Trouble::Unwell(format!("exit code {code}"))),
        (code, output) => Err(Trouble::Unwell(format!("exit code {code}, «{output}»"))),
    }
}
