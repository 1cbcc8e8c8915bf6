//! `install`, `upgrade`, `adopt`: each in one transaction. What it will do is shown first.

use crate::connect::Session;
use crate::error::Error;
use crate::output;
use postgres::{Client, GenericClient, Transaction};
use std::sync::atomic::{AtomicBool, Ordering};

/// The SQL of a file in `sql/admin/`, for the extension in `schema`.
macro_rules! admin_sql {
    ($file:literal, $schema:expr) => {
        include_str!(concat!("../../../sql/admin/", $file, ".sql")).replace("@extschema@", $schema)
    };
}
pub(crate) use admin_sql;

/// The extension as the database has it.
pub struct Extension {
    pub version: Option<String>,
    pub schema: Option<String>,
    /// The version that the server's files make.
    pub default_version: Option<String>,
}

impl Extension {
    pub fn of(client: &mut impl GenericClient) -> Result<Self, Error> {
        let row = client.query_one(include_str!("../../../sql/admin/extension.sql"), &[])?;
        Ok(Self { version: row.get("version"), schema: row.get("schema"), default_version: row.get("default_version") })
    }

    /// The schema's name as SQL has it, if the extension is there and has the functions that commands call.
    pub fn schema_in_use(client: &mut impl GenericClient) -> Result<String, Error> {
        let extension = Self::of(client)?;
        let (Some(version), Some(schema)) = (extension.version, extension.schema) else {
            return Err(Error::new("the extension todo is not installed in this database").fix("todo-admin install"));
        };
        // It is put into literals as well, where such a name could be SQL. PostgreSQL refuses it in scripts, too.
        if schema.trim_matches('"').contains(['"', '\'', '$', '\\']) {
            return Err(Error::new(format!(
                "the schema of the extension has a name that is not safe to use: {schema}"
            ))
            .fix("ALTER SCHEMA ... RENAME TO a name without quotes, dollar signs and backslashes"));
        }
        let check = client
            .query_one("SELECT pg_catalog.to_regprocedure($1) IS NOT NULL", &[&format!("{schema}.todo_check()")])?;
        if !check.get::<_, bool>(0) {
            let message = format!("the extension is at version {version}, which lacks what this command needs");
            return Err(Error::new(message).fix("todo-admin upgrade"));
        }
        Ok(schema)
    }

    /// The same, for a command that reads or writes rows. A superuser who does that runs the triggers and plans the indexes
    /// of the tables' owner, as with any table, so it is not done unless the operator says so.
    pub fn schema_of_rows(client: &mut impl GenericClient) -> Result<String, Error> {
        let schema = Self::schema_in_use(client)?;
        if !TRUSTS_OWNER.load(Ordering::Relaxed)
            && let Some(owner) = client.query_one(&admin_sql!("other_owner", &schema), &[])?.get::<_, Option<&str>>(0)
        {
            let message =
                format!("the tables belong to role {owner}, whose triggers and indexes a superuser would run");
            return Err(Error::new(message).fix("connect as another role, or pass --trust-owner if you trust it"));
        }
        Ok(schema)
    }
}

static TRUSTS_OWNER: AtomicBool = AtomicBool::new(false);

/// Whether the operator trusts the owner of the tables, for all that this process does.
pub fn trust_owner(trusts: bool) {
    TRUSTS_OWNER.store(trusts, Ordering::Relaxed);
}

/// For a transaction that has to see all rows, and may take long.
pub fn undisturbed(transaction: &mut Transaction) -> Result<(), Error> {
    Ok(transaction.batch_execute(include_str!("../../../sql/admin/undisturbed.sql"))?)
}

