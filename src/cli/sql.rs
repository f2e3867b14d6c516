//! `locard sql`
use anyhow::Result;
/// x
#[derive(Debug, clap::Args)]
pub struct SqlArgs {
    /// t
    #[arg(short = 't', long = "table")]
    pub tables: Vec<String>,
    /// c
    #[arg(short = 'c')]
    pub command: String,
    /// threads
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
}
/// x
pub async fn run(a: SqlArgs) -> Result<()> {
    let ctx = crate::join::session(&crate::join::SessionOptions { partitions: a.threads, ..Default::default() })?;
    for t in &a.tables {
        let (n, p) = t.split_once('=').unwrap();
        ctx.register_parquet(n, p, Default::default()).await?;
    }
    ctx.sql(&a.command).await?.show().await?;
    Ok(())
}
