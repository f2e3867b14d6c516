//! The arguments of `locard import`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::cli::authority_arg::authorities_over;
use crate::cli::case_args::format_parser;
use crate::cli::check::CheckError;
use crate::cli::{parse_authority, parse_place};
use crate::decode::Format;
use crate::decode::profile::Profile;
use crate::model::{Authorities, Authority, Place, Role};
use crate::source::kafka::{ClientOptions, KafkaConfig, TopicNames};
use crate::store::UNKNOWN_CASE;
use crate::time::ZoneRule;

use super::ImportError;
use super::ledger::Asked;
use super::statement::Speaker;

/// The longest name of a case, bytes: it becomes the name of a folder.
const MAX_CASE_BYTES: usize = 128;

/// Puts returned files into a case: each is kept as an exhibit, and its records are matched with those already there.
///
/// An import that was interrupted is given again and finishes; one that is given again adds nothing.
///
/// Exit codes: 0 done, 1 for input that could not be used or a failure, 2 for wrong usage.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The case
    #[arg(long, value_name = "CASE", value_parser = parse_case)]
    pub case: String,

    /// Whose records the files hold; for a file of incidents it decides nothing
    #[arg(long, value_name = "ROLE", value_parser = role_parser(), required_unless_present = "place")]
    pub subject: Option<Role>,

    /// The person's name in the case [default: the role]
    #[arg(long, value_name = "ID", value_parser = parse_name)]
    pub subject_id: Option<String>,

    /// The device: only its records are taken, and records that name no device are its [default: every device that the
    /// file names; records that name none are of the file's own name]
    #[arg(long, value_name = "ID", value_parser = parse_name)]
    pub device: Option<String>,

    /// What one authority covers, TO not included (may be repeated). Once any is given, records outside all of them are
    /// rejects and do not come into the case; of the victim's files those of a device that one names
    #[arg(long, value_name = "DEVICE=FROM..TO[,REFERENCE]", value_parser = parse_authority, requires = "subject")]
    pub authorised: Vec<Authority>,

    /// A place of the victim, latitude first; the radius is 50 m if none is given; the same name again corrects it (may
    /// be repeated)
    #[arg(long, value_name = "NAME=LAT,LON[,RADIUS_M]", value_parser = parse_place)]
    pub place: Vec<Place>,

    /// Read the files as this format, instead of recognising it
    #[arg(long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,

    /// Read CSV files by this profile: a file, or the name of a built-in one
    #[arg(long, value_name = "FILE|NAME")]
    pub profile: Option<String>,

    /// The zone of times that are written without one: an IANA name, UTC or an offset; without it such rows are rejects
    #[arg(long, value_name = "ZONE", value_parser = ZoneRule::parse, allow_hyphen_values = true)]
    pub zone: Option<ZoneRule>,

    /// The store: a folder, or an address such as `s3://bucket/locard` [default: locard-data]
    #[arg(long, value_name = "DIR|URL")]
    pub data: Option<String>,

    /// Send records to these brokers (host:port, with commas between) instead of straight into the store; exhibits and
    /// rejects go into the store that --data names, which must be that of `locard serve`
    #[arg(long, value_name = "SERVERS", requires = "data")]
    pub kafka: Option<String>,

    /// What stands before the names of the topics `fixes` and `cases`
    #[arg(long, value_name = "TEXT", default_value = "", requires = "kafka")]
    pub topic_prefix: String,

    /// A setting of librdkafka, such as security.protocol=SSL (may be repeated)
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_option, requires = "kafka")]
    pub kafka_option: Vec<ClientOptions>,

    /// Who imports, for the statements it makes [default: the user's name]
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    pub author: Option<String>,

    /// The memory the join may use, mebibytes
    #[arg(long, value_name = "MIB", default_value_t = 2_048, value_parser = clap::value_parser!(u32).range(16..))]
    pub memory_mib: u32,

    /// The returned files
    #[arg(value_name = "FILE", required_unless_present = "place")]
    pub files: Vec<PathBuf>,
}

impl ImportArgs {
    /// Checks what one argument cannot say by itself.
    ///
    /// # Errors
    /// [`ImportError::Usage`] names the arguments and what to do.
    pub fn validate(&self) -> Result<(), ImportError> {
        let usage = |text: String| Err(ImportError::Usage(text));
        if self.subject.is_none() && !self.files.is_empty() {
            return usage("files need --subject: whose records are they?".to_owned());
        }
        if let (Some(format), Some(_)) = (self.format.filter(|f| *f != Format::Csv), &self.profile) {
            return usage(format!("--profile describes the columns of CSV and does not go with --format {format}"));
        }
        let repeated =
            self.place.iter().enumerate().find(|(i, p)| self.place.iter().take(*i).any(|q| q.name == p.name));
        if let Some((_, place)) = repeated {
            return usage(format!("two places are named {:?}: give each its own name", place.name));
        }
        Ok(())
    }

    /// Who is spoken for when statements are made of what an exhibit holds.
    pub(super) fn speaker(&self, recorded_us: i64, sha256: &str) -> Speaker {
        let role = self.subject.unwrap_or(Role::Unknown);
        Speaker {
            case_id: self.case.clone(),
            sha256: sha256.to_owned(),
            recorded_us,
            author: self.author.clone().unwrap_or_else(user),
            role,
            subject_id: self.subject_id.clone().unwrap_or_else(|| role.as_str().to_owned()),
        }
    }

