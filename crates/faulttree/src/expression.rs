//! Probabilities as the model states them: numbers, parameters, laws of failure over time, and random deviates.
//!
//! After the Open-PSA Model Exchange Format, version 2.0d, section on stochastic expressions. A value without sampling
//! is that of the means of all deviates.

use measure::Random;

/// An expression over numbered parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number; `true` is 1 and `false` is 0.
    Number(f64),
    /// A parameter by number.
    Parameter(usize),
    /// How long the system is to work, in hours.
    MissionTime,
    /// A function of the values of its arguments.
    Call(Function, Vec<Expression>),
    /// A random deviate.
    Deviate(Deviate, Vec<Expression>),
}

/// What is computed of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are those of the functions")]
pub enum Function {
    Negative,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Absolute,
    Arccosine,
    Arcsine,
    Arctangent,
    Cosine,
    Sine,
    Tangent,
    HyperbolicCosine,
    HyperbolicSine,
    HyperbolicTangent,
    Exponent,
    Logarithm,
    DecimalLogarithm,
    Root,
    Ceiling,
    Floor,
    Least,
    Greatest,
    Mean,
    Not,
    And,
    Or,
    Equal,
    Different,
    Less,
    Greater,
    AtMost,
    AtLeast,
    /// If the first, then the second, else the third.
    Choice,
    /// `1 - exp(-rate * time)`.
    Exponential,
    /// Unavailability of what fails on demand, fails at a rate and is repaired at a rate: `gamma, lambda, mu, time`.
    Repairable,
    /// `1 - exp(-((time - start) / scale)^shape)`: `scale, shape, start, time`.
    Weibull,
    /// Tested at intervals and repaired at once: `lambda, interval, first, time`.
    Tested,
    /// Tested at intervals, then repaired at a rate: `lambda, mu, interval, first, time`.
    TestedRepaired,
}

/// How a value scatters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deviate {
    /// Least and greatest.
    Uniform,
    /// Mean and standard deviation.
    Normal,
    /// Mean, error factor and its confidence level; or mean and standard deviation of the logarithm.
    Lognormal,
    /// Shape and scale.
    Gamma,
    /// Two shapes.
    Beta,
    /// The lower end, then the upper end and the weight of each bin.
    Histogram,
}

/// Where values come from.
pub(crate) struct Values<'v> {
    /// Those of the parameters, in their order.
    pub(crate) parameters: &'v [f64],
    pub(crate) mission_time: f64,
}

impl Expression {
    /// The value; with randomness, deviates are drawn, else they are their means.
    pub(crate) fn value(&self, values: &Values<'_>, mut random: Option<&mut Random>) -> f64 {
        let arguments = |args: &[Self], mut random: Option<&mut Random>| -> Vec<f64> {
            args.iter().map(|arg| arg.value(values, random.as_deref_mut())).collect()
        };
        match self {
            Self::Number(number) => *number,
            Self::Parameter(number) => values.parameters[*number],
            Self::MissionTime => values.mission_time,
            Self::Call(function, args) => function.of(&arguments(args, random)),
            Self::Deviate(deviate, args) => {
                let args = arguments(args, random.as_deref_mut());
                match random {
                    Some(random) => deviate.drawn(&args, random),
                    None => deviate.mean(&args),
                }
            }
        }
    }

    /// Whether sampling gives different values.
    pub(crate) fn is_random(&self, parameters: &[bool]) -> bool {
        match self {
            Self::Number(_) | Self::MissionTime => false,
            Self::Parameter(number) => parameters[*number],
            Self::Call(_, args) => args.iter().any(|arg| arg.is_random(parameters)),
            Self::Deviate(..) => true,
        }
    }
}

impl Function {
    /// How many arguments it takes, at least and at most.
    pub(crate) fn arity(self) -> (usize, usize) {
        use Function as F;
        match self {
            F::Add | F::Subtract | F::Multiply | F::Divide | F::And | F::Or => (2, usize::MAX),
            F::Least | F::Greatest | F::Mean => (1, usize::MAX),
            F::Modulo | F::Power | F::Equal | F::Different | F::Less | F::Greater | F::AtMost | F::AtLeast => (2, 2),
            F::Exponential => (2, 2),
            F::Choice => (3, 3),
            F::Repairable | F::Weibull | F::Tested => (4, 4),
            F::TestedRepaired => (5, 5),
            _ => (1, 1),
        }
    }

