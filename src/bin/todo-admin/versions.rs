//! `install`, `upgrade` and `adopt`: each says first what it will do, and does it in one transaction.

use crate::args::{Edition, Part};
use crate::connect::Session;
use crate::error::Error;
use crate::installed::{Installed, available, is_newer, is_superuser, login_is_superuser, trusted};
use crate::message::warn;
use crate::output;
use crate::scripts::{VERSION, script};
use crate::sql::{admin_sql, begin};
use postgres::{Client, GenericClient, Transaction};
use postgres_protocol::escape::escape_identifier;

/// The schemas of todo's own objects, which are not the application's.
const OWN_SCHEMAS: [&str; 3] = ["todo_internal", "todo_auth", "todo_guard"];

/// Installs an edition: in a schema, or in the first one of `search_path`; in a version, or in the newest one.
pub fn install(
    session: &mut Session,
    edition: Edition,
    schema: Option<&str>,
    version: Option<&str>,
) -> Result<(), Error> {
    let client = &mut session.client;
    if let Some(Installed { version, schema, .. }) = Installed::of(client)? {
        let version = version.unwrap_or_default();
        let blank = if version.is_empty() { "" } else { " " };
        return Err(Error::new(format!("todo{blank}{version} is already installed, in schema {schema}"))
            .fix("run todo-admin upgrade to update it"));
    }
    if edition == Edition::Sql {
        runs_as_ordinary_role(client)?;
    }
    if schema.is_some_and(|schema| schema.starts_with("pg_") || OWN_SCHEMAS.contains(&schema)) {
        return Err(Error::usage(
            format!("schema {} is reserved for todo or PostgreSQL", schema.unwrap_or_default()),
            "choose another name",
        ));
    }
    let newest = newest(client, edition)?;
    let version = version.unwrap_or(&newest);
    let place = schema.map_or("the first schema in search_path".to_owned(), |schema| format!("schema {schema}"));
    output::say(format!("todo {version}{} will be created in {place}", edition.suffix()));
    let mut statements = Vec::new();
    statements.extend(schema.map(|schema| format!("CREATE SCHEMA IF NOT EXISTS {}", escape_identifier(schema))));
    match edition {
        Edition::Extension => statements.push(create_extension(schema, version)),
        Edition::Sql if version != newest => return Err(only_version(version)),
        Edition::Sql => {
            statements.push("CREATE EXTENSION IF NOT EXISTS pgcrypto".to_owned());
            statements.extend(first_in_path(schema));
            statements.push(script(Part::Todo).to_owned());
        }
    }
    run(client, &statements, false).map_err(|error| match (edition, error.sqlstate()) {
        // The scripts of versions before 1.0.0 give no hint.
        (Edition::Extension, Some("42P07")) => error.or_fix("todo-admin adopt takes over existing tables"),
        (Edition::Sql, Some("42P07")) => error.fix("todo-admin adopt --edition sql takes over existing tables"),
        (Edition::Sql, Some("0LP01")) => error.fix("connect as the role that is to own it"),
        _ => error,
    })
}

/// Updates what is installed to a version, or to the newest one.
pub fn upgrade(session: &mut Session, to: Option<&str>, dry_run: bool) -> Result<(), Error> {
    let client = &mut session.client;
    let installed = Installed::required(client)?;
    let version = installed
        .version
        .clone()
        .ok_or_else(|| Error::new("this role is not allowed to update the SQL edition").fix("connect as its owner"))?;
    let newest = newest(client, installed.edition)?;
    let target = to.unwrap_or(&newest);
    if installed.edition == Edition::Sql && target != newest {
        return Err(only_version(target));
    }
    // An older version is installed only if the operator names it. The SQL edition has no scripts that lead to one.
    if (to.is_none() || installed.edition == Edition::Sql) && is_newer(&version, &newest) {
        return Err(has_only_older(installed.edition, &version, &newest));
    }
    if version == target {
        output::say(format!("todo is already at {target}"));
        return Ok(());
    }
    match installed.edition {
        Edition::Extension => {
            output::say(path(client, &version, target)?);
            run(client, &[update_extension(target)], dry_run)
        }
        Edition::Sql => {
            output::say(format!("todo {version} -> {target}"));
            let guard = client.query_opt(admin_sql!("guard_owner"), &[])?;
            // The guard refuses the update, unless the role that has installed it turns it off.
            let mut statements: Vec<String> = guard.iter().map(|_| "SET LOCAL todo.guard = off".to_owned()).collect();
            let as_owner = as_owner(client, installed.owner.as_deref())?;
            statements.extend(as_owner.clone());
            statements.push(script(Part::Todo).to_owned());
            statements.extend(installed.has_auth.then(|| script(Part::TodoAuth).to_owned()));
            let replaces_guard = guard.as_ref().is_some_and(|row| row.get("is_current"));
            if replaces_guard {
                statements.extend(as_owner.map(|_| "SET LOCAL ROLE NONE".to_owned()));
                statements.push(script(Part::TodoGuard).to_owned());
            }
            run(client, &statements, dry_run)?;
            if let Some(owner) = guard.map(|row| row.get::<_, String>("owner")).filter(|_| !replaces_guard) {
                warn(&format!("the guard has not been updated; role {owner} must run the script todo_guard again"));
            }
            Ok(())
        }
    }
}

