//! Changes of accounts, one function each.

use std::io::Write;

use crate::access::audit::{Details, Kind};
use crate::access::{
    AccessError, Account, Action, Context, Grant, NewToken, Resource, Role, Secrets, Stretch, Withdrawal, check_name,
};
use crate::time::{Clock, US_PER_S, utc_text};

use super::args::{AddArgs, GrantArgs, NamedArgs, TokenArgs, WithdrawArgs};
use super::{AccountError, Ask, Desk};

const US_PER_DAY: i64 = 86_400 * US_PER_S;

/// `account add`.
pub(super) fn add(
    args: &AddArgs,
    clock: &dyn Clock,
    ask: &mut dyn Ask,
    out: &mut dyn Write,
) -> Result<(), AccountError> {
    if args.first && args.role != Role::Administrator {
        let usage = "--first makes the administrator who makes the others: --role administrator";
        return Err(AccountError::Usage(usage.to_owned()));
    }
    check_name(&args.name).map_err(|fault| AccessError::Name { name: args.name.clone(), fault })?;
    let desk = Desk::open(&args.place, clock)?;
    let mut rules = Vec::new();
    let actor = match &args.by {
        Some(by) => {
            let actor = desk.actor(by, ask)?;
            rules = may_manage(&desk, &actor)?;
            Some(actor)
        }
        None => None,
    };
    let secrets = new_password(&args.name, ask)?;
    let by = actor.as_ref().map_or("first", |a| &a.name);
    let account = Account::new(&args.name, args.role, secrets, by, desk.now_us());
    let first = if args.first { ", the first of all" } else { "" };
    let details = about(&args.name, format!("made as {}{first}", args.role), rules);
    desk.act(actor.as_ref().unwrap_or(&account), Kind::Account, &details, |store| store.add(&account, args.first))?;
    Ok(writeln!(out, "{}: made as {}", args.name, args.role)?)
}

/// `account disable` and `account enable`.
pub(super) fn shut(
    args: &NamedArgs,
    disabled: bool,
    clock: &dyn Clock,
    ask: &mut dyn Ask,
    out: &mut dyn Write,
) -> Result<(), AccountError> {
    let (desk, actor) = Desk::come_in(&args.by, clock, ask)?;
    let rules = may_manage(&desk, &actor)?;
    let done = if disabled { "disabled" } else { "enabled" };
    desk.act(&actor, Kind::Account, &about(&args.name, done.to_owned(), rules), |store| {
        store.change(&args.name, |account| {
            account.disabled = disabled;
            Ok(())
        })
    })?;
    Ok(writeln!(out, "{}: {done}", args.name)?)
}

/// `account password`: one's own, or with the right to keep accounts another's.
pub(super) fn password(
    args: &NamedArgs,
    clock: &dyn Clock,
    ask: &mut dyn Ask,
    out: &mut dyn Write,
) -> Result<(), AccountError> {
    let (desk, actor) = Desk::come_in(&args.by, clock, ask)?;
    let own = actor.name == args.name;
    let rules = if own { Vec::new() } else { may_manage(&desk, &actor)? };
    let secrets = new_password(&args.name, ask)?;
    let text = if own { "changed its own password" } else { "was given another password" };
    desk.act(&actor, Kind::Account, &about(&args.name, text.to_owned(), rules), |store| {
        store.change(&args.name, |account| {
            account.secrets = secrets;
            Ok(())
        })
    })?;
    Ok(writeln!(out, "{}: the password is changed", args.name)?)
}

/// `account grant`.
pub(super) fn grant(
    args: &GrantArgs,
    clock: &dyn Clock,
    ask: &mut dyn Ask,
    out: &mut dyn Write,
) -> Result<(), AccountError> {
    stated("--case", &args.case)?;
    stated("--reason", &args.reason)?;
    let (desk, actor) = Desk::come_in(&args.by, clock, ask)?;
    let rules = may_grant(&desk, &actor, &args.name, &args.case)?;
    let now_us = desk.now_us();
    let stretches = if args.time.is_empty() { vec![Stretch::default()] } else { args.time.clone() };
    let times = stretches.iter().map(stretch_text).collect::<Vec<_>>().join(", ");
    let grant = Grant {
        case_id: args.case.clone(),
        stretches,
        by: actor.name.clone(),
        when_us: now_us,
        reason: args.reason.clone(),
        until_us: args.days.map(|days| now_us.saturating_add(i64::from(days) * US_PER_DAY)),
        withdrawn: None,
    };
    let ends = grant.until_us.map(|until| format!(", until {}", utc_text(until))).unwrap_or_default();
    let details = Details {
        cases: vec![args.case.clone()],
        purpose: Some(args.reason.clone()),
        ..about(&args.name, format!("granted {times}{ends}"), rules)
    };
    desk.act(&actor, Kind::Grant, &details, |store| {
        store.change(&args.name, |account| {
            account.grants.push(grant);
            Ok(())
        })
    })?;
    Ok(writeln!(out, "{}: may see case {}, {times}{ends}", args.name, crate::sink::neutral(&args.case))?)
}

