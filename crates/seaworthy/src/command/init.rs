//! `seaworthy init`: a first `seaworthy.yaml` from what is here.

use crate::arguments::Init;
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(_arguments: &Init, _terminal: Terminal) -> Exit {
    Exit::Usage
}