    /// The value for as many arguments as the function takes.
    fn of(self, args: &[f64]) -> f64 {
        let truth = |truth: bool| f64::from(u8::from(truth));
        match (self, args) {
            (Self::Negative, [x]) => -x,
            (Self::Add, _) => args.iter().sum(),
            (Self::Multiply, _) => args.iter().product(),
            (Self::Subtract, [first, rest @ ..]) => rest.iter().fold(*first, |left, arg| left - arg),
            (Self::Divide, [first, rest @ ..]) => rest.iter().fold(*first, |left, arg| left / arg),
            (Self::Modulo, [x, y]) => x % y,
            (Self::Power, [x, y]) => x.powf(*y),
            (Self::Absolute, [x]) => x.abs(),
            (Self::Arccosine, [x]) => x.acos(),
            (Self::Arcsine, [x]) => x.asin(),
            (Self::Arctangent, [x]) => x.atan(),
            (Self::Cosine, [x]) => x.cos(),
            (Self::Sine, [x]) => x.sin(),
            (Self::Tangent, [x]) => x.tan(),
            (Self::HyperbolicCosine, [x]) => x.cosh(),
            (Self::HyperbolicSine, [x]) => x.sinh(),
            (Self::HyperbolicTangent, [x]) => x.tanh(),
            (Self::Exponent, [x]) => x.exp(),
            (Self::Logarithm, [x]) => x.ln(),
            (Self::DecimalLogarithm, [x]) => x.log10(),
            (Self::Root, [x]) => x.sqrt(),
            (Self::Ceiling, [x]) => x.ceil(),
            (Self::Floor, [x]) => x.floor(),
            (Self::Least, _) => args.iter().copied().fold(f64::INFINITY, f64::min),
            (Self::Greatest, _) => args.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            (Self::Mean, _) => args.iter().sum::<f64>() / args.len() as f64,
            (Self::Not, [x]) => truth(*x == 0.0),
            (Self::And, _) => truth(args.iter().all(|x| *x != 0.0)),
            (Self::Or, _) => truth(args.iter().any(|x| *x != 0.0)),
            (Self::Equal, [x, y]) => truth(x == y),
            (Self::Different, [x, y]) => truth(x != y),
            (Self::Less, [x, y]) => truth(x < y),
            (Self::Greater, [x, y]) => truth(x > y),
            (Self::AtMost, [x, y]) => truth(x <= y),
            (Self::AtLeast, [x, y]) => truth(x >= y),
            (Self::Choice, [condition, yes, no]) => {
                if *condition == 0.0 {
                    *no
                } else {
                    *yes
                }
            }
            (Self::Exponential, [rate, time]) => failed(*rate, *time),
            (Self::Repairable, [gamma, lambda, mu, time]) => repairable(*gamma, *lambda, *mu, *time),
            (Self::Weibull, [scale, shape, start, time]) => -(-((time - start).max(0.0) / scale).powf(*shape)).exp_m1(),
            (Self::Tested, [lambda, interval, first, time]) => {
                failed(*lambda, if time <= first { *time } else { (time - first) % interval })
            }
            (Self::TestedRepaired, [lambda, mu, interval, first, time]) => {
                tested(*lambda, *mu, *interval, *first, *time)
            }
            _ => f64::NAN,
        }
    }
}

/// The chance to have failed by a time at a constant rate.
fn failed(rate: f64, time: f64) -> f64 {
    -(-rate * time).exp_m1()
}

fn repairable(gamma: f64, lambda: f64, mu: f64, time: f64) -> f64 {
    let both = lambda + mu;
    if both == 0.0 {
        return gamma;
    }
    let settled = lambda / both;
    settled - (settled - gamma) * (-both * time).exp()
}

/// The most tests before the time that is asked for; after so many the state repeats.
const MAX_TESTS: usize = 100_000;

