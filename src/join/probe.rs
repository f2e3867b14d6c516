//! The probe: one batch against the index. Pure and synchronous; [`super::stream`] drives it.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Float64Array, RecordBatch};
use datafusion::common::Result;

use crate::index::compare::{Threshold, Verdict};
use crate::index::discs::Discs;
use crate::index::distance::is_position;
use crate::index::{Comparator, Metric};

use super::items::{Item, reach_m};
use super::keys::{KeyCodes, NO_KEY};
use super::physical::{JoinSpec, SideColumns};
use super::predicate::Side;
use super::table::hash;
use super::tables::{Hold, Shelf, Spot};
use super::targets::{Layer, Targets, probe_class};

/// The build side, ready to be probed by any number of partitions.
#[derive(Debug)]
pub struct BuildSide {
    /// Its rows.
    pub batch: RecordBatch,
    /// The index.
    pub targets: Targets,
    /// The codes of its keys.
    pub keys: KeyCodes,
    /// Its radius terms, at their place in the sum.
    pub radius: Vec<(usize, Float64Array)>,
    /// The constant terms, at their place in the sum.
    pub constants: Vec<Option<f64>>,
    /// Which input it is.
    pub side: Side,
    /// The predicate.
    pub spec: Arc<JoinSpec>,
}

/// Work done, by stage: each number is at most the one before, but for candidates that share a slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Probe rows.
    pub rows: usize,
    /// Items looked at in cell lists.
    pub candidates: usize,
    /// Candidates together in time and with equal keys, compared by the plane bound.
    pub compared: usize,
    /// Comparisons that the bound left unsure: distances computed.
    pub refined: usize,
    /// Pairs found, before the residual.
    pub matched: usize,
}

/// A probe row in a cell that may hold items.
struct Lead {
    row: u32,
    spot: Spot,
    hash: u64,
}

/// A batch being probed.
pub struct Probe {
    /// The batch.
    pub batch: RecordBatch,
    columns: SideColumns,
    keys: Vec<u32>,
    /// Where items may be for the rows read so far, in the order of rows.
    leads: Vec<Lead>,
    /// The lead to test next.
    next: usize,
    /// How many of its items were tested already.
    tested: usize,
    /// The first row without leads.
    unread: usize,
    /// Rows whose leads are found together.
    stride: usize,
    threshold: Option<Threshold>,
}

/// About how many leads are held at once, at most: a row has at most one a bucket.
const MOST_LEADS: usize = 1 << 19;
/// After about so many candidates the probe returns, whether it found pairs or not.
const MOST_CANDIDATES: usize = 1 << 20;

/// Pairs found: a build row and a probe row each, in step.
#[derive(Debug, Default)]
pub struct Pairs {
    /// Rows of the build side's batch.
    pub build: Vec<u32>,
    /// Rows of the probe's batch.
    pub probe: Vec<u32>,
}

impl Probe {
    /// Reads a batch's columns.
    pub fn start(build: &BuildSide, batch: RecordBatch, work: &mut Work) -> Result<Self> {
        let columns = build.spec.columns(build.side.other(), &batch)?;
        let keys = build.keys.codes(&columns.keys, batch.num_rows())?;
        let constant: Option<f64> = build.constants.iter().copied().sum();
        let threshold = constant.map(Threshold::new);
        let buckets: usize = build.targets.layers().iter().map(|layer| layer.buckets().len()).sum();
        let stride = (MOST_LEADS / buckets.max(1)).max(1);
        work.rows += batch.num_rows();
        Ok(Self { batch, columns, keys, leads: Vec::new(), next: 0, tested: 0, unread: 0, stride, threshold })
    }

    /// Finds the cells that the next rows fall in.
    fn read_on(&mut self, build: &BuildSide, hold: &mut Hold<'_>) -> Result<()> {
        let rows = self.unread..(self.unread + self.stride).min(self.keys.len());
        self.unread = rows.end;
        self.leads.clear();
        self.next = 0;
        for (number, layer) in (0u32..).zip(build.targets.layers()) {
            self.find_leads(hold, number, layer, rows.clone())?;
        }
        if build.targets.layers().len() > 1 {
            // A row's pairs leave together, whatever layers they come from.
            self.leads.sort_by_key(|lead| lead.row);
        }
        Ok(())
    }