pub fn install(session: &mut Session, schema: Option<&str>, version: Option<&str>) -> Result<(), Error> {
    let client = &mut session.client;
    let extension = available(client)?;
    if let (Some(version), Some(schema)) = (&extension.version, &extension.schema) {
        return Err(Error::new(format!("the extension is already installed: version {version} in schema {schema}"))
            .fix("todo-admin upgrade updates it"));
    }
    let version = version.map(str::to_owned).or(extension.default_version).unwrap_or_default();
    let place = schema.map_or("the first schema in search_path".to_owned(), |schema| format!("schema {schema}"));
    output::say(format!("todo {version} will be created in {place}"));
    let mut statements = Vec::new();
    let mut in_schema = String::new();
    if let Some(schema) = schema {
        statements.push(format!("CREATE SCHEMA IF NOT EXISTS {}", identifier(schema)));
        in_schema = format!(" SCHEMA {}", identifier(schema));
    }
    statements.push(format!("CREATE EXTENSION todo{in_schema} VERSION {}", identifier(&version)));
    run(client, &statements, false).map_err(|error| match error.sqlstate() {
        // As versions before 1.0.0 have no hint.
        Some("42P07") => error.or_fix("todo-admin adopt takes over existing tables"),
        _ => error,
    })?;
    output::say("done");
    Ok(())
}

pub fn upgrade(session: &mut Session, to: Option<&str>, dry_run: bool) -> Result<(), Error> {
    let client = &mut session.client;
    let extension = available(client)?;
    let Some(version) = extension.version else {
        return Err(Error::new("the extension todo is not installed in this database").fix("todo-admin install"));
    };
    let target = to.map(str::to_owned).or(extension.default_version).unwrap_or_default();
    if version == target {
        output::say(format!("todo is already at {target}"));
        return Ok(());
    }
    output::say(path(client, &version, &target)?);
    run(client, &[format!("ALTER EXTENSION todo UPDATE TO {}", identifier(&target))], dry_run)?;
    output::say(if dry_run { "this would succeed; nothing has been changed" } else { "done" });
    Ok(())
}

pub fn adopt(session: &mut Session, schema: Option<&str>, dry_run: bool) -> Result<(), Error> {
    let client = &mut session.client;
    let extension = available(client)?;
    if extension.version.as_deref().is_some_and(|version| version != "adopt") {
        return Err(Error::new("the extension is already installed, with tables of its own").fix("todo-admin status"));
    }
    let target = extension.default_version.unwrap_or_default();
    output::say(path(client, "adopt", &target)?);
    let mut statements = Vec::new();
    if extension.version.is_none() {
        let in_schema = schema.map_or(String::new(), |schema| format!(" SCHEMA {}", identifier(schema)));
        statements.push(format!("CREATE EXTENSION todo{in_schema} VERSION 'adopt'"));
    }
    statements.push(format!("ALTER EXTENSION todo UPDATE TO {}", identifier(&target)));
    run(client, &statements, dry_run)?;
    output::say(if dry_run { "this would succeed; nothing has been changed" } else { "done" });
    Ok(())
}

/// The extension, if the server has its files.
fn available(client: &mut Client) -> Result<Extension, Error> {
    let extension = Extension::of(client)?;
    if extension.default_version.is_none() {
        return Err(Error::new("the server does not have the extension's files").fix("make install, on the server"));
    }
    Ok(extension)
}

/// The versions that lead from one to another.
fn path(client: &mut Client, source: &str, target: &str) -> Result<String, Error> {
    let path = "SELECT path FROM pg_catalog.pg_extension_update_paths('todo') WHERE source = $1 AND target = $2";
    let path = client.query_opt(path, &[&source, &target])?.and_then(|row| row.get::<_, Option<String>>(0));
    match path {
        Some(path) => Ok(format!("todo {}", path.replace("--", " -> "))),
        None => Err(Error::new(format!("there is no update path from version {source} to {target}"))
            .fix("install newer files, or name another version with --to")),
    }
}

/// Runs statements in one transaction, and rolls it back if that is wished.
fn run(client: &mut Client, statements: &[String], dry_run: bool) -> Result<(), Error> {
    // Whatever the default is, the scripts need to see the rows as they are now.
    let mut transaction =
        client.build_transaction().isolation_level(postgres::IsolationLevel::ReadCommitted).start()?;
    for statement in statements {
        transaction.batch_execute(statement)?;
    }
    if dry_run {
        transaction.rollback()?
    } else {
        transaction.commit()?
    }
    Ok(())
}

pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
