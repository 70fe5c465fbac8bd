//! What the repository around a register says: paths, links, names, history. Looked up here, judged by pure rules.
//!
//! A plain directory works, too; what cannot be known there is told in [`RepositoryFacts::unknown`]. Everything is bounded:
//! files by [`outside::files::WALK_FILES`], bytes by [`MAX_SEARCHED_BYTES`].

mod link;
mod name;
mod place;
mod recovery;
mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use outside::files::{Listing, walk};
use register::{Elsewhere, Gone, Register, RepositoryFacts};

pub use name::MAX_SEARCHED_BYTES;

/// The most missing paths for which history is asked.
const MAX_ASKED: usize = 64;

const MICROS_OF_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// A repository, listed once for all its registers.
#[derive(Debug)]
pub struct Repository {
    /// Where it stands: the root of the version control, else the directory that was given.
    root: PathBuf,
    /// The directory of `seaworthy.yaml`, or the one that was given.
    directory: PathBuf,
    listing: Listing,
    paths: HashSet<String>,
    /// Lower-case path to path.
    by_lower: HashMap<String, String>,
    /// File name to the places in the listing.
    by_name: HashMap<String, Vec<usize>>,
}

impl Repository {
    /// Lists the repository that holds a directory.
    pub fn look(directory: &Path) -> Self {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_path_buf());
        let root = outside::files::repository_root(&directory).unwrap_or_else(|| directory.clone());
        let listing = walk(&root);
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, path) in listing.paths.iter().enumerate() {
            by_name.entry(file_name(path).to_owned()).or_default().push(index);
        }
        let paths = listing.paths.iter().cloned().collect();
        let by_lower = listing.paths.iter().map(|path| (path.to_lowercase(), path.clone())).collect();
        Self { root, directory, listing, paths, by_lower, by_name }
    }

    /// The root of the repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path of the repository from its root; `None` for one that lies elsewhere.
    pub fn from_root(&self, path: &Path) -> Option<String> {
        place::from_root(self, path)
    }

    /// The files of the repository, from its root.
    pub fn files(&self) -> &[String] {
        &self.listing.paths
    }

    /// Everything the rules may ask about one register. `accepted` are the ids of risks with a recorded acceptance.
    pub fn facts(&self, register: &Register, accepted: BTreeSet<String>) -> RepositoryFacts {
        let document = std::path::absolute(register.path()).unwrap_or_else(|_| PathBuf::from(register.path()));
        let beside = document.parent().map_or_else(|| self.directory.clone(), Path::to_path_buf);
        let mut facts = RepositoryFacts { accepted, unknown: self.unknown(), ..RepositoryFacts::default() };
        self.look_up_paths(register, &beside, &mut facts);
        facts.links = link::look_up(self, register, &beside);
        name::look_up(self, register, &mut facts);
        facts.today = text::Date::from_days(outside::now().div_euclid(MICROS_OF_A_DAY));
        facts.changed = self.last_change(&document);
        facts.recovery = recovery::look_up(self, place::from_root(self, &document).as_deref());
        facts.values = value::look_up(self, register, &[beside, self.directory.clone(), self.root.clone()]);
        facts
    }

    /// The day of the last commit that changed a document.
    fn last_change(&self, document: &Path) -> Option<text::Date> {
        let path = place::from_root(self, document).filter(|_| self.listing.by_git)?;
        text::Date::parse(&outside::git::last_change(&self.root, &path)?)
    }

    fn unknown(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        if !self.listing.by_git {
            unknown.push("no version control answered here: renamed and removed files are not known".to_owned());
        }
        if self.listing.is_cut {
            unknown.push("not every file was listed: what was not found is not judged".to_owned());
        }
        unknown
    }

    fn look_up_paths(&self, register: &Register, beside: &Path, facts: &mut RepositoryFacts) {
        let places = [beside, &self.directory, &self.root];
        for (name, _) in register::named_paths(register, &register.source) {
            let bare = name.trim_start_matches('/');
            let exists = places.iter().any(|place| place.join(bare).exists());
            if !exists && !facts.paths.contains_key(&name) {
                let elsewhere = place::elsewhere(self, bare, &places);
                if elsewhere != Elsewhere::default() {
                    facts.elsewhere.insert(name.clone(), elsewhere);
                }
            }
            facts.paths.insert(name, exists);
        }
        if self.listing.is_cut {
            facts.elsewhere.clear();
        }
        facts.gone = self.gone(facts, beside);
    }

    /// For the paths that are not there, the commits that took them away.
    fn gone(&self, facts: &RepositoryFacts, beside: &Path) -> BTreeMap<String, Gone> {
        if !self.listing.by_git {
            return BTreeMap::new();
        }
        let missing = facts.paths.iter().filter(|(_, exists)| !**exists).map(|(name, _)| name);
        let mut asked: BTreeMap<String, &String> = BTreeMap::new();
        for name in missing.take(MAX_ASKED) {
            let bare = name.trim_start_matches('/');
            for place in [&self.root, beside, &self.directory] {
                asked.entry(place::from_root(self, &place.join(bare)).unwrap_or_default()).or_insert(name);
            }
        }
        asked.remove("");
        let paths: Vec<String> = asked.keys().cloned().collect();
        let removals = outside::git::removals(&self.root, &paths).into_iter();
        let known = removals.filter_map(|(path, removal)| {
            let still_there = removal.renamed_to.filter(|to| self.paths.contains(to));
            let gone = Gone { commit: removal.commit, day: removal.day, renamed_to: still_there };
            Some(((*asked.get(&path)?).clone(), gone))
        });
        known.collect()
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
