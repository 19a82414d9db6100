//! Tags, digests and removal of images.

use crate::case::Case;
use crate::spec::Spec;
use crate::world::{Hand, Program};
use crate::{conforms, conforms_alone};

const BOTH: [&str; 5] = ["web:latest", "web@v1", "web@v2", "id:web@v1", "id:web@v2"];

/// Two versions pulled; `latest` is the first.
async fn two(c: &mut Case) {
    c.have("web@v1", Program::Serves).await;
    c.publish("web@v2", Program::Serves);
    c.pull("web@v2").await;
    c.watch(&BOTH);
    c.watch(&["keep:1"]);
    c.look().await;
}

#[test]
fn a_pull_by_digest_moves_no_tag_and_a_tag_moves_when_told_alike() {
    conforms("tags", async |c: &mut Case| {
        c.publish("web@v1", Program::Serves);
        c.watch(&["web:latest", "web@v1"]);
        c.look().await;
        c.pull("web@v1").await;
        c.watch(&["id:web@v1", "short:web@v1"]);
        c.tag("web@v1", "web:latest").await;
        c.tag("web@v1", "web:latest").await;
        c.publish("web@v2", Program::Serves);
        c.watch(&["web@v2"]);
        c.pull("web@v2").await;
        c.watch(&["id:web@v2"]);
        c.pull("web@v2").await;
        c.tag("web@v2", "web:latest").await;
        c.tag("id:web@v1", "web:latest").await;
        c.tag("id:web@v2", "other:latest").await;
        c.tag("other:1", "web:latest").await;
    });
}

#[test]
fn an_image_whose_tag_moves_away_is_remembered_alike() {
    conforms("moved_tag", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.create("a", Spec::of("web:latest")).await;
        c.start("a").await;
        c.publish("web@v2", Program::Serves);
        c.pull("web@v2").await;
        c.watch(&BOTH);
        c.tag("web@v2", "web:latest").await;
        c.create("b", Spec::of("web:latest")).await;
        c.create("d", Spec::of("id:web@v1")).await;
        c.create("e", Spec::of("web@v1")).await;
        c.tag("id:web@v1", "web:latest").await;
    });
}

#[test]
fn an_image_that_is_pinned_is_remembered_when_its_tag_moves_away_alike() {
    conforms("pinned", async |c: &mut Case| {
        two(c).await;
        c.create("a", Spec::of("web:latest")).await;
        c.start("a").await;
        c.tag("id:web@v1", "keep:1").await;
        c.tag("web@v2", "web:latest").await;
        c.remove_image("keep:1").await;
        c.remove_image("keep:1").await;
        c.tag("id:web@v1", "keep:1").await;
        c.tag("id:web@v1", "web:latest").await;
        c.remove_image("id:web@v2").await;
        c.remove_image("keep:1").await;
    });
}

#[test]
fn the_tags_of_a_repository_are_listed_alike() {
    conforms("list_tags", async |c: &mut Case| {
        two(c).await;
        c.list_tags("keep").await;
        c.tag("id:web@v1", "keep:1").await;
        c.tag("id:web@v1", "keep:2").await;
        c.tag("id:web@v2", "keep:3").await;
        c.tag("id:web@v2", "keeper:1").await;
        c.list_tags("keep").await;
        c.remove_image("keep:1").await;
        c.remove_image("web:latest").await;
        c.list_tags("keep").await;
        c.list_tags("web").await;
    });
}

#[test]
fn an_image_is_removed_by_tag_and_by_id_alike() {
    conforms("remove_image", async |c: &mut Case| {
        two(c).await;
        c.remove_image("id:web@v2").await;
        c.remove_image("id:web@v2").await;
        c.remove_image("web:latest").await;
        c.remove_image("web:latest").await;
        c.pull("web@v1").await;
        c.tag("web@v1", "web:latest").await;
        c.tag("web@v1", "keep:1").await;
        c.remove_image("web:latest").await;
        c.remove_image("id:web@v1").await;
        c.pull("web@v1").await;
        c.tag("web@v1", "web:latest").await;
        c.tag("web@v1", "keep:1").await;
        c.remove_image("id:web@v1").await;
        c.remove_image("keep:1").await;
        c.remove_image("id:web@v1").await;
        c.pull("web@v1").await;
        c.remove_image("web@v1").await;
    });
}

