//! What a project uses, with the versions that it asks for: packages of several managers, and APIs of Kubernetes.

use std::sync::LazyLock;

use regex::Regex;
use text::Node;

use super::versions::manifest;
use crate::repository::files::Files;

/// The largest file.
const MAX_PINS_BYTES: usize = 8 << 20;

/// Something that is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pin {
    pub(super) name: String,
    /// As it is asked for: `^1.2`, `==2.0rc1`, `v1alpha1`.
    pub(super) version: String,
    /// `file:line`.
    pub(super) place: String,
    pub(super) kind: Used,
}

/// What is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Used {
    Package,
    Api,
    Image,
}

static REQUIREMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*((?:[=<>~!]=?=?)[^;#]*)?").expect("is a pattern")
});
static MODULE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(?:require\s+)?([\w./~-]+\.[\w./~-]+)\s+(v\d\S*)").expect("is a pattern"));
static API: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^\s*(?:-\s+)?apiVersion:\s*["']?([\w./-]+)"#).expect("is a pattern"));
static KIND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^\s*(?:-\s+)?kind:\s*["']?(\w+)"#).expect("is a pattern"));
static IMAGE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^\s*(?:-\s+)?image:\s*["']?([\w./:@-]+)"#).expect("is a pattern"));
static FROM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^\s*FROM\s+(?:--\S+\s+)*([\w./:@-]+)").expect("is a pattern"));

/// Whether a file can be read for what it uses.
pub(super) fn is_known(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["Cargo.toml", "package.json", "pyproject.toml", "Chart.yaml", "go.mod"].contains(&name)
        || (name.starts_with("requirements") && name.ends_with(".txt"))
        || name.ends_with(".yaml")
        || name.ends_with(".yml")
        || name.starts_with("Dockerfile")
}

/// What a file uses.
pub(super) fn read(files: &Files, path: &str) -> Result<Vec<Pin>, String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        "Cargo.toml" | "package.json" | "pyproject.toml" | "Chart.yaml" => declared(files, path, name),
        _ => {
            let text = files.read(path, MAX_PINS_BYTES).map_err(|error| error.words())?;
            Ok(by_line(path, name, &text))
        }
    }
}

/// Files of requirements that one of them includes.
pub(super) fn included(files: &Files, path: &str) -> Vec<String> {
    let Some(text) = path.ends_with(".txt").then(|| files.read(path, MAX_PINS_BYTES).ok()).flatten() else {
        return Vec::new();
    };
    let beside = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let named = text.lines().filter_map(|line| {
        let line = line.trim();
        line.strip_prefix("-r")
            .or_else(|| line.strip_prefix("--requirement"))
            .map(|rest| rest.trim_start_matches(['=', ' ']))
    });
    named.map(|name| format!("{beside}/{}", name.trim_start_matches("./")).trim_start_matches('/').to_owned()).collect()
}

fn declared(files: &Files, path: &str, name: &str) -> Result<Vec<Pin>, String> {
    let (source, root) = manifest(files, path)?;
    let mut found = Vec::new();
    let place = |node: &Node| format!("{path}:{}", source.line_column(node.span.start).0);
    let mut table = |keys: &[&str]| {
        let entries = keys.iter().try_fold(&root, |node, key| node.get(key)).and_then(Node::as_map).unwrap_or_default();
        for entry in entries {
            let version = entry.value.as_text().or_else(|| entry.value.get("version").and_then(Node::as_text));
            if let Some(version) = version {
                // `npm:other@1.2` is that version of something else.
                let version =
                    version.strip_prefix("npm:").and_then(|alias| alias.rsplit_once('@')).map_or(version, |(_, it)| it);
                let (name, version) = (entry.key.clone(), version.to_owned());
                found.push(Pin { name, version, place: place(&entry.value), kind: Used::Package });
            }
        }
    };
    match name {
        "Cargo.toml" => {
            table(&["dependencies"]);
            table(&["workspace", "dependencies"]);
        }
        "package.json" => {
            table(&["dependencies"]);
            table(&["optionalDependencies"]);
        }
        "pyproject.toml" => table(&["tool", "poetry", "dependencies"]),
        _ => {}
    }
    let list = |keys: &[&str]| {
        keys.iter().try_fold(&root, |node, key| node.get(key)).and_then(Node::as_list).unwrap_or_default().to_vec()
    };
    if name == "pyproject.toml" {
        for item in list(&["project", "dependencies"]) {
            let line = item.as_text().map(str::to_owned).unwrap_or_default();
            found.extend(requirement(&line, place(&item)));
        }
    }
    if name == "Chart.yaml" {
        for item in list(&["dependencies"]) {
            let text = |key: &str| item.get(key).and_then(Node::as_text).map(str::to_owned);
            if let (Some(name), Some(version)) = (text("name"), text("version")) {
                found.push(Pin { name, version, place: place(&item), kind: Used::Package });
            }
        }
    }
    found.retain(|pin| pin.name != "python");
    Ok(found)
}

fn requirement(line: &str, place: String) -> Option<Pin> {
    let found = REQUIREMENT.captures(line)?;
    let version = found.get(2).map_or("", |version| version.as_str()).trim().to_owned();
    Some(Pin { name: found[1].to_owned(), version, place, kind: Used::Package })
}

fn by_line(path: &str, name: &str, text: &str) -> Vec<Pin> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let place = format!("{path}:{}", at + 1);
        let bare = line.trim_start();
        if bare.starts_with(['#', '/']) && name != "go.mod" {
            continue;
        }
        if name.ends_with(".txt") {
            let is_option = bare.starts_with('-') || bare.is_empty();
            found.extend(requirement(line, place).filter(|_| !is_option));
        } else if name == "go.mod" {
            let is_indirect = line.contains("// indirect");
            if let Some(module) = MODULE.captures(line).filter(|_| !is_indirect && !bare.starts_with("//")) {
                let (name, version) = (module[1].to_owned(), module[2].to_owned());
                found.push(Pin { name, version, place, kind: Used::Package });
            }
        } else if let Some(image) = image_of(name).captures(line) {
            let is_filled_in = line[image.get(1).map_or(0, |name| name.end())..].starts_with(['$', '{']);
            let is_bare = !is_filled_in && is_untagged(path, &lines, at, &image[1]);
            found.extend(image_pin(&image[1], place, is_bare).filter(|_| !is_filled_in));
        } else if let Some(api) = API.captures(line) {
            let kind =
                lines[at.saturating_sub(3)..(at + 4).min(lines.len())].iter().find_map(|line| KIND.captures(line));
            let name = kind.map_or(String::new(), |kind| kind[1].to_owned());
            found.push(Pin { name, version: api[1].to_owned(), place, kind: Used::Api });
        }
    }
    found
}

