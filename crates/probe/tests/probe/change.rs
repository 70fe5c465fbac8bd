//! `change.semver`, `change.log` and `change.maturity`: versions, what is written of them, and how ripe things are.

use evidence::Grade;

use crate::versioned::{DAY, commit, git, versioned};
use crate::world::{Place, blind, broken, held, not_seen};

// ===== change.semver =====

/// 1.1.0 and 2.0.0, with a breaking change between.
fn released(breaking: &str, to: &str) -> Place {
    let place = versioned();
    place.write("Cargo.toml", "[package]\nname = \"a\"\nversion = \"1.1.0\"\n");
    place.write("charts/a/Chart.yaml", "name: a\nversion: 1.1.0\n");
    commit(&place, "feat: first", 9 * DAY);
    git(&place, &["tag", "v1.1.0"], 9 * DAY);
    place.write("Cargo.toml", &format!("[package]\nname = \"a\"\nversion = \"{to}\"\n"));
    place.write("charts/a/Chart.yaml", &format!("name: a\nversion: {to}\n"));
    commit(&place, breaking, DAY);
    commit(&place, "fix: small", DAY);
    git(&place, &["tag", &format!("v{to}")], DAY);
    place
}

const SEMVER: &str = "{paths: [Cargo.toml, charts/a/Chart.yaml]}";
const SOUND: &str = "obs.agree && size(obs.not_semver) == 0 && obs.bump_fits && obs.tagged";

#[tokio::test]
async fn a_step_as_large_as_what_it_breaks_holds_and_a_smaller_one_turns() {
    for (message, to) in [("feat!: drop the old key", "2.0.0"), ("feat: more", "1.2.0"), ("fix: less", "1.1.1")] {
        let sound = released(message, to).look("change.semver", SEMVER).await;
        held(&sound, SOUND);
        assert_eq!(sound.grade, Some(Grade::Declared));
    }
    for message in ["feat!: drop the old key", "feat: x\n\nBREAKING CHANGE: the key is gone", "refactor(api)!: y"] {
        broken(&released(message, "1.2.0").look("change.semver", SEMVER).await, SOUND);
    }
    let silent = released("did things", "1.2.0");
    commit(&silent, "did more", 0);
    git(&silent, &["tag", "-f", "v1.2.0"], 0);
    not_seen(&silent.look("change.semver", SEMVER).await, "obs.bump_fits");
}

#[tokio::test]
async fn versions_that_disagree_or_are_no_semver_turn() {
    let place = released("feat: more", "1.2.0");
    place.write("charts/a/Chart.yaml", "name: a\nversion: 1.1.0\n");
    broken(&place.look("change.semver", SEMVER).await, SOUND);
    let place = released("feat: more", "1.2.0");
    for (path, text) in
        [("Cargo.toml", "[package]\nname = \"a\"\nversion = \"1.2\"\n"), ("charts/a/Chart.yaml", "version: '1.2'\n")]
    {
        place.write(path, text);
    }
    broken(&place.look("change.semver", SEMVER).await, SOUND);
    place.write("Cargo.toml", "[package]\nname = \"a\"\nversion = \"1.3.0\"\n");
    broken(&place.look("change.semver", "{paths: Cargo.toml}").await, SOUND);
}

#[tokio::test]
async fn without_tags_or_manifests_nothing_is_known_of_a_step() {
    let place = Place::new();
    blind(&place.look("change.semver", "{}").await, "tags");
    place.write("package.json", "{\"version\": \"1.0.0\"}");
    let untagged = place.look("change.semver", "{}").await;
    not_seen(&untagged, "obs.agree");
    let place = versioned();
    place.write("pyproject.toml", "[project]\nname = \"a\"\ndynamic = [\"version\"]\n");
    commit(&place, "first", DAY);
    git(&place, &["tag", "v1.0.0"], DAY);
    not_seen(&place.look("change.semver", "{}").await, "obs.agree");
}

