//! The real loop on a simulated engine.

mod engine;

use rotate::engine::Engine;

#[test]
fn a_container_runs() {
    let sim = engine::Simulation::new(engine::Flavour::DOCKER_26_1, 1);
    sim.publish("registry.sim/web:latest", engine::Build::new("1"));
    let id = sim.run(&engine::Spec::new("web", "registry.sim/web:latest")).expect("it runs");
    assert!(sim.host().containers[&id].is_running());
    let _ = sim.platform();
}
