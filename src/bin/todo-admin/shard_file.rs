//! The file that lists the databases among which the users are spread.

use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::new_file::Replacement;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

/// The longest name in bytes. PostgreSQL cuts off the rest of a longer one.
pub const LONGEST_NAME: usize = 63;

/// The file, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with servers and shards")]
struct List {
    /// How to connect to each server, without a database.
    #[serde(deserialize_with = "distinct")]
    servers: BTreeMap<String, String>,
    /// The database that knows which user has an address.
    directory: Option<Place>,
    /// How to connect to the databases that pass calls on.
    #[serde(default)]
    routers: Vec<String>,
    /// In the order of the hash's values.
    shards: Vec<Place>,
}

/// Where a database is. The server's name is the file's.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "an object with a database and its server")]
pub struct Place {
    pub database: String,
    pub server: String,
}

impl Place {
    /// The place as people read it.
    pub fn title(&self) -> String {
        format!("{} on {}", self.database, self.server)
    }
}

/// Reads an object whose names must differ. Without this, serde would take the last of two entries with the same name.
fn distinct<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Distinct;
    impl<'de> Visitor<'de> for Distinct {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
            out.write_str("an object with the names of servers")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut input: M) -> Result<Self::Value, M::Error> {
            let mut servers = BTreeMap::new();
            while let Some((name, conninfo)) = input.next_entry::<String, String>()? {
                if servers.insert(name.clone(), conninfo).is_some() {
                    return Err(M::Error::custom(format!("server {name} is listed twice")));
                }
            }
            Ok(servers)
        }
    }
    input.deserialize_map(Distinct)
}

/// A database with a part of the users.
pub struct Shard {
    pub place: Place,
    /// Its places in the list. While the shards are being split, a database has two of them.
    pub numbers: Vec<usize>,
    pub conninfo: Conninfo,
}

/// The file's content, once it has been checked.
pub struct ShardFile {
    path: PathBuf,
    list: List,
    servers: BTreeMap<String, Conninfo>,
    /// The directory, while no other command may change the file.
    lock: Option<File>,
}

