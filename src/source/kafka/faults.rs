//! Why no broker answers: brokers that are away come back, brokers that do not let this client in do not.
//!
//! librdkafka tries again for ever either way, and a call that waits for it ends with "transport failure" or "timed out"
//! in both cases. What the brokers said is told apart from the call, so it is written down here until a call fails.

use std::collections::BTreeMap;

use rdkafka::error::{KafkaError as Rd, RDKafkaErrorCode as Code};

use super::error::{KafkaError, Retry, advice};

/// What librdkafka has told since a client was made, by broker.
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<String, Fault>);

#[derive(Debug)]
struct Fault {
    refusal: bool,
    text: String,
}

impl Faults {
    /// Writes down what librdkafka tells.
    pub(super) fn note(&mut self, error: &Rd, reason: &str) {
        // Says less than what came before it.
        if error.rdkafka_error_code() == Some(Code::AllBrokersDown) {
            return;
        }
        let fault = Fault { refusal: is_refusal(error), text: words(error, reason) };
        // librdkafka begins with the broker's name: `sasl_ssl://kafka-1:9093/1: SASL authentication error: ...`.
        let broker = reason.split_once(": ").map_or("", |(broker, _)| broker).to_owned();
        // A name with two addresses, of which one is not listened on, refuses all the same.
        if fault.refusal || self.0.get(&broker).is_none_or(|before| !before.refusal) {
            self.0.insert(broker, fault);
        }
    }

    /// What a call that failed is to be told as.
    ///
    /// Where one broker refuses and another is away, the other may let us in: that is waited for.
    pub(super) fn explain(&self, action: &str, source: Rd) -> KafkaError {
        if self.0.is_empty() || advice(&source) == Retry::Never {
            return KafkaError::broker(action, source);
        }
        let detail = self.0.values().map(|f| f.text.as_str()).collect::<Vec<_>>().join("; ");
        let action = action.to_owned();
        if self.0.values().all(|f| f.refusal) {
            KafkaError::Refused { action, detail }
        } else {
            KafkaError::Away { action, detail }
        }
    }
}

/// A wrong password or mechanism, a certificate that one of the two does not trust, or no TLS at all on the other side.
/// (A connection that breaks during a TLS handshake has another code.)
fn is_refusal(error: &Rd) -> bool {
    let code = error.rdkafka_error_code();
    matches!(
        code,
        Some(Code::Authentication | Code::SSL | Code::SaslAuthenticationFailed | Code::UnsupportedSASLMechanism)
    )
}

/// What to say under [`KafkaError::Refused`], and wherever a refusal is told.
pub(super) const ADVICE: &str =
    "trying again does not help: see to security.protocol and the ssl.* and sasl.* settings";

/// A fault in words; `reason` is librdkafka's own text, and may be empty.
pub(super) fn words(error: &Rd, reason: &str) -> String {
    if reason.is_empty() { error.to_string() } else { reason.to_owned() }
}

/// The reason that `/ready` gives after another fault.
pub(super) fn reason_after(before: &str, error: &Rd, reason: &str) -> String {
    match error.rdkafka_error_code() {
        // It follows upon what brought the last broker down, and says less.
        Some(Code::AllBrokersDown) if !before.is_empty() => before.to_owned(),
        _ if is_refusal(error) => format!("{}; {ADVICE}", words(error, reason)),
        _ => words(error, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTH: Rd = Rd::Global(Code::Authentication);
    const TLS: Rd = Rd::Global(Code::SSL);
    const AWAY: Rd = Rd::Global(Code::BrokerTransportFailure);
    const ALL: Rd = Rd::Global(Code::AllBrokersDown);

    fn explained(told: &[(&Rd, &str)]) -> KafkaError {
        let mut faults = Faults::default();
        for (error, reason) in told {
            faults.note(error, reason);
        }
        faults.explain("list topics", Rd::MetadataFetch(Code::BrokerTransportFailure))
    }

    #[test]
    fn a_refusal_is_told_as_one_and_a_broker_that_is_away_is_waited_for() {
        for (error, reason) in [(&AUTH, "a: wrong password"), (&TLS, "a: certificate verify failed")] {
            let two_addresses = (&AWAY, "a: connect to [::1] failed");
            let told = explained(&[two_addresses, (error, reason), two_addresses, (&ALL, "1/1 brokers are down")]);
            assert_eq!(told.retry(), Retry::Never, "{told}");
            let text = told.to_string();
            assert!(text.starts_with("list topics: ") && text.contains(reason) && text.contains(ADVICE), "{text}");
        }
        let told = explained(&[(&AWAY, "a: connection refused"), (&ALL, "1/1 brokers are down")]);
        assert_eq!((told.retry(), told.to_string().contains("connection refused")), (Retry::Later, true), "{told}");
        let told = explained(&[(&AUTH, "a: wrong password"), (&AWAY, "b: connection refused")]);
        assert_eq!(told.retry(), Retry::Later, "broker b may let us in: {told}");
        assert!(told.to_string().contains("wrong password"), "{told}");
        assert!(matches!(explained(&[]), KafkaError::Broker { .. }), "nothing is known but that it failed");
    }

    #[test]
    fn the_reason_names_the_cause_and_not_that_all_are_down() {
        let reason = reason_after("", &AUTH, "a: wrong password");
        assert!(reason.starts_with("a: wrong password; trying again does not help"), "{reason}");
        assert_eq!(reason_after(&reason, &ALL, "1/1 brokers are down"), reason);
        assert_eq!(reason_after("", &ALL, "1/1 brokers are down"), "1/1 brokers are down");
        assert_eq!(reason_after(&reason, &AWAY, "connection refused"), "connection refused", "the latest counts");
        assert!(reason_after("", &AWAY, "").contains("BrokerTransportFailure"));
    }
}
