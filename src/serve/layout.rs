//! What is wrong with the file of settings: the TOML reader quotes the line and names the value, and a line among the
//! options of Kafka may hold a password.

use toml::de::Error;

/// Where and what, in the reader's words; of a line that may hold a secret only where.
pub(super) fn told(text: &str, error: &Error) -> String {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    // A token starts where a character does; were it ever otherwise, all of the text is looked at.
    let before = text.get(..at).unwrap_or(text);
    let lines_before = before.matches('\n').count();
    let line = text.lines().nth(lines_before).unwrap_or("");
    if may_be_secret(before, line) {
        return format!(
            "line {}: cannot be read, and is not shown, because it may hold a secret: an option of Kafka is written \
             \"NAME\" = \"VALUE\", both between quotes",
            lines_before + 1
        );
    }
    error.to_string().trim_end().to_owned()
}

/// Whether a line stands among the options of Kafka, or looks as if it should.
fn may_be_secret(before: &str, line: &str) -> bool {
    let header = before.lines().chain([line]).map(str::trim_start).rfind(|l| l.starts_with('[')).unwrap_or("");
    // A key in PEM is a text of several lines.
    let marks: usize = ["\"\"\"", "'''"].iter().map(|mark| before.matches(mark).count()).sum();
    let said = line.to_ascii_lowercase();
    header.contains("options")
        || marks % 2 == 1
        || ["options", "sasl", "ssl", "password", "secret"].iter().any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use crate::serve::ServeConfig;

    fn fault(text: &str) -> String {
        ServeConfig::parse(text, "locard.toml").map(drop).unwrap_err().to_string()
    }

    #[test]
    fn a_password_that_is_written_wrongly_is_not_shown() {
        for text in [
            "[kafka.options]\n\"sasl.password\" = 481516",
            "[kafka.options]\n\"linger.ms\" = \"5\"\n\"sasl.password\" = \"481516",
            "[kafka.options]\nsasl.password = \"481516\"",
            "[kafka.options]\n\"sasl.pasword\" = [\"481516\"]",
            "[kafka.options]\n481516",
            "[kafka]\noptions = { \"sasl.password\" = 481516 }",
            "[kafka]\noptions = { \"sasl.password\" = \"481516\", }}",
            "[kafka]\noptions.sasl.password = \"481516\"",
            "[kafka]\n\"sasl.password\" = \"481516\"",
            "[kafka.options]\n\"ssl.key.pem\" = \"\"\"\n481516\n\\481516\n\"\"\"",
            "[kafka]\noptions = { \"ssl.key.pem\" = \"\"\"\n481516\n\\481516\n\"\"\" }",
            "[kafka.option]\n\"sasl.password\" = \"481516\"",
        ] {
            let said = fault(text);
            assert!(said.starts_with("locard.toml: "), "{said}");
            assert!(!said.contains("481516"), "{text}\n{said}");
        }
        assert!(fault("[kafka.options]\n\n\"sasl.password\" = 5").contains("line 3"), "it says where");
    }

    #[test]
    fn any_other_line_is_quoted() {
        let said = fault("[kafka.options]\n\"sasl.password\" = \"481516\"\n[memory]\nmib = \"much\"");
        assert!(said.contains("mib = \"much\"") && said.contains("line 4"), "{said}");
    }
}