impl ShardFile {
    /// Reads and checks the file. The number of shards must be a power of two, because PL/Proxy needs that. Names of databases must
    /// differ, because the names of backups contain them; only a database that is being split is listed twice, once in each half.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let wrong = |what: String| Error::usage(format!("{shown}: {what}"), "see docs/scale-out.md");
        let text = fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::usage(format!("there is no file {shown}"), "name the file that lists the shards with --file")
            }
            _ => wrong(error.to_string()),
        })?;
        let list: List =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| wrong(error.to_string()))?;
        if list.shards.is_empty() {
            return Err(wrong("no shard is listed".to_owned()));
        }
        if !list.shards.len().is_power_of_two() {
            return Err(wrong(format!("the number of shards is {}, which is not a power of two", list.shards.len())));
        }
        for Place { database, server } in list.shards.iter().chain(&list.directory) {
            if database.is_empty() {
                return Err(wrong("a database has no name".to_owned()));
            }
            if database.len() > LONGEST_NAME {
                return Err(wrong(format!("the name of database {database} is longer than {LONGEST_NAME} bytes")));
            }
            if !list.servers.contains_key(server) {
                return Err(wrong(format!("database {database} is on server {server}, which is not listed")));
            }
        }
        let half = list.shards.len() / 2;
        let mut names = BTreeSet::new();
        for (number, place) in list.shards.iter().enumerate() {
            let is_whole = half == 0 || number < half || list.shards[number - half] != *place;
            if is_whole && !names.insert(&place.database) {
                return Err(wrong(format!("database {} is listed twice", place.database)));
            }
        }
        if let Some(directory) = list.directory.as_ref().filter(|directory| names.contains(&directory.database)) {
            return Err(wrong(format!("database {} is listed as a shard and as the directory", directory.database)));
        }
        let mut servers = BTreeMap::new();
        for (name, given) in &list.servers {
            let whose = |error: Error| wrong(format!("server {name}: {error}"));
            if Conninfo::parse(given).map_err(whose)?.get("dbname").is_some() {
                return Err(wrong(format!("server {name} names a database, which only shards do")));
            }
            servers.insert(name.clone(), Conninfo::resolve(Some(given)).map_err(whose)?);
        }
        for (number, given) in list.routers.iter().enumerate() {
            let whose = |error: Error| wrong(format!("router {}: {error}", number + 1));
            if Conninfo::parse(given).map_err(whose)?.get("dbname").is_none() {
                return Err(wrong(format!("router {} names no database", number + 1)));
            }
        }
        Ok(Self { path: path.to_owned(), list, servers, lock: None })
    }

    /// The number of the shards by which the hash is taken.
    pub fn modulus(&self) -> usize {
        self.list.shards.len()
    }

    /// Where each shard is, by its number.
    pub fn places(&self) -> &[Place] {
        &self.list.shards
    }

    /// Fails if the file has another list of shards by now.
    pub fn must_be_unchanged(&self) -> Result<(), Error> {
        if Self::read(&self.path)?.list.shards == self.list.shards {
            return Ok(());
        }
        Err(Error::new(format!("{}: the list of shards has changed", self.path.display())).fix("run the command again"))
    }

    /// The databases, each once.
    pub fn shards(&self) -> Result<Vec<Shard>, Error> {
        let mut shards: Vec<Shard> = Vec::with_capacity(self.modulus());
        for (number, place) in self.list.shards.iter().enumerate() {
            match shards.iter_mut().find(|shard| shard.place == *place) {
                Some(shard) => shard.numbers.push(number),
                None => {
                    shards.push(Shard { place: place.clone(), numbers: vec![number], conninfo: self.conninfo(place)? });
                }
            }
        }
        Ok(shards)
    }

    /// The database that knows which user has an address, if the file names one.
    pub fn directory(&self) -> Option<&Place> {
        self.list.directory.as_ref()
    }

    /// How to connect to a database on a server of the file.
    pub fn conninfo(&self, place: &Place) -> Result<Conninfo, Error> {
        let server = self.servers.get(&place.server).ok_or_else(|| {
            let known: Vec<&str> = self.servers.keys().map(String::as_str).collect();
            Error::usage(
                format!("{}: there is no server {}", self.path.display(), place.server),
                format!("name one of these, or add it to the file: {}", known.join(", ")),
            )
        })?;
        Ok(server.with_database(&place.database))
    }

    /// How to connect to each shard, by its number.
    pub fn all_conninfo(&self) -> Result<Vec<Conninfo>, Error> {
        self.places().iter().map(|place| self.conninfo(place)).collect()
    }

    /// How to connect to the databases that pass calls on.
    pub fn routers(&self) -> Result<Vec<Conninfo>, Error> {
        self.list.routers.iter().map(|given| Conninfo::resolve(Some(given))).collect()
    }

    /// Keeps other commands on this machine from changing files in the same directory, until this one ends. Fails if the file has
    /// changed, or could not be replaced.
    pub fn reserve(&mut self) -> Result<(), Error> {
        let directory = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let lock = File::open(directory)?;
        match lock.try_lock() {
            Ok(()) => self.lock = Some(lock),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(format!("another todo-admin is changing a file in {}", directory.display())));
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        self.must_be_unchanged()?;
        self.replacement().map(drop)
    }

    /// A new file with the same owner and permissions.
    fn replacement(&self) -> Result<(Replacement, File), Error> {
        let failed = |error: io::Error| Error::new(format!("{} cannot be replaced: {error}", self.path.display()));
        let (replacement, file) = Replacement::of(&self.path).map_err(failed)?;
        let present = fs::metadata(&self.path).map_err(failed)?;
        let made = file.metadata().map_err(failed)?;
        if (made.uid(), made.gid()) != (present.uid(), present.gid()) {
            fchown(&file, Some(present.uid()), Some(present.gid())).map_err(failed)?;
        }
        file.set_permissions(present.permissions()).map_err(failed)?;
        Ok((replacement, file))
    }

    /// Writes another list of shards to the file: all of it, or nothing.
    pub fn rewrite(&mut self, shards: Vec<Place>) -> Result<(), Error> {
        self.must_be_unchanged()?;
        let (replacement, mut file) = self.replacement()?;
        // Servers and routers may have been added meanwhile.
        self.list = List { shards, ..Self::read(&self.path)?.list };
        file.write_all(self.text()?.as_bytes())?;
        Ok(replacement.complete()?)
    }

    /// As JSON, with a line for each server and each shard.
    fn text(&self) -> Result<String, Error> {
        fn json(value: &impl Serialize) -> Result<String, Error> {
            serde_json::to_string(value).map_err(Error::new)
        }
        let line = |place: &Place| {
            let (database, server) = (json(&place.database)?, json(&place.server)?);
            Ok(format!("{{\"database\": {database}, \"server\": {server}}}"))
        };
        let lines = |lines: Vec<String>| lines.join(",\n    ");
        let servers = self.list.servers.iter().map(|(name, given)| Ok(format!("{}: {}", json(name)?, json(given)?)));
        let mut parts = vec![format!("\"servers\": {{\n    {}\n  }}", lines(servers.collect::<Result<_, Error>>()?))];
        if let Some(directory) = &self.list.directory {
            parts.push(format!("\"directory\": {}", line(directory)?));
        }
        if !self.list.routers.is_empty() {
            let routers = self.list.routers.iter().map(json).collect::<Result<_, Error>>()?;
            parts.push(format!("\"routers\": [\n    {}\n  ]", lines(routers)));
        }
        let shards = self.list.shards.iter().map(line).collect::<Result<_, Error>>()?;
        parts.push(format!("\"shards\": [\n    {}\n  ]", lines(shards)));
        Ok(format!("{{\n  {}\n}}\n", parts.join(",\n  ")))
    }
}

#[cfg(test)]
#[path = "shard_file_tests.rs"]
mod tests;
