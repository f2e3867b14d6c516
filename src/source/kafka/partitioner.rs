//! Which partition a case is in: Java's rule, so that records that others produce meet ours.
//!
//! Kafka's Java client and librdkafka's `murmur2` partitioners agree; librdkafka's own default (CRC-32) does not. A case
//! whose fixes come from one and whose events come from the other would be in two partitions.

/// The partition of a key among `partitions`; 0 if there are none.
///
/// `toPositive(murmur2(key)) % partitions`, as `BuiltInPartitioner.partitionForKey` of Apache Kafka.
#[must_use]
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    let positive = i32::try_from(murmur2(key) & 0x7fff_ffff).unwrap_or(0);
    positive.checked_rem(partitions).unwrap_or(0)
}

/// `MurmurHash2` with 32 bits and Kafka's seed, as `org.apache.kafka.common.utils.Utils.murmur2`.
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    // The length enters modulo 2^32, as in Java, where it is an int.
    let length = u32::try_from(data.len() & 0xffff_ffff).unwrap_or(0);
    let mut h = SEED ^ length;
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        for (i, byte) in rest.iter().enumerate() {
            h ^= u32::from(*byte) << (8 * i);
        }
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    h ^ (h >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of librdkafka's own test of its agreement with Java (rdmurmur2.c, `java_murmur2_results`).
    #[test]
    fn hashes_are_those_of_java() {
        let known: [(&str, u32); 10] = [
            ("kafka", 0xd067_cf64),
            ("giberish123456789", 0x8f55_2b0c),
            ("1234", 0x9fc9_7b14),
            ("234", 0xe7c0_09ca),
            ("34", 0x8739_30da),
            ("4", 0x5a4b_5ca1),
            ("PreAmbleWillBeRemoved,ThePrePartThatIs", 0x7842_4f1c),
            ("reAmbleWillBeRemoved,ThePrePartThatIs", 0x4a62_b377),
            ("eAmbleWillBeRemoved,ThePrePartThatIs", 0xe0e4_e09e),
            ("", 0x106e_08d9),
        ];
        for (key, hash) in known {
            assert_eq!(murmur2(key.as_bytes()), hash, "{key:?}");
        }
    }

    /// The values of the Java client's own test (`UtilsTest.testMurmur2`), as signed integers there.
    #[test]
    fn hashes_are_those_that_the_java_client_is_tested_by() {
        let known: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (key, hash) in known {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key:?}");
        }
    }

    #[test]
    fn a_partition_is_never_negative() {
        // The sign bit of this hash is set: Java clears it, and does not negate.
        assert_eq!(partition_of(b"kafka", 8), 0x5067_cf64 % 8);
        assert_eq!(partition_of(b"kafka", 0), 0);
    }
}
