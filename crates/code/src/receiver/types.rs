//! What a stated type or a function that makes something comes to: our class, another, one above ours.

use super::{Class, Receiver, best, elsewhere};
use crate::Language;
use crate::facts::{Import, Made, Shape, Use};
use crate::homes::words;
use crate::resolve::Where;

impl Receiver<'_> {
    pub(super) fn stated(&self, text: &str, one: &Use) -> Class {
        if self.homes.is_stated(self.file, text) || self.is_path(text) {
            return Class::Ours;
        }
        if words(text).any(|word| word == "Self") && one.owner.as_deref() == Some(self.owner()) {
            return Class::Ours;
        }
        let bases = self.bases();
        if let Some(above) = words(text).find(|word| bases.iter().any(|base| base == word)) {
            return Class::Above(above.to_owned());
        }
        let open = ["Any", "any", "object", "unknown", "dyn", "impl", "interface", "Callable", "typeof", "T"];
        let is_open = words(text).any(|word| open.contains(&word)) || words(text).next().is_none();
        if let Some(class) = self.alias(text, one) {
            return class;
        }
        // Go's interfaces are implemented without saying so, and those of TypeScript may be.
        let is_implicit = self.language() == Language::Go || self.language().is_script();
        let interface = words(text).find(|word| is_implicit && self.is_interface(word));
        match interface {
            Some(name) if self.asks(name) => Class::Above(name.to_owned()),
            Some(_) => Class::Unknown,
            None if is_open => Class::Unknown,
            None => Class::Other,
        }
    }

    /// Whether an interface has the method that is searched.
    fn asks(&self, interface: &str) -> bool {
        let name = &self.homes.name;
        self.homes.is_method
            && self.program.mentioning(&[name]).into_iter().any(|at| {
                let mut all = self.program.files[at].facts().definitions.iter();
                all.any(|known| known.name == *name && known.owner.as_deref() == Some(interface))
            })
    }

    /// A type that is another name for ours: `Payments = Annotated[Service, ..]`.
    fn alias(&self, text: &str, one: &Use) -> Option<Class> {
        let of = |file: usize, name: &str| {
            let mut all = self.program.files[file].facts().definitions.iter();
            let found = all.find(|known| known.name == name && known.shape == Shape::Variable && known.owner.is_none());
            found.and_then(|known| known.gives.clone()).filter(|made| matches!(made, Made::Type(_)))
        };
        let found = words(text).find_map(|word| {
            if let Some(made) = of(self.file, word) {
                return Some((self.file, made));
            }
            let import = self.import(word)?;
            let Where::Files(files) = self.program.module(self.file, &import.module) else { return None };
            files.into_iter().find_map(|at| of(at, import.name.as_deref()?).map(|made| (at, made)))
        });
        let (file, Made::Type(stated)) = found? else { return None };
        let is_new = !words(&stated).any(|word| words(text).any(|known| known == word));
        is_new.then(|| Receiver { file, ..*self }.stated(&stated, &elsewhere(one)))
    }

    /// `&crate::config::Config`: a path of Rust that leads to our type without an import.
    fn is_path(&self, text: &str) -> bool {
        let paths = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':'));
        self.language() == Language::Rust
            && paths.filter_map(|path| path.rsplit_once("::")).any(|(module, last)| {
                let files = self.program.module(self.file, module);
                let Where::Files(files) = files else { return false };
                last == self.homes.called && files.iter().any(|at| self.homes.named.is_some_and(|named| named.0 == *at))
            })
    }

    pub(super) fn is_interface(&self, name: &str) -> bool {
        self.language().meets(self.program.files[self.homes.at.0].language)
            && self.program.mentioning(&[name]).into_iter().any(|at| {
                let mut all = self.program.files[at].facts().definitions.iter();
                all.any(|known| known.name == name && known.shape == Shape::Interface)
            })
    }

    pub(super) fn called(&self, text: &str, one: &Use, steps: usize) -> Class {
        let parts: Vec<&str> = words(text).collect();
        let Some(last) = parts.last() else { return Class::Unknown };
        let names = |word: &&str| self.homes.is_name(self.file, word);
        let maker = text.rsplit_once(['.', ':']).map_or(text, |(before, _)| before.trim_end_matches(':'));
        if self.homes.is_in_module(self.file, text) || self.homes.is_in_module(self.file, maker) {
            return Class::Ours;
        }
        let named = [Some(last), parts.iter().rev().nth(1)].into_iter().flatten().find(|part| names(part));
        if let Some(name) = named {
            return self.standing(name, one);
        }
        if parts.len() > 1 && *last == self.owner() {
            return Class::Ours;
        }
        if parts.first() == Some(&"Self") && one.owner.as_deref() == Some(self.owner()) {
            return Class::Ours;
        }
        let leads_out = |import: &Import| self.program.module(self.file, &import.module) == Where::Outside;
        if parts.len() == 1 && self.import(last).is_some_and(leads_out) && !self.homes.is_unclear(self.file, last) {
            return Class::Other;
        }
        let makers = self.makers(last);
        // The module before the dot, or the one that the name is imported from, says which is meant.
        let near = self.near(text, &parts);
        let meant: Vec<_> =
            makers.iter().filter(|(at, _)| near.as_ref().is_some_and(|near| near.contains(at))).cloned().collect();
        let is_meant = !meant.is_empty();
        let classes = if is_meant { meant } else { makers }.into_iter();
        let classes = classes.map(|(at, made)| Receiver { file: at, ..*self }.made(&made, &elsewhere(one), steps - 1));
        if let Some(class) = best(classes.collect()) {
            return if class == Class::Either && !is_meant { Class::Unknown } else { class };
        }
        let is_outside = parts
            .first()
            .and_then(|first| self.import(first))
            .is_some_and(|import| self.program.module(self.file, &import.module) == Where::Outside);
        if is_outside || last.starts_with(char::is_uppercase) { Class::Other } else { Class::Unknown }
    }

    /// The files in which a function that is called so may be defined: those of its module, or its own.
    fn near(&self, text: &str, parts: &[&str]) -> Option<Vec<usize>> {
        let is_bare = parts.len() == 1;
        let import = self.import(parts.first()?);
        let Some(import) = import else {
            let directory = self.program.files[self.file].directory();
            let is_here = |at: &usize| match self.language() {
                Language::Go => self.program.files[*at].directory() == directory,
                _ => *at == self.file,
            };
            return (is_bare || text.starts_with("self."))
                .then(|| (0..self.program.files.len()).filter(is_here).collect());
        };
        match self.program.module(self.file, &import.module) {
            Where::Files(files) => Some(files),
            Where::Outside => None,
        }
    }

    /// What functions of this name return.
    fn makers(&self, name: &str) -> Vec<(usize, Made)> {
        let language = self.language();
        let files =
            self.program.mentioning(&[name]).into_iter().filter(|at| self.program.files[*at].language.meets(language));
        let all = files.flat_map(|at| {
            let definitions = self.program.files[at].facts().definitions.iter();
            let named = definitions.filter(|known| known.name == name && known.shape == Shape::Function);
            named.filter_map(move |known| known.gives.clone().map(|made| (at, made)))
        });
        all.collect()
    }
}
