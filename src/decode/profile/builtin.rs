//! The profiles that are part of the program.

macro_rules! builtins {
    ($($name:literal),+ $(,)?) => {
        /// Their names, in the order in which they are listed.
        pub const NAMES: &[&str] = &[$($name),+];

        /// The TOML text of one.
        pub fn text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../../profiles/", $name, ".toml"))),)+
                _ => None,
            }
        }
    };
}

builtins!(
    "canonical",
    "generated",
    "em-full",
    "em-condensed",
    "police-crime",
    "uk-call-data",
    "anpr",
    "gpslogger",
    "geolife-plt",
    "geolife-csv",
    "telcell",
);
