//! Protocol buffers as far as they are needed beside `arrow-flight`, which packs and unpacks the rest by itself.
//!
//! ```text
//!  message: (tag, value)*    tag: number << 3 | kind    kind 2: length, bytes    (the encoding guide of Protocol Buffers)
//! ```

use arrow_flight::sql::{ProstMessageExt, TicketStatementQuery};

/// Ten groups of seven bits hold 64.
const VARINT_BYTES: usize = 10;

/// One field of bytes, put after what is there.
fn put(out: &mut Vec<u8>, number: u8, value: &[u8]) {
    out.push(number << 3 | 2);
    let mut length = value.len();
    while length > 0x7f {
        out.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap_or_default());
    out.extend_from_slice(value);
}

/// What a client hands back to be given the rows: a `TicketStatementQuery` in an `Any`.
pub(super) fn ticket(handle: &[u8]) -> Vec<u8> {
    let (mut query, mut any) = (Vec::new(), Vec::new());
    put(&mut query, 1, handle);
    put(&mut any, 1, TicketStatementQuery::type_url().as_bytes());
    put(&mut any, 2, &query);
    any
}

/// A message whose one field is a small number: the result of an action.
pub(super) fn number(value: u8) -> Vec<u8> {
    vec![1 << 3, value]
}

/// A number and what stands after it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(VARINT_BYTES).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

/// The first field of bytes of a number; `None` if there is none, or the message is none.
fn field(mut rest: &[u8], wanted: u64) -> Option<&[u8]> {
    while !rest.is_empty() {
        let (tag, after) = varint(rest)?;
        rest = match tag & 7 {
            0 => varint(after)?.1,
            1 => after.get(8..)?,
            2 => {
                let (length, after) = varint(after)?;
                let length = usize::try_from(length).ok()?;
                let value = after.get(..length)?;
                if tag >> 3 == wanted {
                    return Some(value);
                }
                after.get(length..)?
            }
            5 => after.get(4..)?,
            _ => return None,
        };
    }
    None
}

/// What stands at a path of fields: in the first, of that in the next.
pub(super) fn at<'a>(message: &'a [u8], path: &[u64]) -> Option<&'a [u8]> {
    path.iter().try_fold(message, |message, wanted| field(message, *wanted))
}

#[cfg(test)]
mod tests {
    use arrow_flight::sql::{ActionCancelQueryRequest, ProstMessageExt};
    use proptest::prelude::*;

    use super::*;

    /// The oracle: arrow-flight's own writer.
    fn written<M: ProstMessageExt>(message: &M) -> Vec<u8> {
        message.encode_to_vec()
    }

    proptest! {
        #[test]
        fn what_prost_writes_is_found_and_what_is_written_is_as_prost_writes_it(info in proptest::collection::vec(any::<u8>(), 1..40_000)) {
            let message = ActionCancelQueryRequest { info: info.clone().into() };
            let bytes = written(&message);
            prop_assert_eq!(at(&bytes, &[1]), Some(info.as_slice()));
            let mut ours = Vec::new();
            put(&mut ours, 1, &info);
            prop_assert_eq!(ours, written(&message));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), path in proptest::collection::vec(0_u64..8, 0..4)) {
            let _ = at(&bytes, &path);
        }
    }

    #[test]
    fn a_ticket_holds_its_handle() {
        let handle = [7_u8; 32];
        assert_eq!(at(&ticket(&handle), &[2, 1]), Some(handle.as_slice()));
        assert_eq!(at(&ticket(&handle), &[2, 3]), None);
        assert_eq!(at(&ticket(&handle)[..20], &[2, 1]), None, "cut short");
        let other = [0x08, 0x96, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1d, 1, 2, 3, 4, 0x22, 0x01, 0x2a];
        assert_eq!(at(&other, &[4]), Some([0x2a].as_slice()), "after a number, 64 and 32 bits");
    }
}
