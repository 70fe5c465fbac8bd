//! Backstage catalogs: components and resources, what they depend on, and which APIs they consume.
//!
//! Source: Backstage, *Descriptor Format of Catalog Entities*: `kind`, `metadata.name`, `spec.dependsOn`,
//! `spec.providesApis`, `spec.consumesApis`, `spec.type`.

use std::collections::BTreeMap;

use text::{Node, Source, Span};

use ::manifests::documents;

use super::manifest::text;
use super::{Found, FoundComponent, FoundEdge, MAX_FOUND, fit, image, is_telemetry};
use crate::Needs;

/// Whether a text looks like a catalog; cheap.
pub fn is_catalog(text: &str) -> bool {
    text.contains("backstage.io/") && text.contains("kind:")
}

/// A reference from one entity to another.
struct Reference {
    file: usize,
    caller: String,
    to: String,
    line: usize,
    from: &'static str,
}

/// Reads catalogs and joins their entities by name and by API.
pub fn catalogs(sources: &[Source]) -> Vec<Found> {
    let mut files = Vec::new();
    let mut references = Vec::new();
    let mut providers: BTreeMap<String, String> = BTreeMap::new();
    for source in sources {
        let mut found = Found { path: source.path().to_owned(), ..Found::default() };
        for (start, document) in documents(source.text()) {
            let part = Source::new(source.path(), document);
            let Some(entity) = super::read(&part).0.filter(|_| found.components.len() < MAX_FOUND) else { continue };
            let line = |span: Span| source.line_column(start + span.start).0;
            let (Some(kind), Some(name)) = (text(&entity, &["kind"]), text(&entity, &["metadata", "name"])) else {
                continue;
            };
            let Some(name) = fit(name).filter(|_| matches!(kind, "Component" | "Resource")) else { continue };
            let of = text(&entity, &["spec", "type"]).unwrap_or("");
            let website = of == "website";
            let at = line(entity.get("metadata").map_or(entity.span, |metadata| metadata.span));
            found.components.push(FoundComponent {
                kind: image::kind(Some(of).filter(|of| kind == "Resource" && !of.is_empty()), &name),
                name: name.clone(),
                replicas: None,
                at: None,
                line: at,
                from: format!("{kind} of type {of}"),
                entry: website.then(|| (at, "type website".to_owned())),
                quorum: None,
            });
            for item in listed(&entity, "providesApis") {
                providers.insert(bare(item.as_text().unwrap_or("")).to_owned(), name.clone());
            }
            for key in ["dependsOn", "consumesApis"] {
                for item in listed(&entity, key) {
                    let (to, line) = (bare(item.as_text().unwrap_or("")).to_owned(), line(item.span));
                    references.push(Reference { file: files.len(), caller: name.clone(), to, line, from: key });
                }
            }
        }
        files.push(found);
    }
    let known: Vec<String> = files.iter().flat_map(|file| &file.components).map(|one| one.name.clone()).collect();
    for Reference { file, caller, to, line, from } in references {
        let callee = if from == "consumesApis" { providers.get(&to) } else { known.iter().find(|name| **name == to) };
        let Some(callee) = callee else {
            files[file].gaps.push(format!("{caller} names {to} at line {line}, which no catalog here has"));
            continue;
        };
        let is_known = files[file].edges.iter().any(|edge| edge.caller == caller && edge.callee == *callee);
        if !is_known && *callee != caller {
            let needs = if is_telemetry(callee, "") { Needs::Async } else { Needs::Hard };
            files[file].edges.push(FoundEdge { caller, callee: callee.clone(), line, from: from.to_owned(), needs });
        }
    }
    files.retain(|file| !file.components.is_empty());
    files
}

fn listed<'n>(entity: &'n Node, key: &str) -> &'n [Node] {
    entity.get("spec").and_then(|spec| spec.get(key)).and_then(Node::as_list).unwrap_or_default()
}

/// `component:default/api` is `api`.
fn bare(reference: &str) -> &str {
    reference.rsplit([':', '/']).next().unwrap_or(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_joined_by_name_and_by_api() {
        let catalog = "\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: shop}
spec: {type: website, dependsOn: ['component:default/cart', 'resource:nowhere'], consumesApis: [prices]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: cart}
spec: {type: service, dependsOn: ['resource:carts']}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: pricing}
spec: {type: service, providesApis: [prices]}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: carts}
spec: {type: postgres-database}
";
        let found = catalogs(&[Source::new("catalog-info.yaml", catalog)]);
        let edges: Vec<_> =
            found[0].edges.iter().map(|e| format!("{}->{} {} {}", e.caller, e.callee, e.line, e.from)).collect();
        assert_eq!(edges, ["shop->cart 4 dependsOn", "shop->pricing 4 consumesApis", "cart->carts 9 dependsOn"]);
        assert_eq!(found[0].gaps, ["shop names nowhere at line 4, which no catalog here has"]);
        assert_eq!(found[0].components[3].kind, crate::ComponentKind::Postgres);
        assert!(found[0].components[0].entry.is_some());
    }
}