/// At each test what has failed is found, and repaired at a rate from then on; what was repaired may fail again.
fn tested(lambda: f64, mu: f64, interval: f64, first: f64, time: f64) -> f64 {
    if time <= first {
        return failed(lambda, time);
    }
    // Works after `x`, given the share in repair at the beginning.
    let works = |in_repair: f64, x: f64| {
        let (stays, repaired) = ((-lambda * x).exp(), (-mu * x).exp());
        let returned = if (mu - lambda).abs() < 1e-12 * mu.max(lambda) {
            mu * x * repaired
        } else {
            mu / (mu - lambda) * (stays - repaired)
        };
        (1.0 - in_repair) * stays + in_repair * returned
    };
    let mut in_repair = failed(lambda, first);
    let periods = (((time - first) / interval).floor() as usize).min(MAX_TESTS);
    for _ in 0..periods {
        in_repair = 1.0 - works(in_repair, interval);
    }
    1.0 - works(in_repair, (time - first) % interval)
}

impl Deviate {
    /// How many arguments it takes, at least and at most.
    pub(crate) fn arity(self) -> (usize, usize) {
        match self {
            Self::Uniform | Self::Normal | Self::Gamma | Self::Beta => (2, 2),
            Self::Lognormal => (2, 3),
            Self::Histogram => (3, usize::MAX),
        }
    }

    fn mean(self, args: &[f64]) -> f64 {
        match (self, args) {
            (Self::Uniform, [low, high]) => f64::midpoint(*low, *high),
            (Self::Normal, [mean, _]) | (Self::Lognormal, [mean, _, _]) => *mean,
            (Self::Lognormal, [mu, sigma]) => (mu + sigma * sigma / 2.0).exp(),
            (Self::Gamma, [shape, scale]) => shape * scale,
            (Self::Beta, [alpha, beta]) => alpha / (alpha + beta),
            (Self::Histogram, [low, bins @ ..]) => {
                let (mut from, mut sum, mut weights) = (*low, 0.0, 0.0);
                for bin in bins.chunks_exact(2) {
                    sum += bin[1] * f64::midpoint(from, bin[0]);
                    weights += bin[1];
                    from = bin[0];
                }
                sum / weights
            }
            _ => f64::NAN,
        }
    }

    fn drawn(self, args: &[f64], random: &mut Random) -> f64 {
        match (self, args) {
            (Self::Uniform, [low, high]) => low + (high - low) * random.share(),
            (Self::Normal, [mean, sigma]) => mean + sigma * normal(random),
            (Self::Lognormal, [mean, factor, level]) => {
                let sigma = factor.ln() / measure::normal_quantile(*level);
                (mean.ln() - sigma * sigma / 2.0 + sigma * normal(random)).exp()
            }
            (Self::Lognormal, [mu, sigma]) => (mu + sigma * normal(random)).exp(),
            (Self::Gamma, [shape, scale]) => scale * gamma(*shape, random),
            (Self::Beta, [alpha, beta]) => {
                let (left, right) = (gamma(*alpha, random), gamma(*beta, random));
                left / (left + right)
            }
            (Self::Histogram, [low, bins @ ..]) => {
                let weights: f64 = bins.chunks_exact(2).map(|bin| bin[1]).sum();
                let mut left = random.share() * weights;
                let mut from = *low;
                for bin in bins.chunks_exact(2) {
                    if left < bin[1] {
                        return from + (bin[0] - from) * left / bin[1];
                    }
                    left -= bin[1];
                    from = bin[0];
                }
                from
            }
            _ => f64::NAN,
        }
    }
}

/// By inversion, so that one number is drawn for each deviate and the sequence is the same everywhere.
fn normal(random: &mut Random) -> f64 {
    // Away from the ends, where the quantile is infinite.
    measure::normal_quantile((random.share() + 0.5 / (1_u64 << 53) as f64).min(1.0 - f64::EPSILON))
}

/// The most draws for one gamma deviate; each is accepted with a chance above 95 %.
const MAX_DRAWS: usize = 1_000;

/// G. Marsaglia and W. Tsang, *A Simple Method for Generating Gamma Variables*, ACM TOMS 26(3), 2000.
fn gamma(shape: f64, random: &mut Random) -> f64 {
    if shape < 1.0 {
        let boost = random.share().max(f64::MIN_POSITIVE).powf(1.0 / shape);
        return boost * gamma(shape + 1.0, random);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    for _ in 0..MAX_DRAWS {
        let x = normal(random);
        let v = (1.0 + c * x).powi(3);
        let u = random.share().max(f64::MIN_POSITIVE);
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
    d
}
