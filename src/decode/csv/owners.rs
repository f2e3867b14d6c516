//! Whose devices a file names, so that a filter by a person is a filter by that person's devices.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use super::fault::text;
use super::records::Step;
use super::{failed, find_plan, open};
use crate::decode::profile::Profile;
use crate::decode::{Collected, DecodeError};

/// The devices of each owner, where the profile names an owner's column; empty where it names none.
///
/// A device's name stays what the device column says; two owners of one device both list it. Rows that cannot be read
/// are passed over here: [`super::decode`] accounts for them.
///
/// # Errors
/// As [`super::decode`].
pub fn devices_by_owner(
    reader: &mut dyn BufRead,
    file: &str,
    profile: &Profile,
) -> Result<BTreeMap<String, BTreeSet<String>>, DecodeError> {
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if profile.device.owner.is_empty() {
        return Ok(owners);
    }
    let mut records = open(reader, file, profile)?;
    let Some(plan) = find_plan(&mut records, file, profile, &mut Collected::default())? else { return Ok(owners) };
    let (Some(owner), Some(device)) = (&plan.owner, plan.device.first()) else { return Ok(owners) };
    loop {
        match records.next(Some(plan.width)).map_err(|e| failed(file, e))? {
            Step::End => return Ok(owners),
            Step::Record => {
                let fields = records.fields();
                let (Ok(whose), Ok(name)) = (text(fields, owner), text(fields, device)) else { continue };
                if whose.is_empty() || name.is_empty() || owners.get(whose).is_some_and(|d| d.contains(name)) {
                    continue;
                }
                owners.entry(whose.to_owned()).or_default().insert(name.to_owned());
            }
            _ => {}
        }
    }
}
