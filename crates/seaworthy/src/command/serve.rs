//! `seaworthy serve`: the ledger as read-only JSON, until it is told to stop.

use outside::signal::Stops;

use super::runtime;
use crate::arguments::Serve;
use crate::exit::Exit;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Serve, terminal: Terminal) -> Exit {
    let ledger = match super::ledger::address(&arguments.path, &arguments.environment, &arguments.at, terminal) {
        Ok((_, ledger)) => ledger,
        Err(exit) => return exit,
    };
    let Ok(runtime) = runtime() else {
        terminal.message("error: cannot start a runtime");
        return Exit::Undecided;
    };
    let shown = ledger.to_string();
    let options = server::Options { listen: arguments.listen, ledger };
    match runtime.block_on(serve(options, &shown, terminal)) {
        Ok(()) => Exit::Pass,
        Err(error) => {
            terminal.message(&format!("error: {error}"));
            Exit::Usage
        }
    }
}

/// Listens, says where, and answers until it is told to stop: whoever reads the address may stop it already.
async fn serve(options: server::Options, ledger: &str, terminal: Terminal) -> Result<(), server::Error> {
    let server = server::Server::bind(options)?;
    let mut stops = Stops::listen();
    terminal.message(&format!("serving {ledger} on http://{} (read-only)", server.address()));
    let asked = async move {
        stops.next().await;
    };
    server.serve(asked).await
}
