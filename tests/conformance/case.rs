//! The hands of a script: each does one thing in one world and writes down the answer and what is then to be seen.

use std::future::ready;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use rotate::engine::{Engine, EngineError, Life, Pull};
use rotate::model::{ContainerId, RestartPolicy};

use crate::others::{BETWEEN, LIMIT, Until};
use crate::spec::{Spec, endpoint};
use crate::symbols::{Known, Published, Symbols};
use crate::transcript::Transcript;
use crate::view::{self, kind};
use crate::world::{Program, World};

/// One script in one world.
pub struct Case {
    pub world: Rc<dyn World>,
    pub symbols: Symbols,
    pub transcript: Transcript,
    programs: Vec<(String, Program)>,
    last: Vec<String>,
    is_blind: bool,
}

impl Case {
    pub fn new(world: Rc<dyn World>) -> Self {
        let transcript = Transcript { title: world.title(), ..Transcript::default() };
        Self { world, symbols: Symbols::default(), transcript, programs: Vec::new(), last: Vec::new(), is_blind: false }
    }

    pub fn engine(&self) -> Arc<dyn Engine> {
        self.world.engine()
    }

    /// The id of a container of the script.
    pub fn id(&self, handle: &str) -> ContainerId {
        self.symbols.container(handle).id.clone()
    }

    fn image(&self, token: &str) -> String {
        view::reference(&*self.world, &self.symbols, token)
    }

    /// Writes down an answer, and what has changed to the eye.
    pub async fn tell<T>(&mut self, what: &str, answer: &Result<T, EngineError>) {
        let (said, note) = match answer {
            Ok(_) => ("done".to_owned(), String::new()),
            Err(error) => (kind(error), error.to_string()),
        };
        self.transcript.add(format!("{what}: {said}"), note);
        self.look().await;
    }

    /// Whether there is a look after each step. Without, much is prepared quickly.
    pub fn looks(&mut self, is_so: bool) {
        self.is_blind = !is_so;
    }

    /// Writes down what is not the same as at the last look.
    pub async fn look(&mut self) {
        if self.is_blind {
            return;
        }
        let lines = view::look(&*self.world, &mut self.symbols).await;
        for line in &lines {
            if !self.last.contains(line) {
                self.transcript.add(line.clone(), "");
            }
        }
        self.last = lines;
    }

    // --- images

    /// Pushes `REPOSITORY@VERSION` to the registry, as `REPOSITORY:latest`.
    pub fn publish(&mut self, symbol: &str, program: Program) {
        let (repository, version) = symbol.split_once('@').unwrap_or_else(|| panic!("{symbol} is no REPOSITORY@VERSION"));
        let digest = self.world.publish(repository, version, program);
        self.symbols.images.push(Published { symbol: symbol.to_owned(), digest, id: None });
        self.programs.push((symbol.to_owned(), program));
        self.transcript.add(format!("{symbol} is published ({program:?})"), "");
    }

    /// From now on each look tells of these.
    pub fn watch(&mut self, tokens: &[&str]) {
        self.symbols.watched.extend(tokens.iter().map(|token| (*token).to_owned()));
    }

    pub async fn pull(&mut self, symbol: &str) {
        let answer = self.pull_reference(&self.image(symbol)).await;
        if let Ok(Some(image)) = self.engine().image(&self.image(symbol)).await {
            let id = image.id().as_str().to_owned();
            let published = self.symbols.images.iter_mut().find(|image| image.symbol == symbol);
            published.unwrap_or_else(|| panic!("the script has published no {symbol}")).id = Some(id);
        }
        self.tell(&format!("pull {symbol}"), &answer).await;
    }

    /// A pull of what the script has not published.
    pub async fn pull_reference(&self, reference: &str) -> Result<(), EngineError> {
        let reference = reference.parse().unwrap_or_else(|error| panic!("{reference}: {error}"));
        self.engine().pull(&reference, Pull { credential: None, platform: None, progress: &|_| {} }).await
    }

