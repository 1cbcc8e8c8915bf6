//! The files of backups: their names, and the removal of old ones. A backup is an archive and an SQL file; see
//! [`crate::extras`].

use crate::error::Error;
use crate::extras;
use crate::message::count;
use crate::new_file::NewFile;
use crate::output;
use chrono::{NaiveDateTime, TimeDelta, Timelike};
use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The time in a backup's name: in UTC, to the second.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// Creates the directory, which only its owner can read, unless it exists. Its parent has to exist, so that a mistyped path is an
/// error.
pub fn make_directory(dir: &Path) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => {
            output::say(format!("{}: created", dir.display()));
            Ok(())
        }
        Err(_) if dir.is_dir() => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Error::new(format!("{} is not a directory", dir.display()))
                .fix("name a directory that is used for backups only"))
        }
        Err(error) => Err(Error::new(format!("cannot create directory {}: {error}", dir.display()))
            .fix("create its parent directory first")),
    }
}

/// The path of a new archive that no other run can take, because its SQL file now exists.
pub struct Reserved {
    pub archive: PathBuf,
    /// Removes the SQL file, unless it is kept.
    pub sql_guard: NewFile,
    pub sql_file: File,
}

impl Reserved {
    /// Backups that are made within one second get different numbers.
    pub fn new(dir: &Path, database: &str, now: NaiveDateTime) -> Result<Self, Error> {
        let stem = format!("{}-{}", file_name(database), now.format(STAMP));
        let mut number = 1;
        loop {
            let suffix = if number == 1 { String::new() } else { format!("-{number}") };
            let archive = dir.join(format!("{stem}{suffix}.dump"));
            let path = extras::path(&archive);
            match NewFile::create(&path) {
                Ok((sql_guard, sql_file)) if !archive.try_exists()? => {
                    return Ok(Self { archive, sql_guard, sql_file });
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::new(format!("{}: {error}", path.display()))),
            }
            number += 1;
        }
    }
}

/// A database's name as part of a file name. Any character that is not a letter, a digit or an underscore is written as its bytes, as
/// in a URL, so that different databases have different file names.
fn file_name(database: &str) -> String {
    let mut name = String::new();
    for c in database.chars() {
        if c.is_alphanumeric() || c == '_' {
            name.push(c);
        } else {
            name.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02x}")));
        }
    }
    name
}

/// Removes backups of the database that are older than some days, by the times in their names, but never the new one.
pub fn remove_older(dir: &Path, database: &str, now: NaiveDateTime, keep_days: u16, new: &Path) -> Result<(), Error> {
    // Names hold whole seconds.
    let before = now.with_nanosecond(0).unwrap_or(now) - TimeDelta::days(i64::from(keep_days));
    let mut old = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path != new && path != extras::path(new) && time_of(&path, database).is_some_and(|time| time < before) {
            old.push(path);
        }
    }
    // In this order, an archive is removed before its SQL file, without which it must not be restored.
    old.sort_by(|a, b| b.cmp(a));
    for path in old {
        match fs::remove_file(&path) {
            // Another backup has already removed it.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            removed => removed?,
        }
        if path.extension().is_some_and(|extension| extension == "dump") {
            let days = count(i64::from(keep_days), "day");
            output::say(format!("{}: removed, because it is older than {days}", path.display()));
        }
    }
    Ok(())
}

/// When a backup of the database was made, if the path is a file of one.
fn time_of(path: &Path, database: &str) -> Option<NaiveDateTime> {
    let name = path.file_name()?.to_str()?.strip_prefix(&format!("{}-", file_name(database)))?;
    let stem = name.strip_suffix(".dump").or_else(|| name.strip_suffix(extras::SUFFIX))?;
    let (stamp, number) = stem.split_once('-').map_or((stem, None), |(stamp, number)| (stamp, Some(number)));
    if number.is_some_and(|number| number.parse::<u32>().is_err()) {
        return None;
    }
    NaiveDateTime::parse_from_str(stamp, STAMP).ok()
}

#[cfg(test)]
#[path = "backup_files_tests.rs"]
mod tests;