    /// What authorities cover of the files.
    pub(super) fn authorities(&self) -> Authorities {
        authorities_over(&self.authorised, self.subject == Some(Role::Victim))
    }

    /// What decides how a file is read and whose it is.
    pub(super) fn asked(&self, profile: fn(&str) -> Result<Profile, CheckError>) -> Result<Asked, ImportError> {
        let speaker = self.speaker(0, "");
        Ok(Asked {
            role: speaker.role,
            subject_id: speaker.subject_id,
            device: self.device.clone(),
            format: self.format.map(|f| f.as_str().to_owned()).unwrap_or_default(),
            // The profile itself and not its name: the file may say something else the next time.
            profile: self.profile.as_deref().map(profile).transpose()?.map(|p| format!("{p:?}")).unwrap_or_default(),
            zone: self.zone.as_ref().map(|z| z.name().to_owned()).unwrap_or_default(),
            authorised: self.authorities().given().to_vec(),
        })
    }

    /// The brokers, if records go there.
    #[must_use]
    pub fn kafka_config(&self) -> Option<KafkaConfig> {
        let name = |topic: String| format!("{}{topic}", self.topic_prefix);
        let TopicNames { fixes, cases, proximity, encounters, rejects } = TopicNames::default();
        let topics = TopicNames {
            fixes: name(fixes),
            cases: name(cases),
            proximity: name(proximity),
            encounters: name(encounters),
            rejects: name(rejects),
        };
        Some(KafkaConfig {
            bootstrap_servers: self.kafka.clone()?,
            topics,
            librdkafka: self.kafka_option.iter().flat_map(ClientOptions::all).map(owned).collect(),
            ..KafkaConfig::default()
        })
    }
}

/// The user's name as the system gives it.
fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| parse_name(name).is_ok()).unwrap_or_else(|| "unknown".to_owned())
}

/// A name of a person or device.
fn parse_name(text: &str) -> Result<String, String> {
    let sound = !text.trim().is_empty() && text.len() <= 1024 && !text.chars().any(char::is_control);
    sound.then(|| text.to_owned()).ok_or_else(|| "expected a name of at most 1024 bytes, on one line".to_owned())
}

fn parse_case(text: &str) -> Result<String, String> {
    if text.len() > MAX_CASE_BYTES || text.trim() != text || text == UNKNOWN_CASE {
        return Err(format!("expected at most {MAX_CASE_BYTES} bytes, without blanks around, and not {UNKNOWN_CASE}"));
    }
    parse_name(text)
}

/// One option; in the type that does not show its value.
fn parse_option(text: &str) -> Result<ClientOptions, String> {
    let option = text.split_once('=').ok_or("write NAME=VALUE, such as security.protocol=SSL")?;
    Ok([owned(option)].into_iter().collect())
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn role_parser() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
        .try_map(|name| Role::parse(&name).ok_or_else(|| format!("{name} is no role")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Import {
        #[command(flatten)]
        args: ImportArgs,
    }

    fn parse(args: &str) -> Result<ImportArgs, String> {
        let words = std::iter::once("import").chain(args.split_whitespace());
        Import::try_parse_from(words).map(|i| i.args).map_err(|e| e.to_string())
    }

    #[test]
    fn what_cannot_be_meant_is_wrong_usage() {
        assert!(parse("--case C --subject suspect a.csv").unwrap().validate().is_ok());
        assert!(parse("--case C --place home=51,0").unwrap().validate().is_ok());
        for wrong in [
            "--case C a.csv",
            "--case C --subject suspect",
            "--case _unknown --subject suspect a.csv",
            "--case C --subject Suspect a.csv",
            "--case C --subject suspect --kafka localhost:9092 a.csv",
            "--case C --subject suspect --topic-prefix x a.csv",
            "--case C --place home=51,0 --authorised H1=..",
            "--case C --subject suspect --authorised H1 a.csv",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            "--case C --place home=51,0 a.csv",
            "--case C --place home=51,0 --place home=52,0",
            "--case C --subject suspect --format gpx --profile canonical a.csv",
        ] {
            assert!(parse(wrong).unwrap().validate().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_prefix_stands_before_every_topic() {
        let args = "--case C --subject victim --data d --kafka b:1 --topic-prefix west. --kafka-option a.b=c=d f";
        let config = parse(args).unwrap().kafka_config().unwrap();
        assert_eq!((config.topics.fixes.as_str(), config.topics.cases.as_str()), ("west.fixes", "west.cases"));
        assert_eq!(config.librdkafka.get("a.b"), Some("c=d"));
        assert!(config.validate().is_ok());
    }

    #[test]
    fn a_password_among_the_arguments_is_not_shown() {
        let args = "--case C --subject victim --data d --kafka b:1 --kafka-option sasl.password=hunter2 f";
        let args = parse(args).unwrap();
        let shown = format!("{args:?} {:?}", args.kafka_config());
        assert!(shown.contains("sasl.password") && !shown.contains("hunter2"), "{shown}");
    }
}
