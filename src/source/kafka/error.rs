//! What can go wrong with Kafka, and whether trying again helps.

use rdkafka::error::{KafkaError as Rd, RDKafkaErrorCode as Code};

/// Whether trying again helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same call may succeed later, with nothing changed.
    Later,
    /// Somebody has to change something first.
    Never,
}

/// A fault of the configuration, the brokers or the way to them.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KafkaError {
    /// A setting cannot be used. Retrying does not help.
    #[error("kafka setting {field} = {value:?}: {detail}")]
    Config {
        /// Which setting.
        field: String,
        /// What it was set to.
        value: String,
        /// Why that cannot be.
        detail: String,
    },
    /// The client library refused what it was given. Retrying does not help.
    #[error("kafka client: {detail}")]
    Client {
        /// What it said.
        detail: String,
    },
    /// The brokers did not do it; [`KafkaError::retry`] tells whether they may later.
    #[error("{action}: {source}")]
    Broker {
        /// What was asked of them.
        action: String,
        /// What came back.
        source: Rd,
    },
    /// The brokers do not let this client in, or it does not trust them: a password, a mechanism, a certificate.
    /// Retrying does not help.
    #[error("{action}: {detail}; {}", super::faults::ADVICE)]
    Refused {
        /// What was asked of them.
        action: String,
        /// What was said.
        detail: String,
    },
    /// No broker answers; retrying helps once one does.
    #[error("{action}: no broker answers: {detail}")]
    Away {
        /// What was to be asked of them.
        action: String,
        /// What the way to them looks like.
        detail: String,
    },
    /// A topic does not exist. Retrying does not help; creating it does.
    #[error("topic {topic} does not exist: create it, or let locard create its topics")]
    MissingTopic {
        /// Its name.
        topic: String,
    },
    /// Topics have different numbers of partitions, so that a case's records would not meet. Retrying does not help.
    #[error("topics must have equal partition counts, or a case's fixes and events do not meet: {counts}")]
    UnequalPartitions {
        /// Each topic with its count.
        counts: String,
    },
    /// Too much is waiting to be delivered; retrying helps once some of it has been.
    #[error("{waiting} records wait for delivery already")]
    QueueFull {
        /// How many.
        waiting: i32,
    },
    /// It was not done in time; retrying may help.
    #[error("{action} was not done within {after_ms} ms")]
    TimedOut {
        /// What.
        action: String,
        /// The deadline, milliseconds.
        after_ms: u128,
    },
    /// The source has been stopped. Retrying does not help.
    #[error("the kafka source has stopped")]
    Stopped,
}

impl KafkaError {
    /// Whether trying again helps.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::QueueFull { .. } | Self::TimedOut { .. } | Self::Away { .. } => Retry::Later,
            Self::Broker { source, .. } => advice(source),
            Self::Config { .. }
            | Self::Client { .. }
            | Self::Refused { .. }
            | Self::MissingTopic { .. }
            | Self::UnequalPartitions { .. }
            | Self::Stopped => Retry::Never,
        }
    }

    pub(super) fn config(field: &str, value: &str, detail: impl Into<String>) -> Self {
        Self::Config { field: field.to_owned(), value: value.to_owned(), detail: detail.into() }
    }

    /// Without the value of an option: it may be a secret, under a misspelt name too. librdkafka's own words name the
    /// option, and its value where there are few to choose from.
    pub(super) fn client(source: Rd) -> Self {
        match source {
            Rd::ClientConfig(_, detail, _, _) => Self::Client { detail },
            other => Self::Client { detail: other.to_string() },
        }
    }

    pub(super) fn broker(action: impl Into<String>, source: Rd) -> Self {
        Self::Broker { action: action.into(), source }
    }
}

/// Whether what librdkafka failed to do may succeed later.
pub(super) fn advice(error: &Rd) -> Retry {
    match error {
        Rd::MessageConsumptionFatal(_)
        | Rd::AdminOpCreation(_)
        | Rd::ClientConfig(..)
        | Rd::ClientCreation(_)
        | Rd::Nul(_) => Retry::Never,
        other => other.rdkafka_error_code().map_or(Retry::Later, advice_of),
    }
}

/// Faults of the way, of elections and of load pass; faults of what was sent and of rights do not.
const fn advice_of(code: Code) -> Retry {
    match code {
        Code::Fatal
        | Code::Fenced
        | Code::FencedInstanceId
        | Code::InvalidArgument
        | Code::MessageSizeTooLarge
        | Code::InvalidMessageSize
        | Code::MessageBatchTooLarge
        | Code::InvalidRecord
        | Code::InvalidTopic
        | Code::UnknownTopic
        | Code::UnknownPartition
        | Code::UnknownTopicOrPartition
        | Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::Authentication
        | Code::SSL
        | Code::SaslAuthenticationFailed
        | Code::UnsupportedSASLMechanism
        | Code::UnsupportedVersion
        | Code::UnsupportedFeature
        | Code::NotImplemented
        | Code::PolicyViolation
        | Code::InvalidPartitions
        | Code::InvalidReplicationFactor
        | Code::InvalidConfig
        | Code::OutOfOrderSequenceNumber
        | Code::InvalidProducerEpoch => Retry::Never,
        _ => Retry::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_retried_and_nothing_else() {
        let of = |code| KafkaError::broker("x", Rd::MessageProduction(code)).retry();
        for passes in [Code::BrokerTransportFailure, Code::AllBrokersDown, Code::LeaderNotAvailable, Code::QueueFull] {
            assert_eq!(of(passes), Retry::Later, "{passes:?}");
        }
        for stays in [Code::MessageSizeTooLarge, Code::TopicAuthorizationFailed, Code::FencedInstanceId] {
            assert_eq!(of(stays), Retry::Never, "{stays:?}");
        }
        let fatal = KafkaError::broker("x", Rd::MessageConsumptionFatal(Code::BrokerTransportFailure));
        assert_eq!(fatal.retry(), Retry::Never, "fatal is fatal whatever the code");
    }

    #[test]
    fn an_option_that_is_refused_is_named_and_its_value_is_not() {
        let mut misspelt = rdkafka::ClientConfig::new();
        misspelt.set("sasl.pasword", "hunter2");
        let made = misspelt.create_native_config().map(drop).map_err(KafkaError::client);
        let said = made.unwrap_err().to_string();
        assert!(said.contains("sasl.pasword") && !said.contains("hunter2"), "{said}");
    }
}
