//! Goes through objects, and collects what they would run.

use super::doubt::{self, Doubt, Why};
use super::error::{ManifestError, Position};
use super::kinds::{Paths, Rule};
use super::node::{Entry, Mark, Node, Value};
use super::{At, Found, ImageUse, Object, compose};
use crate::budget;

/// What has been found so far.
pub(super) struct Finder<'t> {
    text: Option<&'t str>,
    paths: &'t Paths,
    pub(super) found: Found,
    reported: usize,
}

/// Where we are: the object, and the way from its document's root.
pub(super) struct Way<'o> {
    pub(super) object: &'o Object,
    pub(super) path: String,
    /// The container, or the volume.
    container: Option<String>,
}

impl<'o> Way<'o> {
    pub(super) fn at(object: &'o Object, path: String) -> Self {
        Self { object, path, container: None }
    }

    /// Goes on to a key for as long as `visit` takes.
    pub(super) fn key<T>(&mut self, key: &str, visit: impl FnOnce(&mut Self) -> T) -> T {
        self.on(if self.path.is_empty() { key.to_owned() } else { format!(".{key}") }, visit)
    }

    /// Goes on to an item for as long as `visit` takes.
    pub(super) fn item<T>(&mut self, index: usize, visit: impl FnOnce(&mut Self) -> T) -> T {
        self.on(format!("[{index}]"), visit)
    }

    fn on<T>(&mut self, step: String, visit: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        self.path.push_str(&step);
        let answer = visit(self);
        self.path.truncate(before);
        answer
    }
}

impl<'t> Finder<'t> {
    pub(super) fn new(text: Option<&'t str>, paths: &'t Paths) -> Self {
        Self { text, paths, found: Found::default(), reported: 0 }
    }

    /// A whole document: an object, or nothing.
    pub(super) fn document(&mut self, root: &Node<'_>, document: usize) -> Result<(), ManifestError> {
        if root.is_null() {
            return Ok(());
        }
        if !matches!(root.value, Value::Map(_)) {
            let (line, column) = root.mark.as_ref().map_or((1, 1), |mark| (mark.line, mark.column));
            return Err(ManifestError::NotAnObject { at: Position { line, column, document } });
        }
        self.object(root, String::new(), None)
    }

    /// An object, or a list of objects; `parent` is the list that it is in.
    fn object(&mut self, root: &Node<'_>, path: String, parent: Option<&Object>) -> Result<(), ManifestError> {
        let object = named(root, parent);
        let mut way = Way::at(&object, path);
        let items = root.get("items").map(Node::items).unwrap_or_default();
        if object.kind.ends_with("List") && !items.is_empty() {
            for (index, item) in items.iter().enumerate() {
                let path = way.key("items", |way| way.item(index, |way| way.path.clone()));
                self.object(item, path, Some(&object))?;
            }
            return Ok(());
        }
        if object.kind.is_empty() && root.get("services").is_some() {
            return compose::services(self, root, &mut way);
        }
        let (paths, more) = match self.paths.rule(&object.group, &object.kind) {
            Rule::Nothing => return Ok(()),
            Rule::Only(paths) => (paths, false),
            Rule::AtLeast(paths) => (paths, true),
        };
        let before = self.so_far();
        for path in paths {
            self.follow(root, path, &mut way)?;
        }
        if more { doubt::scan(self, root, &["metadata", "status"], before, &mut way) } else { Ok(()) }
    }

    /// How many images and doubts there are.
    pub(super) fn so_far(&self) -> (usize, usize) {
        (self.found.images.len(), self.found.doubts.len())
    }

    /// Goes a path to its end.
    fn follow(&mut self, node: &Node<'_>, path: &str, way: &mut Way<'_>) -> Result<(), ManifestError> {
        for (index, item) in node.items().iter().enumerate() {
            way.item(index, |way| self.follow(item, path, way))?;
        }
        if path.is_empty() {
            return if node.items().is_empty() { self.run(node, way) } else { Ok(()) };
        }
        let (step, rest) = path.split_once('.').unwrap_or((path, ""));
        for entry in node.entries().iter().filter(|entry| step == "*" || entry.key == step) {
            way.key(&entry.key, |way| self.follow(&entry.value, rest, way))?;
        }
        Ok(())
    }