// ===== change.log =====

const LOG: &str = "# Changelog\n\n## [2.0.0] - 2025-10-01\n\n### Breaking changes\n\n- The old key is gone.\n\n## [1.1.0] - 2025-05-01\n\n- More.\n\n## [1.0.0] - 2025-01-01\n\n- First.\n";
const WRITTEN: &str = "obs.has_version && obs.ordered && obs.dated && size(obs.unmarked_major) == 0 && obs.age < 90d";

#[tokio::test]
async fn a_changelog_of_the_version_at_hand_holds_and_each_lapse_turns() {
    let place = Place::new();
    place.write("Cargo.toml", "[package]\nname = \"a\"\nversion = \"2.0.0\"\n");
    place.write("CHANGELOG.md", LOG);
    let sound = place.look("change.log", "{}").await;
    held(&sound, WRITTEN);
    held(&sound, "obs.entries == 3 && obs.latest == '2.0.0' && size(obs.breaking) == 1 && !obs.unreleased");
    for (old, new) in [
        ("2.0.0", "2.0.1"),
        ("### Breaking changes\n", "### Changes\n"),
        ("2025-05-01", "2025-11-01"),
        (" - 2025-05-01", ""),
        ("### Breaking changes\n\n- The old key is gone.\n", ""),
        ("2025-10-01", "2025-06-01"),
    ] {
        assert!(LOG.contains(old), "{old}");
        place.write("CHANGELOG.md", &LOG.replace(old, new));
        broken(&place.look("change.log", "{}").await, WRITTEN);
    }
    place.write("CHANGELOG.md", "We change things.\n");
    blind(&place.look("change.log", "{}").await, "no heading names a version");
    std::fs::remove_file(place.world.directory.join("CHANGELOG.md")).expect("removes");
    broken(&place.look("change.log", "{}").await, "obs.found");
    not_seen(&place.look("change.log", "{path: doc/CHANGES.md}").await, "obs.found");
}

#[tokio::test]
async fn what_is_hidden_or_denied_in_a_changelog_says_nothing() {
    let place = Place::new();
    place.write("Cargo.toml", "[package]\nname = \"x\"\nversion = \"2.0.0\"\n");
    let log =
        |said: &str| format!("# Changelog\n\n## 2.0.0 - 2025-02-01\n\n- {said}\n\n## 1.0.0 - 2025-01-01\n\n- a\n");
    place.write("CHANGELOG.md", &log("**Breaking**: b is gone"));
    held(
        &place.look("change.log", "{path: CHANGELOG.md}").await,
        "obs.has_version && size(obs.unmarked_major) == 0 && obs.entries == 2",
    );
    for said in
        ["Not a breaking change.", "no known breaking changes", "<!-- BREAKING: b is gone -->", "never incompatible"]
    {
        place.write("CHANGELOG.md", &log(said));
        broken(&place.look("change.log", "{path: CHANGELOG.md}").await, "size(obs.unmarked_major) == 0");
    }
    place.write(
        "CHANGELOG.md",
        &log("a").replace("## 2.0.0 - 2025-02-01\n\n- a\n", "<!--\n## 2.0.0 - 2025-02-01\n\n- a\n-->\n"),
    );
    broken(&place.look("change.log", "{path: CHANGELOG.md}").await, "obs.has_version");
}

#[tokio::test]
async fn an_unreleased_section_counts_only_when_it_says_something() {
    let place = Place::new();
    place.write("CHANGELOG.md", &LOG.replace("# Changelog\n", "# Changelog\n\n## Unreleased\n\n- Soon.\n"));
    held(&place.look("change.log", "{}").await, "obs.unreleased && obs.entries == 3");
    place.write("CHANGELOG.md", &LOG.replace("# Changelog\n", "# Changelog\n\n## Unreleased\n"));
    broken(&place.look("change.log", "{}").await, "obs.unreleased");
    not_seen(&place.look("change.log", "{}").await, "obs.has_version");
}

