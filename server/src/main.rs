//! The reference server.

use std::io::Write as _;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use upslice_server::options::{HELP, Options};
use upslice_server::server::Server;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("upslice-server: {error}; see --help");
            return ExitCode::from(2);
        }
    };
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("upslice-server: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(options: Options) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = Server::start(options).await?;
    announce(&server)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    server.stop().await;
    Ok(())
}

fn announce(server: &Server) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let at = server.addresses;
    writeln!(out, "listening on http://{}", at.api)?;
    writeln!(out, "storage on http://{}", at.storage)?;
    if let Some((api, storage)) = at.tls {
        writeln!(out, "tls on https://{api}")?;
        writeln!(out, "tls storage on https://{storage}")?;
    }
    if let Some(key) = &server.key {
        writeln!(out, "key {key}")?;
    }
    out.flush()
}
