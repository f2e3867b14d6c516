//! `locard account`: accounts, tokens and grants, each change permitted by the policies and written to the audit.
//!
//! ```text
//!  --by NAME, password ─> who acts ─> policies: may they? ─> audit: written down ─> the change
//! ```

mod args;
mod ask;
mod change;
mod desk;
mod error;
mod list;

pub use args::{AccountArgs, AccountCommand, By, Place};
pub use ask::{Ask, Asking};
pub use error::AccountError;

pub(super) use desk::{Desk, folder};

use std::io::Write;

use crate::time::Clock;

/// Runs a command on accounts.
///
/// # Errors
/// [`AccountError`] if it was used wrongly, is not permitted, or could not be done.
pub fn run(args: &AccountArgs, clock: &dyn Clock, ask: &mut dyn Ask, out: &mut dyn Write) -> Result<(), AccountError> {
    match &args.command {
        AccountCommand::Add(add) => change::add(add, clock, ask, out),
        AccountCommand::List(at) => list::list(at, clock, ask, out),
        AccountCommand::Disable(named) => change::shut(named, true, clock, ask, out),
        AccountCommand::Enable(named) => change::shut(named, false, clock, ask, out),
        AccountCommand::Password(named) => change::password(named, clock, ask, out),
        AccountCommand::Grant(grant) => change::grant(grant, clock, ask, out),
        AccountCommand::Withdraw(withdraw) => change::withdraw(withdraw, clock, ask, out),
        AccountCommand::Token(token) => change::token(token, clock, ask, out),
    }
}
