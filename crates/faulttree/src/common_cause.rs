//! Groups with common causes: one event for each set of members that a cause may strike at once.
//!
//! Shares after NUREG/CR-4780 and the Open-PSA format: with n members, `C` the binomial coefficient and `Q` the
//! probability of one member in all, an event that strikes k given members has the probability
//! - beta factor: `(1 - beta) Q` for k = 1, `beta Q` for k = n;
//! - multiple Greek letters: `Q rho_2 .. rho_k (1 - rho_(k+1)) / C(n-1, k-1)`;
//! - alpha factors: `Q k alpha_k / (C(n-1, k-1) sum_i i alpha_i)`;
//! - phi factors: `phi_k Q`.

use text::{Problem, Source};

use crate::expression::{Expression, Function};
use crate::model::{Group, Model, Place, Sharing};

/// The most causes of one group; twelve members have 4,095.
const MAX_CAUSES: usize = 4_096;

/// Something that strikes some members of a group at once.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) name: String,
    /// Events by number.
    pub(crate) members: Vec<usize>,
    pub(crate) probability: Expression,
    pub(crate) place: Place,
}

/// The causes of all groups.
pub(crate) fn causes(model: &Model, sources: &[Source]) -> (Vec<Cause>, Vec<Problem>) {
    let (mut causes, mut problems) = (Vec::new(), Vec::new());
    let mut owner: Vec<Option<&Group>> = vec![None; model.events.len()];
    for group in &model.groups {
        let mut problem = |message: String, help: &str| {
            let problem = Problem::error("openpsa-ccf", &sources[group.place.document], group.place.span, message);
            problems.push(problem.with_help(help));
        };
        for member in &group.members {
            let event = &model.events[*member];
            if let Some(other) = owner[*member].replace(group) {
                let message = format!("`{}` is in the groups `{}` and `{}`", event.name, other.name, group.name);
                problem(message, "an event belongs to one group, and once");
            }
        }
        let levels = levels(group);
        let count: usize =
            levels.iter().map(|(level, _)| choose(group.members.len(), *level)).fold(0, usize::saturating_add);
        if count > MAX_CAUSES {
            let message =
                format!("the group `{}` has {count} common causes; at most {MAX_CAUSES} are followed", group.name);
            problem(message, "split the group, or give fewer factors");
            continue;
        }
        for (level, share) in levels {
            for members in subsets(&group.members, level) {
                let names: Vec<&str> = members.iter().map(|member| model.events[*member].name.as_str()).collect();
                let probability = Expression::Call(Function::Multiply, vec![share.clone(), group.probability.clone()]);
                causes.push(Cause { name: format!("[{}]", names.join(" ")), members, probability, place: group.place });
            }
        }
    }
    (causes, problems)
}

/// How many members at once, and the share of a member's probability that each such cause has.
fn levels(group: &Group) -> Vec<(usize, Expression)> {
    let members = group.members.len();
    let number = Expression::Number;
    let call = |function, args| Expression::Call(function, args);
    let rest = |factor: &Expression| call(Function::Subtract, vec![number(1.0), factor.clone()]);
    let ways = |level: usize| number(1.0 / choose(members - 1, level - 1) as f64);
    match (group.sharing, &group.factors[..]) {
        (Sharing::Beta, [beta, ..]) => vec![(1, rest(beta)), (members, beta.clone())],
        (Sharing::Beta, []) => Vec::new(),
        (Sharing::GreekLetters, letters) => {
            let share = |level: usize| {
                let mut parts = vec![ways(level)];
                parts.extend(letters[..level - 1].iter().cloned());
                parts.extend(letters.get(level - 1).map(rest));
                (
                    level,
                    call(Function::Multiply, if parts.len() > 1 { parts } else { vec![number(1.0), parts.remove(0)] }),
                )
            };
            (1..=letters.len() + 1).map(share).collect()
        }
        (Sharing::Alpha, alphas) => {
            let weighted = |(at, alpha): (usize, &Expression)| {
                call(Function::Multiply, vec![number((at + 1) as f64), alpha.clone()])
            };
            let mut all: Vec<Expression> = alphas.iter().enumerate().map(weighted).collect();
            all.push(number(0.0));
            let sum = call(Function::Add, all);
            let share = |(at, alpha): (usize, &Expression)| {
                let own = call(Function::Multiply, vec![ways(at + 1), number((at + 1) as f64), alpha.clone()]);
                (at + 1, call(Function::Divide, vec![own, sum.clone()]))
            };
            alphas.iter().enumerate().map(share).collect()
        }
        (Sharing::Phi, phis) => (1..).zip(phis.iter().cloned()).collect(),
    }
}

fn choose(of: usize, take: usize) -> usize {
    let mut ways: u128 = 1;
    for at in 0..take.min(of - take) {
        ways = ways.saturating_mul((of - at) as u128) / (at as u128 + 1);
    }
    usize::try_from(ways).unwrap_or(usize::MAX)
}

/// All sets of `take` members, in the order of the members.
fn subsets(members: &[usize], take: usize) -> Vec<Vec<usize>> {
    let mut places: Vec<usize> = (0..take).collect();
    let mut all = Vec::new();
    loop {
        all.push(places.iter().map(|at| members[*at]).collect());
        // The last place that can still move on, and those behind it close up.
        let Some(at) = (0..take).rev().find(|at| places[*at] < members.len() - take + at) else { return all };
        places[at] += 1;
        for behind in at + 1..take {
            places[behind] = places[behind - 1] + 1;
        }
    }
}
