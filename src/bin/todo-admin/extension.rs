//! What the commands need to know of the extension.

use crate::error::Error;
use crate::sql::admin_sql;
use postgres::GenericClient;
use std::sync::atomic::{AtomicBool, Ordering};

/// The extension in a database.
pub struct Extension {
    pub version: Option<String>,
    /// Quoted as an identifier.
    pub schema: Option<String>,
    /// The newest version whose files the server has.
    pub default_version: Option<String>,
    has_check: bool,
}

impl Extension {
    pub fn of(client: &mut impl GenericClient) -> Result<Self, Error> {
        let row = client.query_one(admin_sql!("extension"), &[])?;
        Ok(Self {
            version: row.get("version"),
            schema: row.get("schema"),
            default_version: row.get("default_version"),
            has_check: row.get("has_check"),
        })
    }

    /// The schema of the extension, quoted as an identifier. Fails if the extension is missing, or at a version without the
    /// functions that commands call.
    pub fn schema_in_use(client: &mut impl GenericClient) -> Result<String, Error> {
        let extension = Self::of(client)?;
        let (Some(version), Some(schema)) = (extension.version, extension.schema) else {
            return Err(Self::missing());
        };
        // SQL also contains the name in string constants, and such a name could end one. PostgreSQL refuses it in scripts, too.
        if schema.trim_matches('"').contains(['"', '\'', '$', '\\']) {
            return Err(Error::new(format!(
                "the name of the extension's schema contains a quote, a dollar sign or a backslash: {schema}"
            ))
            .fix("rename the schema with ALTER SCHEMA ... RENAME TO"));
        }
        if !extension.has_check {
            return Err(Error::new(format!("this command needs a newer version of the extension than {version}"))
                .fix("run todo-admin upgrade"));
        }
        Ok(schema)
    }

    /// The same, for a command that reads or writes rows. By doing so, a superuser runs the triggers, and plans with the
    /// index expressions, of the tables' owner. PostgreSQL does that for any table; here the operator has to allow it.
    pub fn schema_of_rows(client: &mut impl GenericClient) -> Result<String, Error> {
        let schema = Self::schema_in_use(client)?;
        if !TRUSTS_OWNER.load(Ordering::Relaxed)
            && let Some(owner) = client.query_one(&admin_sql!("other_owner", &schema), &[])?.get::<_, Option<&str>>(0)
        {
            return Err(Error::new(format!(
                "role {owner} owns the tables, and could make a superuser run its code through triggers or indexes"
            ))
            .fix("connect as a role that is not a superuser, or pass --trust-owner if you trust this role"));
        }
        Ok(schema)
    }

    pub fn missing() -> Error {
        Error::new("the extension todo is not installed in this database").fix("run todo-admin install")
    }
}

static TRUSTS_OWNER: AtomicBool = AtomicBool::new(false);

/// Whether the operator trusts the owner of the tables, in every database that this process connects to.
pub fn trust_owner(trusts: bool) {
    TRUSTS_OWNER.store(trusts, Ordering::Relaxed);
}
