//! How many minimal sets there are of each order, without listing one.
//!
//! A polynomial per node, `C = C(low) + z * C(high)`, whose coefficients count the sets by their order; where the variable
//! is a module, its own polynomial takes the place of `z`.

use num_bigint::BigUint;

use crate::zbdd::{EMPTY, Family, UNIT, Zbdd};

/// Counts of sets by order, from order 0.
pub(crate) type Orders = Vec<BigUint>;

/// A number that says when it is too small for the result.
trait Number: Clone {
    fn of(big: &BigUint) -> Option<Self>;
    fn plus(&self, other: &Self) -> Option<Self>;
    fn times(&self, other: &Self) -> Option<Self>;
    fn big(self) -> BigUint;
}

impl Number for u128 {
    fn of(big: &BigUint) -> Option<Self> {
        Self::try_from(big).ok()
    }
    fn plus(&self, other: &Self) -> Option<Self> {
        self.checked_add(*other)
    }
    fn times(&self, other: &Self) -> Option<Self> {
        self.checked_mul(*other)
    }
    fn big(self) -> BigUint {
        BigUint::from(self)
    }
}

impl Number for BigUint {
    fn of(big: &BigUint) -> Option<Self> {
        Some(big.clone())
    }
    fn plus(&self, other: &Self) -> Option<Self> {
        Some(self + other)
    }
    fn times(&self, other: &Self) -> Option<Self> {
        Some(self * other)
    }
    fn big(self) -> BigUint {
        self
    }
}

/// The counts of a family; `variables` gives, by level, the counts of a module, or nothing for an event.
pub(crate) fn orders(zbdd: &Zbdd, family: Family, variables: &[Option<&Orders>]) -> Orders {
    counted::<u128>(zbdd, family, variables)
        .or_else(|| counted::<BigUint>(zbdd, family, variables))
        .expect("big numbers hold every count")
}

fn counted<N: Number>(zbdd: &Zbdd, family: Family, variables: &[Option<&Orders>]) -> Option<Orders> {
    let (zero, one) = (N::of(&BigUint::ZERO)?, N::of(&BigUint::from(1_u8))?);
    let modules: Vec<Option<Vec<N>>> = variables
        .iter()
        .map(|module| module.map(|orders| orders.iter().map(N::of).collect::<Option<Vec<N>>>()))
        .map(|module| module.map_or(Some(None), |numbers| numbers.map(Some)))
        .collect::<Option<_>>()?;
    let uses = uses(zbdd, family);
    let mut left = uses.clone();
    let mut made: Vec<Vec<N>> = vec![Vec::new(); uses.len()];
    if let Some(unit) = made.get_mut(UNIT as usize) {
        unit.push(one);
    }
    for at in 2..uses.len() {
        if uses[at] == 0 {
            continue;
        }
        let node = zbdd.nodes()[at];
        let high = match &modules[node.level as usize] {
            None => shifted(&made[node.high as usize], &zero),
            Some(module) => product(module, &made[node.high as usize], &zero)?,
        };
        made[at] = sum(high, &made[node.low as usize])?;
        // A polynomial goes when its last user is made.
        for below in [node.low as usize, node.high as usize] {
            left[below] -= 1;
            if left[below] == 0 && below > 1 {
                made[below] = Vec::new();
            }
        }
    }
    let orders = if family == EMPTY { Vec::new() } else { std::mem::take(&mut made[family as usize]) };
    Some(orders.into_iter().map(N::big).collect())
}

/// How often each node is referred to by those of the family; the family itself once.
fn uses(zbdd: &Zbdd, family: Family) -> Vec<u32> {
    let mut uses = vec![0_u32; family.max(UNIT) as usize + 1];
    uses[family as usize] = 1;
    for at in (2..uses.len()).rev() {
        if uses[at] > 0 {
            let node = zbdd.nodes()[at];
            uses[node.low as usize] += 1;
            uses[node.high as usize] += 1;
        }
    }
    uses
}

fn shifted<N: Number>(of: &[N], zero: &N) -> Vec<N> {
    std::iter::once(zero).chain(of).cloned().collect()
}

fn product<N: Number>(left: &[N], right: &[N], zero: &N) -> Option<Vec<N>> {
    if left.is_empty() || right.is_empty() {
        return Some(Vec::new());
    }
    let mut product = vec![zero.clone(); left.len() + right.len() - 1];
    for (i, one) in left.iter().enumerate() {
        for (j, other) in right.iter().enumerate() {
            product[i + j] = product[i + j].plus(&one.times(other)?)?;
        }
    }
    Some(product)
}

fn sum<N: Number>(mut left: Vec<N>, right: &[N]) -> Option<Vec<N>> {
    for (at, number) in right.iter().enumerate() {
        match left.get_mut(at) {
            Some(own) => *own = own.plus(number)?,
            None => left.push(number.clone()),
        }
    }
    Some(left)
}
