//! CSV: Locard's own columns plain and quoted, tag positions, and call data with National Grid masts.

use locard::decode::csv::decode;
use locard::decode::profile::Profile;

use super::sample::{Decode, Maker, Sample, clock, iso, options, position, put, written};

pub const MAKERS: &[Maker] = &[canonical, quoted, tag, call_data];

const CANONICAL: &str = "device_id,source,t0,t1,lat_deg,lon_deg,uncertainty_m,confidence,basis,azimuth_deg\n";

fn sample(
    name: &'static str,
    profile: &'static str,
    bytes: usize,
    heading: &str,
    row: impl Fn(&mut String, u64),
) -> Sample {
    let (text, fixes) = written(bytes, [heading, "", ""], |text, i| {
        row(text, i);
        1
    });
    let bytes = text.len() as u64;
    let builtin = Profile::builtin(profile);
    let decode: Decode = Box::new(move |sink| match &builtin {
        Some(profile) => decode(&mut text.as_bytes(), name, profile, &options(), sink),
        None => Ok(()),
    });
    Sample { name, bytes, fixes, decode }
}

fn canonical(bytes: usize) -> Sample {
    sample("csv", "canonical", bytes, CANONICAL, |text, i| {
        let ((lat, lon), time) = (position(i), iso(i));
        put(text, format_args!("dev-{},gps,{time},,{lat},{lon},8.5,0.68,measured,\n", i % 100));
    })
}

fn quoted(bytes: usize) -> Sample {
    sample("csv, quoted", "canonical", bytes, CANONICAL, |text, i| {
        let ((lat, lon), time) = (position(i), iso(i));
        let device = i % 100;
        put(text, format_args!("\"dev-{device}\",\"gps\",\"{time}\",\"\",{lat},{lon},8.5,0.68,\"measured\",\n"));
    })
}

fn tag(bytes: usize) -> Sample {
    let heading = "DATE/TIME,LATITUDE,LONGITUDE,CONFIDENCE CIRCLE,SPEED,DIRECTION,SEQUENCE NO.\n";
    sample("csv, tag positions", "em-condensed", bytes, heading, |text, i| {
        let ((lat, lon), [day, hour, minute, _]) = (position(i), clock(i));
        put(text, format_args!("{day:02}/06/2025 {hour:02}:{minute:02},{lat},{lon},100,1,-123.4724,{i}\n"));
    })
}

fn call_data(bytes: usize) -> Sample {
    let heading = "Date,Time,Call Type,MSISDN,IMEI,Start Cell ID,Easting,Northing,Azimuth,End Cell ID\n";
    sample("csv, call data", "uk-call-data", bytes, heading, |text, i| {
        let ([day, hour, minute, second], mast) = (clock(i), 530_000 + i % 1_000);
        put(
            text,
            format_args!(
                "{day:02}/06/2025,{hour:02}:{minute:02}:{second:02},MOC,447700900001,350000000000010,234-10-1,\
                 {mast},180000,120,234-10-2\n"
            ),
        );
    })
}
