//! A copy before it has rows: what stands in its way, its database, and all that is defined in it.

use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::extras::Script;
use crate::fence::patiently;
use crate::installed::{login_is_superuser, trusted};
use crate::new_database::{Content, Roles, restore_archive};
use crate::new_file::NewFile;
use crate::output;
use crate::programs::Programs;
use crate::shard_compare::{AGAIN, tables};
use crate::shard_file::Place;
use crate::shard_mark::{Mark, mark_in, write_mark};
use crate::sql::{admin_sql, begin};
use postgres::GenericClient;
use postgres_protocol::escape::escape_identifier;
use uuid::Uuid;

/// Fails if the database has something that cannot be copied, and would be lost.
pub fn refuse_obstacles(source: &mut Session, original: &Place) -> Result<(), Error> {
    must_be_superuser(source, original)?;
    match source.client.query(admin_sql!("copy_obstacles"), &[])?.first() {
        None => Ok(()),
        Some(row) => {
            let obstacle: String = row.get("obstacle");
            Err(Error::new(format!("{} cannot be copied: {obstacle}", original.title()))
                .fix(row.get::<_, String>("fix")))
        }
    }
}

pub fn must_be_superuser(session: &mut Session, place: &Place) -> Result<(), Error> {
    if login_is_superuser(&mut session.client)? {
        return Ok(());
    }
    Err(Error::new(format!("the role on {} is not a superuser", place.server))
        .fix("connect as one: only a superuser can copy all tables of a database"))
}

/// Fails unless the other server installs the same versions of extensions.
pub fn must_have_extensions(source: &mut Session, server: &mut Session, title: &str, name: &str) -> Result<(), Error> {
    for row in source.client.query(admin_sql!("copy_extensions"), &[])? {
        let (extension, version): (String, String) = (row.get("name"), row.get("version"));
        let there = server.client.query_opt(admin_sql!("copy_available"), &[&extension])?;
        let there: Option<String> = there.map(|row| row.get(0));
        if there.as_deref() != Some(&version) {
            let has = there.map_or("does not have it".to_owned(), |there| format!("installs {there}"));
            return Err(Error::new(format!("extension {extension} is at {version} in {title}, but {name} {has}"))
                .fix("install the same versions on both servers, and update the extensions of the database"));
        }
    }
    Ok(())
}

/// Fails unless the other server has the roles that the database names.
pub fn must_have_roles(source: &mut Session, server: &mut Session, name: &str) -> Result<(), Error> {
    let needed: Vec<String> =
        source.client.query(admin_sql!("copy_roles"), &[])?.iter().map(|row| row.get("role")).collect();
    let missing: Vec<String> =
        server.client.query(admin_sql!("copy_missing_roles"), &[&needed])?.iter().map(|row| row.get("name")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!("{name} lacks roles of the database: {}", missing.join(", "))).fix("create them there"))
}

/// Creates an empty database like that of the source, to which only superusers can connect. It gets its final name once it is marked
/// as a copy.
pub fn create(source: &mut Session, server: &mut Session, database: &str, mark: &Mark) -> Result<(), Error> {
    output::say(format!("creating database {database}"));
    // Databases that were left when a command was killed before the copy had its final name.
    for row in server.client.query(admin_sql!("copy_strays"), &[])? {
        if mark_in(&row).is_some_and(|stray| stray.original == mark.original) {
            drop_database(server, row.get("database"))?;
        }
    }
    let first = format!("todo_copy_{}", Uuid::new_v4().simple());
    let statement: String = source.client.query_one(admin_sql!("create_database"), &[&first])?.get(0);
    server.client.batch_execute("SET statement_timeout = 0")?;
    server.client.batch_execute(&statement)?;
    write_mark(server, &first, mark)?;
    let (quoted, first) = (escape_identifier(database), escape_identifier(&first));
    server.client.batch_execute(&format!("REVOKE ALL ON DATABASE {first} FROM PUBLIC"))?;
    // Both or neither, as one transaction: a copy that is found can be connected to, whenever this is killed.
    let begin = format!("ALTER DATABASE {first} RENAME TO {quoted}; ALTER DATABASE {quoted} ALLOW_CONNECTIONS true");
    if let Err(error) = server.client.batch_execute(&begin) {
        server.client.batch_execute(&format!("DROP DATABASE {first}"))?;
        return Err(error.into());
    }
    Ok(())
}

/// Creates everything that the source has, without rows.
pub fn fill(source: &mut Session, target: &Conninfo, database: &str) -> Result<Session, Error> {
    let programs = Programs::new(&source.conninfo)?;
    let original = source.conninfo.get("dbname").unwrap_or_default().to_owned();
    let (dump, _) = NewFile::create(std::env::temp_dir().join(format!("todo-admin-{}.dump", Uuid::new_v4())))?;
    let into = format!("--file={}", dump.path().display());
    // pg_dump acts as the role of this session, whichever role the database sets.
    let role: String = source.client.query_one("SELECT CURRENT_USER::pg_catalog.text", &[])?.get(0);
    let role = format!("--role={role}");
    let arguments =
        ["--format=custom", "--schema-only", "--no-subscriptions", "--encoding=UTF8", &role, &into, "--no-password"];
    programs.run("pg_dump", &arguments, &original, Some(dump.path()))?;
    // Triggers, for example, run with the rights of the role that replicates.
    if let Some(owner) = Roles::of(&mut source.client)?.untrusted_owner(&programs, dump.path(), &original)? {
        trusted(&owner, "owns objects in this database, and could make a superuser run its code")?;
    }
    restore_archive(&Programs::new(target)?, dump.path(), database, &Content::Schema)?;
    let mut filled = Session::open(target.clone())?;
    Script::of(&mut source.client)?.run(&mut filled.client)?;
    // Replication brings all rows, so those that came with the definitions are deleted.
    let mut transaction = begin(&mut filled.client)?;
    transaction.batch_execute("SET LOCAL session_replication_role = replica")?;
    for table in tables(&mut transaction)? {
        transaction.batch_execute(&format!("DELETE FROM ONLY {table}"))?;
    }
    transaction.commit()?;
    Ok(filled)
}

/// Drops a copy. No session is disconnected, because no one should be using a copy that is not complete.
pub fn drop_database(server: &mut Session, database: &str) -> Result<(), Error> {
    patiently(|| Ok(server.client.batch_execute(&format!("DROP DATABASE {}", escape_identifier(database)))?))
}

/// A checksum of all that is defined.
pub fn definitions(client: &mut impl GenericClient) -> Result<String, Error> {
    Ok(client.query_one(admin_sql!("copy_definitions"), &[])?.get(0))
}

/// Fails if something has been defined, or a right has changed, since the copy was made: the copy would lack it.
pub fn must_be_defined_as(expected: &str, original: &mut impl GenericClient) -> Result<(), Error> {
    if definitions(original)? == expected {
        return Ok(());
    }
    Err(Error::new("objects, rights or settings of the original have changed since it was copied").fix(AGAIN))
}
