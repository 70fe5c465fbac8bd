//! `seaworthy serve`: the ledger as read-only JSON, until it is told to stop.

use ::prove::LEDGER_PATH;
use outside::signal::stop_asked;

use super::{failed, runtime};
use crate::arguments::Serve;
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Serve, terminal: Terminal) -> Exit {
    let file = match ::prove::find(&arguments.path) {
        Ok(file) => file,
        Err(error) => return failed(&error, terminal),
    };
    let ledger = file.with_file_name("").join(LEDGER_PATH);
    let Ok(runtime) = runtime() else {
        terminal.message("error: cannot start a runtime");
        return Exit::Undecided;
    };
    terminal.message(&format!("serving {} on http://{} (read-only)", ledger.display(), arguments.listen));
    let options = server::Options { listen: arguments.listen, ledger };
    match runtime.block_on(server::serve(options, async {
        let _ = stop_asked().await;
    })) {
        Ok(()) => Exit::Pass,
        Err(error) => {
            terminal.message(&format!("error: {error}"));
            Exit::Usage
        }
    }
}
