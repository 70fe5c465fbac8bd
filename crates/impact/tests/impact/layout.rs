//! Places for a picture.

use impact::layout;

use crate::world::system;

fn print(text: &str) -> String {
    let layout = layout(&system(text));
    let mut layers = vec![Vec::new(); layout.layers];
    for node in &layout.nodes {
        layers[node.layer].push(node.component.to_string());
    }
    let back: Vec<String> = layout.edges.iter().filter(|edge| edge.back).map(|edge| edge.edge.to_string()).collect();
    let layers: Vec<String> = layers.iter().map(|layer| layer.join(" ")).collect();
    format!("{} | back: {}", layers.join(" | "), back.join(" "))
}

#[test]
fn a_layer_is_the_longest_path() {
    let text = "components: {web: {kind: client}, api: {kind: service}, db: {kind: postgres}}\nedges: {web->api: {}, api->db: {}, web->db: {}}";
    assert_eq!(print(text), "web | api | db | back: ");
}

#[test]
fn a_cycle_has_one_edge_back() {
    let text = "components: {w: {kind: client}, a: {kind: service}, b: {kind: service}, c: {kind: service}}\nedges: {w->b: {}, a->b: {}, b->c: {}, c->a: {}}";
    assert_eq!(print(text), "w | b | c | a | back: a->b");
}

#[test]
fn neighbors_stand_under_each_other() {
    let text = "components: {a: {kind: client}, b: {kind: client}, x: {kind: service}, y: {kind: service}}\nedges: {a->y: {}, b->x: {}}";
    assert_eq!(print(text), "a b | y x | back: ");
}

#[test]
fn nothing_has_no_layers() {
    assert_eq!(layout(&system("components: {}")).layers, 0);
}
