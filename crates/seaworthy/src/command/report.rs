//! `seaworthy report`: what is known, for people and other tools.

use crate::arguments::Report;
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(_arguments: &Report, _terminal: Terminal) -> Exit {
    Exit::Usage
}
