use std::io::Write as _;
use std::iter::repeat_n;

use super::*;

/// A Parquet file of a footer and nothing else.
fn file_of(footer: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    file.write_all(&[b"PAR1", footer, &length, b"PAR1"].concat()).unwrap();
    file
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

/// `FileMetaData` with a version and a schema of these elements.
fn schema_of(elements: &[Vec<u8>]) -> Vec<u8> {
    [vec![0x15, 0x02, 0x19, 0xfc], varint(elements.len() as u64), elements.concat()].concat()
}

/// A required group `g` of so many children.
fn group(children: u64) -> Vec<u8> {
    // Fields 3 (repetition, 0), 4 (name), 5 (children).
    [vec![0x35, 0x00, 0x18, 0x01, b'g', 0x15], varint(children * 2), vec![0x00]].concat()
}

/// A required `i64` column.
fn leaf() -> Vec<u8> {
    vec![0x15, 0x04, 0x25, 0x00, 0x18, 0x01, b'c', 0x00]
}

fn nested(depth: usize) -> Vec<u8> {
    let elements: Vec<Vec<u8>> = repeat_n(group(1), depth).chain([leaf()]).collect();
    [schema_of(&elements), vec![0x16, 0x00, 0x19, 0x0c, 0x00]].concat()
}

#[test]
fn columns_may_nest_but_not_until_the_stack_is_full() {
    assert_eq!(check(&mut file_of(&nested(MAX_NESTING))), Ok(()));
    for depth in [MAX_NESTING + 1, 1_000_000] {
        let why = check(&mut file_of(&nested(depth))).unwrap_err();
        assert!(why.contains("64 deep"), "{why}");
    }
}

#[test]
fn many_columns_side_by_side_are_no_nesting() {
    let elements: Vec<Vec<u8>> = std::iter::once(group(1000)).chain(repeat_n(leaf(), 1000)).collect();
    assert_eq!(check(&mut file_of(&[schema_of(&elements), vec![0x00]].concat())), Ok(()));
}

#[test]
fn more_is_not_claimed_than_there_is() {
    let children = [schema_of(&[group(0x7fff_ffff), leaf()]), vec![0x00]].concat();
    let why = check(&mut file_of(&children)).unwrap_err();
    assert_eq!(why, "a column claims 2147483647 columns within it, and 1 are told");
    let groups = [schema_of(&[group(1), leaf()]), vec![0x16, 0x00, 0x19, 0xfc], varint(0x7fff_ffff)].concat();
    let why = check(&mut file_of(&groups)).unwrap_err();
    assert_eq!(why, "it claims 2147483647 groups of rows in 0 bytes");
}

#[test]
fn what_the_reader_would_read_otherwise_is_refused() {
    // Field 2 as a structure; field 5 of an element as bytes; field 65538, which 16 bits would make 2.
    let odd: [&[u8]; 3] = [
        &[0x15, 0x02, 0x1c, 0x00, 0x00],
        &[0x15, 0x02, 0x19, 0x1c, 0x58, 0x00, 0x00, 0x00],
        &[0x15, 0x02, 0x09, 0x84, 0x80, 0x08, 0x0c, 0x00],
    ];
    for footer in odd {
        assert_eq!(check(&mut file_of(footer)), Err("its footer cannot be read".to_owned()), "{footer:x?}");
    }
}

#[test]
fn a_footer_that_ends_early_is_an_error_and_one_that_is_not_there_is_the_readers_to_report() {
    let whole = nested(3);
    for n in 0..whole.len() {
        assert!(check(&mut file_of(whole.get(..n).unwrap())).is_err(), "{n}");
    }
    let mut short = tempfile::tempfile().unwrap();
    short.write_all(b"PAR1").unwrap();
    assert_eq!(check(&mut short), Ok(()));
}
