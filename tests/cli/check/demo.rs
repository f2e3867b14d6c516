//! `locard demo`: what was planted is found again, whatever the seed.

use super::run::{Folder, locard};

fn demo(seed: Option<&str>) -> (Option<i32>, String, String) {
    let folder = Folder::new();
    let mut args = vec!["demo".to_owned(), "--seconds=1".to_owned(), "--folder".to_owned(), folder.name("made up")];
    args.extend(seed.map(|s| format!("--seed={s}")));
    let ran = locard(&args);
    (ran.status.code(), String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
}

#[test]
fn the_demo_finds_all_three_and_nothing_else() {
    for seed in [None, Some("1"), Some("42"), Some("18446744073709551615")] {
        let (code, out, err) = demo(seed);
        assert_eq!((code, err.as_str()), (Some(0), ""), "seed {seed:?}");
        assert!(out.contains("wrong 0,") && out.contains("opened "), "flags are shown live, seed {seed:?}: {out}");
        assert!(out.contains("planted 3, found 3, missed 0"), "seed {seed:?}: {out}");
        assert!(out.contains("not planted and found all the same: 0"), "seed {seed:?}");
        assert!(out.contains("NOT NEAR") && out.contains("MADEUP/0002/25"), "the second allegation is answered: {out}");
    }
}
