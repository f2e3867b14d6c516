//! How it stands between this instance, the brokers and its owner: what `/ready` shows.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The way to the brokers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// No broker has answered yet.
    #[default]
    Connecting,
    /// At least one broker answers.
    Up,
    /// None answers any more; it is being tried again.
    Down,
    /// The client cannot go on; the source has let go of its partitions.
    Failed,
    /// The source has been stopped.
    Closed,
}

/// The state of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// The way to the brokers.
    pub link: Link,
    /// The owner has not answered a question within the configured time.
    pub owner_late: bool,
    /// The last fault in words; empty if there was none since the link came up.
    pub reason: String,
}

impl Health {
    /// Whether records can flow.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.link == Link::Up && !self.owner_late
    }
}

/// What follows for the link from librdkafka's statistics; `None` if they cannot be read.
///
/// A link that has failed or is closed stays so.
pub(super) fn link_after(before: Link, statistics: &[u8]) -> Option<Link> {
    let seen: Statistics = serde_json::from_slice(statistics).ok()?;
    let up = seen.brokers.values().any(|b| b.state == "UP");
    Some(match before {
        Link::Failed | Link::Closed => before,
        _ if up => Link::Up,
        Link::Up => Link::Down,
        Link::Connecting | Link::Down => before,
    })
}

/// The part of librdkafka's statistics that is read here (STATISTICS.md of librdkafka).
#[derive(Deserialize)]
struct Statistics {
    #[serde(default)]
    brokers: BTreeMap<String, Broker>,
}

#[derive(Deserialize)]
struct Broker {
    state: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_follows_the_brokers() {
        let up = br#"{"name":"x","brokers":{"a:1/1":{"state":"UP"},"b:2/2":{"state":"CONNECT"}},"topics":{}}"#;
        let down = br#"{"brokers":{"a:1/1":{"state":"TRY_CONNECT"}}}"#;
        assert_eq!(link_after(Link::Connecting, down), Some(Link::Connecting));
        assert_eq!(link_after(Link::Connecting, up), Some(Link::Up));
        assert_eq!(link_after(Link::Up, down), Some(Link::Down));
        assert_eq!(link_after(Link::Down, up), Some(Link::Up));
        assert_eq!(link_after(Link::Failed, up), Some(Link::Failed), "a fenced member does not come back by itself");
        assert_eq!(link_after(Link::Up, b"{"), None);
    }
}
