//! What manifests declare: names of packages, and whether they are needed when the thing runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

/// What one directory declares for one ecosystem.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    /// Names, as the ecosystem compares them; `true` when needed at run time.
    pub(super) names: BTreeMap<String, bool>,
    /// The manifests.
    pub(super) places: BTreeSet<String>,
    /// The package's own names.
    pub(super) own: BTreeSet<String>,
    /// What could not be read.
    pub(super) trouble: Vec<String>,
}

/// An ecosystem of packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ecosystem {
    Python,
    Node,
    Rust,
    Go,
}

/// A name as PyPI compares it.
pub(super) fn normal(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// Everything that is declared, by directory and ecosystem.
pub(super) fn read(others: &[(String, String)]) -> BTreeMap<(Ecosystem, String), Declared> {
    let mut all: BTreeMap<(Ecosystem, String), Declared> = BTreeMap::new();
    for (path, text) in others {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (ecosystem, directory) = match name {
            "pyproject.toml" | "setup.cfg" | "Pipfile" => (Ecosystem::Python, directory),
            "package.json" => (Ecosystem::Node, directory),
            "Cargo.toml" => (Ecosystem::Rust, directory),
            "go.mod" => (Ecosystem::Go, directory),
            name if name.ends_with(".txt")
                && (name.contains("requirements") || directory.ends_with("requirements")) =>
            {
                let above = directory.strip_suffix("requirements").unwrap_or(directory);
                (Ecosystem::Python, above.trim_end_matches('/'))
            }
            _ => continue,
        };
        let mut declared = Declared::default();
        match name {
            "pyproject.toml" => pyproject(path, text, &mut declared),
            "setup.cfg" => setup_cfg(text, &mut declared),
            "package.json" => package(path, text, &mut declared),
            "Cargo.toml" => cargo(path, text, &mut declared),
            "go.mod" => go(text, &mut declared),
            _ => requirements(name, text, &mut declared),
        }
        if declared.names.is_empty() && declared.own.is_empty() && declared.trouble.is_empty() && name != "package.json"
        {
            continue;
        }
        let into = all.entry((ecosystem, directory.to_owned())).or_default();
        into.places.insert(path.clone());
        into.own.extend(declared.own);
        into.trouble.extend(declared.trouble);
        for (name, is_needed) in declared.names {
            *into.names.entry(name).or_default() |= is_needed;
        }
    }
    all
}

/// `name[extra]>=1; marker` and `name @ url`.
fn requirement(text: &str) -> Option<String> {
    let text = text.trim();
    let is_address = ["git+", "hg+", "svn+", "bzr+", "file:"].iter().any(|head| text.starts_with(head));
    if text.is_empty()
        || is_address
        || text.starts_with(['#', '-', '.', '/'])
        || text.contains("://") && !text.contains('@')
    {
        return None;
    }
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
    (!name.is_empty()).then(|| normal(&name))
}

fn requirements(name: &str, text: &str, into: &mut Declared) {
    let is_needed = !["dev", "test", "lint", "doc"].iter().any(|word| name.contains(word));
    for line in text.lines() {
        if let Some(egg) = line.split("#egg=").nth(1) {
            into.names.insert(normal(egg.trim()), is_needed);
        }
        into.names.extend(requirement(line).map(|name| (name, is_needed)));
    }
}

fn pyproject(path: &str, text: &str, into: &mut Declared) {
    let Ok(table) = text.parse::<toml::Table>() else {
        into.trouble.push(format!("{path} is not TOML"));
        return;
    };
    let mut add = |value: Option<&toml::Value>, is_needed: bool| {
        for one in value.and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str) {
            into.names.extend(requirement(one).map(|name| (name, is_needed)));
        }
    };
    let project = table.get("project");
    add(project.and_then(|project| project.get("dependencies")), true);
    let tables = [project.and_then(|project| project.get("optional-dependencies")), table.get("dependency-groups")];
    for group in tables.into_iter().flatten().filter_map(toml::Value::as_table).flat_map(toml::Table::values) {
        add(Some(group), false);
    }
    let tool = table.get("tool");
    add(tool.and_then(|tool| tool.get("uv")).and_then(|uv| uv.get("dev-dependencies")), false);
    let poetry = tool.and_then(|tool| tool.get("poetry"));
    let named = |value: Option<&toml::Value>| -> Vec<String> {
        value.and_then(toml::Value::as_table).map(|table| table.keys().cloned().collect()).unwrap_or_default()
    };
    let main = named(poetry.and_then(|poetry| poetry.get("dependencies")));
    into.names.extend(main.into_iter().filter(|name| name != "python").map(|name| (normal(&name), true)));
    let mut dev = named(poetry.and_then(|poetry| poetry.get("dev-dependencies")));
    let groups = poetry.and_then(|poetry| poetry.get("group")).and_then(toml::Value::as_table);
    dev.extend(groups.into_iter().flat_map(toml::Table::values).flat_map(|group| named(group.get("dependencies"))));
    for name in dev {
        into.names.entry(normal(&name)).or_insert(false);
    }
    let name = project.or(poetry).and_then(|one| one.get("name")).and_then(toml::Value::as_str);
    into.own.extend(name.map(normal));
    let is_dynamic = project.and_then(|project| project.get("dynamic")).and_then(toml::Value::as_array);
    if is_dynamic.is_some_and(|all| all.iter().any(|one| one.as_str() == Some("dependencies"))) {
        into.trouble.push(format!("{path} says that its dependencies are made when it is built"));
    }
}