    /// What stands where something is run: an image's name, a container, the `spec` of a Pod.
    fn run(&mut self, node: &Node<'_>, way: &mut Way<'_>) -> Result<(), ManifestError> {
        if matches!(node.value, Value::Text { .. }) {
            return self.image(node, way);
        }
        self.container(node, way)?;
        for entry in node.entries() {
            match &*entry.key {
                "containers" | "initContainers" | "ephemeralContainers" => self.each(entry, way, Self::container)?,
                "volumes" => self.each(entry, way, Self::volume)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn each(
        &mut self,
        list: &Entry<'_>,
        way: &mut Way<'_>,
        visit: impl Fn(&mut Self, &Node<'_>, &mut Way<'_>) -> Result<(), ManifestError>,
    ) -> Result<(), ManifestError> {
        way.key(&list.key, |way| {
            let mut items = list.value.items().iter().enumerate();
            items.try_for_each(|(index, item)| way.item(index, |way| visit(self, item, way)))
        })
    }

    /// Anything that has a name and an image.
    pub(super) fn container(&mut self, node: &Node<'_>, way: &mut Way<'_>) -> Result<(), ManifestError> {
        self.named_image(node, "image", node, way)
    }

    /// An image that is mounted (KEP-4639).
    fn volume(&mut self, node: &Node<'_>, way: &mut Way<'_>) -> Result<(), ManifestError> {
        let Some(image) = node.get("image") else { return Ok(()) };
        way.key("image", |way| self.named_image(image, "reference", node, way))
    }

    /// The image under `key` of `node`; its container is `named`.
    pub(super) fn named_image(
        &mut self,
        node: &Node<'_>,
        key: &str,
        named: &Node<'_>,
        way: &mut Way<'_>,
    ) -> Result<(), ManifestError> {
        let Some(image) = node.get(key) else { return Ok(()) };
        let outer = way.container.take();
        way.container = named.get("name").and_then(Node::text).map(str::to_owned).or_else(|| outer.clone());
        let answer = way.key(key, |way| self.image(image, way));
        way.container = outer;
        answer
    }

    fn image(&mut self, node: &Node<'_>, way: &Way<'_>) -> Result<(), ManifestError> {
        let Some(image) = node.text() else {
            let empty = matches!(node.value, Value::Text { .. });
            return if empty { Ok(()) } else { self.doubt(Why::NotAText, "", node.mark.as_ref(), way) };
        };
        let at = node.mark.as_ref().map(|mark| self.at(mark, image));
        let (image, path, container) = (image.to_owned(), way.path.clone(), way.container.clone());
        self.report(way.object, [&image, &path, container.as_deref().unwrap_or_default()])?;
        self.found.images.push(ImageUse { image, at, path, object: way.object.clone(), container });
        Ok(())
    }

    pub(super) fn doubt(
        &mut self,
        why: Why,
        text: &str,
        mark: Option<&Mark>,
        way: &Way<'_>,
    ) -> Result<(), ManifestError> {
        self.report(way.object, [text, &way.path, ""])?;
        let at = mark.map(|mark| At { line: mark.line, column: mark.column, bytes: mark.bytes.clone() });
        let (text, path) = (text.to_owned(), way.path.clone());
        self.found.doubts.push(Doubt { why, text, at, path, object: way.object.clone() });
        Ok(())
    }

    /// Counts what is reported.
    fn report(&mut self, object: &Object, texts: [&str; 3]) -> Result<(), ManifestError> {
        let Object { group, kind, namespace, name } = object;
        let object = [Some(group), Some(kind), namespace.as_ref(), name.as_ref()];
        let bytes: usize = object.into_iter().flatten().map(String::len).chain(texts.map(str::len)).sum();
        // What holds them counts too, or empty ones would be free.
        self.reported = self.reported.saturating_add(bytes).saturating_add(size_of::<ImageUse>());
        let over = ManifestError::OverBudget { what: "bytes of images to report", limit: budget::REPORTED_BYTES };
        if self.reported <= budget::REPORTED_BYTES { Ok(()) } else { Err(over) }
    }

    /// Where exactly the image's name is: within its quotes, and without the lines that end a block.
    fn at(&self, mark: &Mark, image: &str) -> At {
        let (line, column, bytes) = (mark.line, mark.column, mark.bytes.clone());
        let written = self.text.and_then(|text| text.get(bytes.clone())).unwrap_or_default();
        let quoted = written.strip_prefix(['"', '\'']).and_then(|rest| rest.strip_suffix(['"', '\'']));
        let (start, length) = match quoted {
            Some(inner) if inner == image => (bytes.start + 1, inner.len()),
            _ if written.trim_end() == image => (bytes.start, image.len()),
            _ => (bytes.start, bytes.len()),
        };
        At { line, column, bytes: start..start + length }
    }
}

/// What an object says that it is. In a list of one kind, the items need not repeat it.
fn named(root: &Node<'_>, parent: Option<&Object>) -> Object {
    let text = |node: Option<&Node<'_>>| node.and_then(Node::text).map(str::to_owned);
    let inherited = parent.filter(|list| list.kind != "List" && root.get("kind").is_none());
    let (group, kind) = match inherited {
        Some(list) => (list.group.clone(), list.kind.trim_end_matches("List").to_owned()),
        None => {
            let version = text(root.get("apiVersion")).unwrap_or_default();
            let group = version.split_once('/').map_or("", |(group, _)| group).to_owned();
            (group, text(root.get("kind")).unwrap_or_default())
        }
    };
    let metadata = root.get("metadata");
    let field = |key| text(metadata.and_then(|metadata| metadata.get(key)));
    Object { group, kind, namespace: field("namespace"), name: field("name").or_else(|| field("generateName")) }
}