/// `account withdraw`.
pub(super) fn withdraw(
    args: &WithdrawArgs,
    clock: &dyn Clock,
    ask: &mut dyn Ask,
    out: &mut dyn Write,
) -> Result<(), AccountError> {
    stated("--reason", &args.reason)?;
    let (desk, actor) = Desk::come_in(&args.by, clock, ask)?;
    let rules = may_grant(&desk, &actor, &args.name, &args.case)?;
    let withdrawal = Withdrawal { by: actor.name.clone(), when_us: desk.now_us(), reason: args.reason.clone() };
    let details = Details {
        cases: vec![args.case.clone()],
        purpose: Some(args.reason.clone()),
        ..about(&args.name, "withdrawn".to_owned(), rules)
    };
    let count = desk.act(&actor, Kind::Grant, &details, |store| {
        store.change(&args.name, |account| Ok(account.withdraw(&args.case, &withdrawal)?))
    })?;
    Ok(writeln!(out, "{}: {count} grants of case {} withdrawn", args.name, crate::sink::neutral(&args.case))?)
}

/// `account token`: made by its holder only, called back by its holder or who keeps accounts.
pub(super) fn token(
    args: &TokenArgs,
    clock: &dyn Clock,
    ask: &mut dyn Ask,
    out: &mut dyn Write,
) -> Result<(), AccountError> {
    let (desk, actor) = Desk::come_in(&args.by, clock, ask)?;
    let own = actor.name == args.name;
    if let Some(id) = &args.revoke {
        let rules = if own { Vec::new() } else { may_manage(&desk, &actor)? };
        let now_us = desk.now_us();
        desk.act(&actor, Kind::Account, &about(&args.name, format!("token {id} called back"), rules), |store| {
            store.change(&args.name, |account| Ok(account.revoke(id, now_us)?))
        })?;
        return Ok(writeln!(out, "{}: token {} is called back", args.name, crate::sink::neutral(id))?);
    }
    if !own {
        // Whoever held it could act in another's name.
        return Err(AccountError::Usage("a token is made by its holder: --by and the account are the same".to_owned()));
    }
    let now_us = desk.now_us();
    let expires_us = now_us.saturating_add(i64::from(args.days) * US_PER_DAY);
    let NewToken { shown, record } = NewToken::random(&args.label, &actor.name, now_us, expires_us);
    let text = format!("token {} made, until {}: {}", record.id, utc_text(expires_us), args.label);
    desk.act(&actor, Kind::Account, &about(&args.name, text, Vec::new()), |store| {
        store.change(&args.name, |account| {
            account.tokens.push(record);
            Ok(())
        })
    })?;
    writeln!(out, "{shown}")?;
    Ok(writeln!(out, "It is shown once, and holds until {}.", utc_text(expires_us))?)
}

/// The rules by which somebody may keep accounts.
fn may_manage(desk: &Desk<'_>, actor: &Account) -> Result<Vec<String>, AccountError> {
    desk.permit(actor, Action::ManageAccounts, &Resource::System, &Context::default())
}

fn may_grant(desk: &Desk<'_>, actor: &Account, to: &str, case: &str) -> Result<Vec<String>, AccountError> {
    let account = desk.store.read(to)?.ok_or_else(|| AccessError::NoSuchAccount(to.to_owned()))?;
    let granted = actor.grants_at(desk.now_us()).any(|g| g.case_id == case);
    let about = Resource::Case { case_id: case.to_owned(), granted };
    let context = Context { to: Some((account.name, account.role)), ..Context::default() };
    desk.permit(actor, Action::GrantCase, &about, &context)
}

fn new_password(name: &str, ask: &mut dyn Ask) -> Result<Secrets, AccountError> {
    let password = ask.password(&format!("for {name}, new")).map_err(AccountError::Asking)?;
    if ask.is_person() {
        let again = ask.password(&format!("for {name}, again")).map_err(AccountError::Asking)?;
        if again != password {
            return Err(AccountError::NotTheSame);
        }
    }
    Ok(Secrets::of(&password).map_err(AccessError::from)?)
}

fn about(name: &str, text: String, rules: Vec<String>) -> Details {
    Details { text, subject: Some(name.to_owned()), rules, ..Details::default() }
}

fn stated(option: &str, text: &str) -> Result<(), AccountError> {
    let missing = || AccountError::Usage(format!("{option} is empty"));
    if text.trim().is_empty() { Err(missing()) } else { Ok(()) }
}

/// A stretch in words.
pub(super) fn stretch_text(stretch: &Stretch) -> String {
    match (stretch.from_us.map(utc_text), stretch.until_us.map(utc_text)) {
        (None, None) => "the whole time".to_owned(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("before {until}"),
        (Some(from), Some(until)) => format!("{from} to {until}"),
    }
}
