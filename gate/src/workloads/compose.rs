//! Compose files (compose-spec.io): `services.*.image`, and images that are mounted.

use super::Object;
use super::doubt::{self, Why};
use super::error::ManifestError;
use super::find::{Finder, Way};
use super::node::{Node, Value};

/// A service with `build` and `image` may run either: compose asks the registry first, unless it is told otherwise.
pub(super) fn services(finder: &mut Finder<'_>, root: &Node<'_>, way: &mut Way<'_>) -> Result<(), ManifestError> {
    if let Some(include) = root.get("include").filter(|include| !include.is_null()) {
        way.key("include", |way| elsewhere(finder, include, way))?;
    }
    for entry in root.get("services").map(Node::entries).unwrap_or_default() {
        let object = Object { kind: "service".to_owned(), name: Some(entry.key.to_string()), ..Object::default() };
        let mut way = Way::at(&object, String::new());
        way.key("services", |way| way.key(&entry.key, |way| service(finder, &entry.value, way)))?;
    }
    Ok(())
}

fn service(finder: &mut Finder<'_>, service: &Node<'_>, way: &mut Way<'_>) -> Result<(), ManifestError> {
    let before = finder.so_far();
    finder.container(service, way)?;
    let volumes = service.get("volumes").map(Node::items).unwrap_or_default();
    let mounted = |volume: &Node<'_>| volume.get("type").and_then(Node::text) == Some("image");
    for (index, volume) in volumes.iter().enumerate().filter(|(_, volume)| mounted(volume)) {
        way.key("volumes", |way| way.item(index, |way| finder.named_image(volume, "source", volume, way)))?;
    }
    if let Some(file) = service.get("extends").and_then(|extends| extends.get("file")) {
        way.key("extends", |way| way.key("file", |way| elsewhere(finder, file, way)))?;
    }
    doubt::scan(finder, service, &["build"], before, way)
}

fn elsewhere(finder: &mut Finder<'_>, file: &Node<'_>, way: &Way<'_>) -> Result<(), ManifestError> {
    let text = if let Value::Text { text, .. } = &file.value { text } else { "" };
    finder.doubt(Why::Elsewhere, text, file.mark.as_ref(), way)
}
