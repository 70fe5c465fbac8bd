//! A large system with planted answers.

use std::collections::BTreeSet;

use impact::{Counted, Single, impact, layout};

use crate::world::system;

/// Layers of this many components (2,000 in all when optimized); each needs four of the next layer, softly but for one
/// chain of hard needs.
const WIDTH: usize = 100;
const LAYERS: usize = if cfg!(debug_assertions) { 8 } else { 20 };

fn large() -> String {
    let mut text = String::from("components:\n  entry: {kind: client}\n");
    for at in 0..WIDTH * LAYERS {
        text += &format!("  c{at:04}: {{kind: service}}\n");
    }
    text += "edges:\n  entry->c0000: {}\n";
    for layer in 0..LAYERS - 1 {
        for column in 0..WIDTH {
            for step in [0, 1, 7, 31] {
                let (from, to) = (layer * WIDTH + column, (layer + 1) * WIDTH + (column + step) % WIDTH);
                let needs = if column == 0 && step == 0 { "hard" } else { "soft" };
                text += &format!("  c{from:04}->c{to:04}: {{needs: {needs}, loses: [l{}]}}\n", to % 5);
            }
        }
    }
    text += "flows:\n";
    for flow in 0..10 {
        text += &format!("  f{flow}: {{path: [entry, c0000]}}\n");
    }
    text
}

#[test]
fn planted_single_points_are_found_among_many_components() {
    let system = system(&large());
    assert_eq!(system.components.len(), WIDTH * LAYERS + 1);
    let impact = impact(&system, &Counted::nothing());
    let planted: BTreeSet<String> = (0..LAYERS).map(|layer| format!("c{:04}", layer * WIDTH)).collect();
    for flow in &impact.flows {
        let found = flow.spofs.iter().map(|single| match single {
            Single::Component(id) => id.to_string(),
            Single::SharedFate(name) => name.clone(),
        });
        assert_eq!(found.collect::<BTreeSet<_>>(), planted);
    }
    assert_eq!(layout(&system).layers, LAYERS + 1);
}
