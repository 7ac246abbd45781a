//! CSAF 2.0 (docs.oasis-open.org/csaf/csaf/v2.0), as far as its VEX profile goes (section 4.5).

use super::{
    Origin, Statement, Status, Vex,
    component::{Component, Listed},
    moment,
};
use crate::{
    budget,
    document::{
        DocumentError, read, shown,
        wire::{List, Present, Text, distinct, said},
        within,
    },
    purl::Purl,
};
use bulla_verify::Time;
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};

const FORMAT: &str = "a VEX document of CSAF";

pub(super) fn parse(document: &[u8]) -> Result<Vex, DocumentError> {
    let Wire { document, product_tree, vulnerabilities } = read(FORMAT, document)?;
    document.expect_final_vex()?;
    let timestamp = moment(FORMAT, "date", &document.tracking.current_release_date)?;
    let mut products = Products::default();
    products.add_all(product_tree)?;
    let mut statements = Vec::new();
    for vulnerability in vulnerabilities.all("vulnerabilities")? {
        vulnerability.state(&products, timestamp, &mut statements)?;
    }
    if statements.is_empty() {
        return Err(DocumentError::malformed(FORMAT, "it has no statements"));
    }
    let (id, author) = (document.tracking.id.into_string(), document.publisher.name.into_string());
    Ok(Vex { origin: Arc::new(Origin { document: id, author }), timestamp, statements })
}

/// By their ids, what each product is; a part of one is compared as such. Shared: one product may have many statements.
#[derive(Default)]
struct Products(BTreeMap<String, Arc<[Listed]>>);

impl Products {
    fn add_all(&mut self, tree: Tree) -> Result<(), DocumentError> {
        let names = tree.full_product_names.all("products")?;
        names.into_iter().try_for_each(|product| self.add_plain(product, false))?;
        tree.branches.all("branches")?.into_iter().try_for_each(|branch| self.add_branch(branch))?;
        let mut parts = Vec::new();
        for relation in tree.relationships.all("relationships")? {
            let whole = self.plain(&relation.relates_to_product_reference)?;
            let subcomponents = vec![self.plain(&relation.product_reference)?];
            parts.push((relation.full_product_name.product_id, Listed { component: whole, subcomponents }));
        }
        // Only now: what is a part of a part has no name here.
        parts.into_iter().try_for_each(|(id, listed)| self.add(id, listed))
    }

    /// As deep as JSON nests.
    fn add_branch(&mut self, branch: Branch) -> Result<(), DocumentError> {
        // A version, or a range of them, which its package URL does not tell.
        let is_version = said(branch.category).is_some_and(|category| category.starts_with("product_version"));
        branch.product.map_or(Ok(()), |product| self.add_plain(product, is_version))?;
        branch.branches.all("branches")?.into_iter().try_for_each(|branch| self.add_branch(branch))
    }

    fn add_plain(&mut self, product: FullName, is_version: bool) -> Result<(), DocumentError> {
        let FullName { product_id, product_identification_helper: helper } = product;
        let component = helper.unwrap_or_default().component(is_version)?;
        self.add(product_id, Listed { component, subcomponents: Vec::new() })
    }

    fn add(&mut self, id: Text, listed: Listed) -> Result<(), DocumentError> {
        within("products", budget::COMPONENTS, self.0.len() + 1)?;
        match self.0.insert(id.as_str().to_owned(), Arc::new([listed])) {
            None => Ok(()),
            Some(_) => {
                Err(DocumentError::malformed(FORMAT, format!("two products have the id `{}`", shown(id.as_str()))))
            }
        }
    }

    fn get(&self, id: &Text) -> Result<&Arc<[Listed]>, DocumentError> {
        let unknown = || DocumentError::malformed(FORMAT, format!("there is no product `{}`", shown(id.as_str())));
        self.0.get(id.as_str()).ok_or_else(unknown)
    }

    fn plain(&self, id: &Text) -> Result<Component, DocumentError> {
        Ok(self.get(id)?.first().map(|listed| listed.component.clone()).unwrap_or_default())
    }
}

impl Vulnerability {
    /// A statement for each product and status.
    fn state(self, products: &Products, time: Time, statements: &mut Vec<Statement>) -> Result<(), DocumentError> {
        let ids = self.ids.all("names of a vulnerability")?;
        let names = distinct(said(self.cve).into_iter().chain(ids.into_iter().map(|id| id.text.into_string())));
        if names.is_empty() {
            return Err(DocumentError::malformed(FORMAT, "a vulnerability has no name"));
        }
        let names: Arc<[String]> = names.into();
        let (mut flags, mut impacts) = (BTreeMap::new(), BTreeMap::new());
        for flag in self.flags.all("flags")? {
            tell(&mut flags, &flag.label, flag.product_ids)?;
        }
        for threat in self.threats.all("threats")?.into_iter().filter(|threat| threat.category.as_str() == "impact") {
            tell(&mut impacts, &threat.details, threat.product_ids)?;
        }
        for (status, listed) in self.product_status.unwrap_or_default().lists() {
            for id in listed.all("products of a status")? {
                within("statements", budget::STATEMENTS, statements.len() + 1)?;
                let told: Vec<_> =
                    [flags.get(&id), impacts.get(&id)].into_iter().flatten().map(String::as_str).collect();
                if status == Status::NotAffected && told.is_empty() {
                    let message = format!("it does not say why `{}` is not affected", shown(id.as_str()));
                    return Err(DocumentError::malformed(FORMAT, message));
                }
                let products = Some(Arc::clone(products.get(&id)?));
                statements.push(Statement {
                    names: Arc::clone(&names),
                    products,
                    status,
                    reason: told.join(": ").into(),
                    time,
                });
            }
        }
        Ok(())
    }
}

