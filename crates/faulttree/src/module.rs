//! Modules: gates that share nothing with the rest of the tree, found in linear time.
//!
//! Y. Dutuit and A. Rauzy, *A Linear-Time Algorithm to Find Modules of Fault Trees*, IEEE Transactions on Reliability
//! 45(3), 1996: one walk with time stamps; a gate is a module when everything below it is met for the first and for the
//! last time between the gate's own beginning and end.

use crate::graph::{Graph, node};

/// Which gates are modules, by number of the gate. The top gate always is.
pub(crate) fn modules(graph: &Graph) -> Vec<bool> {
    let first_gate = 1 + graph.events;
    let mut is_module = vec![false; graph.gates.len()];
    let Some(root) = node(graph.top).checked_sub(first_gate) else { return is_module };
    let stamps = Stamps::of(graph, root);
    // The earliest first and the latest last meeting of anything below.
    let mut below: Vec<(u32, u32)> = vec![(u32::MAX, 0); graph.nodes()];
    for (at, gate) in graph.gates.iter().enumerate().take(root + 1) {
        let mut range = (u32::MAX, 0);
        for arg in &gate.args {
            let arg = node(*arg);
            range.0 = range.0.min(stamps.first[arg]).min(below[arg].0);
            range.1 = range.1.max(stamps.last[arg]).max(below[arg].1);
        }
        let own = first_gate + at;
        below[own] = range;
        is_module[at] = stamps.first[own] != 0 && range.0 > stamps.first[own] && range.1 < stamps.end[own];
    }
    is_module
}

/// Times count from 1; 0 is never.
struct Stamps {
    first: Vec<u32>,
    last: Vec<u32>,
    end: Vec<u32>,
}

impl Stamps {
    fn of(graph: &Graph, root: usize) -> Self {
        let first_gate = 1 + graph.events;
        let count = graph.nodes();
        let mut stamps = Self { first: vec![0; count], last: vec![0; count], end: vec![0; count] };
        let mut time = 0;
        let mut open: Vec<(usize, usize)> = Vec::new();
        stamps.meet(first_gate + root, &mut time);
        open.push((root, 0));
        while let Some((at, next)) = open.pop() {
            let Some(arg) = graph.gates[at].args.get(next) else {
                time += 1;
                stamps.end[first_gate + at] = time;
                continue;
            };
            open.push((at, next + 1));
            let below = node(*arg);
            let is_new = stamps.first[below] == 0;
            stamps.meet(below, &mut time);
            if let Some(gate) = below.checked_sub(first_gate).filter(|_| is_new) {
                open.push((gate, 0));
            }
        }
        stamps
    }

    fn meet(&mut self, node: usize, time: &mut u32) {
        *time += 1;
        if self.first[node] == 0 {
            self.first[node] = *time;
        }
        self.last[node] = *time;
    }
}
