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
            Self::QueueFull { .. } | Self::TimedOut { .. } => Retry::Later,
            Self::Broker { source, .. } => advice(source),
            Self::Config { .. }
            | Self::Client { .. }
            | Self::MissingTopic { .. }
            | Self::UnequalPartitions { .. }
            | Self::Stopped => Retry::Never,
        }
    }

    pub(super) fn config(field: &str, value: &str, detail: impl Into<String>) -> Self {
        Self::Config { field: field.to_owned(), value: value.to_owned(), detail: detail.into() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
    pub(super) fn client(source: Rd) -> Self {
        Self::Client { detail: source.to_string() }
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
}
