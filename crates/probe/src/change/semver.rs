//! `change.semver`: versions that agree and follow SemVer, and steps that are as large as what they break.
//!
//! Breaking changes are known by their marks (`feat!:`, `BREAKING CHANGE:`, a changelog that says so). Where nobody sets marks,
//! their absence says nothing, and whether a step was large enough is not told.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use evidence::Grade;
use outside::git;
use regex::Regex;
use semver::Version;
use text::Fields;

use super::log::entries;
use super::versions::{MANIFESTS, Said, Stated, bump, may_break, parse, stated};
use crate::World;
use crate::kind::{Look, Looking, in_thread};
use crate::repository::files::{Files, Pattern, Patterns, some, texts};
use crate::sight::Sight;

/// How long one look may take.
const SEMVER_WITHIN: Duration = Duration::from_secs(30);

/// The largest changelog.
const MAX_LOG_BYTES: usize = 8 << 20;

static MARKED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^[a-z]+(\([^)\n]*\))?!:|^BREAKING[ -]CHANGE(S)?\s*[:#]").expect("is a pattern"));
static CONVENTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(feat|fix|chore|docs|refactor|perf|test|build|ci|style|revert)(\([^)]*\))?!?: ")
        .expect("is a pattern")
});

/// Versions of a project.
#[derive(Clone, Debug)]
pub(crate) struct ChangeSemver {
    paths: Option<Patterns>,
    prefix: String,
    changelog: Option<String>,
}

impl ChangeSemver {
    pub(crate) fn read(fields: &mut Fields<'_, '_>) -> Option<Self> {
        let is_written = fields.all().iter().any(|entry| entry.key == "paths");
        let paths = is_written.then(|| Patterns::read(fields, "paths")).flatten();
        // The key is known, even though nobody wrote it.
        fields.get("paths");
        let prefix = fields.text("tags").unwrap_or("v").trim_end_matches('*').to_owned();
        let changelog = fields.text("changelog").map(str::to_owned);
        Some(Self { paths, prefix, changelog })
    }
}

impl Look for ChangeSemver {
    fn subject(&self) -> String {
        self.paths.as_ref().map_or_else(|| MANIFESTS.join(", "), Patterns::words)
    }

    fn look<'a>(&'a self, world: &'a World) -> Looking<'a> {
        let (owned, directory) = (self.clone(), world.directory.clone());
        Box::pin(async move { in_thread(&self.subject(), SEMVER_WITHIN, move || looked(&owned, &directory)).await })
    }
}

fn looked(probe: &ChangeSemver, directory: &Path) -> Sight {
    let files = match Files::below(directory) {
        Ok(files) => files,
        Err(error) => return Sight::blind(probe.subject(), &error),
    };
    let meant = match &probe.paths {
        Some(patterns) => files.meant(patterns),
        None => MANIFESTS.iter().map(|name| (*name).to_owned()).filter(|name| files.within(name).is_some()).collect(),
    };
    let (mut versions, mut unknown, mut trouble) = (Vec::new(), Vec::new(), Vec::new());
    for path in &meant {
        match stated(&files, path) {
            Ok(Said::Version(version)) => versions.push(version),
            Ok(Said::Elsewhere(why)) => unknown.push(why),
            Ok(Said::Nothing) => {}
            Err(why) => trouble.push(why),
        }
    }
    if let Some(patterns) = &probe.paths {
        let nowhere = patterns.all.iter().filter(|pattern: &&Pattern| !meant.iter().any(|path| pattern.means(path)));
        trouble.extend(nowhere.map(|pattern| format!("no file is meant by {}", pattern.written)));
    }
    let mut sight = Sight::new(versions.first().map_or_else(|| probe.subject(), |first| first.place.clone()));
    put_versions(&mut sight, &versions, &unknown);
    put_tags(&mut sight, probe, &files, &versions, &mut trouble);
    if sight.subjects > 0 {
        sight.grade = Some(Grade::Declared);
    } else {
        sight.values.clear();
    }
    if sight.subjects == 0 && trouble.is_empty() {
        trouble.push("no manifest states a version, and there is no tag".to_owned());
    }
    sight.trouble = (!trouble.is_empty()).then(|| some(&trouble));
    sight
}

