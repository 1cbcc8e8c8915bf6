//! Runs `todo-admin move`, and finds out what it loses.

use crate::{Database, Edition, Said, admin, said, strings};
use postgres::Client;
use std::process::Command;

pub const FOUND: &str = "SELECT name FROM todo_check() WHERE NOT ok";
pub const TO_SQL: [&str; 3] = ["--trust-owner", "move", "--to=sql"];
pub const TO_EXTENSION: [&str; 3] = ["--trust-owner", "move", "--to=extension"];

/// A database with the SQL edition and user `u1`, and the edition's owner.
pub fn sql_edition() -> (Database, String) {
    let mut database = Database::empty();
    let owner = Edition::Sql.owner(&database.name);
    database.client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    with_user(database, owner)
}

/// A database with the extension and user `u1`, and a role that may own the SQL edition.
pub fn extension() -> (Database, String) {
    let mut database = Database::empty();
    let owner = database.role("owner");
    let name = &database.name;
    let prepare = format!("ALTER DATABASE {name} OWNER TO {owner}; CREATE EXTENSION todo");
    database.client.batch_execute(&prepare).unwrap();
    with_user(database, owner)
}

pub fn with_user(mut database: Database, owner: String) -> (Database, String) {
    database.client.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    (database, owner)
}

pub fn with_auth(edition: Edition) -> (Database, String) {
    let (mut database, owner) = match edition {
        Edition::Extension => extension(),
        Edition::Sql => sql_edition(),
    };
    database.client.batch_execute(&edition.install_auth(&database.name)).unwrap();
    (database, owner)
}

/// Runs a move as a superuser. If it hangs, `timeout` ends it with code 124.
pub fn moved(database: &Database, arguments: &[&str]) -> Said {
    said(mover(database).args(arguments), "")
}

pub fn mover(database: &Database) -> Command {
    let mut command = Command::new("timeout");
    command.arg("60").arg(admin(&database.name).get_program());
    command.env("PGDATABASE", &database.name).env("PGUSER", "postgres").env_remove("DATABASE_URL");
    command
}

#[track_caller]
pub fn moves(database: &mut Database, arguments: &[&str]) -> Said {
    let said = moved(database, arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    database.client = database.connect();
    said
}

/// All objects of a database with their dependencies, owners, comments and rights.
pub fn state(client: &mut Client) -> Vec<String> {
    strings(
        client,
        "SELECT concat_ws(' ', pg_describe_object(classid, objid, objsubid), objid, deptype, refobjid, refobjsubid)
         FROM pg_depend WHERE objid >= 16384
         UNION ALL
         SELECT concat_ws(' ', classid, objid, objsubid, deptype, refobjid) FROM pg_shdepend
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         UNION ALL
         SELECT concat_ws(' ', 'description', classoid, objoid, objsubid, description) FROM pg_description
         WHERE objoid >= 16384
         UNION ALL
         SELECT concat_ws(' ', 'acl', oid, relacl) FROM pg_class WHERE oid >= 16384
         ORDER BY 1",
    )
}

/// Runs a move that must be refused and change nothing. Returns its standard error.
#[track_caller]
pub fn refused(database: &mut Database, arguments: &[&str]) -> String {
    let before = state(&mut database.client);
    let Said { code, err, .. } = moved(database, arguments);
    assert_eq!(code, 1, "{arguments:?}: {err}");
    assert!(state(&mut database.client) == before, "changed by {arguments:?}: {err}");
    err
}

/// An object of an application that a command might lose.
pub struct Addition<'a> {
    /// A word in the error that names it, or several words with `|` between them.
    name: &'a str,
    make: &'a str,
    undo: &'a str,
    /// A query that is true if the command has kept it. Without a query, the command has to name it.
    kept: Option<&'a str>,
}

pub const fn named<'a>(name: &'a str, make: &'a str, undo: &'a str) -> Addition<'a> {
    Addition { name, make, undo, kept: None }
}

pub const fn kept<'a>(name: &'a str, make: &'a str, undo: &'a str, query: &'a str) -> Addition<'a> {
    Addition { name, make, undo, kept: Some(query) }
}

/// Makes the additions, and runs a command until it succeeds. Each time that it fails, what its error names is undone. What it has never
/// named, it must have kept.
#[track_caller]
pub fn lose_nothing(
    database: &mut Database,
    role: &str,
    additions: &[Addition],
    mut command: impl FnMut(&mut Database) -> Result<(), String>,
) {
    let run = |database: &Database, sql: &str| {
        let mut client = database.connect();
        client
            .batch_execute(&format!("SET client_min_messages = error; SET todo.guard = off; SET ROLE {role}"))
            .unwrap();
        client.batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    };
    let mut left: Vec<&Addition> = additions.iter().collect();
    for addition in additions {
        run(database, addition.make);
    }
    loop {
        let before = state(&mut database.client);
        let Err(error) = command(database) else { break };
        assert!(state(&mut database.client) == before, "changed: {error}");
        let (found, others): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|addition| addition.name.split('|').any(|word| error.contains(word)));
        assert!(!found.is_empty(), "{error}: not one of {:?}", others.iter().map(|a| a.name).collect::<Vec<_>>());
        left = others;
        for addition in found {
            run(database, addition.undo);
        }
    }
    database.client = database.connect();
    let lost: Vec<&str> = left
        .into_iter()
        .filter(|addition| {
            let query = addition.kept.map(|query| database.client.query_one(query, &[]));
            !query.is_some_and(|row| row.is_ok_and(|row| row.get::<_, Option<bool>>(0) == Some(true)))
        })
        .map(|addition| addition.make)
        .collect();
    assert_eq!(lost, [""; 0], "lost without a word");
}

/// A move as the command of [`lose_nothing`].
pub fn by<'a>(arguments: &'a [&'a str]) -> impl FnMut(&mut Database) -> Result<(), String> + 'a {
    move |database| match moved(database, arguments) {
        Said { code: 0, .. } => Ok(()),
        Said { code, err, .. } => {
            assert_eq!(code, 1, "{err}");
            Err(err)
        }
    }
}
