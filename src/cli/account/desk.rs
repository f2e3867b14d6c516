//! The desk at which somebody acts: who they are, whether they may, and the entry in the audit.

use std::path::PathBuf;

use crate::access::audit::{AuditLog, Details, Kind, NewEntry};
use crate::access::{AccessError, Account, AccountStore, Action, Context, Facts, Policies, PolicySources, Resource};
use crate::cli::parse_data;
use crate::time::Clock;

use super::args::By;
use super::{AccountError, Ask, Place};

/// Where the person sits who runs a command on the machine itself.
const CONSOLE: &str = "console";

/// Accounts, policies and the audit of one place.
pub(in crate::cli) struct Desk<'a> {
    pub(in crate::cli) store: AccountStore,
    policies: Policies,
    audit: AuditLog,
    clock: &'a dyn Clock,
}

/// A folder under `--data`, which must be one of this machine.
pub(in crate::cli) fn folder(data: &str, name: &str) -> Result<PathBuf, AccountError> {
    let local = parse_data(data).and_then(|url| match url.scheme() {
        "file" => url.to_file_path().map_err(|()| format!("{data} is no folder")),
        _ => Err(format!("{data} is not on this machine: accounts and the audit are kept in a folder of the server's")),
    });
    Ok(local.map_err(|e| AccountError::Usage(format!("--data: {e}")))?.join(name))
}

impl<'a> Desk<'a> {
    pub(in crate::cli) fn open(place: &Place, clock: &'a dyn Clock) -> Result<Self, AccountError> {
        let sources = match &place.policies {
            Some(folder) => PolicySources::folder(folder)?,
            None => PolicySources::built_in(),
        };
        let policies = sources.check()?;
        let store = AccountStore::open(&folder(&place.data, "access")?)?;
        let audit = AuditLog::open(&folder(&place.data, "audit")?, clock.now_us())?;
        Ok(Self { store, policies, audit, clock })
    }

    /// Opens it, for somebody who acts at it.
    pub(in crate::cli) fn come_in(
        by: &By,
        clock: &'a dyn Clock,
        ask: &mut dyn Ask,
    ) -> Result<(Self, Account), AccountError> {
        let desk = Self::open(&by.place, clock)?;
        let actor = desk.actor(&by.by, ask)?;
        Ok((desk, actor))
    }

    pub(in crate::cli) fn now_us(&self) -> i64 {
        self.clock.now_us()
    }

    /// Who acts, after their password. That they were not let in is written down, with the reason, which they are not told.
    pub(in crate::cli) fn actor(&self, name: &str, ask: &mut dyn Ask) -> Result<Account, AccountError> {
        let password = ask.password(&format!("of {name}")).map_err(AccountError::Asking)?;
        match self.store.by_password(name, &password) {
            Err(AccessError::Refused { reason, .. }) => {
                let details = Details { fault: Some(reason.to_string()), ..Details::default() };
                self.write(name, None, Kind::Refused, details)?;
                Err(AccountError::NotLetIn)
            }
            known => Ok(known?),
        }
    }

    /// The rules that permit it. If none does, that is written down.
    pub(in crate::cli) fn permit(
        &self,
        actor: &Account,
        action: Action,
        about: &Resource,
        context: &Context,
    ) -> Result<Vec<String>, AccountError> {
        let who = Facts { account: &actor.name, role: actor.role };
        let decision = self.policies.decide(&who, action, about, context);
        if decision.allowed {
            return Ok(decision.by);
        }
        let cases = match about {
            Resource::Case { case_id, .. } => vec![case_id.clone()],
            Resource::System => Vec::new(),
        };
        let mut why = vec!["no rule permits it".to_owned()];
        if !decision.by.is_empty() || !decision.faults.is_empty() {
            why = [decision.by.clone(), decision.faults].concat();
        }
        let why = why.join("; ");
        let details = Details {
            text: action.as_str().to_owned(),
            cases,
            subject: context.to.as_ref().map(|(name, _)| name.clone()),
            rules: decision.by,
            fault: Some(why.clone()),
            ..Details::default()
        };
        self.note(actor, Kind::Refused, details)?;
        let (account, action) = (actor.name.clone(), action.as_str());
        Err(AccountError::NotPermitted { account, action, by: format!(": {why}") })
    }

    /// Writes it down, then does it; if it cannot be done, that is written down as well. The order is so that nothing is ever
    /// done that is not written down.
    pub(in crate::cli) fn act<T>(
        &self,
        actor: &Account,
        kind: Kind,
        details: &Details,
        act: impl FnOnce(&AccountStore) -> Result<T, AccessError>,
    ) -> Result<T, AccountError> {
        self.note(actor, kind, details.clone())?;
        let done = act(&self.store);
        if let Err(error) = &done {
            let fault = Some(format!("not done: {error}"));
            self.note(actor, kind, Details { fault, ..details.clone() })?;
        }
        Ok(done?)
    }

    /// Writes an entry of somebody who is known.
    pub(in crate::cli) fn note(&self, actor: &Account, kind: Kind, details: Details) -> Result<(), AccountError> {
        self.write(&actor.name, Some(actor), kind, details)
    }

    fn write(&self, name: &str, actor: Option<&Account>, kind: Kind, details: Details) -> Result<(), AccountError> {
        let (account, client, role) = (name.to_owned(), CONSOLE.to_owned(), actor.map(|a| a.role));
        self.audit.append(self.now_us(), &NewEntry { account, role, client, kind, details })?;
        Ok(())
    }
}