    fn find_leads(&mut self, hold: &mut Hold<'_>, number: u32, layer: &Layer, rows: Range<usize>) -> Result<()> {
        let mut cursor = Cursor { bucket: i64::MIN, at: None };
        let mut discs: Option<(usize, &Discs)> = None;
        // The tables of the last row's class: rows of a log are mostly of one.
        let mut shelf = Shelf::default();
        for at in rows {
            let key = &self.keys[at];
            #[expect(clippy::cast_possible_truncation, reason = "a batch has far fewer than 2^32 rows")]
            let row = at as u32;
            let (lat, lon) = (self.columns.lat.value(at), self.columns.lon.value(at));
            let null = self.columns.valid.as_ref().is_some_and(|v| v.is_null(at));
            if null || *key == NO_KEY || !is_position(lat, lon) {
                continue;
            }
            let class = probe_class(reach_m(self.columns.radius.iter().map(|(_, c)| c.value(at))));
            let discs = match discs {
                Some((known, discs)) if known == class => discs,
                _ => {
                    shelf = hold.shelf(number, class);
                    discs.insert((class, layer.discs(class))).1
                }
            };
            let (lo, hi) = times(&self.columns, at);
            let (first, last) = (layer.bucket_of(lo.min(hi)), layer.bucket_of(lo.max(hi)));
            let hash = hash(discs.lattice().cell(lat, lon), *key);
            let buckets = if first == last {
                cursor.find(layer, first).map_or(0..0, |bucket| bucket..bucket + 1)
            } else {
                layer.buckets().partition_point(|b| *b < first)..layer.buckets().partition_point(|b| *b <= last)
            };
            for bucket in buckets {
                #[expect(clippy::cast_possible_truncation, reason = "bucket and class counts are far below 2^32")]
                let spot = Spot { layer: number, class: class as u32, bucket: bucket as u32 };
                let may_hold = loop {
                    if let Some(table) = shelf.get(bucket) {
                        break table.may_hold(hash);
                    }
                    hold.make(spot)?;
                    shelf = hold.shelf(number, class);
                };
                if may_hold {
                    self.leads.push(Lead { row, spot, hash });
                }
            }
        }
        Ok(())
    }

    /// Whether every row has been tested.
    pub fn is_done(&self) -> bool {
        self.next >= self.leads.len() && self.unread >= self.keys.len()
    }

