//! Putting records on the topics.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use datafusion::arrow::ipc::writer::StreamWriter;
use locard::decode::message::{FixDecoder, case_event_to_json};
use locard::simulate::feed::Stamp;
use locard::source::kafka::{Output, OutputTopic, Record};
use locard::source::{Block, Message, Topic};

use super::Outcome;
use super::broker::{PATIENCE, Topics};
use super::world::World;

/// What the records are sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// A record a message.
    Json,
    /// A thousand records of one case a message.
    Arrow,
}

/// Rows of an Arrow payload.
const ROWS: usize = 1_000;
/// Before all records' times and after now: nothing is refused for its time.
const NOW_US: i64 = 1_900_000_000_000_000;

/// Sends the case events and so many records; how many messages of `fixes` and of `cases` that are.
pub fn send(topics: &Topics, world: &World, records: u64, payload: Payload) -> Outcome<(u64, u64)> {
    let output = Output::connect(&topics.config, PATIENCE)?;
    let events = world.events();
    for event in &events {
        let json = case_event_to_json(event);
        output.send_waiting(&record(OutputTopic::Cases, &event.case_id, JSON, json.as_bytes()), PATIENCE)?;
    }
    let fixes = match payload {
        Payload::Json => {
            let mut sender = Sender::new(&output);
            (0..records).try_for_each(|n| sender.send(world, n))?;
            records
        }
        Payload::Arrow => send_arrow(&output, world, records)?,
    };
    let flushed = output.flush(PATIENCE)?;
    match flushed.failed.first() {
        None => Ok((fixes, events.len() as u64)),
        Some(first) => Err(first.reason.clone().into()),
    }
}

const JSON: &str = "application/json";

fn record<'a>(topic: OutputTopic, case_id: &'a str, content_type: &'a str, payload: &'a [u8]) -> Record<'a> {
    Record { topic, case_id: Some(case_id), id: None, content_type, headers: &[], payload: Some(payload), ticket: 0 }
}

/// Sends records one by one.
pub struct Sender<'a> {
    output: &'a Output,
    stamp: Stamp,
    json: Vec<u8>,
}

impl<'a> Sender<'a> {
    /// Through this output.
    pub fn new(output: &'a Output) -> Self {
        Self { output, stamp: Stamp::default(), json: Vec::new() }
    }

    /// Sends the record of this number.
    pub fn send(&mut self, world: &World, n: u64) -> Outcome<()> {
        self.json.clear();
        world.fix(n).append_json(world.case_id(n), &mut self.stamp, &mut self.json);
        Ok(self.output.send_waiting(&record(OutputTopic::Fixes, world.case_id(n), JSON, &self.json), PATIENCE)?)
    }
}

/// Whole payloads first, in the order in which they become full.
fn send_arrow(output: &Output, world: &World, records: u64) -> Outcome<u64> {
    let mut waiting: BTreeMap<&str, Block> = BTreeMap::new();
    let (mut stamp, mut json, mut sent) = (Stamp::default(), Vec::new(), 0);
    let mut decoder = FixDecoder::new(None);
    let mut emit = |case_id: &str, block: &Block| -> Outcome<()> {
        for batch in decoder.decode(block, NOW_US)?.batches {
            let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
            writer.write(&batch)?;
            let payload = writer.into_inner()?;
            let content_type = "application/vnd.apache.arrow.stream";
            output.send_waiting(&record(OutputTopic::Fixes, case_id, content_type, &payload), PATIENCE)?;
            sent += 1;
        }
        Ok(())
    };
    for (n, offset) in (0..records).zip(0..) {
        json.clear();
        let case_id = world.case_id(n);
        world.fix(n).append_json(case_id, &mut stamp, &mut json);
        let block = waiting.entry(case_id).or_insert_with(|| Block::new(Topic::Fixes, 0));
        block.push(&Message { offset, appended_us: None, key: None, content_type: None, payload: Some(&json) });
        if block.len() == ROWS {
            let full = std::mem::replace(block, Block::new(Topic::Fixes, 0));
            emit(case_id, &full)?;
        }
    }
    for (case_id, block) in waiting.iter().filter(|(_, b)| !b.is_empty()) {
        emit(case_id, block)?;
    }
    Ok(sent)
}

/// Writes the records as `fixes.jsonl` and the places as `places.jsonl`.
pub fn write(world: &World, records: u64, folder: &Path) -> Outcome<()> {
    fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(fs::File::create(folder.join("fixes.jsonl"))?);
    let (mut stamp, mut json) = (Stamp::default(), Vec::new());
    for n in 0..records {
        json.clear();
        world.fix(n).append_json(world.case_id(n), &mut stamp, &mut json);
        json.push(b'\n');
        file.write_all(&json)?;
    }
    file.flush()?;
    let mut file = BufWriter::new(fs::File::create(folder.join("cases.jsonl"))?);
    for event in world.events() {
        writeln!(file, "{}", case_event_to_json(&event))?;
    }
    Ok(file.flush()?)
}
