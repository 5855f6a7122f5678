//! An axum service with cached reads and annotated writes.
//!
//! ```sh
//! cargo run --example shop -- [--listen ADDRESS] [--database FILE]
//! ```

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use examples::db::Db;
use examples::shop;
use lexopt::{Arg, Parser, ValueExt};
use tokio::net::TcpListener;

const USAGE: &str = "\
usage: cargo run --example shop -- [--listen ADDRESS] [--database FILE]

  --listen ADDRESS   where to answer; without it, 127.0.0.1:3000
  --database FILE    the SQLite file, made if there is none; without it, a temporary one
";

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::parse(Parser::from_env()) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("error: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Options {
    listen: SocketAddr,
    database: Option<PathBuf>,
}

impl Options {
    /// `None` if help is asked for.
    fn parse(mut words: Parser) -> Result<Option<Self>, lexopt::Error> {
        let mut options = Self { listen: SocketAddr::from(([127, 0, 0, 1], 3000)), database: None };
        while let Some(word) = words.next()? {
            match word {
                Arg::Short('h') | Arg::Long("help") => return Ok(None),
                Arg::Long("listen") => options.listen = words.value()?.parse()?,
                Arg::Long("database") => options.database = Some(words.value()?.into()),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(options))
    }
}

async fn run(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    let db = match &options.database {
        Some(file) => Db::open(file)?,
        None => Db::temporary()?,
    };
    shop::schema::prepare(&db)?;
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", options.listen))?;
    let at = listener.local_addr()?;
    println!("The shop is open at http://{at} (Ctrl-C closes it). Try:");
    println!("  curl http://{at}/products/42");
    println!("  curl 'http://{at}/products?category=7'");
    println!("  curl http://{at}/categories/7");
    println!(
        "  curl -X PUT http://{at}/products/42 -H 'content-type: application/json' -d '{{\"name\":\"Lamp\",\"category\":7,\"cents\":1999}}'"
    );
    println!("  curl http://{at}/stats");
    shop::serve(listener, db, interrupted()).await?;
    Ok(())
}

async fn interrupted() {
    // Without a signal to wait for, the service runs until it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
