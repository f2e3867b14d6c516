//! x
use clap::Parser;
#[derive(Parser)]
enum C {
    Sql(locard::cli::sql::SqlArgs),
}
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let C::Sql(a) = C::parse();
    locard::cli::sql::run(a).await
}