/// Installs an edition around existing tables, in a schema or in the first one of `search_path`.
pub fn adopt(session: &mut Session, edition: Edition, schema: Option<&str>, dry_run: bool) -> Result<(), Error> {
    let client = &mut session.client;
    if client.query_opt(admin_sql!("installed"), &[])?.is_some_and(|row| row.get("of_sql_edition")) {
        return Err(Error::new("the SQL edition is already installed, or there is a schema todo_internal")
            .fix("todo-admin status shows more"));
    }
    let version = Installed::of(client)?.map(|installed| installed.version.unwrap_or_default());
    if version.as_deref().is_some_and(|version| version != "adopt") {
        return Err(Error::new("todo is already installed, and has its tables").fix("todo-admin status shows them"));
    }
    let newest = newest(client, edition)?;
    match edition {
        Edition::Extension => {
            output::say(path(client, "adopt", &newest)?);
            let mut transaction = begin(client)?;
            if version.is_none() {
                transaction.batch_execute(&create_extension(schema, "adopt"))?;
            }
            update_adopted(&mut transaction, &newest)?;
            finish(transaction, dry_run)
        }
        Edition::Sql => {
            let mut statements = Vec::new();
            output::say(format!("todo adopt -> {newest}{}", edition.suffix()));
            let owner = client.query_opt(admin_sql!("table_owner"), &[&schema])?;
            let owner = owner.filter(|row| row.get("is_ordinary"));
            let owner: Option<String> = owner.map(|row| row.get("owner"));
            match &owner {
                Some(owner) if login_is_superuser(client)? => {
                    trusted(owner, "owns the tables, and could make a superuser run its code")?;
                }
                _ => runs_as_ordinary_role(client)?,
            }
            statements.push("CREATE EXTENSION IF NOT EXISTS pgcrypto".to_owned());
            statements.extend(as_owner(client, owner.as_deref())?);
            statements.extend(first_in_path(schema));
            statements.push("SET LOCAL todo.adopt = on".to_owned());
            statements.push(script(Part::Todo).to_owned());
            run(client, &statements, dry_run)
        }
    }
}

/// Fails if a superuser has logged in, but acts as another role, which the operator does not trust.
fn runs_as_ordinary_role(client: &mut Client) -> Result<(), Error> {
    let row = client.query_one(admin_sql!("is_superuser"), &[])?;
    if login_is_superuser(client)? && !row.get::<_, bool>(0) {
        trusted(row.get(1), "could make the superuser who has logged in run its code")?;
    }
    Ok(())
}

/// The newest version that can be installed. For the extension, the files on the server decide.
fn newest(client: &mut Client, edition: Edition) -> Result<String, Error> {
    if edition == Edition::Sql {
        return Ok(VERSION.to_owned());
    }
    available(client)?.ok_or_else(|| {
        Error::new("the extension's files are not installed on the server")
            .fix("run make install on the server; where that is impossible, pass --edition sql")
    })
}

fn has_only_older(edition: Edition, installed: &str, newest: &str) -> Error {
    match edition {
        Edition::Extension => Error::new(format!(
            "todo {installed} is installed, but the newest version whose files are on the server is {newest}"
        ))
        .fix("install the files of the newer version on the server, or name the older one with --to"),
        Edition::Sql => Error::new(format!("todo {installed} is installed, but this program has version {newest}"))
            .fix("use the todo-admin of the newer version"),
    }
}

fn only_version(version: &str) -> Error {
    Error::new(format!("this program installs version {VERSION} of the SQL edition, not {version}"))
        .fix("use the todo-admin of that version")
}

/// The statement with which a superuser becomes the owner of the SQL edition, which must not belong to a superuser. `None` for any
/// other role. The caller checks before that the operator trusts the owner.
pub fn as_owner(client: &mut impl GenericClient, owner: Option<&str>) -> Result<Option<String>, Error> {
    let Some(owner) = owner.filter(|owner| *owner != "todo_owner") else { return Ok(None) };
    Ok(is_superuser(client)?.then(|| format!("SET LOCAL ROLE {}", escape_identifier(owner))))
}

/// Makes a schema the first in `search_path`, where the script of the SQL edition creates the tables.
pub fn first_in_path(schema: Option<&str>) -> Option<String> {
    schema.map(|schema| format!("SET LOCAL search_path = {}", escape_identifier(schema)))
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

/// The statement that creates the extension.
pub fn create_extension(schema: Option<&str>, version: &str) -> String {
    let in_schema = schema.map_or(String::new(), |schema| format!(" SCHEMA {}", escape_identifier(schema)));
    format!("CREATE EXTENSION todo{in_schema} VERSION {}", escape_identifier(version))
}

fn update_extension(version: &str) -> String {
    format!("ALTER EXTENSION todo UPDATE TO {}", escape_identifier(version))
}

/// Updates adopted tables to a version, and warns about what dumps of them leave out. Warnings of the update scripts are silenced:
/// older scripts do not know everything that belongs to the tables in newer versions.
pub fn update_adopted(transaction: &mut Transaction, version: &str) -> Result<(), Error> {
    transaction.batch_execute(&format!(
        "SET LOCAL client_min_messages = error; {}; SET LOCAL client_min_messages = DEFAULT",
        update_extension(version)
    ))?;
    let schema = Installed::schema_in_use(transaction)?;
    Ok(transaction.batch_execute(&admin_sql!("../upgrade/not_in_dumps", &schema))?)
}

/// Runs statements in one transaction, which a dry run rolls back, and reports the outcome.
fn run(client: &mut Client, statements: &[String], dry_run: bool) -> Result<(), Error> {
    let mut transaction = begin(client)?;
    for statement in statements {
        transaction.batch_execute(statement)?;
    }
    finish(transaction, dry_run)
}

/// Ends a transaction, which a dry run rolls back, and reports the outcome.
pub fn finish(transaction: Transaction, dry_run: bool) -> Result<(), Error> {
    if dry_run {
        transaction.rollback()?;
        output::say("dry run succeeded; nothing has been changed");
    } else {
        transaction.commit()?;
        output::say("done");
    }
    Ok(())
}
