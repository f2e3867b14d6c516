//! `locard account` and `locard audit` as a person runs them: the binary, its output, its files and its exit codes.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ADMIN: &str = "password of the admin";
const SAM: &str = "password of supervisor sam";
const ANN: &str = "password of analyst ann";
const EVE: &str = "password of auditor eve";

struct Ran {
    code: i32,
    out: String,
    notes: String,
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs `locard` with words, `--data`, and lines on standard input.
    fn run(&self, words: &[&str], lines: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_locard"));
        command.args(words).arg("--data").arg(self.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut text = lines.join("\n");
        text.push('\n');
        // Who is refused early does not read it.
        _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap(), out: text(output.stdout), notes: text(output.stderr) }
    }

    fn done(&self, words: &[&str], lines: &[&str]) -> String {
        let ran = self.run(words, lines);
        assert_eq!((ran.code, ran.notes.as_str()), (0, ""), "{words:?}: {}", ran.out);
        ran.out
    }

    fn first(&self) {
        self.done(&["account", "add", "admin", "--role", "administrator", "--first"], &[ADMIN]);
    }

    fn add(&self, name: &str, role: &str, password: &str) {
        self.done(&["account", "add", name, "--role", role, "--by", "admin"], &[ADMIN, password]);
    }

    fn log_file(&self) -> PathBuf {
        self.path().join("audit/audit-000000000001.jsonl")
    }

