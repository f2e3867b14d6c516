//! A person who has come in, and as what.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Scope;

/// What a person is here for. What each may do is said by the policies; the role is a fact they judge by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Works on cases.
    Investigator,
    /// Answers for the work on cases.
    Supervisor,
    /// Asks questions of cases' data.
    Analyst,
    /// Reads what was done by whom, and no case.
    Auditor,
    /// Keeps accounts, and sees no case.
    Administrator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Investigator, Self::Supervisor, Self::Analyst, Self::Auditor, Self::Administrator];

    /// Its name in accounts and policies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Investigator => "investigator",
            Self::Supervisor => "supervisor",
            Self::Analyst => "analyst",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|r| r.as_str() == text).ok_or_else(|| format!("{text:?} is no role: {}", known()))
    }
}

/// Somebody who has come in, and what they may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The account's name.
    pub account: String,
    /// What for.
    pub role: Role,
    /// What they may see.
    pub scope: Scope,
}
