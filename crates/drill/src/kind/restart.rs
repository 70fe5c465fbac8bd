//! `restart`: processes are killed without warning and started again while users go on working.
//!
//! SIGKILL for the whole tree, because a service that is asked politely proves nothing about a crash. What the kernel
//! has accepted stays in its page cache, so a lost power supply is *not* shown by this: unsynced data survives a kill.

use std::time::Duration;

use system::System;
use text::{Node, Problem, Source};

use super::dependency_down::meets_component;
use super::off;
use super::with::{Common, With};
use super::{FaultPlan, Plan, Which};

/// Its name in a claim.
pub(super) const KIND: &str = "restart";

/// How long the processes stay away when not written.
const DOWN_FOR: Duration = Duration::from_millis(500);
/// Longest time away.
const LONGEST_DOWN: Duration = Duration::from_secs(60);

/// Reads the plan.
pub(super) fn read(node: &Node, system: &System, source: &Source, problems: &mut Vec<Problem>) -> Option<Plan> {
    let mut with = With::of(node, KIND, system, source, problems)?;
    let common = with.common();
    let fault = kill(&mut with, common.as_ref());
    let off = off::read(&mut with, fault.as_ref(), common.as_ref().map(Common::flow));
    let parts = common.zip(fault).zip(off).map(|((common, fault), off)| (common, fault, off));
    with.finish(KIND, parts)
}

fn kill(with: &mut With<'_, '_>, common: Option<&Common>) -> Option<FaultPlan> {
    with.fields.need("component");
    let component = with.component("component");
    let down_for = with.fields.duration("down_for").unwrap_or(DOWN_FOR);
    if down_for > LONGEST_DOWN {
        let span = with.fields.get("down_for").map_or(with.fields.span(), |node| node.span);
        with.wrong(
            "wrong-value",
            span,
            "`down_for` is longer than a minute".to_owned(),
            "a crash is short; for longer, use drill `dependency-down`",
        );
    }
    let replicas = component.map_or(u32::MAX, |component| component.replicas);
    let which = which(with, replicas);
    let component = component?;
    let span = with.fields.get("component").map_or(with.fields.span(), |node| node.span);
    if component.start.is_none() {
        let message = format!("{} has no `start:`, so it could not be started again", component.id);
        with.wrong("not-ours", span, message, "only what seaworthy starts can be restarted by it");
    } else if component.replicas == 0 {
        let message = format!("{} has no replica that could be killed", component.id);
        with.wrong("no-replica", span, message, "`replicas: 0` says that it never runs");
    }
    if let Some(common) = common {
        meets_component(with, span, component, common.flow());
    }
    Some(FaultPlan::Kill { component: component.id.clone(), which: which?, down_for: Some(down_for) })
}

/// `replica: all` or its number; the first when not written.
fn which(with: &mut With<'_, '_>, replicas: u32) -> Option<Which> {
    let Some(node) = with.fields.get("replica") else { return Some(Which::One(0)) };
    match node.as_text().map(|text| (text, text.parse::<u32>())) {
        Some(("all", _)) => Some(Which::All),
        Some((_, Ok(number))) if number < replicas => Some(Which::One(number)),
        Some((_, Ok(number))) => {
            let help = format!("its replicas are numbered 0 to {}", i64::from(replicas) - 1);
            with.wrong("wrong-value", node.span, format!("there is no replica {number}"), &help);
            None
        }
        Some((_, Err(_))) | None => {
            with.wrong("wrong-value", node.span, "`replica` must be a number or `all`".to_owned(), "the first is 0");
            None
        }
    }
}