fn put_versions(sight: &mut Sight, versions: &[Stated], unknown: &[String]) {
    let line = |one: &Stated| format!("{}: {}", one.place, one.text);
    sight.subjects += versions.len() as u64;
    sight.put("unknown", texts(unknown.iter().map(String::as_str)));
    if versions.is_empty() {
        return;
    }
    sight.put("versions", texts(versions.iter().map(line)));
    sight.put("not_semver", texts(versions.iter().filter(|one| Version::parse(&one.text).is_err()).map(line)));
    let agree = versions.windows(2).all(|pair| pair[0].text == pair[1].text);
    sight.boolean("agree", agree);
    if agree {
        sight.text("version", &versions[0].text);
    }
}

/// The last step, by tags and by what is stated.
fn put_tags(sight: &mut Sight, probe: &ChangeSemver, files: &Files, versions: &[Stated], trouble: &mut Vec<String>) {
    let Some(all) = git::tags(&files.directory) else {
        trouble.push("the tags are not known: git gave no answer".to_owned());
        return;
    };
    let own: Vec<&git::Tag> = all.iter().filter(|tag| tag.name.starts_with(&probe.prefix)).collect();
    let mut tags: Vec<(Version, String)> =
        own.iter().filter_map(|tag| Some((parse(&tag.name[probe.prefix.len()..])?, tag.name.clone()))).collect();
    tags.sort();
    let is_number = |tag: &&&git::Tag| tag.name[probe.prefix.len()..].starts_with(|c: char| c.is_ascii_digit());
    let odd = own.iter().filter(is_number).filter(|tag| parse(&tag.name[probe.prefix.len()..]).is_none());
    sight.put("odd_tags", texts(odd.map(|tag| tag.name.clone())));
    sight.integer("tags", tags.len());
    let Some((latest, name)) = tags.last().cloned() else {
        let why = if git::boundaries(&files.directory).is_some_and(|all| !all.is_empty()) {
            " (the clone is shallow)"
        } else {
            ""
        };
        trouble.push(format!("there is no tag `{}1.2.3`{why}", probe.prefix));
        return;
    };
    sight.subjects += 1;
    sight.text("latest_tag", &name);
    let here = versions.first().filter(|_| sight.values.contains_key("version")).and_then(|one| parse(&one.text));
    if let Some(here) = &here {
        sight.boolean("tagged", tags.iter().any(|(version, _)| version == here));
        sight.boolean("behind_tag", *here < latest);
    }
    match here.filter(|here| *here > latest) {
        Some(here) => put_step(sight, probe, files, (&latest, &name), (&here, "HEAD")),
        None => {
            let released: Vec<&(Version, String)> = tags.iter().filter(|(version, _)| version.pre.is_empty()).collect();
            if let [.., (from, from_name), (to, to_name)] = released.as_slice() {
                put_step(sight, probe, files, (from, from_name), (to, to_name));
            }
        }
    }
}

fn put_step(sight: &mut Sight, probe: &ChangeSemver, files: &Files, from: (&Version, &str), to: (&Version, &str)) {
    sight.text("last_bump", bump(from.0, to.0));
    let Some(messages) = git::messages(&files.directory, from.1, to.1) else { return };
    let first_line = |text: &str| text.lines().next().unwrap_or("").to_owned();
    let marked = messages.iter().filter(|(_, text)| MARKED.is_match(text));
    let mut breaking: Vec<String> = marked.map(|(id, text)| format!("{id}: {}", first_line(text))).collect();
    let path = probe.changelog.clone().unwrap_or_else(|| "CHANGELOG.md".to_owned());
    let log = files.read(&path, MAX_LOG_BYTES).map(|text| entries(&text)).unwrap_or_default();
    let entry = log.iter().find(|entry| entry.version.as_ref() == Some(to.0));
    let lines = entry.into_iter().flat_map(|entry| &entry.breaking);
    breaking.extend(lines.map(|(line, text)| format!("{path}:{line}: {text}")));
    let by_convention = messages.iter().filter(|(_, text)| CONVENTION.is_match(text)).count();
    let sets_marks = by_convention * 2 > messages.len() || entry.is_some_and(|entry| entry.said > 0);
    let is_large = may_break(from.0, to.0);
    if !breaking.is_empty() {
        sight.boolean("bump_fits", is_large);
    } else if sets_marks {
        sight.boolean("bump_fits", true);
    }
    sight.put("breaking", texts(breaking));
}
