//! XML, by its root element; comments, declarations and namespace prefixes before it do not matter.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{Detection, Format, found};

pub(super) fn detect(text: &[u8]) -> Option<Detection> {
    let root = root(text)?;
    let format = match root.to_ascii_lowercase().as_str() {
        "gpx" => Format::Gpx,
        "kml" => Format::Kml,
        _ => return None,
    };
    Some(found(format, format!("the XML root <{root}>")))
}

pub(super) fn why_unknown(text: &[u8]) -> String {
    match root(text) {
        Some(root) => format!("XML whose root <{root}> is neither <gpx> nor <kml>"),
        None => "it begins like XML, and has no element".to_owned(),
    }
}

fn root(text: &[u8]) -> Option<String> {
    let mut reader = Reader::from_reader(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(e) | Event::Empty(e) => {
                return Some(e.local_name().as_ref().chars().take(60).collect());
            }
            Event::Eof | Event::End(_) => return None,
            _ => {}
        }
    }
}
