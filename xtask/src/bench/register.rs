//! `cargo xtask bench register [DIR]`: how long reading and linting take, how much memory, and how that grows.
//!
//! Every figure comes from a process of its own, built for release, so that its peak memory is its own. Several documents
//! are read on all cores, as the program reads them; one is read on one. The ratio beside it is against the bare Markdown parser over the same bytes, in the same process.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::say;

/// Reads of one document in one process; the median counts.
const RUNS: usize = 5;

/// Documents in which the mixed registers come.
const MIXED: usize = 64;

/// Risks of the documents from which growth is measured.
const SIZES: [usize; 5] = [1_000, 3_000, 10_000, 30_000, 100_000];

pub(super) fn run(root: &Path, directory: Option<&str>) -> Result<(), String> {
    say(&machine());
    if let Some(directory) = directory {
        let files = documents(Path::new(directory))?;
        let measured = measure(root, &files)?;
        say(&format!("register: {} documents of {directory} together: {}", files.len(), measured.told("aim 10 ms")));
    }
    let parts = (0..MIXED).map(|part| written(root, &format!("mixed-{part}"), &mixed((1 << 20) / MIXED, part * 1_000)));
    let measured = measure(root, &parts.collect::<Result<Vec<_>, _>>()?)?;
    say(&format!("register: 1 MiB of mixed registers in {MIXED} documents: {}", measured.told("aim 100 ms")));
    let measured = measure(root, &[written(root, "mixed", &mixed(1 << 20, 0))?])?;
    say(&format!("register: 1 MiB of mixed registers in one document: {}", measured.told("aim 100 ms")));
    for (shape, text) in [("table", table as fn(usize) -> String), ("sections", sections)] {
        let mut points = Vec::new();
        for size in SIZES {
            let measured = measure(root, &[written(root, &format!("{shape}-{size}"), &text(size))?])?;
            let aim = if size == 10_000 { "aim 1 s and 200 MiB" } else { "no aim" };
            say(&format!("register: {size} risks in {shape}: {}", measured.told(aim)));
            if measured.risks != size {
                return Err(format!("{} risks were read of {size}", measured.risks));
            }
            points.push((size as f64, measured.all()));
        }
        say(&format!(
            "register: time grows with the number of risks to the power of {:.2} ({shape})",
            exponent(&points)
        ));
    }
    Ok(())
}

/// What one process measured.
struct Measured {
    bytes: usize,
    risks: usize,
    read: f64,
    lint: f64,
    markdown: f64,
    peak_kib: u64,
}

impl Measured {
    fn all(&self) -> f64 {
        self.read + self.lint
    }

    fn told(&self, aim: &str) -> String {
        format!(
            "{} risks, {:.0} KiB: read {:.2} ms, lint {:.2} ms, peak {} MiB ({aim}); read is {:.1} times the bare Markdown parser",
            self.risks,
            self.bytes as f64 / 1024.0,
            self.read,
            self.lint,
            self.peak_kib / 1024,
            self.read / self.markdown.max(1e-6),
        )
    }
}

/// Measures in a process of its own.
fn measure(root: &Path, files: &[PathBuf]) -> Result<Measured, String> {
    let numbers = super::measured(root, "measure", files)?;
    let [bytes, risks, read, lint, markdown, peak] = numbers[..] else {
        return Err("the measuring process said something else".to_owned());
    };
    Ok(Measured { bytes: bytes as usize, risks: risks as usize, read, lint, markdown, peak_kib: peak as u64 })
}

/// The measuring process: reads and lints the documents, and prints bytes, risks, milliseconds of reading, linting and of the bare
/// parser, and the peak of its memory in KiB.
#[expect(clippy::disallowed_methods, reason = "a bench reads its own input and the clock")]
pub(crate) fn measure_here(files: &[&str]) -> Result<(), String> {
    let facts = register::RepositoryFacts::default();
    let no_columns = std::collections::BTreeMap::new();
    let open = |file: &&str| {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        Ok(text::Source::new(*file, text))
    };
    let sources: Vec<text::Source> = files.iter().map(open).collect::<Result<_, String>>()?;
    let (mut read, mut lint, mut markdown) = (Vec::new(), Vec::new(), Vec::new());
    let mut risks = 0;
    for _ in 0..RUNS {
        let begin = Instant::now();
        let registers = outside::parallel::map(&sources, |source| register::read(source, &no_columns));
        read.push(milliseconds(begin));
        risks = registers.iter().map(|register| register.risks.len()).sum();
        let begin = Instant::now();
        registers.iter().for_each(|register| {
            std::hint::black_box(register::lint(register, &facts));
        });
        lint.push(milliseconds(begin));
        let begin = Instant::now();
        for source in &sources {
            let parser = pulldown_cmark::Parser::new_ext(source.text(), pulldown_cmark::Options::ENABLE_TABLES);
            std::hint::black_box(parser.into_offset_iter().count());
        }
        markdown.push(milliseconds(begin));
    }
    let bytes: usize = sources.iter().map(|source| source.text().len()).sum();
    let peak = peak_kib().unwrap_or(0) as f64;
    let numbers = [bytes as f64, risks as f64, median(read), median(lint), median(markdown), peak];
    say(&numbers.map(|number| number.to_string()).join(" "));
    Ok(())
}

