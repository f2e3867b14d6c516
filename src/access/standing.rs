//! Whether somebody who came in may stay: the account as it is now beside the account as it was then. Pure.
//!
//! ```text
//!  came in as ─┐
//!              ├─> still_in ─> stays, and sees what is granted now
//!  is now ─────┘            └> must come in again, with why
//! ```

use super::{Account, Refusal};

/// Whether somebody who came in as `was` may stay, now that the account is as `is`, at a moment in UTC microseconds. Who
/// came in by a token stays as long as that holds; `token` is its id. Who came in by a password stays as long as that is
/// the password.
///
/// # Errors
/// Why they may not.
pub fn still_in(was: &Account, is: &Account, token: Option<&str>, now_us: i64) -> Result<(), Refusal> {
    // A name that was given to somebody else is another account.
    if is.name != was.name || is.created_us != was.created_us {
        return Err(Refusal::NoAccount);
    }
    if is.disabled {
        return Err(Refusal::Disabled);
    }
    if is.role != was.role {
        return Err(Refusal::RoleChanged);
    }
    match token {
        Some(id) => is.tokens.iter().find(|t| t.id == id).ok_or(Refusal::WrongToken)?.holds(now_us),
        None if is.secrets != was.secrets => Err(Refusal::PasswordChanged),
        None => Ok(()),
    }
}

/// The first moment after `now_us` at which another set of an account's grants holds, though nobody changes anything;
/// UTC microseconds, [`i64::MAX`] if there is none.
#[must_use]
pub fn next_change_us(account: &Account, now_us: i64) -> i64 {
    let turns = account.grants.iter().flat_map(|grant| {
        let withdrawn = grant.withdrawn.as_ref().map(|w| w.when_us);
        [Some(grant.when_us), grant.until_us, withdrawn].into_iter().flatten()
    });
    turns.filter(|turn| *turn > now_us).min().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::{Grant, NewToken, Role, Secrets, Stretch, Withdrawal};
    use super::*;

    fn account() -> Account {
        Account::new("ann", Role::Analyst, Secrets::of("correct horse battery staple").unwrap(), "kim", 5)
    }

    #[test]
    fn who_is_shut_out_given_another_role_or_another_password_must_come_in_again() {
        let was = account();
        let changed = |change: fn(&mut Account)| {
            let mut is = was.clone();
            change(&mut is);
            still_in(&was, &is, None, 10)
        };
        assert_eq!(changed(|_| ()), Ok(()));
        assert_eq!(changed(|a| a.disabled = true), Err(Refusal::Disabled));
        assert_eq!(changed(|a| a.role = Role::Auditor), Err(Refusal::RoleChanged));
        assert_eq!(changed(|a| a.created_us = 6), Err(Refusal::NoAccount));
        assert_eq!(changed(|a| a.tokens.push(NewToken::random("", "ann", 6, 20).record)), Ok(()));
        let other = Account { secrets: account().secrets, ..was.clone() };
        assert_eq!(still_in(&was, &other, None, 10), Err(Refusal::PasswordChanged), "other salts");
        assert_eq!(still_in(&was, &other, Some("none"), 10), Err(Refusal::WrongToken));
    }

    #[test]
    fn who_came_by_a_token_stays_while_it_holds() {
        let mut was = account();
        let token = NewToken::random("notebook", "ann", 6, 20).record;
        was.tokens.push(token.clone());
        let other = Account { secrets: account().secrets, ..was.clone() };
        assert_eq!(still_in(&was, &other, Some(&token.id), 19), Ok(()), "the password is not theirs to show");
        assert_eq!(still_in(&was, &was, Some(&token.id), 20), Err(Refusal::ExpiredToken));
        let mut revoked = was.clone();
        revoked.revoke(&token.id, 15).unwrap();
        assert_eq!(still_in(&was, &revoked, Some(&token.id), 16), Err(Refusal::RevokedToken));
    }

    #[test]
    fn the_next_change_is_the_next_beginning_or_end_of_a_grant() {
        let mut account = account();
        assert_eq!(next_change_us(&account, 0), i64::MAX);
        let grant = |when_us, until_us, withdrawn: Option<i64>| Grant {
            case_id: "a".to_owned(),
            stretches: vec![Stretch::default()],
            by: "sam".to_owned(),
            when_us,
            reason: String::new(),
            until_us,
            withdrawn: withdrawn.map(|when_us| Withdrawal { by: "sam".to_owned(), when_us, reason: String::new() }),
        };
        account.grants = vec![grant(10, Some(40), None), grant(20, None, Some(30))];
        let turns = [0, 10, 20, 30, 40].map(|now| next_change_us(&account, now));
        assert_eq!(turns, [10, 20, 30, 40, i64::MAX]);
    }
}
