//! `install`, `upgrade` and `adopt`: each says first what it will do, and does it in one transaction.

use crate::connect::Session;
use crate::error::Error;
use crate::extension::Extension;
use crate::output;
use crate::sql::admin_sql;
use postgres::{Client, IsolationLevel};
use postgres_protocol::escape::escape_identifier;

pub fn install(session: &mut Session, schema: Option<&str>, version: Option<&str>) -> Result<(), Error> {
    let client = &mut session.client;
    let extension = available(client)?;
    if let (Some(version), Some(schema)) = (&extension.version, &extension.schema) {
        return Err(Error::new(format!("version {version} of the extension is already installed, in schema {schema}"))
            .fix("run todo-admin upgrade to update it"));
    }
    let version = version.map(str::to_owned).or(extension.default_version).unwrap_or_default();
    let place = schema.map_or("the first schema in search_path".to_owned(), |schema| format!("schema {schema}"));
    output::say(format!("todo {version} will be created in {place}"));
    let mut statements = Vec::new();
    statements.extend(schema.map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {}", escape_identifier(schema))));
    statements.push(create_extension(schema, &version));
    run(client, &statements, false).map_err(|error| match error.sqlstate() {
        // The scripts of versions before 1.0.0 give no hint.
        Some("42P07") => error.or_fix("todo-admin adopt takes over existing tables"),
        _ => error,
    })
}

pub fn upgrade(session: &mut Session, to: Option<&str>, dry_run: bool) -> Result<(), Error> {
    let client = &mut session.client;
    let extension = available(client)?;
    let version = extension.version.ok_or_else(Extension::missing)?;
    let target = to.map(str::to_owned).or(extension.default_version).unwrap_or_default();
    if version == target {
        output::say(format!("todo is already at {target}"));
        return Ok(());
    }
    output::say(path(client, &version, &target)?);
    run(client, &[update_extension(&target)], dry_run)
}

pub fn adopt(session: &mut Session, schema: Option<&str>, dry_run: bool) -> Result<(), Error> {
    let client = &mut session.client;
    let extension = available(client)?;
    if extension.version.as_deref().is_some_and(|version| version != "adopt") {
        return Err(
            Error::new("the extension is already installed, and has its tables").fix("todo-admin status shows them")
        );
    }
    let target = extension.default_version.unwrap_or_default();
    output::say(path(client, "adopt", &target)?);
    let mut statements = Vec::new();
    if extension.version.is_none() {
        statements.push(create_extension(schema, "adopt"));
    }
    statements.push(update_extension(&target));
    run(client, &statements, dry_run)
}

/// The extension, if the server has its files.
fn available(client: &mut Client) -> Result<Extension, Error> {
    let extension = Extension::of(client)?;
    if extension.default_version.is_none() {
        return Err(
            Error::new("the extension's files are not installed on the server").fix("run make install on the server")
        );
    }
    Ok(extension)
}

/// The versions on the way from one version to another, as text.
fn path(client: &mut Client, source: &str, target: &str) -> Result<String, Error> {
    let row = client.query_opt(admin_sql!("update_path"), &[&source, &target])?;
    match row.and_then(|row| row.get::<_, Option<String>>("path")) {
        Some(path) => Ok(format!("todo {}", path.replace("--", " -> "))),
        None => Err(Error::new(format!("the server has no scripts that update version {source} to {target}"))
            .fix("install newer files on the server, or name another version with --to")),
    }
}

fn create_extension(schema: Option<&str>, version: &str) -> String {
    let in_schema = schema.map_or(String::new(), |schema| format!(" SCHEMA {}", escape_identifier(schema)));
    format!("CREATE EXTENSION todo{in_schema} VERSION {}", escape_identifier(version))
}

fn update_extension(version: &str) -> String {
    format!("ALTER EXTENSION todo UPDATE TO {}", escape_identifier(version))
}

/// Runs statements in one transaction, which a dry run rolls back, and reports the outcome.
fn run(client: &mut Client, statements: &[String], dry_run: bool) -> Result<(), Error> {
    // The scripts have to see each row as it is now, whatever the default isolation level is.
    let mut transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start()?;
    for statement in statements {
        transaction.batch_execute(statement)?;
    }
    if dry_run {
        transaction.rollback()?;
        output::say("dry run succeeded; nothing has been changed");
    } else {
        transaction.commit()?;
        output::say("done");
    }
    Ok(())
}
