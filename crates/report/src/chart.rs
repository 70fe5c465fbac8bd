//! Latency over time as SVG: one dot a request, the fault windows shaded, failures as crosses.
//!
//! Time runs to the right, latency grows upwards on a logarithmic axis (a stalled second and a usual millisecond must
//! both be visible). Not by color alone: good answers are dots, failures are crosses, unknown outcomes are rings.

use std::fmt::Write as _;

use evidence::{Answer, Phase, Sample, Timeline};

use crate::wire::phase_word;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 18.0;

/// Most marks drawn; above it every n-th good answer is left out and the picture says so.
const MAX_MARKS: usize = 4_000;

/// The shortest latency on the axis, 100 microseconds.
const FLOOR_US: f64 = 100.0;

/// The picture of one drill; empty when there were no requests.
pub(crate) fn latency(timeline: &Timeline, title: &str) -> String {
    let Some(scale) = Scale::of(timeline) else { return String::new() };
    let mut svg = String::new();
    let _ =
        write!(svg, r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}" class="chart">"#, escape(title));
    windows(&mut svg, timeline, &scale);
    axis(&mut svg, &scale);
    let left_out = marks(&mut svg, timeline, &scale);
    if left_out > 0 {
        let _ = write!(
            svg,
            r#"<text x="{}" y="{}" class="tick" text-anchor="end">{left_out} good answers not drawn</text>"#,
            WIDTH - 4.0,
            HEIGHT - 4.0
        );
    }
    svg.push_str("</svg>");
    svg
}

struct Scale {
    end_us: f64,
    top_us: f64,
}

impl Scale {
    fn of(timeline: &Timeline) -> Option<Self> {
        let last_sample = timeline.samples.iter().map(|sample| sample.at_us).max()?;
        let last_window = timeline.windows.iter().map(|window| window.to_us).max().unwrap_or(0);
        let slowest = timeline.samples.iter().map(|sample| sample.latency_us).max()?;
        let top_us = (slowest as f64 * 1.3).max(FLOOR_US * 10.0);
        Some(Self { end_us: last_sample.max(last_window).max(1) as f64, top_us })
    }

    fn x(&self, at_us: i64) -> f64 {
        LEFT + (at_us as f64 / self.end_us).clamp(0.0, 1.0) * (WIDTH - LEFT - 8.0)
    }

    fn y(&self, latency_us: f64) -> f64 {
        let span = (self.top_us / FLOOR_US).ln();
        let part = (latency_us.max(FLOOR_US) / FLOOR_US).ln() / span;
        HEIGHT - BOTTOM - part.clamp(0.0, 1.0) * (HEIGHT - BOTTOM - TOP)
    }
}

fn windows(svg: &mut String, timeline: &Timeline, scale: &Scale) {
    for window in &timeline.windows {
        let (from, to) = (scale.x(window.from_us), scale.x(window.to_us));
        let class = match window.phase {
            Phase::Fault => "fault",
            Phase::Off => "fault off",
            Phase::Warm | Phase::Clean | Phase::Heal | Phase::HealOff => "calm",
        };
        let (y, height) = (TOP, HEIGHT - BOTTOM - TOP);
        let _ =
            write!(svg, r#"<rect class="{class}" x="{from:.1}" y="{y}" width="{:.1}" height="{height}"/>"#, to - from);
        let _ = write!(
            svg,
            r#"<text class="phase" x="{:.1}" y="{}">{}</text>"#,
            from + 3.0,
            TOP - 5.0,
            phase_word(window.phase)
        );
    }
}

fn axis(svg: &mut String, scale: &Scale) {
    for (us, label) in [(100.0, "0.1 ms"), (1e3, "1 ms"), (1e4, "10 ms"), (1e5, "100 ms"), (1e6, "1 s"), (1e7, "10 s")]
    {
        if us <= scale.top_us {
            let y = scale.y(us);
            let _ = write!(svg, r#"<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1}" y2="{y:.1}"/>"#);
            let _ = write!(
                svg,
                r#"<text class="tick" x="{}" y="{:.1}" text-anchor="end">{label}</text>"#,
                LEFT - 6.0,
                y + 4.0
            );
        }
    }
    let seconds = (scale.end_us / 1e6).floor() as i64;
    let step = (seconds / 12).max(1);
    for second in (0..=seconds).step_by(usize::try_from(step).unwrap_or(1)) {
        let _ = write!(
            svg,
            r#"<text class="tick" x="{:.1}" y="{}" text-anchor="middle">{second} s</text>"#,
            scale.x(second * 1_000_000),
            HEIGHT - 10.0
        );
    }
}

/// Draws the requests and returns how many good ones were left out.
fn marks(svg: &mut String, timeline: &Timeline, scale: &Scale) -> usize {
    let stride = timeline.samples.len().div_ceil(MAX_MARKS).max(1);
    let mut left_out = 0;
    for (index, sample) in timeline.samples.iter().enumerate() {
        if sample.outcome == Answer::Good && index % stride != 0 {
            left_out += 1;
            continue;
        }
        mark(svg, sample, scale);
    }
    left_out
}

fn mark(svg: &mut String, sample: &Sample, scale: &Scale) {
    let (x, y) = (scale.x(sample.at_us), scale.y(sample.latency_us as f64));
    let class = if sample.bystander { " by" } else { "" };
    let _ = match sample.outcome {
        Answer::Good => write!(svg, r#"<circle class="good{class}" cx="{x:.1}" cy="{y:.1}" r="1.3"/>"#),
        Answer::Bad => write!(svg, r#"<path class="bad{class}" d="M{:.1} {:.1}l4 4m0-4l-4 4"/>"#, x - 2.0, y - 2.0),
        Answer::Unknown => write!(svg, r#"<circle class="unknown{class}" cx="{x:.1}" cy="{y:.1}" r="2.4"/>"#),
    };
}

/// Text made safe between and inside tags.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use evidence::Window;

    use super::*;

    fn timeline(latency_us: i64) -> Timeline {
        let sample = |at_us| Sample {
            at_us,
            latency_us,
            outcome: if at_us > 500_000 { Answer::Bad } else { Answer::Good },
            bystander: false,
        };
        Timeline {
            windows: vec![Window { phase: Phase::Fault, from_us: 500_000, to_us: 1_000_000 }],
            samples: (0..100).map(|n| sample(n * 10_000)).collect(),
        }
    }

    #[test]
    fn failures_are_crosses_and_the_fault_window_is_shaded() {
        let svg = latency(&timeline(2_000), "x");
        assert_eq!(svg.matches("class=\"bad\"").count(), 49);
        assert_eq!(svg.matches("class=\"fault\"").count(), 1);
    }

    #[test]
    fn no_request_gives_no_picture() {
        assert_eq!(latency(&Timeline::default(), "x"), "");
    }

    #[test]
    fn slower_is_higher() {
        let scale = Scale::of(&timeline(1_000_000)).expect("has samples");
        assert!(scale.y(1_000_000.0) < scale.y(1_000.0));
    }

    #[test]
    fn a_title_cannot_break_out_of_its_attribute() {
        assert!(!latency(&timeline(1), "\"><script>").contains("<script>"));
    }
}
