//! One module into one diagram: orders are tried with budgets that grow, until one fits.

use crate::bdd::{Bdd, FALSE, Function, TRUE};
use crate::cores::Cores;
use crate::graph::{Gate, Graph, Kind, node};
use crate::nodes::Full;
use crate::order::{Candidate, Origin, Rule, Sizes, candidates, walked};

/// What most modules need, and no order is worth pondering over.
const FIRST_BUDGET: usize = 1 << 12;

/// How many orders are tried with how many nodes. The progress made within one budget decides who goes on.
/// Many with few; then the most promising with eight times as many, because a second try with many costs more than it
/// wins.
const ROUNDS: [(usize, usize); 7] =
    [(6, 1 << 15), (3, 1 << 17), (3, 1 << 19), (3, 1 << 21), (1, 1 << 24), (1, 1 << 26), (1, 1 << 28)];

/// From this budget on, one of each origin goes on, because progress has misled before.
const DIVERSE_FROM: usize = 1 << 19;

/// A module as a diagram: which variable stands at each level, and the function of the module's gate.
pub(crate) struct Diagram {
    pub(crate) bdd: Bdd,
    pub(crate) function: Function,
    /// Nodes of the graph by level.
    pub(crate) variables: Vec<usize>,
}

/// The whole tree with its modules, and which of them are true when nothing happens. Such a module is a variable the
/// other way round: then a variable that does not happen never needs anything to happen.
pub(crate) struct Plan<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) is_module: Vec<bool>,
    pub(crate) sizes: Sizes,
    pub(crate) flipped: Vec<bool>,
}

impl Plan<'_> {
    /// The gates of one module, each after its arguments; gates of other modules are variables.
    pub(crate) fn gates_of(&self, root: usize) -> Vec<usize> {
        let first = 1 + self.graph.events;
        let mut seen = foldhash::HashSet::default();
        let mut open = vec![root];
        seen.insert(root);
        let mut gates = Vec::new();
        while let Some(at) = open.pop() {
            gates.push(at);
            let below = self.graph.gates[at].args.iter().filter_map(|arg| node(*arg).checked_sub(first));
            open.extend(below.filter(|gate| !self.is_module[*gate] && seen.insert(*gate)));
        }
        gates.sort_unstable();
        gates
    }

    /// How many variables a module has.
    pub(crate) fn variables(&self, gates: &[usize]) -> usize {
        gates.last().map_or(0, |root| walked(self.graph, &self.sizes, &self.is_module, *root, Rule::Written).len())
    }

    /// The smallest diagram that the budget of nodes finds, if any.
    pub(crate) fn diagram(&self, gates: &[usize], budget: usize, cores: &dyn Cores) -> Option<Diagram> {
        let root = *gates.last()?;
        for rule in [Rule::SmallFirst, Rule::Written] {
            let variables = walked(self.graph, &self.sizes, &self.is_module, root, rule);
            if let Ok(diagram) = self.compile(gates, variables, FIRST_BUDGET.min(budget)) {
                return Some(diagram);
            }
        }
        let mut left = candidates(self.graph, &self.sizes, &self.is_module, gates, cores);
        for (count, nodes) in ROUNDS {
            let nodes = nodes.min(budget);
            let tried: Vec<Candidate> = chosen(&left, count, nodes);
            let mut progress = Vec::new();
            for candidate in tried {
                match self.compile(gates, candidate.variables.clone(), nodes) {
                    Ok(diagram) => return Some(diagram),
                    Err(done) => progress.push((done, candidate)),
                }
            }
            progress.sort_by_key(|(done, _)| std::cmp::Reverse(*done));
            let out = |candidate: &Candidate| progress.iter().all(|(_, tried)| tried.variables != candidate.variables);
            let behind: Vec<Candidate> = left.into_iter().filter(out).collect();
            left = progress.into_iter().map(|(_, candidate)| candidate).chain(behind).collect();
            if nodes == budget {
                break;
            }
        }
        None
    }

    /// Builds the diagram of one order within the budget, or says how many gates were done.
    pub(crate) fn compile(&self, gates: &[usize], variables: Vec<usize>, budget: usize) -> Result<Diagram, usize> {
        let mut bdd = Bdd::new(budget);
        let mut made: foldhash::HashMap<usize, Function> = foldhash::HashMap::default();
        made.insert(0, FALSE);
        for (level, variable) in (0_u32..).zip(&variables) {
            let function = bdd.variable(level).map_err(|_| 0_usize)?;
            made.insert(*variable, function ^ u32::from(self.flipped[*variable]));
        }
        let mut function = FALSE;
        for (done, at) in gates.iter().enumerate() {
            let gate = &self.graph.gates[*at];
            let args: Vec<Function> = gate.args.iter().map(|arg| made[&node(*arg)] ^ (arg & 1)).collect();
            function = join(&mut bdd, gate, args).map_err(|_| done)?;
            made.insert(1 + self.graph.events + at, function);
        }
        Ok(Diagram { bdd, function, variables })
    }

    /// Whether more happening can only make the module's function true, never false again: no variable is met negated.
    pub(crate) fn is_monotone(&self, gates: &[usize]) -> bool {
        let first = 1 + self.graph.events;
        let Some(root) = gates.last() else { return true };
        let is_inner = |node: usize| node.checked_sub(first).is_some_and(|gate| gates.binary_search(&gate).is_ok());
        // Met plain, met negated.
        let mut met: foldhash::HashMap<usize, [bool; 2]> = foldhash::HashMap::default();
        met.entry(first + root).or_default()[usize::from(self.flipped[first + root])] = true;
        for at in gates.iter().rev() {
            let gate = &self.graph.gates[*at];
            let own = met.get(&(first + at)).copied().unwrap_or_default();
            for arg in &gate.args {
                let flipped = !is_inner(node(*arg)) && self.flipped[node(*arg)];
                let turned = (arg & 1 == 1) != flipped;
                let met = met.entry(node(*arg)).or_default();
                for (negated, is_met) in own.into_iter().enumerate() {
                    met[negated ^ usize::from(turned)] |= is_met;
                    met[negated ^ usize::from(!turned)] |= is_met && gate.kind == Kind::Odd;
                }
            }
        }
        met.iter().all(|(node, [_, negated])| is_inner(*node) || !negated)
    }
}

