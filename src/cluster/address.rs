//! Where a scheduler is: `df://host:port`.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// The port of a scheduler unless another is named.
const PORT: u16 = 50_050;

/// Where a scheduler is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name or an address of a network.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Address {
    /// The address as those who speak to it write it.
    pub(super) fn http(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }
}

impl FromStr for Address {
    type Err = String;

    /// Reads `df://host:port`, or `df://host`, whose port is 50050.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no address of a scheduler: write df://host:port");
        let url = Url::parse(text).map_err(|_| wrong())?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.username().is_empty();
        match url.host_str() {
            Some(host) if url.scheme() == "df" && bare && !host.is_empty() => {
                Ok(Self { host: host.to_owned(), port: url.port().unwrap_or(PORT) })
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "df://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let read: Address = "df://scheduler:6000".parse().unwrap();
        assert_eq!((read.to_string(), read.http()), ("df://scheduler:6000".into(), "http://scheduler:6000".into()));
        assert_eq!("df://[::1]".parse::<Address>().unwrap().to_string(), "df://[::1]:50050");
        for bad in ["", "scheduler:6000", "http://scheduler:1", "df://", "df://a:b", "df://a:1/x", "df://me@a:1"] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
