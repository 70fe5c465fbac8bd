//! The registers that a path points to: one Markdown file, those of `seaworthy.yaml`, or those that are found.

use std::collections::BTreeMap;
use std::path::Path;

use register::Register;
use text::{Problem, Source};

use crate::{FILE_NAME, MAX_REGISTER_BYTES};

/// Registers with what is needed to read them again.
#[derive(Debug, Default)]
pub struct Registers {
    /// As read.
    pub registers: Vec<Register>,
    /// Headings of foreign dialects.
    pub columns: BTreeMap<String, String>,
    /// What is wrong with the files; with errors among them nothing should be changed.
    pub problems: Vec<Problem>,
    /// The texts by path.
    pub sources: BTreeMap<String, Source>,
}

/// Reads them. A file that cannot be read is a problem, never a shorter list.
pub fn registers(path: &Path) -> Registers {
    let is_markdown = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("md") || extension.eq_ignore_ascii_case("markdown"));
    if is_markdown {
        return one(path);
    }
    if path.is_dir() && !path.join(FILE_NAME).is_file() {
        let survey = crate::survey(path);
        let mut registers: Vec<Register> = survey.registers.into_iter().map(|surveyed| surveyed.register).collect();
        if registers.is_empty() {
            registers = empty_ones(path);
        }
        return Registers { sources: sources(&registers), registers, ..Registers::default() };
    }
    let file = match crate::find(path) {
        Ok(file) => file,
        Err(error) => {
            let problem = Problem::whole_file("unreadable", path.to_string_lossy(), error.to_string());
            return Registers { problems: vec![problem], ..Registers::default() };
        }
    };
    let reading = crate::read(&file);
    let (registers, columns) = reading.case.map_or_else(Default::default, |case| (case.registers, case.system.columns));
    Registers { registers, columns, problems: reading.problems, sources: reading.sources }
}

/// Documents with the usual name of a register that list nothing yet; the first risk can be added to them.
fn empty_ones(directory: &Path) -> Vec<Register> {
    let files = register::find_names().iter().map(|name| directory.join(name)).filter(|file| file.is_file());
    let mut seen = std::collections::BTreeSet::new();
    // On file systems without case two names are one file.
    let files = files.filter(|file| seen.insert(file.to_string_lossy().to_lowercase()));
    files.flat_map(|file| one(&file).registers).collect()
}

fn one(path: &Path) -> Registers {
    let shown = path.to_string_lossy().into_owned();
    match outside::files::read_text(path, MAX_REGISTER_BYTES) {
        Ok(text) => {
            // The dialect of a register that a file here names is known.
            let columns = columns_here(path);
            let registers = vec![register::read(&Source::new(shown, text), &columns)];
            Registers { sources: sources(&registers), registers, columns, problems: Vec::new() }
        }
        Err(error) => {
            let problem = Problem::whole_file("unreadable", shown, crate::chain(&error));
            Registers {
                problems: vec![problem.with_help("name a Markdown file that is there")],
                ..Registers::default()
            }
        }
    }
}

/// The `columns` of the nearest `seaworthy.yaml` at or above a register.
fn columns_here(path: &Path) -> BTreeMap<String, String> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let found = absolute.ancestors().skip(1).map(|directory| directory.join(FILE_NAME)).find(|file| file.is_file());
    let case = found.and_then(|file| crate::read(&file).case);
    case.map(|case| case.system.columns).unwrap_or_default()
}

fn sources(registers: &[Register]) -> BTreeMap<String, Source> {
    registers.iter().map(|register| (register.path().to_owned(), register.source.clone())).collect()
}
