//! `seaworthy lint --fix`: what has exactly one right answer is written; every other byte stays.

use std::path::Path;

use register::edit::{Splice, splice};
use text::Source;

use super::look::Found;
use crate::arguments::Lint;
use crate::command::counted;
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(super) fn run(arguments: &Lint, found: &Found, terminal: Terminal) -> Exit {
    if arguments.files.iter().any(|file| file.as_os_str() == "-") {
        terminal.message("error: standard input cannot be mended\n  help: name the file");
        return Exit::Usage;
    }
    let (mut mended, mut files) = (0, 0);
    for source in found.linted.sources.values() {
        match of_file(source, found, arguments.check, terminal) {
            Ok(0) => {}
            Ok(made) => {
                mended += made;
                files += 1;
            }
            Err(exit) => return exit,
        }
    }
    if mended == 0 {
        terminal.result("nothing to mend\n");
        return Exit::Pass;
    }
    let what = format!("{} in {}", counted(mended, "finding"), counted(files, "file"));
    if arguments.check {
        terminal.result(&format!("to mend: {what}; nothing was written\n"));
        return Exit::Fail;
    }
    terminal.result(&format!("mended: {what}\n"));
    Exit::Pass
}

fn of_file(source: &Source, found: &Found, is_check: bool, terminal: Terminal) -> Result<usize, Exit> {
    let own = found.linted.problems.iter().filter(|problem| problem.path == source.path());
    let splices: Vec<Splice> = own.filter_map(|problem| problem.fix.as_ref().map(Splice::from)).collect();
    let (text, made) = splice(source.text(), &splices);
    if made == 0 {
        return Ok(0);
    }
    for one in &splices {
        let (line, _) = source.line_column(one.span.start);
        terminal.message(&format!("{}:{line}: `{}` -> `{}`", source.path(), source.slice(one.span), one.text));
    }
    if !is_check && let Err(error) = outside::files::write_whole(Path::new(source.path()), text.as_bytes()) {
        terminal.message(&format!("error: {} cannot be written: {}", source.path(), ::prove::chain(&error)));
        return Err(Exit::Undecided);
    }
    Ok(made)
}
