//! The two ways of messages: straight into the store, or to brokers.

use std::sync::Arc;
use std::time::Duration;

use datafusion::common::runtime::SpawnedTask;

use crate::decode::message::ContentType;
use crate::source::Topic;
use crate::source::kafka::{KafkaError, Output, OutputTopic, Record};
use crate::store::{Store, Table};
use crate::stream::{DirectFeed, refuse_direct, stored_params};
use crate::time::Clock;

use super::{ImportArgs, ImportError};

/// How long brokers may take before the import gives up.
const DEADLINE: Duration = Duration::from_mins(1);

/// A way of messages.
#[derive(Debug)]
pub(super) enum Way {
    /// Through a worker in this process.
    Direct(Box<DirectFeed>),
    /// To topics.
    Kafka(Arc<Output>),
}

impl Way {
    /// Opens the way that the arguments ask for.
    ///
    /// # Errors
    /// [`ImportError::Stream`] if the store is filled the other way; [`ImportError::Kafka`] if the brokers do not answer.
    pub(super) async fn open(
        args: &ImportArgs,
        store: &Arc<Store>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, ImportError> {
        let Some(config) = args.kafka_config() else {
            let memory_bytes = usize::try_from(u64::from(args.memory_mib) << 20).unwrap_or(usize::MAX);
            // Those of the store, if it has any: what is imported must be comparable with what is there.
            let params = stored_params(store).await?.unwrap_or_default();
            let feed = DirectFeed::open(Arc::clone(store), Arc::clone(clock), &args.case, params, memory_bytes);
            return Ok(Self::Direct(Box::new(feed.await?)));
        };
        config.validate()?;
        refuse_direct(store).await?;
        let connected = waiting(move || Output::connect(&config, DEADLINE)).await?;
        Ok(Self::Kafka(Arc::new(connected?)))
    }

    /// Posts a message; waits for room. To be called on a thread that may wait. False if the worker has ended:
    /// [`Way::settle`] says why.
    ///
    /// # Errors
    /// [`KafkaError`] if it cannot be sent.
    pub(super) fn post(
        &mut self,
        topic: Topic,
        case_id: &str,
        content_type: ContentType,
        payload: &[u8],
    ) -> Result<bool, KafkaError> {
        let output = match self {
            Self::Direct(feed) => return Ok(feed.post(topic, case_id, content_type, payload)),
            Self::Kafka(output) => output,
        };
        let record = Record {
            topic: match topic {
                Topic::Fixes => OutputTopic::Fixes,
                Topic::Cases => OutputTopic::Cases,
            },
            case_id: Some(case_id),
            id: None,
            content_type: content_type.as_str(),
            headers: &[],
            payload: Some(payload),
            ticket: 0,
        };
        output.send_waiting(&record, DEADLINE).map(|()| true)
    }

    /// Waits until everything that was posted is in the tables, or on the brokers.
    ///
    /// # Errors
    /// What prevents it.
    pub(super) async fn settle(&mut self) -> Result<(), ImportError> {
        let output = match self {
            Self::Direct(feed) => return Ok(feed.settle().await?),
            Self::Kafka(output) => Arc::clone(output),
        };
        let flushed = waiting(move || output.flush(DEADLINE)).await??;
        match flushed.failed.first() {
            None => Ok(()),
            Some(first) => Err(ImportError::Undelivered { count: flushed.failed.len(), reason: first.reason.clone() }),
        }
    }

    /// Fixes that were not in the table before; `None` if only the engine behind the brokers knows.
    pub(super) fn new_fixes(&self) -> Option<u64> {
        match self {
            Self::Direct(feed) => Some(feed.committed(Table::Fixes)),
            Self::Kafka(_) => None,
        }
    }

    /// Ends the way.
    ///
    /// # Errors
    /// As [`Way::settle`].
    pub(super) async fn close(self) -> Result<(), ImportError> {
        match self {
            Self::Direct(feed) => Ok(feed.close().await?),
            Self::Kafka(_) => Ok(()),
        }
    }
}

/// Does what may wait, on a thread for it.
pub(super) async fn waiting<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ImportError> {
    SpawnedTask::spawn_blocking(work).await.map_err(|e| ImportError::Defect(e.to_string()))
}