/// The first so many; with a big budget, the first of each origin before any second.
fn chosen(left: &[Candidate], count: usize, nodes: usize) -> Vec<Candidate> {
    if nodes < DIVERSE_FROM {
        return left.iter().take(count).cloned().collect();
    }
    let origins = [Origin::Drawn, Origin::Forced, Origin::Walked];
    let mut firsts: Vec<usize> =
        origins.iter().filter_map(|origin| left.iter().position(|candidate| candidate.origin == *origin)).collect();
    firsts.sort_unstable();
    firsts.into_iter().take(count).map(|at| left[at].clone()).collect()
}

/// The deepest arguments first: what is joined early then lies below what comes later.
pub(crate) fn join(bdd: &mut Bdd, gate: &Gate, mut args: Vec<Function>) -> Result<Function, Full> {
    args.sort_by_key(|arg| std::cmp::Reverse(bdd.level(*arg)));
    match gate.kind {
        Kind::And => args.into_iter().try_fold(TRUE, |all, arg| bdd.and(arg, all)),
        Kind::Odd => args.into_iter().try_fold(FALSE, |all, arg| bdd.odd(arg, all)),
        Kind::AtLeast(least) => {
            // At least 0, 1, 2, .. of the arguments so far.
            let mut so_far = vec![FALSE; least as usize + 1];
            so_far[0] = TRUE;
            for arg in args {
                for count in (1..so_far.len()).rev() {
                    let one_more = bdd.and(arg, so_far[count - 1])?;
                    so_far[count] = bdd.or(one_more, so_far[count])?;
                }
            }
            Ok(so_far[least as usize])
        }
    }
}
