//! The mark of a copy: its database's comment, until its replication has ended.

use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::shard_file::Place;
use crate::sql::admin_sql;
use postgres::Row;
use postgres_protocol::escape::{escape_identifier, escape_literal};
use serde::{Deserialize, Serialize};

/// What the comment of a copy begins with; a [`Mark`] follows, as JSON.
const MARK: &str = "todo-admin: copy ";

/// What is known of a copy while its replication has not ended.
#[derive(Deserialize, Serialize)]
pub struct Mark {
    pub original: Place,
    /// Whether all rows have been compared. If so, the copy may be in use.
    pub is_compared: bool,
    /// The checksum of what was defined in the original.
    pub definitions: String,
}

/// The mark of a database, if it is a copy; `None` if there is no such database.
pub fn mark_of(server: &mut Session, database: &str) -> Result<Option<Option<Mark>>, Error> {
    let row = server.client.query_opt(admin_sql!("copy_of"), &[&database])?;
    Ok(row.map(|row| mark_in(&row)))
}

pub fn mark_in(row: &Row) -> Option<Mark> {
    let comment: Option<&str> = row.get("comment");
    serde_json::from_str(comment?.strip_prefix(MARK)?).ok()
}

pub fn write_mark(server: &mut Session, database: &str, mark: &Mark) -> Result<(), Error> {
    let text = format!("{MARK}{}", serde_json::to_string(mark).map_err(Error::new)?);
    let comment = format!("COMMENT ON DATABASE {} IS {}", escape_identifier(database), escape_literal(&text));
    Ok(server.client.batch_execute(&comment)?)
}

/// The original of a copy, or `None` if the database is no copy or its replication has ended. Fails if there is no such database.
pub fn original_of(copy: &Conninfo) -> Result<Option<Place>, Error> {
    let database = copy.get("dbname").unwrap_or_default();
    let mut server = Session::open(copy.with_database("postgres"))?;
    match mark_of(&mut server, database)? {
        Some(mark) => Ok(mark.map(|mark| mark.original)),
        None => Err(Error::new(format!("there is no database {database}"))),
    }
}

/// Whether there is such a database.
pub fn exists(copy: &Conninfo) -> Result<bool, Error> {
    let mut server = Session::open(copy.with_database("postgres"))?;
    Ok(mark_of(&mut server, copy.get("dbname").unwrap_or_default())?.is_some())
}

/// Gives a copy whose replication has ended the comment of the original, in place of the mark.
pub fn unmark(source: &mut Session, target: &mut Session) -> Result<(), Error> {
    let name = |session: &Session| session.conninfo.get("dbname").unwrap_or_default().to_owned();
    let row = source.client.query_opt(admin_sql!("copy_of"), &[&name(source)])?;
    let comment = row.and_then(|row| row.get::<_, Option<String>>("comment"));
    let comment = comment.filter(|comment| !comment.starts_with(MARK));
    let comment = comment.map_or("NULL".to_owned(), |comment| escape_literal(&comment));
    Ok(target
        .client
        .batch_execute(&format!("COMMENT ON DATABASE {} IS {comment}", escape_identifier(&name(target))))?)
}
