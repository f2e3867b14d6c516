//! `account list`: who may come in, and what holds for them now.

use std::io::{self, Write};

use crate::access::audit::{Details, Kind};
use crate::access::{Account, Action, Context, Grant, Resource, Token};
use crate::sink::neutral;
use crate::time::{Clock, utc_text};

use super::change::stretch_text;
use super::{AccountError, Ask, By, Desk};

/// Lists accounts, each with the grants and tokens that hold.
pub(super) fn list(by: &By, clock: &dyn Clock, ask: &mut dyn Ask, out: &mut dyn Write) -> Result<(), AccountError> {
    let (desk, actor) = Desk::come_in(by, clock, ask)?;
    let rules = desk.permit(&actor, Action::ManageAccounts, &Resource::System, &Context::default())?;
    let details = Details { text: "accounts listed".to_owned(), rules, ..Details::default() };
    desk.note(&actor, Kind::Query, details)?;
    for account in desk.store.all()? {
        write_account(&account, desk.now_us(), out)?;
    }
    Ok(())
}

fn write_account(account: &Account, now_us: i64, out: &mut dyn Write) -> io::Result<()> {
    let Account { name, role, created_by, created_us, .. } = account;
    let shut = if account.disabled { ", disabled" } else { "" };
    writeln!(out, "{name}  {role}{shut}, made by {created_by} {}", utc_text(*created_us))?;
    for Grant { case_id, stretches, by, when_us, reason, until_us, .. } in account.grants_at(now_us) {
        let times = stretches.iter().map(stretch_text).collect::<Vec<_>>().join(", ");
        let ends = until_us.map(|until| format!(", until {}", utc_text(until))).unwrap_or_default();
        let (case, reason) = (neutral(case_id), neutral(reason));
        writeln!(out, "    case {case}: {times}{ends}; by {by} {}: {reason}", utc_text(*when_us))?;
    }
    for Token { id, label, expires_us, .. } in account.tokens.iter().filter(|t| holds(t, now_us)) {
        writeln!(out, "    token {id}: until {}; {}", utc_text(*expires_us), neutral(label))?;
    }
    Ok(())
}

fn holds(token: &Token, now_us: i64) -> bool {
    token.revoked_us.is_none() && now_us < token.expires_us
}
