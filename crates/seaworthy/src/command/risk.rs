//! `seaworthy risk`: the risks of the registers, in their own dialect.

use crate::arguments::Risk;
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(_arguments: &Risk, _terminal: Terminal) -> Exit {
    Exit::Usage
}
