//! Times outside the years 1 to 9999, infinity included. The tables refuse them, but rows that are older than this rule may
//! have some. RFC 3339 and most clients cannot represent them.

use crate::error::Error;
use crate::message::{count, warn};
use crate::sql::admin_sql;
use crate::user;
use postgres::{GenericClient, Row};

/// The rows of one user, or of all, that have such times; `None` if there are none. The first ones are named.
fn find(
    client: &mut impl GenericClient,
    schema: &str,
    user: Option<&str>,
    with_users: bool,
) -> Result<Option<String>, Error> {
    let id = user::id_of(client, schema, user)?;
    let rows = client.query(&admin_sql!("far_times", schema), &[&id, &with_users])?;
    let Some(first) = rows.first() else { return Ok(None) };
    let name = |row: &Row| format!("{} has {}", row.get::<_, &str>("name"), row.get::<_, &str>("times"));
    let named = rows.iter().map(name).collect::<Vec<_>>().join("; ");
    let more = first.get::<_, i64>("total") - rows.len() as i64;
    Ok(Some(if more > 0 { format!("{named} (and {})", count(more, "more row")) } else { named }))
}

/// Fails if a user or task has such a time, and names it.
pub fn refuse_far_times(client: &mut impl GenericClient, schema: &str, user: Option<&str>) -> Result<(), Error> {
    match find(client, schema, user, true)? {
        None => Ok(()),
        Some(found) => Err(Error::new(format!("cannot export times outside the years 1 to 9999: {found}"))
            .fix("set these to other times with UPDATE")),
    }
}

/// Warns of tasks that have such a time.
pub fn warn_of_far_times(client: &mut impl GenericClient, schema: &str, user: Option<&str>) -> Result<(), Error> {
    if let Some(found) = find(client, schema, user, false)? {
        warn(&format!("the median leaves out times outside the years 1 to 9999: {found}"));
    }
    Ok(())
}