fn milliseconds(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[expect(clippy::disallowed_methods, reason = "the kernel tells the peak in a file")]
pub(super) fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

#[expect(clippy::disallowed_methods, reason = "the kernel tells the machine's figures in files")]
pub(super) fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("")
        .trim_start_matches([' ', '\t', ':']);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("machine: {cpus} cores, {model}, load {}", load.split_whitespace().next().unwrap_or("unknown"))
}

/// The slope of the logarithms by least squares: 1 is linear growth.
pub(super) fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.max(1e-6).ln())).collect();
    let count = logs.len() as f64;
    let (mean_x, mean_y) =
        (logs.iter().map(|p| p.0).sum::<f64>() / count, logs.iter().map(|p| p.1).sum::<f64>() / count);
    let above: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    above / below
}

#[expect(clippy::disallowed_methods, reason = "a bench writes its own input")]
fn written(root: &Path, name: &str, text: &str) -> Result<PathBuf, String> {
    let path = root.join(format!("target/bench-register-{name}.md"));
    std::fs::write(&path, text).map_err(|error| error.to_string())?;
    Ok(path)
}

fn documents(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

/// A summary table.
fn table(risks: usize) -> String {
    let mut text = "# Risks\n\n| ID | Risk | Likelihood | Impact | Score | Status | Owner | Mitigation |\n|---|---|---|---|---|---|---|---|\n".to_owned();
    for number in 1..=risks {
        let (likelihood, impact) = (number % 3 + 1, number / 3 % 3 + 1);
        let _ = writeln!(
            text,
            "| R-{number} | Part {number} of the {} stops | {likelihood} | {impact} | {} | Open | team {} | restart `deploy/part-{number}.yaml`, then look at shard {} |",
            PARTS[number % PARTS.len()],
            likelihood * impact,
            number % 7,
            number % 40,
        );
    }
    text
}

/// Headed sections with labels, lists and code.
fn sections(risks: usize) -> String {
    let mut text = "# Risks\n".to_owned();
    for number in 1..=risks {
        section(&mut text, number);
    }
    text
}

const PARTS: [&str; 6] = ["queue", "ledger", "importer", "mail gateway", "search index", "billing job"];
const WORDS: [&str; 3] = ["Low", "Medium", "High"];

fn section(text: &mut String, number: usize) {
    let part = PARTS[number % PARTS.len()];
    let _ = write!(
        text,
        "\n### R-{number}: The {part} loses shard {number}\n\n**Description:** Shard {number} of the {part} is gone until somebody notices.\n\n**Probability:** {}\n- it happened {} times\n\n**Impact:** {}\n- users of shard {number} wait\n\n**Mitigation:**\n1. Add a replica in `deploy/{number}/replica.yaml`\n2. Alert after {} minutes\n   ```yaml\n   replicas: {}\n   ```\n- [x] runbook written\n- [ ] drill done\n\n**Status:** Partially mitigated (replica is there, alert is not)\n\n**Owner:** team {}\n",
        WORDS[number % 3],
        number % 5,
        WORDS[number / 3 % 3],
        number % 30 + 1,
        number % 4 + 1,
        number % 7,
    );
}

/// Documents of every shape one after the other, until there are so many bytes; `first` is the number before the first risk.
fn mixed(bytes: usize, first: usize) -> String {
    let mut text = String::with_capacity(bytes + 4096);
    let mut number = first;
    while text.len() < bytes {
        text.push_str("\n# Risks of a part\n\n| ID | Risiko | Eintrittswahrscheinlichkeit | Auswirkung | Status |\n|---|---|---|---|---|\n");
        for _ in 0..10 {
            number += 1;
            let _ = writeln!(text, "| DE-{number} | Teil {number} fällt aus | hoch | mittel | offen |");
        }
        text.push_str("\n## Details\n");
        for _ in 0..5 {
            number += 1;
            section(&mut text, number);
        }
        text.push_str(
            "\n## Failure modes\n\n| Component | Failure mode | S | O | D | RPN |\n|---|---|---|---|---|---|\n",
        );
        for _ in 0..10 {
            number += 1;
            let _ =
                writeln!(text, "| part {number} | stops | {} | 3 | 4 | {} |", number % 10 + 1, (number % 10 + 1) * 12);
        }
        text.push_str("\n## Scenario\n\n```\nQueue full\n  → writers wait\n  → users see errors\n```\n\n- **Backlog grows** over night\n  - Likelihood: high\n  - Impact: low\n  - Owner: night shift\n");
    }
    text
}
