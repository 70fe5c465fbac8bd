//! Which definition a name means: the nearest container that has it, then any that is public.

use std::collections::BTreeMap;

use foldhash::HashMap;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Gate(usize),
    Event(usize),
    House(bool),
}

/// All definitions of one kind of thing.
pub(crate) struct Names<T> {
    by_path: HashMap<String, T>,
    /// Public names that are defined once; `None` when several are.
    by_name: HashMap<String, Option<T>>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { by_path: HashMap::default(), by_name: HashMap::default() }
    }
}

impl<T: Copy> Names<T> {
    /// Defines a name in a container; `false` when it is there already.
    pub(crate) fn define(&mut self, container: &str, name: &str, is_public: bool, thing: T) -> bool {
        if self.by_path.insert(path(container, name), thing).is_some() {
            return false;
        }
        if is_public {
            self.by_name.entry(name.to_owned()).and_modify(|known| *known = None).or_insert(Some(thing));
        }
        true
    }

    /// Looks from a container outwards, then everywhere.
    pub(crate) fn find(&self, container: &str, name: &str) -> Option<T> {
        let mut within = container;
        loop {
            if let Some(thing) = self.by_path.get(&path(within, name)) {
                return Some(*thing);
            }
            if within.is_empty() {
                break;
            }
            within = within.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        self.by_name.get(name).copied().flatten()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_path.len()
    }

    /// The name that was perhaps meant. Sorted, so that the answer is always the same.
    pub(crate) fn nearest(&self, name: &str) -> Option<String> {
        let known: BTreeMap<&str, ()> = self.by_path.keys().map(|path| (last(path), ())).collect();
        text::nearest(name, known.into_keys()).map(str::to_owned)
    }
}

/// The part of a path after its containers.
pub(crate) fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, name)| name)
}

pub(crate) fn path(container: &str, name: &str) -> String {
    if container.is_empty() { name.to_owned() } else { format!("{container}.{name}") }
}