    pub async fn tag(&mut self, image: &str, name: &str) {
        let target = self.image(name).parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        let answer = self.engine().tag(&self.image(image), &target).await;
        self.tell(&format!("tag {image} as {name}"), &answer).await;
    }

    pub async fn remove_image(&mut self, token: &str) {
        let answer = self.engine().remove_image(&self.image(token)).await;
        self.tell(&format!("remove image {token}"), &answer).await;
    }

    /// Publishes, pulls and tags `REPOSITORY:latest`, as nearly every script begins.
    pub async fn have(&mut self, symbol: &str, program: Program) {
        self.publish(symbol, program);
        self.pull(symbol).await;
        let repository = symbol.split_once('@').map_or(symbol, |(repository, _)| repository);
        self.tag(symbol, &format!("{repository}:latest")).await;
    }

    // --- containers

    pub async fn create(&mut self, handle: &str, spec: Spec) {
        let image = self.image(spec.image());
        let volume = |symbol: &str| self.symbols.volume(symbol).map_or_else(|| self.world.name(symbol), str::to_owned);
        let request = spec.request(&*self.world, &image, volume);
        let name = spec.name_or(handle).to_owned();
        let answer = self.engine().create(&self.full(&name), &request, None).await;
        for (symbol, _) in spec.volumes().iter().filter(|(symbol, _)| !symbol.contains(':')) {
            let full = self.world.name(symbol);
            if self.symbols.volume(symbol).is_none() {
                self.symbols.volumes.push((full, symbol.clone()));
            }
        }
        // One that was not made can be asked for all the same: no world has it.
        let id = answer.as_ref().map_or_else(|_| ContainerId::new("f".repeat(64)), Clone::clone);
        self.symbols.containers.retain(|known| known.handle != handle || known.id.as_str() != "f".repeat(64));
        if answer.is_ok() || self.symbols.containers.iter().all(|known| known.handle != handle) {
            let is_brief = self.program(spec.image()).is_some_and(Program::is_brief);
            let known = Known { handle: handle.to_owned(), id, is_settled: true, is_brief, has_verdict: false };
            self.symbols.containers.push(known);
        }
        self.tell(&format!("create {handle} as {name} of {}", spec.image()), &answer).await;
    }

    /// `=x` stands for the very name `x`, which must be one that nobody may have.
    fn full(&self, name: &str) -> String {
        name.strip_prefix('=').map_or_else(|| self.world.name(name), str::to_owned)
    }

    /// What an image does: of a tag, the version that was published first.
    fn program(&self, token: &str) -> Option<Program> {
        let bare = token.trim_start_matches("id:");
        let repository = bare.split([':', '@']).next().unwrap_or_default();
        let of = |(symbol, _): &&(String, Program)| symbol == bare || symbol.split('@').next() == Some(repository);
        self.programs.iter().find(of).map(|(_, program)| *program)
    }

    pub async fn start(&mut self, handle: &str) {
        let answer = self.engine().start(&self.id(handle)).await;
        self.begun(handle).await;
        self.tell(&format!("start {handle}"), &answer).await;
    }

    /// Somebody may have started it: what is to be seen is not sure before the script has waited for something.
    pub async fn begun(&mut self, handle: &str) {
        let known = self.symbols.container_mut(handle);
        known.is_settled = !known.is_brief;
        known.has_verdict = false;
        let id = known.id.clone();
        if known.is_settled && self.is(&id, Until::Running).await {
            self.world.ready(&id).await;
        }
    }

    pub async fn stop(&mut self, handle: &str) {
        let answer = self.engine().stop(&self.id(handle), 10, None).await;
        self.symbols.container_mut(handle).is_settled = true;
        self.tell(&format!("stop {handle}"), &answer).await;
    }

    pub async fn policy(&mut self, handle: &str, policy: RestartPolicy) {
        let answer = self.engine().set_restart_policy(&self.id(handle), policy).await;
        self.tell(&format!("set policy of {handle} to {policy}"), &answer).await;
    }

