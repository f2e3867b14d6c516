//! TLS and SASL stand behind features of the build; what was not built in is refused before anything is started, with
//! the feature's name.
//!
//! librdkafka refuses it as well, but says "OpenSSL not available at build time", which helps nobody who was given a
//! program. Without a feature it can do SASL PLAIN without TLS, and nothing else.

use super::options::ClientOptions;

/// What was built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Built {
    /// TLS, and with it SCRAM, whose hashes are OpenSSL's.
    pub tls: bool,
    /// Kerberos (GSSAPI), which brings TLS along.
    pub kerberos: bool,
}

impl Built {
    /// What this program was built with.
    pub(super) const HERE: Self = Self { tls: cfg!(feature = "kafka-tls"), kerberos: cfg!(feature = "kafka-sasl") };
}

/// An option that this build cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unbuilt<'o> {
    /// Its name.
    pub name: &'o str,
    /// Its value; `...` where that may be a secret.
    pub value: &'o str,
    /// What to do.
    pub why: &'static str,
}

const NEEDS_TLS: &str = "this program was built without TLS: build it with `--features kafka-tls`";
const NEEDS_KERBEROS: &str = "this program was built without Kerberos: build it with `--features kafka-sasl`";
const NEEDS_MECHANISM: &str = "set sasl.mechanism too: without it librdkafka takes GSSAPI, which is Kerberos, and this \
                               program was built without that (`--features kafka-sasl`)";
/// Two names of one setting.
const MECHANISM: [&str; 2] = ["sasl.mechanism", "sasl.mechanisms"];

/// The first option, by name, that needs what was not built in.
pub(super) fn unbuilt(options: &ClientOptions, built: Built) -> Option<Unbuilt<'_>> {
    options.all().find_map(|(name, value)| one(name, value, built)).or_else(|| without_mechanism(options, built))
}

fn one<'o>(name: &'o str, value: &'o str, built: Built) -> Option<Unbuilt<'o>> {
    let tls = |value| (!built.tls).then_some(Unbuilt { name, value, why: NEEDS_TLS });
    let said = value.to_ascii_lowercase();
    match name {
        "security.protocol" if matches!(said.as_str(), "ssl" | "sasl_ssl") => tls(value),
        _ if MECHANISM.contains(&name) => match said.as_str() {
            "gssapi" => (!built.kerberos).then_some(Unbuilt { name, value, why: NEEDS_KERBEROS }),
            "plain" => None,
            _ => tls(value),
        },
        "enable.ssl.certificate.verification" | "enable.sasl.oauthbearer.unsecure.jwt" => tls("..."),
        _ if name.starts_with("ssl.") || name.starts_with("sasl.oauthbearer.") => tls("..."),
        _ => None,
    }
}

/// SASL without a mechanism is Kerberos for librdkafka, and would fail with the first connection.
fn without_mechanism(options: &ClientOptions, built: Built) -> Option<Unbuilt<'_>> {
    let name = "security.protocol";
    let value = options.get(name).filter(|value| value.to_ascii_lowercase().starts_with("sasl"))?;
    let said = MECHANISM.iter().any(|name| options.get(name).is_some());
    (!said && !built.kerberos).then_some(Unbuilt { name, value, why: NEEDS_MECHANISM })
}

/// A setting that is made unless the options say which certificates are trusted: those of the system.
///
/// The OpenSSL that is built from source looks for them in a folder of its own, which is empty; `probe` makes librdkafka
/// look where systems keep them.
pub(super) fn trusted_by_default(options: &ClientOptions) -> Option<(&'static str, &'static str)> {
    let tls = options.get("security.protocol").is_some_and(|value| value.to_ascii_lowercase().ends_with("ssl"));
    let said = ["ssl.ca.location", "ssl.ca.pem"].iter().any(|name| options.get(name).is_some());
    (tls && !said).then_some(("ssl.ca.location", "probe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Built = Built { tls: false, kerberos: false };
    const TLS: Built = Built { tls: true, kerberos: false };
    const ALL: Built = Built { tls: true, kerberos: true };

    fn options(set: &[(&str, &str)]) -> ClientOptions {
        set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn missing(set: &[(&str, &str)], built: Built) -> Option<(String, &'static str)> {
        unbuilt(&options(set), built).map(|u| (format!("{} = {}", u.name, u.value), u.why))
    }

    #[test]
    fn what_needs_a_feature_names_it_and_passes_where_it_is_built_in() {
        for (options, told) in [
            (&[("security.protocol", "SSL")][..], "security.protocol = SSL"),
            (&[("sasl.mechanism", "PLAIN"), ("security.protocol", "sasl_ssl")], "security.protocol = sasl_ssl"),
            (
                &[("sasl.mechanism", "SCRAM-SHA-512"), ("security.protocol", "SASL_PLAINTEXT")],
                "sasl.mechanism = SCRAM-SHA-512",
            ),
            (&[("sasl.mechanisms", "OAUTHBEARER")], "sasl.mechanisms = OAUTHBEARER"),
            (&[("ssl.key.password", "hunter2")], "ssl.key.password = ..."),
        ] {
            let (option, why) = missing(options, NOTHING).expect(told);
            assert_eq!(option, told);
            assert!(why.contains("kafka-tls"), "{why}");
            assert_eq!(missing(options, TLS), None, "{options:?}");
        }
        let kerberos = [("sasl.mechanism", "GSSAPI"), ("security.protocol", "SASL_SSL")];
        assert_eq!(missing(&kerberos, TLS), Some(("sasl.mechanism = GSSAPI".into(), NEEDS_KERBEROS)));
        assert_eq!(missing(&kerberos, ALL), None);
    }

    #[test]
    fn sasl_without_a_mechanism_is_kerberos_and_is_not_left_to_the_first_connection() {
        let sasl = [("sasl.username", "x"), ("security.protocol", "SASL_SSL")];
        assert_eq!(missing(&sasl, TLS), Some(("security.protocol = SASL_SSL".into(), NEEDS_MECHANISM)));
        assert_eq!(missing(&sasl, ALL), None);
    }

    #[test]
    fn the_systems_certificates_are_trusted_unless_others_are_named() {
        let by_default = |set: &[(&str, &str)]| trusted_by_default(&options(set)).is_some();
        assert!(by_default(&[("security.protocol", "SASL_SSL")]) && by_default(&[("security.protocol", "ssl")]));
        assert!(!by_default(&[("security.protocol", "SSL"), ("ssl.ca.location", "ca.pem")]));
        assert!(!by_default(&[("security.protocol", "SSL"), ("ssl.ca.pem", "-----BEGIN")]));
        assert!(!by_default(&[("security.protocol", "SASL_PLAINTEXT")]) && !by_default(&[]));
    }

    #[test]
    fn what_every_build_can_do_is_let_through() {
        let plain = [("linger.ms", "5"), ("sasl.mechanism", "PLAIN"), ("security.protocol", "SASL_PLAINTEXT")];
        assert_eq!(missing(&plain, NOTHING), None);
        assert_eq!(missing(&[("security.protocol", "plaintext")], NOTHING), None);
    }
}