    fn log(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.log_file()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The kind, the account and the text or fault of an entry.
fn told(entry: &serde_json::Value) -> (&str, &str, &str) {
    let text = |value: &'static str| entry["details"][value].as_str();
    (entry["kind"].as_str().unwrap(), entry["account"].as_str().unwrap(), text("fault").or(text("text")).unwrap())
}

#[test]
fn the_first_administrator_is_made_once_and_a_short_password_not_at_all() {
    let place = Place::new();
    let first = ["account", "add", "admin", "--role", "administrator", "--first"];
    let short = place.run(&first, &["admin"]);
    assert_eq!((short.code, short.out.as_str()), (1, ""));
    assert!(short.notes.contains("at least 15 characters"), "{}", short.notes);
    let none = place.run(&first, &[]);
    assert!(none.code == 1, "an empty password is none: {}", none.notes);
    let other = place.run(&["account", "add", "ann", "--role", "analyst", "--first"], &[ANN]);
    assert!(other.code == 2 && other.notes.contains("--role administrator"), "{}", other.notes);

    assert_eq!(place.done(&first, &[ADMIN]), "admin: made as administrator\n");
    let again = place.run(&["account", "add", "bob", "--role", "administrator", "--first"], &[SAM]);
    assert!(again.code == 1 && again.notes.contains("\"admin\" already"), "{}", again.notes);
    let file = fs::read_to_string(place.path().join("access/accounts/admin.json")).unwrap();
    assert!(file.contains("$argon2id$v=19$m=19456,t=2,p=1$") && !file.contains(ADMIN), "{file}");

    let log = place.log();
    assert_eq!(told(&log[0]), ("account", "admin", "made as administrator, the first of all"));
    assert!(told(&log[2]).2.starts_with("not done: "), "{log:?}");
    assert!(!fs::read_to_string(place.log_file()).unwrap().contains(ADMIN));
}

#[test]
fn each_role_does_its_own_and_every_refusal_is_in_the_audit() {
    let place = Place::new();
    place.first();
    place.add("sam", "supervisor", SAM);
    place.add("ann", "analyst", ANN);
    let grant = ["account", "grant", "ann", "--case", "C 1", "--reason", "team", "--by"];
    let by = |name| [&grant[..], &[name, "--time", "2025-06-01T00:00:00Z..", "--days", "30"]].concat();

    // An administrator keeps accounts and grants nothing; a supervisor the other way round; nobody to themselves.
    let refused = place.run(&by("admin"), &[ADMIN]);
    assert!(refused.code == 1 && refused.notes.contains("admin may not grant_case"), "{}", refused.notes);
    let granted = place.done(&by("sam"), &[SAM]);
    assert!(granted.starts_with("ann: may see case C 1, from 2025-06-01T00:00:00Z, until 2"), "{granted}");
    let own = place.run(&["account", "grant", "sam", "--case", "C 1", "--reason", "x", "--by", "sam"], &[SAM]);
    assert!(own.notes.contains("nobody-grants-to-themselves"), "{}", own.notes);
    let disable = place.run(&["account", "disable", "ann", "--by", "sam"], &[SAM]);
    assert!(disable.code == 1 && disable.notes.contains("sam may not manage_accounts"), "{}", disable.notes);

    let wrong = place.run(&["account", "list", "--by", "admin"], &[SAM]);
    let nobody = place.run(&["account", "list", "--by", "nobody"], &[SAM]);
    assert_eq!(wrong.notes, nobody.notes, "nobody learns which accounts there are");
    let list = place.done(&["account", "list", "--by", "admin"], &[ADMIN]);
    assert!(list.contains("    case C 1: from 2025-06-01T00:00:00Z, until "), "{list}");

    let withdraw = ["account", "withdraw", "ann", "--case", "C 1", "--reason", "left", "--by", "sam"];
    assert_eq!(place.done(&withdraw, &[SAM]), "ann: 1 grants of case C 1 withdrawn\n");
    assert_eq!(place.run(&withdraw, &[SAM]).code, 1, "there is nothing left to withdraw");

    let log = place.log();
    let refusals: Vec<_> = log.iter().map(told).filter(|t| t.0 == "refused").map(|t| (t.1, t.2)).collect();
    let expected = [
        ("admin", "no rule permits it"),
        ("sam", "nobody-grants-to-themselves"),
        ("sam", "no rule permits it"),
        ("admin", "wrong password"),
        ("nobody", "there is no such account"),
    ];
    assert_eq!(refusals, expected);
    let grants: Vec<_> = log.iter().filter(|e| e["kind"] == "grant").collect();
    assert_eq!(grants[0]["details"]["cases"][0], "C 1");
    assert_eq!((&grants[0]["details"]["subject"], &grants[0]["details"]["purpose"]), (&"ann".into(), &"team".into()));
    assert_eq!(grants[0]["details"]["rules"][0], "supervisors-grant");
    assert!(place.done(&["audit", "verify"], &[]).starts_with("whole: "));
}

#[test]
fn passwords_tokens_and_shut_accounts() {
    let place = Place::new();
    place.first();
    place.add("ann", "analyst", ANN);
    let changed = "another password of ann";
    place.done(&["account", "password", "ann", "--by", "ann"], &[ANN, changed]);
    let token = ["account", "token", "ann", "--label", "notebook", "--days", "7", "--by"];
    assert_eq!(place.run(&[&token[..], &["ann"]].concat(), &[ANN]).code, 1, "the old password is gone");
    let made = place.done(&[&token[..], &["ann"]].concat(), &[changed]);
    let shown = made.lines().next().unwrap();
    assert!(shown.starts_with("locard_") && shown.len() == 7 + 16 + 1 + 64, "{made}");
    let secret = shown.rsplit('_').next().unwrap();
    for file in [place.log_file(), place.path().join("access/accounts/ann.json")] {
        assert!(!fs::read_to_string(&file).unwrap().contains(secret), "{}", file.display());
    }
    let of_another = place.run(&[&token[..], &["admin"]].concat(), &[ADMIN]);
    assert_eq!(of_another.code, 2, "{}", of_another.notes);
    let id = shown.split('_').nth(1).unwrap();
    place.done(&["account", "token", "ann", "--revoke", id, "--by", "admin"], &[ADMIN]);

    place.done(&["account", "disable", "ann", "--by", "admin"], &[ADMIN]);
    assert_eq!(place.run(&["account", "password", "ann", "--by", "ann"], &[changed, ANN]).code, 1);
    place.done(&["account", "enable", "ann", "--by", "admin"], &[ADMIN]);
    let last = place.run(&["account", "disable", "admin", "--by", "admin"], &[ADMIN]);
    assert!(last.code == 1 && last.notes.contains("last administrator"), "{}", last.notes);
    let path = place.run(&["account", "add", "../x", "--role", "analyst", "--by", "admin"], &[ADMIN, ANN]);
    assert!(path.code == 1 && path.notes.contains("letters"), "{}", path.notes);
}

#[test]
fn an_auditor_reads_the_log_and_a_change_of_it_is_found() {
    let place = Place::new();
    place.first();
    place.add("eve", "auditor", EVE);
    let shown = place.done(&["audit", "show", "--by", "eve", "--kind", "account"], &[EVE]);
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(shown.contains("admin (administrator) from console; account; made as auditor; about eve"), "{shown}");
    let refused = place.run(&["audit", "show", "--by", "admin"], &[ADMIN]);
    assert!(refused.code == 1 && refused.out.is_empty() && refused.notes.contains("read_audit"), "{}", refused.notes);

    let head = place.done(&["audit", "head"], &[]);
    let (sequence, hash) = head.trim().split_once(' ').unwrap();
    assert_eq!(sequence, "4", "{head}");
    place.done(&["audit", "show", "--by", "eve", "--json"], &[EVE]);
    let witnessed = place.done(&["audit", "verify", "--expect-head", hash], &[]);
    assert!(witnessed.starts_with("whole: 5 entries") && witnessed.contains("that of entry 4"), "{witnessed}");
    let elsewhere = place.run(&["audit", "verify", "--expect-head", &"0".repeat(64)], &[]);
    assert!(elsewhere.code == 1 && elsewhere.out.contains("not the chain whose head"), "{}", elsewhere.out);

    let good = fs::read_to_string(place.log_file()).unwrap();
    fs::write(place.log_file(), good.replacen("made as auditor", "made as analyst", 1)).unwrap();
    let changed = place.run(&["audit", "verify"], &[]);
    assert_eq!(changed.code, 1);
    assert!(changed.out.starts_with("audit-000000000001.jsonl:2: changed"), "{}", changed.out);
    fs::write(place.log_file(), good.split_inclusive('\n').skip(1).collect::<String>()).unwrap();
    let removed = place.run(&["audit", "verify"], &[]);
    assert!(removed.out.starts_with("audit-000000000001.jsonl:1: removed: entry 1"), "{}", removed.out);
}

#[test]
fn policies_of_ones_own_decide_and_broken_ones_are_refused() {
    let place = Place::new();
    place.first();
    let folder = place.path().join("own policies");
    fs::create_dir(&folder).unwrap();
    let (text, own) = (include_str!("../../policies/default.cedar"), folder.to_str().unwrap());
    fs::write(folder.join("own.cedar"), text.replace("Role::\"administrator\" }", "Role::\"auditor\" }")).unwrap();
    let list = ["account", "list", "--by", "admin", "--policies", own];
    let refused = place.run(&list, &[ADMIN]);
    assert!(refused.code == 1 && refused.notes.contains("admin may not manage_accounts"), "{}", refused.notes);
    fs::write(folder.join("own.cedar"), format!("{text}\npermit (principal, action, resource")).unwrap();
    let broken = place.run(&list, &[ADMIN]);
    assert!(broken.code == 1 && broken.notes.contains("own.cedar:"), "{}", broken.notes);
}

#[test]
fn accounts_are_kept_in_a_folder_only() {
    let output = Command::new(env!("CARGO_BIN_EXE_locard"))
        .args(["audit", "verify", "--data", "s3://bucket/x"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
