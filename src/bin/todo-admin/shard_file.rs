//! The file that lists the databases among which the users are spread.

use crate::conninfo::Conninfo;
use crate::error::Error;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The file, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// How to connect to each server, without a database.
    servers: BTreeMap<String, String>,
    /// In the order of the hash's values.
    shards: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    database: String,
    server: String,
}

/// A database with a part of the users.
pub struct Shard {
    pub database: String,
    /// The server's name in the file.
    pub server: String,
    pub conninfo: Conninfo,
}

impl Shard {
    /// Its place, for people.
    pub fn title(&self) -> String {
        format!("{} on {}", self.database, self.server)
    }
}

/// Reads the file. There are as many shards as a power of two, with different names, because PL/Proxy wants that, and backups.
pub fn read(file: &Path) -> Result<Vec<Shard>, Error> {
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| {
        Error::usage(format!("{shown}: {error}"), "name the file that lists the shards with --file")
    })?;
    let wrong = |what: String| Error::usage(format!("{shown}: {what}"), "see the page on several databases");
    let list: List = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if !list.shards.len().is_power_of_two() {
        return Err(wrong(format!("the number of shards is {}, which is not a power of two", list.shards.len())));
    }
    let mut names = BTreeSet::new();
    let mut shards = Vec::with_capacity(list.shards.len());
    for Entry { database, server } in list.shards {
        let Some(given) = list.servers.get(&server) else {
            return Err(wrong(format!("shard {database} is on server {server}, which is not listed")));
        };
        if !names.insert(database.clone()) {
            return Err(wrong(format!("shard {database} is listed twice")));
        }
        let conninfo = Conninfo::resolve(Some(given)).map_err(|error| error.while_doing(format!("server {server}")))?;
        shards.push(Shard { conninfo: conninfo.with_database(&database), database, server });
    }
    Ok(shards)
}
