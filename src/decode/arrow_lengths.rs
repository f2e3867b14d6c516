//! Whether the lengths that an Arrow IPC file states of its parts lie within the file.
//!
//! The reader reserves what a length says before it reads a byte of it, and a length of 2^50 then ends the program:
//! memory that cannot be had is no error that could be caught. So each length is compared with the file first.
//! Source: Arrow columnar format 1.5, "IPC Streaming Format" and "IPC File Format".

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};

use datafusion::arrow::ipc::{Block, root_as_footer, root_as_message};

/// Ends the file format: the footer's length (`i32`), then this.
const MAGIC: &[u8; 6] = b"ARROW1";
/// Stands before the length of a message's metadata, except in files of before 2019.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// Checks the footer's blocks of a file in the file format.
///
/// What else is wrong with it, the reader says.
///
/// # Errors
/// Which length reaches beyond the file.
pub(super) fn check_file(file: &mut File) -> Result<(), String> {
    let Some((footer, size)) = footer(file).map_err(|e| e.to_string())? else {
        return Err("its footer is missing: the file is cut off".to_owned());
    };
    let Ok(footer) = root_as_footer(&footer) else { return Ok(()) };
    let blocks = footer.recordBatches().into_iter().chain(footer.dictionaries()).flatten();
    for block in blocks {
        if !is_within(block, size) {
            return Err(format!("its footer names a part beyond its end: {} bytes of {size}", block.bodyLength()));
        }
    }
    Ok(())
}

fn is_within(block: &Block, size: u64) -> bool {
    [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()]
        .into_iter()
        .try_fold(0_u64, |end, part| end.checked_add(u64::try_from(part).ok()?))
        .is_some_and(|end| end <= size)
}

/// The bytes of the footer and the file's size; `None` if the file does not end in one.
fn footer(file: &mut File) -> io::Result<Option<(Vec<u8>, u64)>> {
    let size = file.seek(SeekFrom::End(0))?;
    let Some(tail) = size.checked_sub(10) else { return Ok(None) };
    let mut end = [0; 10];
    file.seek(SeekFrom::Start(tail))?;
    file.read_exact(&mut end)?;
    let [a, b, c, d, magic @ ..] = end;
    let length = u64::try_from(i32::from_le_bytes([a, b, c, d])).ok();
    let Some((start, length)) = length.and_then(|n| Some((tail.checked_sub(n)?, n))) else { return Ok(None) };
    if magic != *MAGIC {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(Some((bytes, size)))
}

/// How much of a stream can be handed to its reader.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sound {
    /// The bytes up to the first message that claims more than the file has.
    pub(super) bytes: u64,
    /// What that message claims; `None` if there is no such message.
    pub(super) fault: Option<String>,
}

/// Finds how far the messages of a stream lie within the file, so that what comes before a break is still used.
///
/// # Errors
/// What the system says.
pub(super) fn sound_part(file: &mut File) -> io::Result<Sound> {
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::new(file);
    let mut bytes = 0_u64;
    while bytes < size {
        let Some(length) = message_length(&mut reader, size - bytes)? else { break };
        let Some(end) = bytes.checked_add(length).filter(|end| *end <= size) else {
            let fault = format!("a part of {length} bytes is announced where {} are left", size - bytes);
            return Ok(Sound { bytes, fault: Some(fault) });
        };
        bytes = end;
        reader.seek(SeekFrom::Start(bytes))?;
    }
    Ok(Sound { bytes: size, fault: None })
}

/// The length of the message that comes next, with all that belongs to it; `None` if none comes.
///
/// A message that cannot be read is none: the reader meets it too, and says what is wrong. `left` bytes remain.
fn message_length(reader: &mut BufReader<&mut File>, left: u64) -> io::Result<Option<u64>> {
    let Some(mut word) = word(reader)? else { return Ok(None) };
    let mut prefix = 4;
    if word == CONTINUATION {
        let Some(second) = self::word(reader)? else { return Ok(None) };
        (word, prefix) = (second, 8);
    }
    let Ok(metadata) = u64::try_from(i32::from_le_bytes(word)) else { return Ok(None) };
    if metadata == 0 {
        return Ok(None);
    }
    let head = metadata + prefix;
    if head > left {
        return Ok(Some(head));
    }
    let mut bytes = Vec::new();
    reader.take(metadata).read_to_end(&mut bytes)?;
    let body = root_as_message(&bytes).ok().map(|message| message.bodyLength());
    // A negative length is beyond any file.
    Ok(body.map(|n| head.saturating_add(u64::try_from(n).unwrap_or(u64::MAX))))
}

fn word(reader: &mut impl Read) -> io::Result<Option<[u8; 4]>> {
    let mut bytes = Vec::with_capacity(4);
    reader.take(4).read_to_end(&mut bytes)?;
    Ok(bytes.try_into().ok())
}
