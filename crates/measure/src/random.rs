//! Randomness that a seed repeats, on every machine and in every version.
//!
//! xoshiro256++ (Blackman and Vigna, 2019), its state filled by SplitMix64 as its authors recommend, so that seeds that
//! differ by one give unrelated sequences. About forty lines instead of a dependency, because a seed in a ledger must
//! mean the same next year. Not for secrets: the sequence can be predicted from its output.

/// A sequence of random numbers that its seed determines.
///
/// ```
/// let mut left = measure::Random::new(7);
/// let mut right = measure::Random::new(7);
/// assert_eq!(left.next_u64(), right.next_u64());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The sequence of a seed; every seed is sound.
    pub fn new(seed: u64) -> Self {
        let mut filler = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut filler)) }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// The next share in `0..1`, with 53 random bits.
    pub fn share(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number in `0..limit`, all equally likely; 0 when the limit is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 {
            return 0;
        }
        // Numbers of an incomplete last round would favor its small remainders. Fewer than half are turned away, so
        // this ends after two draws on average.
        let whole_rounds = u64::MAX - u64::MAX % limit;
        loop {
            let drawn = self.next_u64();
            if drawn < whole_rounds {
                return drawn % limit;
            }
        }
    }
}

/// One step of SplitMix64: moves the state on and returns 64 well-mixed bits. Also a way to derive one seed from
/// another.
pub fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_mix_gives_the_published_numbers() {
        let mut state = 1_234_567;
        let seen: [u64; 3] = std::array::from_fn(|_| split_mix(&mut state));
        assert_eq!(seen, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn xoshiro_gives_the_published_numbers() {
        let mut random = Random { state: [1, 2, 3, 4] };
        let seen: [u64; 4] = std::array::from_fn(|_| random.next_u64());
        assert_eq!(seen, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }
}