fn setup_cfg(text: &str, into: &mut Declared) {
    let mut is_in = None;
    for line in text.lines() {
        if line.starts_with('[') {
            is_in = line.contains("options.extras_require").then_some(false);
        } else if line.trim_start().starts_with("install_requires") {
            is_in = Some(true);
        } else if !line.starts_with(char::is_whitespace) && is_in == Some(true) {
            is_in = None;
        } else if let Some(is_needed) = is_in {
            into.names.extend(requirement(line).map(|name| (name, is_needed)));
        }
    }
}

fn package(path: &str, text: &str, into: &mut Declared) {
    let Ok(manifest) = serde_json::from_str::<Json>(text) else {
        into.trouble.push(format!("{path} is not JSON"));
        return;
    };
    let groups = [
        ("dependencies", true),
        ("devDependencies", false),
        ("peerDependencies", false),
        ("optionalDependencies", false),
    ];
    for (group, is_needed) in groups {
        for name in manifest.get(group).and_then(Json::as_object).into_iter().flat_map(|all| all.keys()) {
            into.names.entry(name.clone()).or_insert(is_needed);
        }
    }
    into.own.extend(manifest.get("name").and_then(Json::as_str).map(str::to_owned));
}

fn cargo(path: &str, text: &str, into: &mut Declared) {
    let Ok(table) = text.parse::<toml::Table>() else {
        into.trouble.push(format!("{path} is not TOML"));
        return;
    };
    let mut tables = vec![&table];
    let targets = table.get("target").and_then(toml::Value::as_table);
    tables.extend(targets.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table));
    for table in tables {
        for (group, is_needed) in [("dependencies", true), ("dev-dependencies", false), ("build-dependencies", false)] {
            for name in table.get(group).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys) {
                *into.names.entry(name.replace('-', "_")).or_default() |= is_needed;
            }
        }
    }
    let name = table.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    let lib = table.get("lib").and_then(|lib| lib.get("name")).and_then(toml::Value::as_str);
    into.own.extend(name.into_iter().chain(lib).map(|name| name.replace('-', "_")));
}

fn go(text: &str, into: &mut Declared) {
    let mut is_in = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("module ") {
            into.own.insert(name.trim().to_owned());
        } else if line.starts_with("require (") {
            is_in = true;
        } else if line == ")" {
            is_in = false;
        } else if is_in || line.starts_with("require ") {
            let name = line.trim_start_matches("require ").split_whitespace().next().unwrap_or("");
            if name.contains('/') {
                into.names.insert(name.to_owned(), !line.contains("// indirect"));
            }
        }
    }
}

/// Prefixes of names that a compiler of TypeScript is told to find in the repository, `@lib/` for `@lib/*`; those without a
/// star stand for themselves.
pub(super) fn aliases(others: &[(String, String)]) -> BTreeSet<String> {
    let is_config = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.ends_with(".json") && (name.starts_with("tsconfig") || name.starts_with("jsconfig"))
    };
    let mut found = BTreeSet::new();
    for (_, text) in others.iter().filter(|(path, _)| is_config(path)) {
        let config: Json = serde_json::from_str(&plain_json(text)).unwrap_or_default();
        let paths = config.get("compilerOptions").and_then(|options| options.get("paths")).and_then(Json::as_object);
        found.extend(paths.into_iter().flat_map(|paths| paths.keys().cloned()));
    }
    found.retain(|alias| alias != "*");
    found
}

/// JSON as `tsconfig.json` is written: comments and commas at the end taken out.
fn plain_json(text: &str) -> String {
    let (mut plain, mut in_string) = (String::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' if in_string => {
                plain.push(c);
                plain.extend(rest.next());
                continue;
            }
            '"' => in_string = !in_string,
            '/' if !in_string && rest.peek() == Some(&'/') => {
                while rest.peek().is_some_and(|next| *next != '\n') {
                    rest.next();
                }
                continue;
            }
            '/' if !in_string && rest.peek() == Some(&'*') => {
                let mut last = ' ';
                for next in rest.by_ref().skip(1) {
                    if last == '*' && next == '/' {
                        break;
                    }
                    last = next;
                }
                continue;
            }
            '}' | ']' if !in_string => {
                let end = plain.trim_end().len();
                if plain[..end].ends_with(',') {
                    plain.truncate(end - 1);
                }
            }
            _ => {}
        }
        plain.push(c);
    }
    plain
}