    pub async fn rename(&mut self, handle: &str, name: &str) {
        let answer = self.engine().rename(&self.id(handle), &self.full(name)).await;
        self.tell(&format!("rename {handle} to {name}"), &answer).await;
    }

    pub async fn remove(&mut self, handle: &str) {
        let answer = self.engine().remove(&self.id(handle)).await;
        self.tell(&format!("remove {handle}"), &answer).await;
    }

    pub async fn remove_volume(&mut self, symbol: &str) {
        let name = self.symbols.volume(symbol).map_or_else(|| self.world.name(symbol), str::to_owned);
        let answer = self.engine().remove_volume(&name).await;
        self.tell(&format!("remove volume {symbol}"), &answer).await;
    }

    pub async fn connect(&mut self, handle: &str, network: &str, address: Option<&str>) {
        let answer = self.engine().connect(&self.id(handle), &self.world.name(network), &endpoint(address)).await;
        self.tell(&format!("connect {handle} to {network} {}", address.unwrap_or_default()), &answer).await;
    }

    /// Writes a text into a volume.
    pub async fn mark(&mut self, symbol: &str, text: &str) {
        let name = self.symbols.volume(symbol).unwrap_or_else(|| panic!("no volume {symbol} was seen")).to_owned();
        self.world.mark(&name, text);
        self.transcript.add(format!("write {text:?} into volume {symbol}"), "");
        self.look().await;
    }

    // --- questions

    /// Which container an engine finds by a word.
    pub async fn find(&mut self, what: &str, word: &str) {
        let found = self.engine().container(word).await;
        let text = match &found {
            Ok(Some(container)) => format!("finds {}", self.symbols.handle_of(container.id().as_str())),
            Ok(None) => "finds nothing".to_owned(),
            Err(error) => kind(error),
        };
        self.transcript.add(format!("ask for a container by {what}: {text}"), "");
    }

    /// Which tags a repository has.
    pub async fn list_tags(&mut self, repository: &str) {
        let full = self.image(&format!("{repository}:")).trim_end_matches(':').to_owned();
        let text = match self.engine().tags(&full).await {
            Ok(mut tags) => {
                tags.sort();
                tags.iter().map(|tag| tag.trim_start_matches(&full)).collect::<Vec<_>>().join(" ")
            }
            Err(error) => kind(&error),
        };
        self.transcript.add(format!("ask for the tags of {repository}: {text}"), "");
    }

    /// What a tag points to in the registry.
    pub async fn where_points(&mut self, token: &str) {
        let reference = self.image(token).parse().unwrap_or_else(|error| panic!("{token}: {error}"));
        let text = match self.engine().remote_digest(&reference, None).await {
            Ok(digest) => {
                let known = self.symbols.images.iter().find(|image| image.digest == digest);
                known.map_or_else(|| "something unknown".to_owned(), |image| image.symbol.clone())
            }
            Err(error) => kind(&error),
        };
        self.transcript.add(format!("ask the registry for {token}: {text}"), "");
    }

    /// A command that works in every image of ours.
    pub async fn run(&mut self, handle: &str) {
        let argv = ["/bin/busybox", "true"].map(str::to_owned);
        let answer = self.engine().exec(&self.id(handle), &argv, LIMIT).await;
        let (text, note) = match answer {
            Ok(executed) => (format!("exit code {}", executed.code), String::new()),
            Err(error) => (kind(&error), error.to_string()),
        };
        self.transcript.add(format!("run a command in {handle}: {text}"), note);
    }

    /// Whether a life of the engine is over by now; gives it back if it is not.
    pub async fn goes_on(&mut self, what: &str, mut life: Life) -> Option<Life> {
        let world = Rc::clone(&self.world);
        let end = life.by_ref().for_each(|()| ready(()));
        let is_over = matches!(select(end, world.pass(BETWEEN)).await, Either::Left(_));
        let (text, life) = if is_over { ("is over", None) } else { ("goes on", Some(life)) };
        self.transcript.add(format!("{what} that was held on to {text}"), "");
        life
    }
}
