//! The arguments of `locard serve`: a file of settings, and flags that stand above it.

use std::path::PathBuf;

use clap::Args;

use crate::serve::{ConfigError, LogForm, ServeConfig, Settings};

/// Reads location records from Kafka as they arrive, flags them, and keeps the tables.
///
/// Every setting can stand in a file (docs/serve.md); a flag stands above the file.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// The file of settings [default: none, every setting at its default]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Where tables are kept: a folder, or the URL of one
    #[arg(long, value_name = "FOLDER|URL")]
    pub data: Option<String>,

    /// Where to find Kafka's brokers first
    #[arg(long, value_name = "HOST:PORT,...")]
    pub kafka: Option<String>,

    /// The consumer group among whose members partitions are shared
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,

    /// This instance's name in the brokers' logs and metrics
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,

    /// Two positions this far apart or nearer are near, metres
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    pub radius_m: Option<f64>,

    /// Two records this far apart in time or nearer are together, seconds
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub window_s: Option<i64>,

    /// Proximities whose gap is at most this make one encounter, seconds
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub gap_s: Option<i64>,

    /// An open encounter is held up to this distance, metres
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    pub exit_radius_m: Option<f64>,

    /// Tracks are interpolated only between fixes at most this far apart, seconds
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub max_interpolation_s: Option<i64>,

    /// The memory for the state of cases, mebibytes
    #[arg(long, value_name = "MIB")]
    pub memory_mib: Option<u64>,

    /// Where HTTP is answered; nobody is asked who they are, so mind who can reach it
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,

    /// Where PostgreSQL's protocol is spoken; accounts are those of `locard account` [default: nowhere]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub postgres: Option<String>,

    /// Where Arrow Flight SQL is spoken; accounts are those of `locard account` [default: nowhere]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub flight: Option<String>,

    /// A rule table of the custody clock, in place of PACE 1984
    #[arg(long, value_name = "FILE")]
    pub custody_rules: Option<PathBuf>,

    /// The form of the logs
    #[arg(long, value_name = "FORM", value_enum)]
    pub log_format: Option<LogForm>,

    /// What is logged: off, error, warn, info, debug, trace; the variable `LOCARD_LOG` stands above it
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

impl ServeArgs {
    /// The settings: those of the file, with the flags above them, checked.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting, its value and what it must be; a fault of a flag is told under the name of its
    /// setting.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let file = self.config.as_deref().map(ServeConfig::read).transpose()?;
        Settings::new(&self.over(file.unwrap_or_default()))
    }

    fn over(&self, mut config: ServeConfig) -> ServeConfig {
        set(&mut config.store.data, self.data.as_ref());
        set(&mut config.kafka.bootstrap_servers, self.kafka.as_ref());
        set(&mut config.kafka.group, self.group.as_ref());
        set(&mut config.kafka.instance, self.instance.as_ref());
        set(&mut config.proximity.radius_m, self.radius_m.as_ref());
        set(&mut config.proximity.window_s, self.window_s.as_ref());
        set(&mut config.proximity.gap_s, self.gap_s.as_ref());
        set(&mut config.proximity.max_interpolation_s, self.max_interpolation_s.as_ref());
        set(&mut config.memory.mib, self.memory_mib.as_ref());
        set(&mut config.http.listen, self.listen.as_ref());
        set(&mut config.log.format, self.log_format.as_ref());
        set(&mut config.log.level, self.log_level.as_ref());
        config.proximity.exit_radius_m = self.exit_radius_m.or(config.proximity.exit_radius_m);
        config.postgres.listen = self.postgres.clone().or(config.postgres.listen);
        config.flight.listen = self.flight.clone().or(config.flight.listen);
        config.custody.rules = self.custody_rules.clone().or(config.custody.rules);
        config
    }
}

fn set<T: Clone>(setting: &mut T, flag: Option<&T>) {
    if let Some(value) = flag {
        *setting = value.clone();
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn settings(arguments: &[&str]) -> Result<Settings, ConfigError> {
        Line::try_parse_from([&["serve"], arguments].concat()).unwrap().serve.settings()
    }

    #[test]
    fn a_flag_stands_above_the_file_and_the_file_above_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("locard.toml");
        std::fs::write(&file, "[proximity]\nradius_m = 50\nwindow_s = 30\n[kafka]\ngroup = \"of the file\"\n").unwrap();
        let file = file.to_str().unwrap();
        let made = settings(&["--config", file, "--radius-m", "75.5", "--kafka", "k:1"]).unwrap();
        let p = &made.proximity;
        assert_eq!((p.radius_m, p.exit_radius_m, p.window_us, p.gap_us), (75.5, 75.5, 30_000_000, 600_000_000));
        assert_eq!(made.kafka.bootstrap_servers, "k:1");
        assert_eq!(made.kafka.membership, crate::source::kafka::Membership::Group("of the file".to_owned()));
    }

    #[test]
    fn every_flag_is_documented() {
        let document = include_str!("../../docs/serve.md");
        let line = Line::command();
        let mut flags = line.get_arguments().filter_map(clap::Arg::get_long).filter(|l| *l != "help").peekable();
        assert!(flags.peek().is_some());
        for flag in flags {
            assert!(document.contains(&format!("`--{flag}")), "--{flag} is not in docs/serve.md");
        }
    }

    /// One value for each flag that differs from the default, so that a flag that is not passed on is found.
    #[test]
    fn every_flag_changes_a_setting() {
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules.toml");
        let pace = include_str!("../time/custody/pace.toml");
        std::fs::write(&rules, pace.replacen("hours = 24", "hours = 23", 1)).unwrap();
        let config = folder.path().join("locard.toml");
        std::fs::write(&config, "[memory]\nmib = 77").unwrap();
        let value = |flag: &str| match flag {
            "config" => config.display().to_string(),
            "custody-rules" => rules.display().to_string(),
            "kafka" => "k:1".to_owned(),
            "listen" | "postgres" | "flight" => "127.0.0.1:1".to_owned(),
            "log-format" => "json".to_owned(),
            "log-level" => "warn".to_owned(),
            _ => "222".to_owned(),
        };
        let usual = format!("{:?}", settings(&[]).unwrap());
        let line = Line::command();
        let flags: Vec<_> = line.get_arguments().filter_map(clap::Arg::get_long).filter(|l| *l != "help").collect();
        assert!(flags.len() >= 15, "{flags:?}");
        for flag in flags {
            let made = settings(&[&format!("--{flag}"), &value(flag)]).unwrap();
            assert_ne!(format!("{made:?}"), usual, "--{flag}");
        }
    }

    #[test]
    fn a_flag_is_checked_as_the_file_is() {
        let fault = |arguments: &[&str]| settings(arguments).map(drop).unwrap_err().to_string();
        assert!(fault(&["--radius-m", "-1"]).contains("radius_m is -1 m"));
        assert!(fault(&["--memory-mib", "1"]).starts_with("memory.mib is 1 MiB"));
        assert!(fault(&["--config", "no/such.toml"]).starts_with("--config no/such.toml: "));
    }
}
