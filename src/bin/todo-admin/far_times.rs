//! Times outside the years 1 to 9999, infinity included. The tables refuse them, but rows that are older than that rule may
//! hold some, and neither RFC 3339 nor most clients can say them.

use crate::error::Error;
use crate::extension::admin_sql;
use crate::output::{self, count};
use crate::user;
use postgres::{GenericClient, Row};

/// Rows that have such times, and how many there are.
struct FarTimes {
    first: Vec<String>,
    total: i64,
}

impl FarTimes {
    /// Of one user, or of all; tasks, and users as well if they matter.
    fn find(
        client: &mut impl GenericClient,
        schema: &str,
        user: Option<&str>,
        with_users: bool,
    ) -> Result<Option<Self>, Error> {
        let id = user::id_of(client, schema, user)?;
        let rows = client.query(&admin_sql!("far_times", schema), &[&id, &with_users])?;
        let name = |row: &Row| format!("{} has {}", row.get::<_, &str>("name"), row.get::<_, &str>("times"));
        let total = rows.first().map(|row| row.get("total"));
        Ok(total.map(|total| Self { first: rows.iter().map(name).collect(), total }))
    }

    fn named(&self) -> String {
        let more = self.total - self.first.len() as i64;
        let more = if more > 0 { format!(" (and {})", count(more, "more row")) } else { String::new() };
        format!("{}{more}", self.first.join("; "))
    }
}

/// Fails where a user or task has such a time, and names it.
pub fn refuse(client: &mut impl GenericClient, schema: &str, user: Option<&str>) -> Result<(), Error> {
    match FarTimes::find(client, schema, user, true)? {
        None => Ok(()),
        Some(found) => Err(Error::new(format!("times are outside the years 1 to 9999: {}", found.named()))
            .fix("set other times with UPDATE")),
    }
}

/// Says which tasks are left out because they have such a time.
pub fn warn(client: &mut impl GenericClient, schema: &str, user: Option<&str>) -> Result<(), Error> {
    if let Some(found) = FarTimes::find(client, schema, user, false)? {
        output::warn(&format!("times outside the years 1 to 9999 are left out: {}", found.named()));
    }
    Ok(())
}
