//! Profiles as a whole: the built-in ones, what is refused, what is recognised and proposed.

use proptest::prelude::*;

use super::{Profile, propose, recognise};
use crate::decode::DecodeError;

const BASE: &str = "[time]\nstart = \"t\"\n[position]\nlat = \"a\"\nlon = \"b\"\n";

#[test]
fn every_built_in_profile_can_be_used_and_carries_its_own_name() {
    for name in super::builtin::NAMES {
        let text = Profile::builtin_text(name).unwrap();
        let profile = Profile::parse_toml("other", text).unwrap();
        assert_eq!(profile.name, *name);
        assert!(!profile.description.is_empty(), "{name}");
    }
    assert_eq!(Profile::builtins().len(), super::builtin::NAMES.len());
    assert!(Profile::builtin("nope").is_none());
}

#[test]
fn a_profile_that_could_mislead_is_refused_and_says_why() {
    let cases = [
        ("x = 1\n", "unknown field"),
        ("[position]\nlat = \"a\"\nlon = \"b\"\n[time]\n", "needs start"),
        ("[time]\nstart = \"t\"\n[position]\nlat = \"a\"\n", "lat and lon"),
        ("[time]\nstart = \"t\"\nzone = \"Mars\"\n[position]\nlat = \"a\"\nlon = \"b\"\n", "Mars"),
        ("[time]\nstart = \"t\"\nformats = [\"%d/%m/%Y\"]\n[position]\nlat = \"a\"\nlon = \"b\"\n", "hour"),
        ("[time]\nstart = \"t\"\nformats = [\"%d/%m/%Y %Q\"]\n[position]\nlat = \"a\"\nlon = \"b\"\n", "%Q"),
        ("[time]\nstart = \"t\"\nformats = [\"dd/mm\"]\n[position]\nlat = \"a\"\nlon = \"b\"\n", "dd/mm"),
        (
            "[time]\nstart = \"t\"\nformats = [\"%d/%m/%Y %H:%M\", \"%m/%d/%Y %H:%M\"]\n[position]\nlat = \"a\"\nlon = \"b\"\n",
            "guessed",
        ),
    ];
    for (text, why) in cases {
        let got = Profile::parse_toml("p", text);
        let named =
            matches!(&got, Err(DecodeError::Profile { profile, detail }) if profile == "p" && detail.contains(why));
        assert!(named, "{text}: {got:?}");
    }
    for (extra, why) in [
        ("[uncertainty]\ndefault_m = 0\n", "default_m"),
        ("[uncertainty]\nconfidence = 68\n", "confidence"),
        ("[source]\nkind = \"sputnik\"\n", "sputnik"),
        ("[end]\nlat = \"c\"\nlon = \"d\"\n", "[end] needs time"),
        ("[end]\ntime = \"u\"\nlat = \"c\"\n", "[end] needs lat and lon"),
        ("[end]\nend = \"u\"\n", "unknown field"),
        ("[file]\nheader = false\n", "fields"),
        ("[file]\nheader = false\nfields = 9223372036854775807\n", "16384"),
    ] {
        let got = Profile::parse_toml("p", &(BASE.to_owned() + extra));
        assert!(matches!(&got, Err(e) if e.to_string().contains(why)), "{extra}: {got:?}");
    }
}

#[test]
fn an_end_does_not_go_with_an_interval_or_an_incident() {
    let end = "[end]\ntime = \"u\"\nlat = \"c\"\nlon = \"d\"\n";
    let held = BASE.replace("start = \"t\"", "start = \"t\"\nend = \"u\"");
    for (text, why) in [
        (held + end, "[time] end or duration"),
        ("kind = \"incidents\"\n".to_owned() + BASE + end + "[incident]\nreference = \"r\"\n", "[end] is for fixes"),
    ] {
        let got = Profile::parse_toml("p", &text);
        assert!(matches!(&got, Err(e) if e.to_string().contains(why)), "{text}: {got:?}");
    }
    let p = Profile::parse_toml("p", &(BASE.to_owned() + end)).unwrap();
    let lack = p.missing(&super::Headings::new(["t", "a", "b", "c", "d"].map(str::to_owned).to_vec()));
    assert_eq!(lack, ["u"], "a misspelt column of the end is found out");
}

