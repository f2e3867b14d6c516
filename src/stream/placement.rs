//! Whether records are in the partition where their case belongs: the sign of a producer that partitions otherwise.
//!
//! A case's fixes and events meet only if both topics put it in one partition. Locard, Kafka's Java client and
//! librdkafka's `murmur2` partitioners agree on which; librdkafka's own default does not, and a message without a key
//! goes anywhere. Such a record is used all the same, for it is evidence; but what else is known of its case may be in
//! another partition, and then flags are missing.

use super::by_case::PerCase;
use crate::source::kafka::partition_of;

/// Looks at the records of one partition, and says once what is wrong with them.
#[derive(Debug)]
pub(super) struct Placement {
    partition: i32,
    /// `None` if they come through no broker, and belong where they are.
    partitions: Option<i32>,
    said: bool,
}

impl Placement {
    pub(super) const fn new(partition: i32, partitions: Option<i32>) -> Self {
        Self { partition, partitions, said: false }
    }

    /// How many of these records belong in another partition. The first of them is logged.
    pub(super) fn misplaced(&mut self, records: &PerCase) -> u64 {
        let Some(partitions) = self.partitions else { return 0 };
        let (partition, mut sum) = (self.partition, 0_u64);
        for (case, count) in records {
            let belongs_in = partition_of(case.as_bytes(), partitions);
            if belongs_in == partition {
                continue;
            }
            sum = sum.saturating_add(*count);
            if !std::mem::replace(&mut self.said, true) {
                tracing::warn!(
                    partition,
                    belongs_in,
                    case,
                    "a record of this case came in a partition where it does not belong: a producer partitions otherwise \
                     (not by murmur2 of the key), or sends no key; flags of such a case may be missing, because its other \
                     records may be elsewhere"
                );
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(cases: &[(&str, u64)]) -> PerCase {
        cases.iter().map(|(case, count)| ((*case).to_owned(), *count)).collect()
    }

    #[test]
    fn records_are_counted_where_java_would_not_have_put_their_case() {
        let of = |case: &str| partition_of(case.as_bytes(), 8);
        // Java's hashes (see the partitioner): 479470107 mod 8 = 3, and 0x7fffffff & -790332482 = 1357151166, mod 8 = 6.
        assert_eq!((of("abc"), of("foobar")), (3, 6));
        let mut here = Placement::new(3, Some(8));
        assert_eq!(here.misplaced(&records(&[("abc", 5)])), 0);
        assert!(!here.said);
        assert_eq!(here.misplaced(&records(&[("abc", 5), ("foobar", 7)])), 7);
        assert!(here.said, "and it is said once");
        assert_eq!(Placement::new(6, Some(8)).misplaced(&records(&[("abc", 5), ("foobar", 7)])), 5);
        assert_eq!(Placement::new(-1, None).misplaced(&records(&[("abc", 5)])), 0, "no broker, no partitions");
    }
}