// ===== change.maturity =====

#[tokio::test]
async fn what_is_used_is_ripe_and_one_beta_turns() {
    let place = Place::new();
    place.write(
        "deploy/a.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  image: registry.example:5000/api:1.4.2\n",
    );
    place.write("pyproject.toml", "[project]\ndependencies = [\"dagster>=1.9,<2\", \"Iceberg_Lib==2.0.1\"]\n");
    let with = "{paths: ['deploy/*.yaml', pyproject.toml]}";
    let sound = place.look("change.maturity", with).await;
    held(&sound, "obs.ripe && obs.checked == 4");
    held(
        &place.look("change.maturity", "{paths: pyproject.toml, of: iceberg-lib}").await,
        "obs.ripe && obs.checked == 1",
    );
    for (path, text) in [
        ("deploy/a.yaml", "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: Gateway\n"),
        ("deploy/a.yaml", "image: api:1.4.2-rc1\n"),
        ("pyproject.toml", "[project]\ndependencies = [\"dagster>=1.9,<2\", \"iceberg-lib==2.0.1b2\"]\n"),
        ("pyproject.toml", "[project]\ndependencies = [\"iceberg-lib>=0.9\"]\n"),
    ] {
        let before = std::fs::read(place.world.directory.join(path)).expect("reads");
        place.write(path, text);
        broken(&place.look("change.maturity", with).await, "obs.ripe");
        place.write(path, &String::from_utf8(before).expect("is text"));
    }
}

#[tokio::test]
async fn images_without_a_tag_aliases_and_branches_are_told() {
    let place = Place::new();
    let look = async |path: &str| place.look("change.maturity", &format!("{{paths: {path}}}")).await;
    place.write("a.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: nginx\n    - image: b@sha256:aa\n    - image: c:${TAG}\n    - image: d:1.2.3\n");
    held(&look("a.yaml").await, "obs.checked == 3 && size(obs.floating) == 1 && obs.ripe");
    place.write("Dockerfile", "FROM node:22-slim AS build\nFROM build AS test\nFROM scratch\n");
    held(&look("Dockerfile").await, "obs.checked == 1 && size(obs.floating) == 0");
    place.write("Dockerfile", "FROM node AS build\n");
    held(&look("Dockerfile").await, "size(obs.floating) == 1");
    place.write("package.json", "{\"dependencies\": {\"a\": \"npm:b@1.3.0\", \"c\": \"github:x/c#v1.0.0\"}}");
    held(&look("package.json").await, "obs.ripe && size(obs.floating) == 0");
    place.write("package.json", "{\"dependencies\": {\"a\": \"npm:b@0.3.0\", \"c\": \"git+https://x/c.git\"}}");
    held(&look("package.json").await, "!obs.ripe && size(obs.zero_versions) == 1 && size(obs.floating) == 1");
    place.write("requirements.txt", "a==1.0\n-r more.txt\n");
    place.write("more.txt", "b==0.1\n");
    not_seen(&look("requirements.txt").await, "obs.ripe");
    place.write("requirements.txt", "a==1.0\n");
    held(&look("requirements.txt").await, "obs.ripe");
}

#[tokio::test]
async fn a_package_that_is_not_there_is_not_ripe_but_unknown() {
    let place = Place::new();
    place.write("package.json", "{\"dependencies\": {\"react\": \"^18.2.0\"}}");
    blind(&place.look("change.maturity", "{paths: package.json, of: raect}").await, "not found: raect");
    let half = place.look("change.maturity", "{paths: package.json, of: [react, raect]}").await;
    not_seen(&half, "obs.ripe");
    not_seen(&place.look("change.maturity", "{paths: [package.json, go.mod]}").await, "obs.ripe");
    assert!(place.read("change.maturity", "{}").is_err());
}
