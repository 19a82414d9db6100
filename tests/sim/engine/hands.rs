//! What people and their tools do on a host.

use rotate::model::{Reference, RestartPolicy, Status};

use super::Spec;
use super::host::{Host, Refused};
use super::life::KILLED;

impl Host {
    /// See [`super::Simulation::run`].
    pub fn run(&mut self, spec: &Spec) -> Result<String, Refused> {
        if self.images.find(&spec.image).is_none() {
            self.pull(&spec.image)?;
        }
        let id = self.create(&spec.name, &spec.request())?;
        for network in spec.networks.iter().skip(1) {
            self.connect(&id, &network.0, &Spec::endpoint(network))?;
        }
        self.start(&id)?;
        Ok(id)
    }

    /// `docker pull`: by tag, it moves the tag.
    pub fn pull(&mut self, reference: &str) -> Result<(), Refused> {
        let parsed: Reference = reference.parse().map_err(|_| Refused::new(400, "invalid reference format"))?;
        let (digest, build) = self.shelf.find(&parsed)?;
        self.images.add(&parsed, &digest, build);
        Ok(())
    }

    /// `docker create`.
    pub fn create_by_hand(&mut self, spec: &Spec) -> Result<String, Refused> {
        self.create(&spec.name, &spec.request())
    }

    /// `docker start`.
    pub fn start_by_hand(&mut self, container: &str) -> Result<(), Refused> {
        self.start(container)
    }

    /// `docker stop`.
    pub fn stop_by_hand(&mut self, container: &str) -> Result<(), Refused> {
        self.stop(container)
    }

    /// `docker kill`, which the engine takes for a stop by hand.
    pub fn kill_by_hand(&mut self, container: &str) -> Result<(), Refused> {
        let id = self.id_of(container)?;
        let found = self.get(&id)?;
        if !found.is_active() {
            return Err(Refused::new(409, format!("Cannot kill container: {container}: is not running")));
        }
        found.is_stopped_by_hand = true;
        self.end(&id, KILLED);
        Ok(())
    }

    /// Its process is killed from outside.
    pub fn die(&mut self, container: &str) -> Result<(), Refused> {
        let id = self.id_of(container)?;
        self.process_ended(&id, KILLED);
        Ok(())
    }

    /// `docker pause`.
    pub fn pause_by_hand(&mut self, container: &str) -> Result<(), Refused> {
        let found = self.get(container)?;
        if found.status != Status::Running {
            return Err(Refused::new(409, format!("Container {container} is not running")));
        }
        found.status = Status::Paused;
        Ok(())
    }

    /// `docker rename`.
    pub fn rename_by_hand(&mut self, container: &str, name: &str) -> Result<(), Refused> {
        self.rename(container, name)
    }

    /// `docker update --restart`.
    pub fn update_by_hand(&mut self, container: &str, policy: RestartPolicy) -> Result<(), Refused> {
        self.get(container)?.policy = policy;
        Ok(())
    }

    /// `docker rm`, with `-f`, with `-v`.
    pub fn remove_by_hand(&mut self, container: &str, is_forced: bool, with_volumes: bool) -> Result<(), Refused> {
        let id = self.id_of(container)?;
        if is_forced && self.containers[&id].is_active() {
            self.end(&id, KILLED);
        }
        let mounts = self.containers[&id].mounts.clone();
        self.remove(&id)?;
        for mount in mounts.iter().filter(|mount| with_volumes && mount.is_own) {
            let _ = self.remove_volume(&mount.volume);
        }
        Ok(())
    }

    /// `docker rmi`.
    pub fn remove_image_by_hand(&mut self, image: &str) -> Result<(), Refused> {
        let users = self.image_users();
        self.images.remove(image, &users)
    }

    /// `docker rmi -f`.
    pub fn remove_image_by_force(&mut self, image: &str) -> Result<(), Refused> {
        let users = self.image_users();
        self.images.remove_by_force(image, &users)
    }

    /// `docker container prune -f`: what does not run goes. Returns the names.
    pub fn prune_containers(&mut self) -> Vec<String> {
        let idle: Vec<(String, String)> =
            self.containers.values().filter(|c| !c.is_active()).map(|c| (c.id.clone(), c.name.clone())).collect();
        idle.iter().for_each(|(id, _)| self.forget(id));
        idle.into_iter().map(|(_, name)| name).collect()
    }

    /// `docker image prune -f`, with `-a` if `all`.
    pub fn prune_images(&mut self, all: bool) {
        let users = self.image_users();
        let typed = |c: &super::host::Container| c.config["Image"].as_str().unwrap_or_default().to_owned();
        let typed: Vec<String> = self.containers.values().map(typed).collect();
        self.images.prune(all, &users, &typed);
    }

    /// A network with addresses `{net}.2` and up.
    pub fn add_network(&mut self, name: &str, net: &str) {
        self.networks.insert(name.to_owned(), net.to_owned());
    }

    /// `docker network rm`: of what runs in it, it is not removed; what does not run is not asked.
    pub fn remove_network(&mut self, name: &str) -> Result<(), Refused> {
        if self.containers.values().any(|c| c.is_running() && c.networks.contains_key(name)) {
            return Err(Refused::new(403, format!("error while removing network: network {name} has active endpoints")));
        }
        self.networks.remove(name).map(drop).ok_or_else(|| Refused::new(404, format!("network {name} not found")))
    }

    /// The image of each container, and whether it runs.
    pub(super) fn image_users(&self) -> Vec<(String, bool)> {
        self.containers.values().map(|c| (c.image.clone(), c.is_active())).collect()
    }
}
