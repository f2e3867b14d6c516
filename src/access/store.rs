//! Accounts on disk: one JSON file each, read afresh each time, so that a running server sees changes at once.
//!
//! ```text
//!  access/accounts/ann.json   the account, its password's hashes, tokens' hashes, grants
//!  access/tokens/<id>         whose token that is: a way in, not a right; the account decides
//!  access/secret              32 random bytes: made-up answers for accounts that are not there
//!  access/lock                one change at a time, of all processes
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::account::may_disable;
use super::token::{bytes_of, hex_of};
use super::{AccessError, Account, Refusal, ScramKey, check_name, whole_file};

/// The accounts under a folder. All of it blocks: call it where blocking is allowed.
#[derive(Debug, Clone)]
pub struct AccountStore {
    folder: PathBuf,
    secret: ServerSecret,
}

#[derive(Clone)]
struct ServerSecret([u8; 32]);

impl std::fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerSecret(..)")
    }
}

impl AccountStore {
    /// Opens the store in a folder, and makes what is not there. No account is made.
    ///
    /// # Errors
    /// [`AccessError::Io`] if the folder cannot be made or read, [`AccessError::Broken`] for a secret that is none.
    pub fn open(folder: &Path) -> Result<Self, AccessError> {
        for name in ["accounts", "tokens"] {
            let path = folder.join(name);
            whole_file::private_folder(&path).map_err(AccessError::io(&path))?;
        }
        let secret = ServerSecret(server_secret(&folder.join("secret"))?);
        Ok(Self { folder: folder.to_owned(), secret })
    }

    /// The account of a name; `None` if there is none, or if it is no name.
    ///
    /// # Errors
    /// [`AccessError::Io`] and [`AccessError::Broken`]: then nobody must be let in.
    pub fn read(&self, name: &str) -> Result<Option<Account>, AccessError> {
        if check_name(name).is_err() {
            return Ok(None);
        }
        let path = self.account_path(name);
        let bytes = match fs::read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(AccessError::io(&path))?,
        };
        let account: Account = serde_json::from_slice(&bytes).map_err(|e| AccessError::broken(&path, e.to_string()))?;
        // On a disk that does not tell capitals apart, `ANN` would open the file of `ann`.
        Ok((account.name == name).then_some(account))
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn all(&self) -> Result<Vec<Account>, AccessError> {
        let folder = self.folder.join("accounts");
        let mut accounts = Vec::new();
        for entry in fs::read_dir(&folder).map_err(AccessError::io(&folder))? {
            let file = entry.map_err(AccessError::io(&folder))?.file_name();
            let name = file.to_str().and_then(|f| f.strip_suffix(".json"));
            // One that was just removed is not missed; another file that somebody left there is not ours.
            accounts.extend(name.map(|n| self.read(n)).transpose()?.flatten());
        }
        accounts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(accounts)
    }

    /// Adds an account. With `first`, only if there is none at all.
    ///
    /// # Errors
    /// [`AccessError::Name`], [`AccessError::Taken`], and what [`Self::read`] says.
    pub fn add(&self, account: &Account, first: bool) -> Result<(), AccessError> {
        check_name(&account.name).map_err(|fault| AccessError::Name { name: account.name.clone(), fault })?;
        let _lock = self.lock()?;
        let all = self.all()?;
        let taken = all.iter().find(|a| first || a.name.eq_ignore_ascii_case(&account.name));
        match taken {
            Some(other) => Err(AccessError::Taken(other.name.clone())),
            None => self.write(account),
        }
    }

    /// Changes an account, alone: of two changes at a time neither is lost. Nothing is written if `change` refuses.
    ///
    /// # Errors
    /// [`AccessError::NoSuchAccount`], what `change` says, [`super::ChangeFault::LastAdministrator`], and what
    /// [`Self::read`] says.
    pub fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Account) -> Result<T, AccessError>,
    ) -> Result<T, AccessError> {
        let _lock = self.lock()?;
        let mut account = self.read(name)?.ok_or_else(|| AccessError::NoSuchAccount(name.to_owned()))?;
        let was_open = !account.disabled;
        let done = change(&mut account)?;
        if was_open && account.disabled {
            may_disable(name, &self.all()?)?;
        }
        // The way to a token comes before the token: one without the other lets nobody in.
        for token in &account.tokens {
            let path = self.token_path(&token.id);
            if !path.exists() {
                whole_file::replace(&path, name.as_bytes()).map_err(AccessError::io(&path))?;
            }
        }
        self.write(&account)?;
        Ok(done)
    }

    /// The account that a token's id leads to.
    pub(super) fn of_token(&self, id: &str) -> Result<Option<Account>, AccessError> {
        let path = self.token_path(id);
        match fs::read_to_string(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            read => self.read(&read.map_err(AccessError::io(&path))?),
        }
    }

    /// What PostgreSQL's protocol checks a password against; for an account that is not there a made-up key, the same each
    /// time. Whether the account is shut is judged when the protocol has checked: [`Self::after_scram`].
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn scram_key(&self, name: &str) -> Result<ScramKey, AccessError> {
        let found = self.read(name)?.map(|a| a.secrets.scram().clone());
        Ok(found.unwrap_or_else(|| ScramKey::made_up(name, &self.secret.0)))
    }

    /// The account of somebody whose password the protocol has checked against [`Self::scram_key`].
    ///
    /// # Errors
    /// [`AccessError::Refused`] if it is shut or gone, and what [`Self::read`] says.
    pub fn after_scram(&self, name: &str) -> Result<Account, AccessError> {
        let account = self.read(name)?.ok_or_else(|| AccessError::refused(name, Refusal::NoAccount))?;
        if account.disabled { Err(AccessError::refused(name, Refusal::Disabled)) } else { Ok(account) }
    }

    /// What is derived from the server's secret for one use, 32 bytes: the same each time, and known to nobody outside.
    #[must_use]
    pub fn key_for(&self, what_for: &str) -> [u8; 32] {
        let mut hash = blake3::Hasher::new_keyed(&self.secret.0);
        *hash.update(b"for ").update(what_for.as_bytes()).finalize().as_bytes()
    }

    fn write(&self, account: &Account) -> Result<(), AccessError> {
        let path = self.account_path(&account.name);
        let mut bytes = serde_json::to_vec_pretty(account).map_err(|e| AccessError::broken(&path, e.to_string()))?;
        bytes.push(b'\n');
        whole_file::replace(&path, &bytes).map_err(AccessError::io(&path))
    }

    fn lock(&self) -> Result<fs::File, AccessError> {
        let path = self.folder.join("lock");
        whole_file::lock(&path).map_err(AccessError::io(&path))
    }

    fn account_path(&self, checked_name: &str) -> PathBuf {
        self.folder.join("accounts").join(format!("{checked_name}.json"))
    }

    fn token_path(&self, id: &str) -> PathBuf {
        self.folder.join("tokens").join(id)
    }
}

/// Reads the server's secret, or makes it; of two that make it at a time one wins, and both read that.
fn server_secret(path: &Path) -> Result<[u8; 32], AccessError> {
    match whole_file::create(path, hex_of(&rand::random::<[u8; 32]>()).as_bytes()) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(AccessError::io(path)(e)),
        _ => {}
    }
    let text = fs::read_to_string(path).map_err(AccessError::io(path))?;
    let bytes = bytes_of(text.trim()).and_then(|b| b.try_into().ok());
    bytes.ok_or_else(|| AccessError::broken(path, "it should hold 64 hexadecimal digits"))
}