/// How a file names images.
fn image_of(name: &str) -> &'static Regex {
    if name.starts_with("Dockerfile") { &FROM } else { &IMAGE }
}

/// Whether an image without a tag is one, and no stage of a build and no part of a map with its tag beside it.
fn is_untagged(path: &str, lines: &[&str], at: usize, image: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.starts_with("Dockerfile") {
        let stage = |line: &&str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_lowercase).collect();
            words.windows(2).any(|two| two[0] == "as" && two[1] == image.to_lowercase())
        };
        return image != "scratch" && !lines[..at].iter().any(stage);
    }
    let is_whole = lines.iter().any(|line| line.starts_with("apiVersion:") || line.starts_with("services:"));
    let near = &lines[at.saturating_sub(3)..(at + 4).min(lines.len())];
    is_whole
        && !near.iter().any(|line| line.trim_start().starts_with("tag:") || line.trim_start().starts_with("imageTag:"))
}

fn image_pin(text: &str, place: String, is_bare: bool) -> Option<Pin> {
    let is_digest = text.contains('@');
    let text = text.split('@').next().unwrap_or(text);
    let (name, tag) = match text.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ if is_digest || !is_bare => return None,
        _ => (text, ""),
    };
    let name = name.rsplit('/').next().unwrap_or(name);
    Some(Pin { name: name.to_owned(), version: tag.to_owned(), place, kind: Used::Image })
}
