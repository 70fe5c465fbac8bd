//! Versions as manifests state them, and as SemVer 2 orders them.

use semver::Version;
use text::{Node, Source};

use crate::file::document::{Format, read};
use crate::repository::files::Files;

/// The largest manifest.
const MAX_MANIFEST_BYTES: usize = 4 << 20;

/// Files that state a version.
pub(super) const MANIFESTS: [&str; 4] = ["Cargo.toml", "package.json", "pyproject.toml", "Chart.yaml"];

/// A version as it is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stated {
    /// `file:line`.
    pub(super) place: String,
    pub(super) text: String,
}

/// What a manifest says of its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Version(Stated),
    /// It is worked out elsewhere, and why.
    Elsewhere(String),
    /// None is stated, as in a workspace.
    Nothing,
}

/// Reads a manifest into a node, with its source.
pub(super) fn manifest(files: &Files, path: &str) -> Result<(Source, Node), String> {
    let text = files.read(path, MAX_MANIFEST_BYTES).map_err(|error| error.words())?;
    let source = Source::new(path, text);
    let format = Format::of(path).ok_or_else(|| format!("{path} is of no format that is read here"))?;
    let node = read(&source, format, None).map_err(|error| error.words())?;
    Ok((source, node))
}

/// The version that a manifest states.
pub(super) fn stated(files: &Files, path: &str) -> Result<Said, String> {
    let (source, node) = manifest(files, path)?;
    let name = path.rsplit('/').next().unwrap_or(path);
    let at = |keys: &[&str]| keys.iter().try_fold(&node, |node, key| node.get(key)).cloned();
    let found = match name {
        "Cargo.toml" => at(&["package", "version"]).or_else(|| at(&["workspace", "package", "version"])),
        "pyproject.toml" => at(&["project", "version"]).or_else(|| at(&["tool", "poetry", "version"])),
        _ => at(&["version"]),
    };
    let Some(found) = found else {
        let dynamic = at(&["project", "dynamic"]);
        let is_dynamic = dynamic
            .as_ref()
            .and_then(Node::as_list)
            .is_some_and(|all| all.iter().any(|one| one.as_text() == Some("version")));
        return Ok(if is_dynamic { Said::Elsewhere(format!("{path}: the version is dynamic")) } else { Said::Nothing });
    };
    Ok(match found.as_text() {
        Some(text) => {
            let place = format!("{path}:{}", source.line_column(found.span.start).0);
            Said::Version(Stated { place, text: text.to_owned() })
        }
        // `version.workspace = true`: the workspace states it.
        None => Said::Nothing,
    })
}

/// A version, with or without the `v` of a tag.
pub(super) fn parse(text: &str) -> Option<Version> {
    Version::parse(text.trim().trim_start_matches(['v', 'V'])).ok()
}

/// What a step from one version to the next is called.
pub(super) fn bump(from: &Version, to: &Version) -> &'static str {
    if to.major != from.major {
        "major"
    } else if to.minor != from.minor {
        "minor"
    } else if to.patch != from.patch {
        "patch"
    } else {
        "pre-release"
    }
}

/// Whether a step may break those who use it: a new major version, or, before 1.0.0, a new minor one (Cargo's reading of SemVer 2, item 4).
pub(super) fn may_break(from: &Version, to: &Version) -> bool {
    to.major != from.major || (from.major == 0 && to.minor != from.minor)
}