    /// Tests rows until `enough` pairs are found, much work is done or the batch is.
    pub fn advance(&mut self, build: &BuildSide, enough: usize, work: &mut Work) -> Result<Pairs> {
        let mut pairs = Pairs::default();
        let comparator = Comparator::new(build.spec.metric);
        let tired = work.candidates + MOST_CANDIDATES;
        let mut hold = Hold::new(&build.targets);
        while !self.is_done() && pairs.build.len() < enough && work.candidates < tired {
            let Some(lead) = self.leads.get(self.next) else {
                self.read_on(build, &mut hold)?;
                continue;
            };
            let layer = &build.targets.layers()[lead.spot.layer as usize];
            let Some(table) = hold.get(lead.spot) else {
                hold.make(lead.spot)?;
                continue;
            };
            let found = table.items(lead.hash).get(self.tested..).unwrap_or_default();
            let tested = self.test(build, lead, layer, found, comparator, enough, &mut pairs);
            work.candidates += tested.candidates;
            work.compared += tested.compared;
            work.refined += tested.refined;
            if tested.candidates < found.len() {
                self.tested += tested.candidates;
            } else {
                (self.next, self.tested) = (self.next + 1, 0);
            }
        }
        work.matched += pairs.build.len();
        Ok(pairs)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the innermost call: a struct for it would only be taken apart again"
    )]
    fn test(
        &self,
        build: &BuildSide,
        lead: &Lead,
        layer: &Layer,
        found: &[u32],
        comparator: Comparator,
        enough: usize,
        pairs: &mut Pairs,
    ) -> Work {
        let at = lead.row as usize;
        let (lat, lon) = (self.columns.lat.value(at), self.columns.lon.value(at));
        let (lo, hi) = times(&self.columns, at);
        let key = self.keys[at];
        let first = layer.bucket_of(lo.min(hi));
        let bucket = layer.buckets()[lead.spot.bucket as usize];
        // Leads whose items are of another key or time need none.
        let mut cosine = None;
        let mut work = Work { candidates: found.len(), ..Work::default() };
        for (i, &number) in found.iter().enumerate() {
            let item = &build.targets.items[number as usize];
            if item.lo > hi || lo > item.hi || item.key != key {
                continue;
            }
            // Met before, in the first bucket that both touch.
            if bucket != first.max(layer.bucket_of(item.span().0)) {
                continue;
            }
            work.compared += 1;
            let (threshold, radius) = if let Some(threshold) = self.threshold {
                (threshold, None)
            } else {
                let radius = self.radius_of_pair(build, item, at);
                (Threshold::new(radius), Some(radius))
            };
            let cos_lat = *cosine.get_or_insert_with(|| lat.to_radians().cos());
            let near = match comparator.judge(&item.anchor, lat, lon, cos_lat, threshold) {
                Verdict::Within => true,
                Verdict::Beyond => false,
                Verdict::Unsure => {
                    work.refined += 1;
                    let radius = radius.unwrap_or_else(|| self.radius_of_pair(build, item, at));
                    is_within(build, item, lat, lon, radius)
                }
            };
            if near {
                pairs.build.push(item.row);
                pairs.probe.push(lead.row);
                if pairs.build.len() >= enough {
                    work.candidates = i + 1;
                    break;
                }
            }
        }
        work
    }

    /// The radius of a pair: the terms added in the order the predicate adds them, so that they round as it does.
    fn radius_of_pair(&self, build: &BuildSide, item: &Item, at: usize) -> f64 {
        let term = |place: usize| {
            let of = |terms: &[(usize, Float64Array)], row: usize| {
                terms.iter().find(|(p, _)| *p == place).map(|(_, c)| c.value(row))
            };
            build.constants[place]
                .or_else(|| of(&self.columns.radius, at))
                .or_else(|| of(&build.radius, item.row as usize))
                .unwrap_or(f64::NAN)
        };
        (1..build.constants.len()).fold(term(0), |sum, place| sum + term(place))
    }
}

/// The verdict itself, with the arguments in the order the predicate writes them.
fn is_within(build: &BuildSide, item: &Item, lat: f64, lon: f64, radius_m: f64) -> bool {
    let probe_is_right = build.side == Side::Left;
    let metric: Metric = build.spec.metric;
    let (a, b) = (item.anchor.lat_deg, item.anchor.lon_deg);
    let d = if probe_is_right == build.spec.right_first {
        metric.distance_m(lat, lon, a, b)
    } else {
        metric.distance_m(a, b, lat, lon)
    };
    // As SQL compares: zero has no sign, and not-a-number is beyond infinity.
    let order = d.total_cmp(&(radius_m + 0.0));
    if build.spec.strict { order.is_lt() } else { order.is_le() }
}

/// A probe row's interval; the build side carries the strictness.
pub fn times(columns: &SideColumns, row: usize) -> (i64, i64) {
    (columns.lo.as_ref().map_or(i64::MIN, |c| c.value(row)), columns.hi.as_ref().map_or(i64::MAX, |c| c.value(row)))
}

/// Finds a bucket's place, remembering the last: rows of a log come in time order.
struct Cursor {
    bucket: i64,
    at: Option<usize>,
}

impl Cursor {
    #[inline]
    fn find(&mut self, layer: &Layer, bucket: i64) -> Option<usize> {
        if bucket != self.bucket || self.bucket == i64::MIN {
            (self.bucket, self.at) = (bucket, layer.buckets().binary_search(&bucket).ok());
        }
        self.at
    }
}
