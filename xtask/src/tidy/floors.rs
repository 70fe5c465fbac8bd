//! Who may use whom. Dev-dependencies count, and a crate that is not in the table is a finding.

use crate::tree::Tree;

/// A crate with the workspace crates it may use. The order is that of the floors, the ground first.
const TABLE: [(&str, &[&str]); 23] = [
    ("text", &[]),
    ("measure", &[]),
    ("manifests", &["text"]),
    ("code", &[]),
    ("cluster", &["text", "manifests"]),
    ("outside", &[]),
    ("faulttree", &["text", "measure"]),
    ("register", &["text"]),
    ("system", &["text", "manifests", "cluster"]),
    ("impact", &["text", "measure", "faulttree", "register", "system"]),
    ("evidence", &["text", "measure", "register", "system", "impact"]),
    (
        "probe",
        &["text", "measure", "manifests", "code", "cluster", "outside", "register", "system", "impact", "evidence"],
    ),
    ("guard", &["text", "measure", "outside", "system"]),
    ("drill", &["text", "measure", "outside", "register", "system", "impact", "evidence"]),
    ("ledger", &["text", "measure", "outside", "evidence"]),
    ("report", &["text", "measure", "faulttree", "register", "system", "impact", "evidence"]),
    (
        "prove",
        &[
            "text",
            "measure",
            "manifests",
            "cluster",
            "outside",
            "register",
            "system",
            "impact",
            "evidence",
            "probe",
            "guard",
            "drill",
            "ledger",
            "report",
        ],
    ),
    ("server", &["text", "measure", "outside", "evidence", "ledger", "report"]),
    (
        "seaworthy",
        &[
            "text",
            "measure",
            "outside",
            "faulttree",
            "register",
            "system",
            "impact",
            "evidence",
            "probe",
            "guard",
            "drill",
            "ledger",
            "report",
            "prove",
            "server",
        ],
    ),
    ("fuzz", &["text", "measure", "manifests", "code", "faulttree", "register"]),
    ("fuzz-libfuzzer", &["fuzz"]),
    ("xtask", &["text", "measure", "outside", "register", "system", "impact", "report"]),
    ("event-tracker", &[]),
];

/// Crates that see no world: no runtime, no socket, no file, no clock, no randomness.
const PURE: [&str; 10] =
    ["text", "measure", "manifests", "code", "cluster", "faulttree", "register", "system", "impact", "evidence"];

/// What a pure crate must not name, in its sources or its manifest.
const WORLD: [&str; 13] = [
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::process",
    "std::env",
    "std::thread",
    "SystemTime",
    "std::time::Instant",
    "tokio",
    "rand::",
    "rustix",
];

pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, manifest) in manifests(tree) {
        findings.extend(check_manifest(path, manifest));
    }
    for (path, content) in tree.rust() {
        findings.extend(check_purity(path, content));
    }
    findings
}

fn manifests(tree: &Tree) -> impl Iterator<Item = (&String, &String)> {
    tree.files.iter().filter(|(path, _)| path.ends_with("/Cargo.toml"))
}

fn check_manifest(path: &str, manifest: &str) -> Vec<String> {
    let Ok(manifest) = manifest.parse::<toml::Table>() else { return vec![format!("{path}: is not TOML")] };
    let name =
        manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str).unwrap_or("");
    let Some((_, allowed)) = TABLE.iter().find(|(known, _)| *known == name) else {
        return vec![format!(
            "{path}: crate `{name}` stands on no floor; add it to the table in xtask/src/tidy/floors.rs and in ARCHITECTURE.md"
        )];
    };
    let mut findings = Vec::new();
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let used = manifest.get(section).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
        for dependency in used.filter(|dependency| TABLE.iter().any(|(known, _)| known == dependency)) {
            if !allowed.contains(&dependency.as_str()) {
                findings.push(format!(
                    "{path}: `{name}` may not use `{dependency}` ({section}): it is not on a floor below"
                ));
            }
        }
    }
    if PURE.contains(&name) && manifest.get("dependencies").is_some_and(|all| all.get("tokio").is_some()) {
        findings.push(format!("{path}: `{name}` is pure and may not use tokio"));
    }
    findings
}

fn check_purity(path: &str, content: &str) -> Vec<String> {
    let pure = PURE.iter().any(|name| path.starts_with(&format!("crates/{name}/src/")));
    if !pure {
        return Vec::new();
    }
    let code = content.split("#[cfg(test)]").next().unwrap_or(content);
    let mut findings = Vec::new();
    for (index, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
        for word in WORLD.iter().filter(|word| line.contains(**word)) {
            findings.push(format!("{path}:{}: `{word}` on a pure floor; take the value as an argument", index + 1));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree_of;

    fn manifest(name: &str, section: &str, dependency: &str) -> String {
        format!("[package]\nname = \"{name}\"\n[{section}]\n{dependency}.workspace = true\n")
    }

    #[test]
    fn a_hand_may_not_use_another_hand_even_in_tests() {
        let tree = tree_of(&[("crates/probe/Cargo.toml", &manifest("probe", "dev-dependencies", "guard"))]);
        assert_eq!(check(&tree).len(), 1);
        let tree = tree_of(&[("crates/probe/Cargo.toml", &manifest("probe", "dependencies", "evidence"))]);
        assert!(check(&tree).is_empty());
    }

    #[test]
    fn an_unlisted_crate_is_a_finding() {
        let tree = tree_of(&[("crates/new/Cargo.toml", &manifest("new", "dependencies", "text"))]);
        assert!(check(&tree)[0].contains("stands on no floor"));
    }

    #[test]
    fn a_clock_on_a_pure_floor_is_a_finding_and_a_comment_about_it_is_not() {
        let tree =
            tree_of(&[("crates/evidence/src/a.rs", "// SystemTime is an argument\nuse std::time::SystemTime;\n")]);
        assert_eq!(
            check(&tree),
            ["crates/evidence/src/a.rs:2: `SystemTime` on a pure floor; take the value as an argument"]
        );
    }
}
