//! Expressions of probabilities and parameters.

use super::read::Reading;
use super::xml::Element;
use crate::expression::{Deviate, Expression, Function};

/// Functions by the name of their element.
const FUNCTIONS: [(&str, Function); 39] = [
    ("neg", Function::Negative),
    ("add", Function::Add),
    ("sub", Function::Subtract),
    ("mul", Function::Multiply),
    ("div", Function::Divide),
    ("mod", Function::Modulo),
    ("pow", Function::Power),
    ("abs", Function::Absolute),
    ("acos", Function::Arccosine),
    ("asin", Function::Arcsine),
    ("atan", Function::Arctangent),
    ("cos", Function::Cosine),
    ("sin", Function::Sine),
    ("tan", Function::Tangent),
    ("cosh", Function::HyperbolicCosine),
    ("sinh", Function::HyperbolicSine),
    ("tanh", Function::HyperbolicTangent),
    ("exp", Function::Exponent),
    ("log", Function::Logarithm),
    ("log10", Function::DecimalLogarithm),
    ("sqrt", Function::Root),
    ("ceil", Function::Ceiling),
    ("floor", Function::Floor),
    ("min", Function::Least),
    ("max", Function::Greatest),
    ("mean", Function::Mean),
    ("not", Function::Not),
    ("and", Function::And),
    ("or", Function::Or),
    ("eq", Function::Equal),
    ("df", Function::Different),
    ("lt", Function::Less),
    ("gt", Function::Greater),
    ("leq", Function::AtMost),
    ("geq", Function::AtLeast),
    ("ite", Function::Choice),
    ("exponential", Function::Exponential),
    ("GLM", Function::Repairable),
    ("Weibull", Function::Weibull),
];

const DEVIATES: [(&str, Deviate); 5] = [
    ("uniform-deviate", Deviate::Uniform),
    ("normal-deviate", Deviate::Normal),
    ("lognormal-deviate", Deviate::Lognormal),
    ("gamma-deviate", Deviate::Gamma),
    ("beta-deviate", Deviate::Beta),
];

/// Reads one expression.
pub(super) fn expression(reading: &mut Reading<'_>, element: &Element) -> Option<Expression> {
    let name = element.name.as_str();
    match name {
        "float" | "int" => number(reading, element),
        "bool" => Some(Expression::Number(f64::from(u8::from(reading.need(element, "value")? == "true")))),
        "pi" => Some(Expression::Number(std::f64::consts::PI)),
        "parameter" => parameter(reading, element),
        "system-mission-time" => Some(Expression::MissionTime),
        "switch" => switch(reading, element),
        "histogram" => histogram(reading, element),
        "periodic-test" => tested(reading, element),
        _ => call(reading, element),
    }
}

fn number(reading: &mut Reading<'_>, element: &Element) -> Option<Expression> {
    let text = reading.need(element, "value")?;
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    if number.is_none() {
        let message = format!("`{text}` is no number");
        reading.problem("openpsa-value", element.span, message, "write it like `0.001` or `1e-3`");
    }
    number.map(Expression::Number)
}

fn parameter(reading: &mut Reading<'_>, element: &Element) -> Option<Expression> {
    let name = reading.need(element, "name")?;
    let found = reading.parameters.find(&reading.container, name);
    if found.is_none() {
        let help = reading
            .meant(reading.parameters, name)
            .unwrap_or_else(|| format!("define it: `<define-parameter name=\"{name}\">`"));
        reading.problem("openpsa-name", element.span, format!("the parameter `{name}` is not defined"), &help);
    }
    found.map(Expression::Parameter)
}

fn arguments(reading: &mut Reading<'_>, element: &Element) -> Option<Vec<Expression>> {
    let read: Vec<Option<Expression>> = element.content().map(|part| expression(reading, part)).collect();
    read.into_iter().collect()
}

fn call(reading: &mut Reading<'_>, element: &Element) -> Option<Expression> {
    let name = element.name.as_str();
    let function = FUNCTIONS.iter().find(|(word, _)| *word == name).map(|(_, function)| *function);
    let deviate = DEVIATES.iter().find(|(word, _)| *word == name).map(|(_, deviate)| *deviate);
    let arity = match (function, deviate) {
        (Some(function), _) => function.arity(),
        (None, Some(deviate)) => deviate.arity(),
        (None, None) => {
            let known = FUNCTIONS.iter().map(|(word, _)| *word).chain(DEVIATES.iter().map(|(word, _)| *word));
            let near = text::nearest(name, known).map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
            reading.problem("openpsa-unknown", element.span, format!("`{name}` is no expression that is read"), &near);
            return None;
        }
    };
    let args = arguments(reading, element)?;
    if args.len() < arity.0 || args.len() > arity.1 {
        let message = format!("`{name}` has {} arguments", args.len());
        let help =
            if arity.0 == arity.1 { format!("it takes {}", arity.0) } else { format!("it takes at least {}", arity.0) };
        reading.problem("openpsa-shape", element.span, message, &help);
        return None;
    }
    match (function, deviate) {
        (Some(function), _) => Some(Expression::Call(function, args)),
        (None, deviate) => deviate.map(|deviate| Expression::Deviate(deviate, args)),
    }
}

/// `switch` is a chain of choices.
fn switch(reading: &mut Reading<'_>, element: &Element) -> Option<Expression> {
    let mut cases = Vec::new();
    let mut otherwise = None;
    for part in element.content() {
        if part.name == "case" {
            let pair = arguments(reading, part)?;
            let [condition, value] = <[Expression; 2]>::try_from(pair)
                .map_err(|_| {
                    reading.problem("openpsa-shape", part.span, "a case has a condition and a value".into(), "")
                })
                .ok()?;
            cases.push((condition, value));
        } else {
            otherwise = expression(reading, part);
        }
    }
    let Some(otherwise) = otherwise else {
        let help = "end it with an expression for all other cases";
        reading.problem("openpsa-shape", element.span, "the switch has no last value".into(), help);
        return None;
    };
    let choice = |no, (condition, yes)| Expression::Call(Function::Choice, vec![condition, yes, no]);
    Some(cases.into_iter().rev().fold(otherwise, choice))
}

fn histogram(reading: &mut Reading<'_>, element: &Element) -> Option<Expression> {
    let mut args = Vec::new();
    for part in element.content() {
        if part.name == "bin" {
            let bin = arguments(reading, part)?;
            if bin.len() != 2 {
                reading.problem("openpsa-shape", part.span, "a bin has an upper end and a weight".into(), "");
                return None;
            }
            args.extend(bin);
        } else {
            args.push(expression(reading, part)?);
        }
    }
    if args.len() < 3 || args.len().is_multiple_of(2) {
        let help = "write the lower end, then `<bin>`s with an upper end and a weight";
        reading.problem("openpsa-shape", element.span, "the histogram has no bins over a lower end".into(), help);
        return None;
    }
    Some(Expression::Deviate(Deviate::Histogram, args))
}

fn tested(reading: &mut Reading<'_>, element: &Element) -> Option<Expression> {
    let args = arguments(reading, element)?;
    let function = match args.len() {
        4 => Function::Tested,
        5 => Function::TestedRepaired,
        count => {
            let message = format!("`periodic-test` with {count} arguments is not read");
            reading.problem("openpsa-value", element.span, message, "the forms with 4 and with 5 arguments are");
            return None;
        }
    };
    Some(Expression::Call(function, args))
}
