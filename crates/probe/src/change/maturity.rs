//! `change.maturity`: whether what is used is ripe: no alpha or beta APIs, no pre-releases, no versions before 1.0.
//!
//! A number says what its makers think of it. It does not say that it works.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use evidence::Grade;
use regex::Regex;
use text::Fields;

use super::pins::{Pin, Used, included, is_known, read};
use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::repository::files::{Files, Patterns, some, texts};
use crate::sight::Sight;

/// How long one look may take.
const MATURITY_WITHIN: Duration = Duration::from_secs(60);

static UNRIPE_API: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(^|/)v\d+(alpha|beta)\d+$").expect("is a pattern"));
static PRERELEASE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\d+(\.\d+)*[-.]?(a|b|alpha|beta|c|rc|pre|preview|dev|canary|next|nightly|snapshot|m)[-.]?\d*\b|[-.](alpha|beta|rc|pre|preview|dev|canary|next|nightly|snapshot|insiders|experimental)\b|^(alpha|beta|canary|next|nightly|edge|dev|unstable|rc)$")
        .expect("is a pattern")
});
static ZERO: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(\W|v)*0(\.|$)").expect("is a pattern"));

/// Things that shall be ripe.
#[derive(Clone, Debug)]
pub(crate) struct ChangeMaturity {
    paths: Patterns,
    of: Vec<String>,
}

impl ChangeMaturity {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let paths = Patterns::read(fields, "paths");
        let of = fields.texts("of").into_iter().map(|(name, _)| name.to_owned()).collect();
        Some(Self { paths: paths?, of })
    }

    fn is_meant(&self, pin: &Pin) -> bool {
        self.of.is_empty() || self.of.iter().any(|name| is_name(pin, name))
    }
}

/// Python takes `_`, `-` and capitals for the same.
fn is_name(pin: &Pin, name: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().replace(['_', '.'], "-");
    plain(&pin.name) == plain(name) || (pin.kind == Used::Api && pin.version == name)
}

impl Look for ChangeMaturity {
    fn subject(&self) -> String {
        self.paths.words()
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory) = (self.clone(), world.directory.clone());
        Box::pin(async move { in_thread(&self.subject(), MATURITY_WITHIN, move || looked(&owned, &directory)).await })
    }
}

fn looked(probe: &ChangeMaturity, directory: &Path) -> Sight {
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(probe.subject(), &error),
    };
    let meant: Vec<String> = files.meant(&probe.paths).into_iter().filter(|path| is_known(path)).collect();
    let (mut pins, mut trouble) = (Vec::new(), Vec::new());
    for read in outside::parallel::map(&meant, |path| read(&files, path)) {
        match read {
            Ok(read) => pins.extend(read),
            Err(why) => trouble.push(why),
        }
    }
    let included = meant.iter().flat_map(|path| included(&files, path)).filter(|path| !meant.contains(path));
    trouble.extend(included.map(|path| format!("{path} is included, and is not among the files that are read")));
    let without = probe.paths.all.iter().filter(|pattern| !meant.iter().any(|path| pattern.means(path)));
    trouble.extend(without.map(|pattern| format!("{}: no file that is read here", pattern.written)));
    let missing: Vec<String> =
        probe.of.iter().filter(|name| !pins.iter().any(|pin| is_name(pin, name))).cloned().collect();
    if !missing.is_empty() {
        trouble.push(format!("not found: {}", missing.join(", ")));
    }
    pins.retain(|pin| probe.is_meant(pin));
    told(probe, &pins, trouble)
}

fn told(probe: &ChangeMaturity, pins: &[Pin], mut trouble: Vec<String>) -> Sight {
    let mut sight = Sight::new(pins.first().map_or_else(|| probe.subject(), |pin| pin.place.clone()));
    sight.subjects = pins.len() as u64;
    let line = |pin: &&Pin| format!("{}: {} {}", pin.place, pin.name, pin.version);
    let these = |is: &dyn Fn(&Pin) -> bool| texts(pins.iter().filter(|pin| is(pin)).map(|pin| line(&pin)));
    if pins.is_empty() {
        trouble.push("nothing that is used was found".to_owned());
    } else {
        sight.integer("checked", pins.len());
        sight.put("unripe_apis", these(&is_unripe_api));
        sight.put("prereleases", these(&is_prerelease));
        sight.put("zero_versions", these(&is_zero));
        sight.put("floating", these(&is_floating));
        let is_ripe = |pin: &Pin| !is_unripe_api(pin) && !is_prerelease(pin) && !is_zero(pin);
        sight.boolean("ripe", pins.iter().all(is_ripe));
        sight.grade = Some(Grade::Declared);
    }
    sight.trouble = (!trouble.is_empty()).then(|| some(&trouble));
    sight
}

fn is_unripe_api(pin: &Pin) -> bool {
    pin.kind == Used::Api && UNRIPE_API.is_match(&pin.version)
}

fn is_prerelease(pin: &Pin) -> bool {
    pin.kind != Used::Api && pin.version.split([',', ' ', '|']).any(|part| PRERELEASE.is_match(part.trim()))
}

/// Before 1.0, anything may change at any time (SemVer 2, item 4).
fn is_zero(pin: &Pin) -> bool {
    pin.kind != Used::Api && pin.version.split([',', ' ', '|']).next().is_some_and(|part| ZERO.is_match(part.trim()))
}

/// Whatever is newest, ripe or not.
fn is_floating(pin: &Pin) -> bool {
    let is_branch = pin.version.ends_with("#main") || pin.version.ends_with("#master");
    let is_head = pin.version.starts_with("git") && !pin.version.contains('#');
    let is_any = matches!(pin.version.as_str(), "" | "*" | "latest" | "main" | "master" | "x");
    pin.kind != Used::Api && (is_any || is_branch || is_head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unripe_is_told_by_its_number() {
        let pin =
            |version: &str| Pin { name: "a".into(), version: version.into(), place: "f:1".into(), kind: Used::Package };
        for version in
            ["1.0.0-beta.1", "==2.0rc1", ">=1.0a2,<2", "^3.0.0-next.4", "v1.2.3-alpha", "~=4.0.dev1", "canary", "15-rc"]
        {
            assert!(is_prerelease(&pin(version)), "{version}");
        }
        for version in [
            "^1.2.3",
            ">=1.0,<2",
            "v1.2.3",
            "1.25-alpine",
            "3.12-slim",
            "16-bookworm",
            "1.0.0-post1",
            "18.2.0",
            "20-bullseye",
            "7.4-management",
            "v0.0.0-20240101000000-abcdef123456",
        ] {
            assert!(!is_prerelease(&pin(version)), "{version}");
        }
        assert!(
            is_zero(&pin("^0.4")) && is_zero(&pin(">=0.3,<1")) && is_zero(&pin("v0.9.1")) && !is_zero(&pin("^10.2"))
        );
    }
}
