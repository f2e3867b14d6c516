//! GPX and KML: tracks as receivers and map programs write them.

use locard::decode::{gpx, kml};

use super::sample::{Maker, Sample, iso, position, put};

pub const MAKERS: &[Maker] = &[gpx, kml];

fn gpx(bytes: usize) -> Sample {
    let head = r#"<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="made up" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>a walk</name><trkseg>
"#;
    Sample::text("gpx", gpx::decode, bytes, [head, "", "</trkseg></trk></gpx>\n"], |text, i| {
        let ((lat, lon), time) = (position(i), iso(i));
        put(
            text,
            format_args!(
                "<trkpt lat=\"{lat}\" lon=\"{lon}\"><ele>31.4</ele><time>{time}</time><hdop>0.9</hdop></trkpt>\n"
            ),
        );
        1
    })
}

/// Pairs of a track.
const PAIRS: u64 = 100;

fn kml(bytes: usize) -> Sample {
    let head = r#"<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>
"#;
    Sample::text("kml", kml::decode, bytes, [head, "", "</Document></kml>\n"], |text, track| {
        text.push_str("<Placemark><name>a walk</name><gx:Track>\n");
        for i in track * PAIRS..(track + 1) * PAIRS {
            let ((lat, lon), time) = (position(i), iso(i));
            put(text, format_args!("<when>{time}</when>\n<gx:coord>{lon} {lat} 31.4</gx:coord>\n"));
        }
        text.push_str("</gx:Track></Placemark>\n");
        PAIRS
    })
}
