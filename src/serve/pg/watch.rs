//! What can end a statement before it is done: the client's cancel, and its own time limit.

use std::pin::Pin;
use std::time::Duration;

use futures::channel::oneshot;
use tokio::time::Sleep;

use super::fault::Fault;

/// Watches over one statement.
pub(super) struct Watch {
    cancelled: oneshot::Receiver<()>,
    limit: Option<Pin<Box<Sleep>>>,
}

impl Watch {
    /// Begins now; `limit` is `statement_timeout`.
    pub fn new(cancelled: oneshot::Receiver<()>, limit: Option<Duration>) -> Self {
        Self { cancelled, limit: limit.map(|limit| Box::pin(tokio::time::sleep(limit))) }
    }

    /// Does the work, unless it is ended first.
    ///
    /// # Errors
    /// 57014, or the work's own.
    pub async fn over<T>(&mut self, work: impl Future<Output = Result<T, Fault>> + Send) -> Result<T, Fault> {
        let limit = async {
            match self.limit.as_mut() {
                Some(limit) => limit.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Ok(()) = &mut self.cancelled => Err(Fault::new("57014", "canceling statement due to user request")),
            () = limit => Err(Fault::new("57014", "canceling statement due to statement timeout")),
            done = work => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_statement_ends_by_itself_by_its_limit_or_by_a_cancel() {
        let (cancel, cancelled) = oneshot::channel();
        let mut watch = Watch::new(cancelled, Some(Duration::from_millis(1)));
        let endless = std::future::pending::<Result<(), Fault>>;
        assert_eq!(watch.over(endless()).await.unwrap_err().message, "canceling statement due to statement timeout");
        drop(cancel);
        let (cancel, cancelled) = oneshot::channel();
        let mut watch = Watch::new(cancelled, None);
        assert_eq!(watch.over(async { Ok(1) }).await, Ok(1));
        cancel.send(()).unwrap();
        let fault = watch.over(endless()).await.unwrap_err();
        assert_eq!((fault.code, fault.message.as_str()), ("57014", "canceling statement due to user request"));
    }

    #[tokio::test]
    async fn a_connection_that_begins_another_statement_cancels_none() {
        let (cancel, cancelled) = oneshot::channel();
        let mut watch = Watch::new(cancelled, None);
        drop(cancel);
        assert_eq!(watch.over(async { Ok(1) }).await, Ok(1));
    }
}
