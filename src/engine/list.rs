//! The engine's lists: of containers, and of the tags of a repository.

use std::collections::HashMap;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::ContainerSummary;
use bollard::query_parameters::{ListContainersOptions, ListImagesOptions};

use crate::model::{ContainerId, Listed};

/// All containers, running or not.
pub async fn containers(docker: &Docker) -> Result<Vec<Listed>, Error> {
    let options = ListContainersOptions { all: true, ..Default::default() };
    Ok(listed(docker.list_containers(Some(options)).await?))
}

/// As `repository:tag`. An engine may show the other tags of an image beside those that were asked for.
pub async fn tags(docker: &Docker, repository: &str) -> Result<Vec<String>, Error> {
    let filters = HashMap::from([("reference".to_owned(), vec![repository.to_owned()])]);
    let images = docker.list_images(Some(ListImagesOptions { filters: Some(filters), ..Default::default() })).await?;
    let is_of_it = |tag: &String| tag.strip_prefix(repository).is_some_and(|rest| rest.starts_with(':'));
    Ok(images.into_iter().flat_map(|image| image.repo_tags).filter(is_of_it).collect())
}

/// What the list tells. A line without id is left out: there is nothing to ask for.
///
/// A container has its own name without a second slash; `/app/db` is how `app`, which is linked to it, calls it (Docker 20.10–28.5).
fn listed(summaries: Vec<ContainerSummary>) -> Vec<Listed> {
    let mut links: Vec<(String, String)> = Vec::new();
    let mut all = Vec::new();
    for summary in summaries {
        let Some(id) = summary.id else { continue };
        let names = summary.names.unwrap_or_default();
        let names = names.iter().map(|name| name.trim_start_matches('/'));
        let (aliases, own): (Vec<_>, Vec<_>) = names.partition(|name| name.contains('/'));
        let name = own.first().copied().unwrap_or_default().to_owned();
        links.extend(aliases.iter().filter_map(|alias| alias.split('/').next()).map(|from| (from.to_owned(), name.clone())));
        let network = summary.host_config.and_then(|host| host.network_mode).unwrap_or_default();
        let shares_network_of = network.strip_prefix("container:").map(str::to_owned);
        all.push(Listed {
            id: ContainerId::new(id),
            name,
            image: summary.image.unwrap_or_default(),
            shares_network_of,
            linked_to: Vec::new(),
        });
    }
    for one in &mut all {
        one.linked_to = links.iter().filter(|(from, _)| *from == one.name).map(|(_, to)| to.clone()).collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(id: &str, names: &[&str], network: &str) -> ContainerSummary {
        let json = serde_json::json!({ "Id": id, "Names": names, "Image": "web", "HostConfig": { "NetworkMode": network } });
        serde_json::from_value(json).expect("a line of the list")
    }

    #[test]
    fn ties_are_read_from_names_and_network() {
        let all = listed(vec![
            summary("1", &["/app/db", "/db"], "bridge"),
            summary("2", &["/app"], "bridge"),
            summary("3", &["/side"], "container:2"),
        ]);
        let ties: Vec<_> = all.iter().map(|c| (c.name.as_str(), c.shares_network_of.as_deref(), c.linked_to.concat())).collect();
        assert_eq!(ties, [("db", None, String::new()), ("app", None, "db".to_owned()), ("side", Some("2"), String::new())]);
    }
}