#[test]
fn the_ends_of_rows_are_proposed_where_they_have_a_place() {
    let text = "id,start time,end time,end latitude,end longitude,latitude,longitude,end cell,end azimuth\n\
                1,2025-06-01T09:00:00Z,2025-06-01T09:01:00Z,51.6,-0.2,51.5,-0.1,c2,120\n";
    let profile = Profile::parse_toml("p", &propose(text.as_bytes()).toml).unwrap();
    let name = |c: &super::Columns| c.describe();
    assert!(profile.time.end.is_empty(), "an end of its own is no interval at the start");
    let e = &profile.end;
    assert_eq!(
        [&e.time, &e.lat, &e.lon, &e.named_by, &e.azimuth].map(name),
        ["end time", "end latitude", "end longitude", "end cell", "end azimuth"]
    );
    let clocks = text.replace(",2025-06-01T09:01:00Z", ",09:01:00").replace("id,", "duration,");
    let e = Profile::parse_toml("p", &propose(clocks.as_bytes()).toml).unwrap().end;
    assert_eq!([&e.time, &e.duration].map(name), ["", "duration"], "a time of day alone is no end time");
    let p = propose(clocks.replace("duration,", "id,").as_bytes());
    assert!(p.confirm.iter().any(|n| n.contains("their ends are not used")) && !p.toml.contains("[end]"), "{p:?}");
    let none = propose(text.replace("end latitude", "x").as_bytes());
    assert!(none.toml.contains("end = \"end time\"") && !none.toml.contains("[end]"), "{}", none.toml);
}

#[test]
fn the_full_layout_is_not_taken_for_the_condensed_one() {
    let condensed = "DATE/TIME,LATITUDE,LONGITUDE,CONFIDENCE CIRCLE,SPEED,DIRECTION,SEQUENCE NO.";
    let name = |head: String| recognise(head.as_bytes()).map(|f| f.0.name);
    assert_eq!(name(format!("{condensed}\n")), Some("em-condensed".into()));
    assert_eq!(name(format!("DEVICE ID,DEVICE NAME,{condensed}\n")), Some("em-full".into()));
    assert_eq!(name(condensed.replace(',', ";") + "\n"), Some("em-condensed".into()));
    assert_eq!(name("a,b,c\n1,2,3\n".into()), None);
    assert_eq!(name(String::new()), None);
}

#[test]
fn undecidable_days_are_left_open_and_both_readings_named() {
    let p = propose(b"When,Latitude,Longitude,Accuracy\n");
    assert!(Profile::parse_toml("p", &p.toml).is_ok());
    let p = propose(b"time,latitude,longitude\n03/04/2025 10:00,51.5,-0.1\n05/06/2025 11:00,51.6,-0.2\n");
    let profile = Profile::parse_toml("p", &p.toml).unwrap();
    assert!(profile.time.formats.is_empty(), "{}", p.toml);
    assert!(p.toml.contains("%d/%m/%Y") && p.toml.contains("%m/%d/%Y"), "{}", p.toml);
    assert!(p.confirm.iter().any(|n| n.contains("day/month/year and month/day/year")), "{:?}", p.confirm);
    let p = propose(b"time,latitude,longitude\n13/04/2025 10:00,51.5,-0.1\n");
    assert_eq!(Profile::parse_toml("p", &p.toml).unwrap().time.formats.len(), 2);
    assert!(p.confirm.iter().any(|n| n.starts_with("zone")), "{:?}", p.confirm);
}

#[test]
fn columns_are_proposed_by_their_values_where_no_heading_says_it() {
    let p = propose(b"a;1700000000;51,50001;-0,10001\nb;1700000060;51,50002;-0,10002\n");
    let profile = Profile::parse_toml("p", &p.toml).unwrap();
    assert!(!profile.file.header && profile.file.decimal_comma, "{}", p.toml);
    assert!(p.toml.contains("epoch_s"), "{}", p.toml);
    let p = propose(b"id,Start Easting,Start Northing,date,time\n1,530000,180000,2025-01-13,10:00:00\n");
    assert!(p.toml.contains("easting = \"Start Easting\"") && p.toml.contains("clock = \"time\""), "{}", p.toml);
    let p = propose(b"x1,fix time,latE7\n1,2025-01-13T10:00:00Z,3\n");
    assert!(p.confirm.iter().any(|n| n.starts_with("coordinates") || n.starts_with("position")), "{:?}", p.confirm);
}

#[test]
fn what_fits_a_built_in_profile_is_proposed_as_it_is() {
    let p = propose(b"lat,lng,datetime,uid\n");
    assert_eq!(Some(p.toml.as_str()), Profile::builtin_text("geolife-csv"));
    assert!(p.sure[0].contains("geolife-csv"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_head_holds_the_proposal_parses(head in proptest::collection::vec(any::<u8>(), 0..300), text in "[ -~\n\"é;,]{0,200}") {
        for head in [head.as_slice(), text.as_bytes()] {
            let p = propose(head);
            let parsed = Profile::parse_toml("p", &p.toml);
            prop_assert!(parsed.is_ok(), "{:?}\n{}", parsed, p.toml);
        }
    }
}
