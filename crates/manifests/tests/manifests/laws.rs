//! Any text is answered.

use std::collections::BTreeMap;

use manifests::{assemble, objects};
use proptest::prelude::*;
use text::Source;

proptest! {
    #[test]
    fn any_text_gives_objects_or_none(text in "[a-zA-Z0-9:{}\\[\\]\\-\n #'&*]{0,400}") {
        for object in objects(&Source::new("a.yaml", text.as_str())) {
            prop_assert!(object.line(object.node.span) >= 1);
        }
        let files = BTreeMap::from([("kustomization.yaml".to_owned(), Source::new("kustomization.yaml", text))]);
        let _ = assemble("kustomization.yaml", &files);
    }
}
