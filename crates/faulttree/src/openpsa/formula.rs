//! Boolean formulas of gates.

use super::names::Item;
use super::read::Reading;
use super::xml::Element;
use crate::model::{Formula, Operator};

/// The one formula of a gate.
pub(super) fn only(reading: &mut Reading<'_>, gate: &Element) -> Option<Formula> {
    let mut formulas = gate.content();
    let Some(first) = formulas.next() else {
        let message = format!("the gate `{}` is empty", gate.get("name").unwrap_or(""));
        reading.problem("openpsa-shape", gate.span, message, "write a formula in it, such as `<or> .. </or>`");
        return None;
    };
    if let Some(second) = formulas.next() {
        let message = format!("the gate `{}` has a second formula", gate.get("name").unwrap_or(""));
        reading.problem("openpsa-shape", second.span, message, "join them by `<and>` or `<or>`");
    }
    formula(reading, first)
}

fn formula(reading: &mut Reading<'_>, element: &Element) -> Option<Formula> {
    match element.name.as_str() {
        "gate" | "basic-event" | "house-event" | "event" => reference(reading, element),
        "constant" => match reading.need(element, "value")? {
            "true" => Some(Formula::Constant(true)),
            "false" => Some(Formula::Constant(false)),
            other => {
                let message = format!("a constant is `true` or `false`, found `{other}`");
                reading.problem("openpsa-shape", element.span, message, "");
                None
            }
        },
        _ => operator(reading, element),
    }
}

fn reference(reading: &mut Reading<'_>, element: &Element) -> Option<Formula> {
    let name = reading.need(element, "name")?;
    let wanted = match element.name.as_str() {
        "event" => element.get("type").unwrap_or("event"),
        own => own,
    };
    let Some(item) = reading.names.find(&reading.container, name) else {
        let help = reading
            .meant(reading.names, name)
            .unwrap_or_else(|| format!("define it: `<define-{wanted} name=\"{name}\">`"));
        reading.problem("openpsa-name", element.span, format!("`{name}` is not defined"), &help);
        return None;
    };
    let (found, formula) = match item {
        Item::Gate(number) => ("gate", Formula::Gate(number)),
        Item::Event(number) => ("basic-event", Formula::Event(number)),
        Item::House(state) => ("house-event", Formula::Constant(state)),
    };
    if wanted != "event" && wanted != found {
        let message = format!("`{name}` is a {found}, and is referred to as a {wanted}");
        reading.problem("openpsa-name", element.span, message, &format!("write `<{found} name=\"{name}\"/>`"));
        return None;
    }
    Some(formula)
}

fn operator(reading: &mut Reading<'_>, element: &Element) -> Option<Formula> {
    let count = element.content().count();
    let operator = match element.name.as_str() {
        "and" => Operator::And,
        "or" => Operator::Or,
        "not" => Operator::Not,
        "xor" => Operator::Xor,
        "nand" => Operator::Nand,
        "nor" => Operator::Nor,
        "iff" => Operator::Iff,
        "imply" => Operator::Imply,
        "atleast" => Operator::AtLeast(number(reading, element, "min")?),
        "cardinality" => Operator::Cardinality(number(reading, element, "min")?, number(reading, element, "max")?),
        other => {
            let known = [
                "and",
                "or",
                "not",
                "xor",
                "nand",
                "nor",
                "iff",
                "imply",
                "atleast",
                "cardinality",
                "gate",
                "basic-event",
                "house-event",
                "event",
                "constant",
            ];
            let near = text::nearest(other, known).map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
            reading.problem("openpsa-unknown", element.span, format!("`{other}` is no formula"), &near);
            return None;
        }
    };
    let (least, most) = match operator {
        Operator::Not => (1, 1),
        Operator::Iff | Operator::Imply => (2, 2),
        _ => (1, usize::MAX),
    };
    if count < least || count > most {
        let message = format!("`{}` has {count} arguments", element.name);
        let help = if least == most { format!("it takes {least}") } else { format!("it takes at least {least}") };
        reading.problem("openpsa-shape", element.span, message, &help);
        return None;
    }
    if let Operator::AtLeast(least) = operator
        && least as usize > count
    {
        let message = format!("at least {least} of {count} can never be");
        reading.problem("openpsa-shape", element.span, message, "`min` is at most the number of arguments");
        return None;
    }
    if let Operator::Cardinality(least, most) = operator
        && (least > most || most as usize > count)
    {
        let message = format!("from {least} to {most} of {count} is no range");
        reading.problem(
            "openpsa-shape",
            element.span,
            message,
            "`min` is at most `max`, and `max` at most the number of arguments",
        );
        return None;
    }
    let parts: Vec<Option<Formula>> = element.content().map(|part| formula(reading, part)).collect();
    Some(Formula::Of(operator, parts.into_iter().collect::<Option<_>>()?))
}

fn number(reading: &mut Reading<'_>, element: &Element, key: &str) -> Option<u32> {
    let text = reading.need(element, key)?;
    let number = text.parse().ok();
    if number.is_none() {
        let message = format!("`{key}` of `{}` must be a whole number, found `{text}`", element.name);
        reading.problem("openpsa-shape", element.span, message, "");
    }
    number
}
