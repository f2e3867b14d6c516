//! An entry: when, who, from where, what, and the details that belong to it.

use serde::{Deserialize, Serialize};

use super::super::Role;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Somebody came in.
    Login,
    /// Somebody was not let in, or something was not permitted.
    Refused,
    /// A query ended, with an answer or a fault.
    Query,
    /// Rows were taken away as a file.
    Export,
    /// A case was granted, or a grant withdrawn.
    Grant,
    /// An account was made or changed, or a token of it.
    Account,
    /// The program says by which policies is decided from here on, or why others are not used.
    Policies,
    /// The log says: a line was found torn after a crash, and kept aside. It had not counted as written.
    Torn,
    /// The log says: it was found broken when this entry was written, and went on.
    Broken,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Login,
        Self::Refused,
        Self::Query,
        Self::Export,
        Self::Grant,
        Self::Account,
        Self::Policies,
        Self::Torn,
        Self::Broken,
    ];

    /// Its name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Refused => "refused",
            Self::Query => "query",
            Self::Export => "export",
            Self::Grant => "grant",
            Self::Account => "account",
            Self::Policies => "policies",
            Self::Torn => "torn",
            Self::Broken => "broken",
        }
    }
}

/// The details of an entry; what does not belong to its kind stays empty, and is not written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// What was asked or done: the query's text; for a change what was changed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Parameters of a query as text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// Tables that it names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    /// Cases that it touched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// The account that was changed, or that a case was granted to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Rows that were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// How long it took, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub millis: Option<u64>,
    /// Devices of people outside the cases that it touched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<u64>,
    /// What for, as it was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// On whose authority, as it was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// By which rules it was decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Why it failed, or was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// A file that the log speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// An entry that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Who; for a login that failed, who they said they were.
    pub account: String,
    /// As what, if that is known.
    pub role: Option<Role>,
    /// From where: an address, or `console` for a command on the machine itself.
    pub client: String,
    /// What.
    pub kind: Kind,
    /// The details.
    pub details: Details,
}

impl NewEntry {
    /// Of what the program did by itself, or found.
    #[must_use]
    pub fn by_itself(kind: Kind, details: Details) -> Self {
        Self { account: "locard".to_owned(), role: None, client: "console".to_owned(), kind, details }
    }
}

/// An entry as it was written. The order of its fields is the order in the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub sequence: u64,
    /// When, UTC microseconds, by the clock of who wrote it.
    pub at_us: i64,
    /// Who.
    pub account: String,
    /// As what.
    pub role: Option<Role>,
    /// From where.
    pub client: String,
    /// What.
    pub kind: Kind,
    /// The details.
    pub details: Details,
    /// The hash of the entry before it, hexadecimal digits; of the first, zeros.
    pub previous: String,
}
