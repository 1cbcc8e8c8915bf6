//! How todo is installed in a database, and what the server and the role allow.

use crate::args::Edition;
use crate::error::Error;
use crate::sql::admin_sql;
use postgres::{GenericClient, Transaction};
use postgres_protocol::escape::escape_identifier;
use std::sync::OnceLock;

/// The installation that a database has.
pub struct Installed {
    pub edition: Edition,
    /// `None` if it is the SQL edition, and this role is not allowed to read its version.
    pub version: Option<String>,
    /// Quoted as an identifier.
    pub schema: String,
    /// The owner of the SQL edition.
    pub owner: Option<String>,
    /// Whether todo_auth is there, too. Known for the SQL edition only, and only if its version is.
    pub has_auth: bool,
    has_check: bool,
}

impl Installed {
    /// `None` if it is not installed. Fails if a superuser does not trust the owner of the SQL edition, whose functions and views
    /// run with the rights of the caller.
    pub fn of(client: &mut impl GenericClient) -> Result<Option<Self>, Error> {
        let Some(row) = client.query_opt(admin_sql!("installed"), &[])? else { return Ok(None) };
        let owner: Option<String> = row.get("owner");
        let to_trust: Vec<String> = row.get("to_trust");
        if !to_trust.is_empty() && login_is_superuser(client)? {
            for role in to_trust {
                trusted(&role, "owns the SQL edition or its schema, and could make a superuser run its code")?;
            }
        }
        let mut installed = Self {
            edition: if row.get("of_sql_edition") { Edition::Sql } else { Edition::Extension },
            version: row.get("version"),
            schema: row.get("schema"),
            owner,
            has_auth: false,
            has_check: row.get("has_check"),
        };
        if row.get("reads_version") {
            let parts = client.query(admin_sql!("sql_edition_parts"), &[])?;
            installed.version = parts.first().map(|part| part.get("version"));
            installed.has_auth = parts.len() > 1;
        }
        Ok(Some(installed))
    }

    /// The same, for a command that cannot do without. Fails if it is not installed.
    pub fn required(client: &mut impl GenericClient) -> Result<Self, Error> {
        Self::of(client)?
            .ok_or_else(|| Error::new("todo is not installed in this database").fix("run todo-admin install"))
    }

    /// Its schema, quoted as an identifier. Fails if it is missing, or at a version without the functions that commands call.
    pub fn schema_in_use(client: &mut impl GenericClient) -> Result<String, Error> {
        let installed = Self::required(client)?;
        let schema = installed.schema;
        // SQL also contains the name in string constants, and such a name could end one. PostgreSQL refuses it in scripts, too.
        if schema.trim_matches('"').contains(['"', '\'', '$', '\\']) {
            return Err(Error::new(format!(
                "the name of the extension's schema contains a quote, a dollar sign or a backslash: {schema}"
            ))
            .fix("rename the schema with ALTER SCHEMA ... RENAME TO"));
        }
        if !installed.has_check {
            let version = installed.version.unwrap_or_default();
            return Err(Error::new(format!("this command needs a newer version of the extension than {version}"))
                .fix("run todo-admin upgrade"));
        }
        Ok(schema)
    }

    /// The same, for a command that reads or writes rows. By doing so, a superuser runs the triggers, and plans with the
    /// index expressions, of the tables' owner. PostgreSQL does that for any table; here the operator has to allow it.
    pub fn schema_of_rows(client: &mut impl GenericClient) -> Result<String, Error> {
        let schema = Self::schema_in_use(client)?;
        let owner = client.query_one(&admin_sql!("other_owner", &schema), &[])?;
        if let Some(owner) = owner.get(0)
            && login_is_superuser(client)?
        {
            trusted(owner, "owns the tables, and could make a superuser run its code through triggers or indexes")?;
        }
        Ok(schema)
    }
}

/// For a transaction that writes users or tasks by plain SQL. In the SQL edition, other roles than the owner may have triggers on
/// the tables, which would run as a superuser or as the owner. Fails if there is one.
pub fn no_code_of_others(transaction: &mut Transaction, schema: &str) -> Result<(), Error> {
    if Installed::required(transaction)?.edition != Edition::Sql {
        return Ok(());
    }
    // Only the owner may run this check. A role that can act as the owner becomes it for a moment.
    if let Some(row) = transaction.query_opt(&admin_sql!("acts_as_owner", schema), &[])? {
        let set = |role: &str| format!("SET LOCAL ROLE {}", escape_identifier(role));
        transaction.batch_execute(&set(row.get("owner")))?;
        transaction.query(&admin_sql!("judge", schema), &[])?;
        transaction.batch_execute(&set(row.get("current")))?;
    } else if login_is_superuser(transaction)? {
        transaction.query(&admin_sql!("judge", schema), &[])?;
    }
    Ok(())
}

/// The newest version of the extension whose files the server has.
pub fn available(client: &mut impl GenericClient) -> Result<Option<String>, Error> {
    Ok(client.query_opt(admin_sql!("available_version"), &[])?.and_then(|row| row.get(0)))
}

/// Whether the first version is newer than the second one, number by number.
pub fn is_newer(a: &str, b: &str) -> bool {
    let numbers = |version: &str| version.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    numbers(a) > numbers(b)
}

/// Whether the role that has logged in could get a superuser's rights, too.
pub fn login_is_superuser(client: &mut impl GenericClient) -> Result<bool, Error> {
    Ok(client.query_one(admin_sql!("login_is_superuser"), &[])?.get(0))
}

/// Whether the current role is a superuser.
pub fn is_superuser(client: &mut impl GenericClient) -> Result<bool, Error> {
    Ok(client.query_one(admin_sql!("is_superuser"), &[])?.get(0))
}

static TRUSTED: OnceLock<Vec<String>> = OnceLock::new();

/// The roles that the operator trusts, in every database that this process connects to; an empty name stands for any role.
pub fn trust_owners(roles: Vec<String>) {
    TRUSTED.get_or_init(|| roles);
}

/// Whether the operator trusts a role.
pub fn is_trusted(role: &str) -> bool {
    TRUSTED.get().is_some_and(|roles| roles.iter().any(|trusted| trusted.is_empty() || trusted == role))
}

/// Fails with what this role could do, unless the operator trusts it.
pub fn trusted(role: &str, risk: &str) -> Result<(), Error> {
    if is_trusted(role) {
        return Ok(());
    }
    Err(Error::new(format!("role {role} {risk}"))
        .fix(format!("pass --trust-owner={role} if you trust this role, or connect as a role without other rights")))
}