/// Keeps what is said of each product first: a justification or an impact, without which nothing is "not affected" (section
/// 4.5). What is said of a group of products counts for none of them: groups are not read.
fn tell(told: &mut BTreeMap<Text, String>, text: &Text, ids: Ids) -> Result<(), DocumentError> {
    for id in ids.all("products")? {
        told.entry(id).or_insert_with(|| shown(text.as_str()));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Wire {
    document: Document,
    product_tree: Tree,
    #[serde(default)]
    vulnerabilities: List<Vulnerability, { budget::STATEMENTS }>,
}

#[derive(Deserialize)]
struct Document {
    category: Text,
    csaf_version: Text,
    publisher: Publisher,
    tracking: Tracking,
}

impl Document {
    fn expect_final_vex(&self) -> Result<(), DocumentError> {
        if self.csaf_version.as_str() != "2.0" {
            let found = shown(self.csaf_version.as_str());
            return Err(DocumentError::UnsupportedVersion { format: "CSAF", expected: "2.0", found });
        }
        if self.category.as_str() != "csaf_vex" {
            let message = format!("its category is `{}`, expected `csaf_vex`", shown(self.category.as_str()));
            return Err(DocumentError::malformed(FORMAT, message));
        }
        match self.tracking.status.as_str() {
            "final" | "interim" => Ok(()),
            other => {
                Err(DocumentError::malformed(FORMAT, format!("its status is `{}`: nobody stands by it", shown(other))))
            }
        }
    }
}

#[derive(Deserialize)]
struct Publisher {
    name: Text,
}

#[derive(Deserialize)]
struct Tracking {
    id: Text,
    status: Text,
    current_release_date: Text,
}

#[derive(Deserialize)]
struct Tree {
    #[serde(default)]
    branches: List<Branch, { budget::COMPONENTS }>,
    #[serde(default)]
    full_product_names: List<FullName, { budget::COMPONENTS }>,
    #[serde(default)]
    relationships: List<Relationship, { budget::COMPONENTS }>,
}

#[derive(Deserialize)]
struct Branch {
    category: Option<Text>,
    #[serde(default)]
    branches: List<Self, { budget::COMPONENTS }>,
    product: Option<FullName>,
}

#[derive(Deserialize)]
struct FullName {
    product_id: Text,
    product_identification_helper: Option<Helper>,
}

#[derive(Default, Deserialize)]
struct Helper {
    purl: Option<Text>,
    #[serde(default)]
    hashes: List<Hashes, { budget::NAMES }>,
    #[serde(default)]
    model_numbers: Present,
    #[serde(default)]
    serial_numbers: Present,
    #[serde(default)]
    skus: Present,
}

impl Helper {
    /// What tells some of a product's copies from others is not compared here: then it has no name.
    fn component(self, is_version: bool) -> Result<Component, DocumentError> {
        if self.model_numbers.0 || self.serial_numbers.0 || self.skus.0 {
            return Ok(Component::default());
        }
        let is_told = |purl: &String| !is_version || Purl::parse(purl).is_some_and(|purl| purl.version.is_some());
        let purl = said(self.purl).filter(is_told);
        let mut component = purl.map_or_else(Component::default, |purl| Component::named(&purl));
        for hashes in self.hashes.all("hashes")? {
            let sha256 = hashes.file_hashes.all("hashes")?.into_iter().find(|hash| hash.algorithm.as_str() == "sha256");
            component = component.hashing_to(sha256.map(|hash| hash.value.into_string()));
        }
        Ok(component)
    }
}

#[derive(Deserialize)]
struct Hashes {
    file_hashes: List<Hash, { budget::NAMES }>,
}

#[derive(Deserialize)]
struct Hash {
    algorithm: Text,
    value: Text,
}

/// `product_reference` is a part of, or installed on, the other; together they have a name of their own.
#[derive(Deserialize)]
struct Relationship {
    full_product_name: FullName,
    product_reference: Text,
    relates_to_product_reference: Text,
}

#[derive(Deserialize)]
struct Vulnerability {
    cve: Option<Text>,
    #[serde(default)]
    ids: List<Id, { budget::NAMES }>,
    #[serde(default)]
    flags: List<Flag, { budget::STATEMENTS }>,
    #[serde(default)]
    threats: List<Threat, { budget::STATEMENTS }>,
    product_status: Option<ProductStatus>,
}

#[derive(Deserialize)]
struct Id {
    text: Text,
}

type Ids = List<Text, { budget::COMPONENTS }>;

#[derive(Deserialize)]
struct Flag {
    label: Text,
    #[serde(default)]
    product_ids: Ids,
}

#[derive(Deserialize)]
struct Threat {
    category: Text,
    details: Text,
    #[serde(default)]
    product_ids: Ids,
}

/// What is recommended says nothing of what it is recommended against.
#[derive(Default, Deserialize)]
struct ProductStatus {
    #[serde(default)]
    fixed: Ids,
    #[serde(default)]
    first_fixed: Ids,
    #[serde(default)]
    known_not_affected: Ids,
    #[serde(default)]
    under_investigation: Ids,
    #[serde(default)]
    known_affected: Ids,
    #[serde(default)]
    first_affected: Ids,
    #[serde(default)]
    last_affected: Ids,
}

impl ProductStatus {
    fn lists(self) -> [(Status, Ids); 7] {
        [
            (Status::Fixed, self.fixed),
            (Status::Fixed, self.first_fixed),
            (Status::NotAffected, self.known_not_affected),
            (Status::UnderInvestigation, self.under_investigation),
            (Status::Affected, self.known_affected),
            (Status::Affected, self.first_affected),
            (Status::Affected, self.last_affected),
        ]
    }
}
