//! A map with a limit: the oldest entry goes first.

use std::collections::{BTreeMap, HashMap};

use hyper::header::HOST;
use hyper::{Method, Request};

/// Method, host and path with query.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    method: Method,
    host: Vec<u8>,
    path: String,
}

impl Key {
    /// The key of a request; hosts are compared without regard to case.
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let host = request.headers().get(HOST).map(|host| host.as_bytes().to_ascii_lowercase()).unwrap_or_default();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Self { method: request.method().clone(), host, path }
    }

    /// The same address asked with another method.
    pub(super) fn with_method(self, method: &Method) -> Self {
        Self { method: method.clone(), ..self }
    }
}

/// Entries by key, and their order of age.
#[derive(Debug)]
pub(super) struct Store<T> {
    most: usize,
    entries: HashMap<Key, (u64, T)>,
    order: BTreeMap<u64, Key>,
    next: u64,
}

impl<T: Clone> Store<T> {
    /// An empty store of at most so many entries.
    pub(super) fn new(most: usize) -> Self {
        Self { most, entries: HashMap::new(), order: BTreeMap::new(), next: 0 }
    }

    /// Puts an entry in, new or in place of an older one, and drops the oldest when there are too many.
    pub(super) fn put(&mut self, key: Key, value: T) {
        self.remove(&key);
        self.next += 1;
        self.order.insert(self.next, key.clone());
        self.entries.insert(key, (self.next, value));
        while self.entries.len() > self.most {
            let Some((_, oldest)) = self.order.pop_first() else { return };
            self.entries.remove(&oldest);
        }
    }

    /// The entry of a key.
    pub(super) fn get(&self, key: &Key) -> Option<T> {
        self.entries.get(key).map(|(_, value)| value.clone())
    }

    /// Takes an entry out.
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some((number, _)) = self.entries.remove(key) {
            self.order.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(path: u8) -> Key {
        Key { method: Method::GET, host: b"a".to_vec(), path: format!("/{path}") }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_store_never_holds_more_than_it_may_and_always_the_newest(
            puts in proptest::collection::vec(0_u8..8, 1..60), most in 1_usize..5,
        ) {
            let mut store = Store::new(most);
            for (n, path) in puts.iter().enumerate() {
                store.put(key(*path), n);
                prop_assert!(store.entries.len() <= most && store.entries.len() == store.order.len());
                prop_assert_eq!(store.get(&key(*path)), Some(n));
            }
        }
    }

    #[test]
    fn the_oldest_goes_first_and_a_renewed_one_is_young() {
        let mut store = Store::new(2);
        store.put(key(1), 1);
        store.put(key(2), 2);
        store.put(key(1), 3);
        store.put(key(3), 4);
        assert_eq!([key(1), key(2), key(3)].map(|key| store.get(&key)), [Some(3), None, Some(4)]);
    }
}
