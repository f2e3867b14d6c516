//! Rows that lie together in memory, of one batch or of many that came small, and which of them are still held.
//!
//! ```text
//!  number   0   1   3   4   7     how rows are asked for: by the place in their batch, counted from the batch's base
//!  row      0   1   2   3   4     where they lie
//!  gone             x             let go, and still there until the run is written anew
//! ```

use datafusion::arrow::array::{Array, Float64Array, RecordBatch};
use datafusion::arrow::compute::{interleave, interleave_record_batch};
use datafusion::common::Result;
use datafusion::common::utils::memory::get_record_batch_memory_size;

/// Terms of the radius that a side's rows bring, at their place in the sum.
pub type RadiusTerms = Vec<(usize, Float64Array)>;

/// A run that holds less than one live row in this many is written anew.
const WASTE: usize = 2;

/// Rows with the terms of the radius that they bring.
#[derive(Debug)]
pub struct Run {
    /// The columns, as they came.
    pub rows: RecordBatch,
    /// In step with `rows`.
    pub radius: RadiusTerms,
    /// The number of each row, ascending; `None` if row `n` is number `n`.
    numbers: Option<Vec<u64>>,
    /// The first number that no row has had.
    end: u64,
    /// A bit for each row; none if all are live.
    gone: Vec<u64>,
    live: usize,
    /// The batches that these are rows of, in the order of their bases.
    slots: Vec<u32>,
    batch_bytes: usize,
}

/// What comes of several runs.
#[derive(Debug)]
pub struct Merged {
    /// Their live rows.
    pub run: Run,
    /// The bases of the run's slots, in step with them.
    pub bases: Vec<u64>,
    /// Slots of which no row is live.
    pub dead: Vec<u32>,
}

impl Run {
    /// A batch as it came, of which only some rows will be asked for.
    pub fn of_batch(rows: RecordBatch, radius: RadiusTerms, live: impl Iterator<Item = u32>, slot: u32) -> Self {
        let end = rows.num_rows() as u64;
        let mut run = Self::new(rows, radius, None, end, vec![slot]);
        let mut gone = vec![u64::MAX; run.len().div_ceil(64)];
        run.live = 0;
        for row in live {
            if let Some(word) = gone.get_mut(row as usize / 64) {
                *word &= !(1 << (row % 64));
                run.live += 1;
            }
        }
        if run.live < run.len() {
            run.gone = gone;
        }
        run
    }

    fn new(rows: RecordBatch, radius: RadiusTerms, numbers: Option<Vec<u64>>, end: u64, slots: Vec<u32>) -> Self {
        let terms = radius.iter().map(|(_, c)| c.get_array_memory_size());
        let batch_bytes = get_record_batch_memory_size(&rows) + terms.sum::<usize>();
        Self { live: rows.num_rows(), rows, radius, numbers, end, gone: Vec::new(), slots, batch_bytes }
    }

    /// How many rows take room.
    pub fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// How many rows are held.
    pub const fn live(&self) -> usize {
        self.live
    }

    /// The batches that it holds rows of.
    pub fn slots(&self) -> &[u32] {
        &self.slots
    }

    /// Whether it is to be written anew: for what is gone takes more room than what is not.
    pub fn is_wasteful(&self) -> bool {
        self.live == 0 || self.live * WASTE < self.len()
    }

    /// Where the row of a number lies.
    pub fn row(&self, number: u64) -> Option<usize> {
        match &self.numbers {
            None => usize::try_from(number).ok().filter(|row| *row < self.len()),
            Some(numbers) => numbers.binary_search(&number).ok(),
        }
    }

    fn number(&self, row: usize) -> u64 {
        self.numbers.as_ref().and_then(|numbers| numbers.get(row)).copied().unwrap_or(row as u64)
    }

    fn is_gone(&self, row: usize) -> bool {
        self.gone.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// Lets the row of a number go.
    pub fn let_go(&mut self, number: u64) {
        let Some(row) = self.row(number).filter(|row| !self.is_gone(*row)) else { return };
        if self.gone.is_empty() {
            self.gone = vec![0; self.len().div_ceil(64)];
        }
        if let Some(word) = self.gone.get_mut(row / 64) {
            *word |= 1 << (row % 64);
            self.live -= 1;
        }
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        let numbers = self.numbers.as_ref().map_or(0, Vec::capacity);
        self.batch_bytes
            + (numbers + self.gone.capacity()) * size_of::<u64>()
            + self.slots.capacity() * size_of::<u32>()
    }
}

/// The live rows of some runs of one side as a run of their own. Slots keep their rows' places in them, at other bases.
///
/// # Errors
/// If the columns cannot be put together: words of two dictionaries that are too many for the type of one.
pub fn merge(runs: &[Run], base: impl Fn(u32) -> u64) -> Result<Merged> {
    let live = runs.iter().map(Run::live).sum();
    let (mut picked, mut numbers) = (Vec::with_capacity(live), Vec::with_capacity(live));
    let (mut slots, mut bases, mut dead, mut next) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (from, run) in runs.iter().enumerate() {
        let mut row = 0;
        let ends = run.slots.iter().skip(1).map(|slot| base(*slot)).chain([run.end]);
        for (slot, end) in run.slots.iter().zip(ends) {
            let (start, before) = (base(*slot), picked.len());
            while row < run.len() && run.number(row) < end {
                if !run.is_gone(row) {
                    picked.push((from, row));
                    numbers.push(next + (run.number(row) - start));
                }
                row += 1;
            }
            if picked.len() == before {
                dead.push(*slot);
            } else {
                slots.push(*slot);
                bases.push(next);
                next += end - start;
            }
        }
    }
    let (rows, radius) = gather(runs, &picked)?;
    let numbers = (next != rows.num_rows() as u64).then_some(numbers);
    slots.shrink_to_fit();
    Ok(Merged { run: Run::new(rows, radius, numbers, next, slots), bases, dead })
}

fn gather(runs: &[Run], picked: &[(usize, usize)]) -> Result<(RecordBatch, RadiusTerms)> {
    let batches: Vec<&RecordBatch> = runs.iter().map(|run| &run.rows).collect();
    let rows = interleave_record_batch(&batches, picked)?;
    let places = runs.first().map_or(&[][..], |run| &run.radius).iter().map(|(place, _)| *place);
    let term = |(at, place): (usize, usize)| {
        let all: Vec<&dyn Array> =
            runs.iter().filter_map(|run| run.radius.get(at)).map(|(_, c)| c as &dyn Array).collect();
        Ok((place, Float64Array::from(interleave(&all, picked)?.to_data())))
    };
    let radius = places.enumerate().map(term).collect::<Result<RadiusTerms>>()?;
    Ok((rows, radius))
}
