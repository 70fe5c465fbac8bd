//! `event-tracker api|mailer|enricher`: arguments in, a server out, exit code at the end.
//!
//! Exit codes: 0 stopped as asked, 1 failed while running, 2 usage, 78 refuses to start with this configuration.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use event_tracker::{Api, ApiArguments, Error, Settings, enricher, mailer, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Worker threads of every process. Few on purpose: a handler that blocks must hurt here as it would under real load.
const WORKERS: usize = 2;

/// EX_CONFIG of sysexits.h: the configuration is refused.
const EXIT_REFUSED: u8 = 78;

#[derive(Parser)]
#[command(name = "event-tracker", version, about = "A small event tracker, made to be proved")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The service that people use.
    Api(Box<ApiArguments>),
    /// Takes mail, pretends to send it.
    Mailer {
        /// Port on 127.0.0.1; 0 takes any free one.
        #[arg(long)]
        port: u16,
    },
    /// Gives scores to links and to the whole.
    Enricher {
        /// Port on 127.0.0.1; 0 takes any free one.
        #[arg(long)]
        port: u16,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    match runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(run(arguments.command))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => explain(&error),
    }
}

async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Api(arguments) => {
            let secret_key = std::env::var("SECRET_KEY").ok();
            let settings = Settings::try_new(&arguments, secret_key.as_deref()).map_err(Error::Refused)?;
            if arguments.check {
                say("event-tracker api: the configuration is accepted");
                return Ok(());
            }
            let listener = listen("api", arguments.port).await?;
            Api::open(settings).await?.serve(listener, stop_asked()).await
        }
        Command::Mailer { port } => Ok(serve(listen("mailer", port).await?, mailer::router(), stop_asked()).await?),
        Command::Enricher { port } => {
            Ok(serve(listen("enricher", port).await?, enricher::router(), stop_asked()).await?)
        }
    }
}

/// Listens on loopback only; what stands in front decides who else may come.
async fn listen(name: &str, port: u16) -> Result<TcpListener, Error> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    say(&format!("event-tracker {name} listens on {}", listener.local_addr()?));
    Ok(listener)
}

/// Resolves at SIGTERM or SIGINT. Without handlers (out of descriptors) nothing can ask, and the process runs on.
async fn stop_asked() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[expect(clippy::print_stdout, reason = "the binary says where it listens")]
fn say(line: &str) {
    println!("{line}");
}

#[expect(clippy::print_stderr, reason = "the binary says why it ends")]
fn explain(error: &Error) -> ExitCode {
    eprintln!("event-tracker: {error}");
    match error {
        Error::Refused(_) | Error::Newer { .. } => ExitCode::from(EXIT_REFUSED),
        Error::Store(_) | Error::Io(_) => ExitCode::FAILURE,
    }
}