#[test]
fn an_image_in_use_is_not_removed_or_only_untagged_alike() {
    conforms("image_in_use", async |c: &mut Case| {
        two(c).await;
        c.create("a", Spec::of("web:latest")).await;
        c.start("a").await;
        c.create("b", Spec::of("web@v2")).await;
        c.remove_image("id:web@v1").await;
        c.remove_image("id:web@v2").await;
        c.remove_image("web:latest").await;
        c.tag("id:web@v1", "web:latest").await;
        c.tag("id:web@v1", "keep:1").await;
        c.remove_image("web:latest").await;
        c.remove_image("keep:1").await;
        c.remove_image("id:web@v1").await;
        c.stop("a").await;
        c.tag("id:web@v1", "web:latest").await;
        c.remove_image("id:web@v1").await;
        c.remove_image("web:latest").await;
        c.start("a").await;
        c.stop("a").await;
        c.remove("a").await;
        c.remove_image("id:web@v1").await;
        c.remove("b").await;
        c.remove_image("id:web@v2").await;
    });
}

#[test]
fn an_image_that_somebody_removes_by_force_is_gone_or_kept_alike() {
    conforms("forced_image", async |c: &mut Case| {
        two(c).await;
        c.create("a", Spec::of("web:latest")).await;
        c.create("b", Spec::of("web@v2")).await;
        c.start("b").await;
        let [v1, v2] = ["web@v1", "web@v2"].map(|symbol| c.symbols.image(symbol).id.clone().expect("it is pulled"));
        c.hand("removes v2, which runs, by force", Hand::RemoveImage { image: v2, is_forced: true }).await;
        c.hand("removes v1 by force", Hand::RemoveImage { image: v1, is_forced: true }).await;
        c.start("a").await;
        c.stop("b").await;
        c.start("b").await;
        c.create("d", Spec::of("web:latest")).await;
    });
}

#[test]
fn a_prune_of_images_takes_what_no_tag_and_no_container_holds_alike() {
    conforms_alone("image_prune", async |c: &mut Case| {
        two(c).await;
        c.publish("web@v3", Program::Serves);
        c.pull("web@v3").await;
        c.watch(&["web@v3", "id:web@v3"]);
        c.tag("id:web@v1", "keep:1").await;
        c.create("b", Spec::of("web@v2")).await;
        c.hand("prunes images", Hand::PruneImages).await;
        c.tag("web@v2", "web:latest").await;
        c.hand("prunes images", Hand::PruneImages).await;
        c.remove_image("keep:1").await;
        c.hand("prunes images", Hand::PruneImages).await;
    });
}

#[test]
fn a_prune_of_all_images_takes_what_no_container_holds_alike() {
    conforms_alone("image_prune_all", async |c: &mut Case| {
        two(c).await;
        c.publish("web@v3", Program::Serves);
        c.pull("web@v3").await;
        c.watch(&["web@v3", "id:web@v3"]);
        c.create("a", Spec::of("web:latest")).await;
        c.start("a").await;
        c.tag("id:web@v1", "keep:1").await;
        c.tag("web@v2", "web:latest").await;
        c.create("b", Spec::of("web:latest")).await;
        c.hand("prunes all images", Hand::PruneAllImages).await;
        c.pull("web@v3").await;
        c.hand("prunes containers", Hand::PruneContainers).await;
        c.hand("prunes all images", Hand::PruneAllImages).await;
        c.stop("a").await;
        c.start("a").await;
        c.hand("removes a by force", Hand::Remove { container: c.id("a"), is_forced: true, with_volumes: false }).await;
        c.hand("prunes all images", Hand::PruneAllImages).await;
        c.pull("web@v1").await;
    });
}

#[test]
fn a_pull_that_fails_leaves_nothing_alike() {
    conforms("broken_pull", async |c: &mut Case| {
        c.have("web@v1", Program::Serves).await;
        c.watch(&["web:latest", "web@v1"]);
        let broken = c.world.broken_pull();
        let answer = c.pull_reference(&broken).await;
        c.tell("pull that breaks off", &answer).await;
        let found = c.engine().image(&broken).await.map(|image| image.is_some());
        c.transcript.add(format!("it is there: {}", found.is_ok_and(|is_there| is_there)), "");
        c.world.mend_pull();
        let absent = format!("{}/{}@sha256:{}", c.world.registry(), c.world.name("web"), "0".repeat(64));
        let answer = c.pull_reference(&absent).await;
        c.tell("pull of what no registry has", &answer).await;
        c.create("a", Spec::of("nothing:latest")).await;
    });
}
