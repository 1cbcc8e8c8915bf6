//! A copy of a database, on another server or beside it, that logical replication keeps up to date until it takes the place of
//! the original.
//!
//! Everything about a copy is in the databases, so that a command that was stopped can go on: the copy's comment names the
//! original until the copy is complete; subscription and publication have the name `todo_copy`; and from the moment at which
//! the copy is what counts, the original has the schema `todo_fence`, whose triggers refuse every write.

use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::extras::Script;
use crate::installed::{login_is_superuser, trusted};
use crate::message::count;
use crate::new_database::{Content, Roles, restore_archive};
use crate::new_file::NewFile;
use crate::output;
use crate::programs::Programs;
use crate::shard_file::Place;
use crate::sql::{admin_sql, begin, same_text, undisturbed};
use indicatif::{HumanBytes, ProgressBar};
use postgres::{IsolationLevel, Transaction};
use postgres_protocol::escape::{escape_identifier, escape_literal};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What the comment of an incomplete copy begins with; the place of the original follows, as JSON.
const MARK: &str = "todo-admin: incomplete copy of ";

/// So much of the log may be left to replay when writes are stopped.
const SMALL_LAG: i64 = 1 << 20;

/// How long writes may wait for the copy to replay the rest.
const CATCH_UP: Duration = Duration::from_secs(60);

/// How often the locks are asked for that stop all writes.
const ATTEMPTS: u32 = 10;

/// An original and its copy.
pub struct ShardCopy {
    source: Session,
    /// Another session in the original: it looks on while the first one keeps writes waiting.
    beside: Session,
    /// A session in the database `postgres` of the copy's server.
    server: Session,
    target: Session,
    /// The name of the copy.
    database: String,
    slot: String,
}

/// The original of an incomplete copy; `None` if the database is complete or is not there.
pub fn original_of(copy: &Conninfo, database: &str) -> Result<Option<Place>, Error> {
    let mut server = Session::open(copy.with_database("postgres"))?;
    Ok(comment_of(&mut server, database)?.flatten().and_then(|comment| {
        let place = comment.strip_prefix(MARK)?;
        serde_json::from_str(place).ok()
    }))
}

/// The comment of a database, if there is such a database.
fn comment_of(server: &mut Session, database: &str) -> Result<Option<Option<String>>, Error> {
    Ok(server.client.query_opt(admin_sql!("copy_of"), &[&database])?.map(|row| row.get("comment")))
}

/// Whether a database refuses writes because a copy has taken its place.
pub fn is_fenced(session: &mut Session) -> Result<bool, Error> {
    Ok(session.client.query_one(admin_sql!("fence_is_up"), &[])?.get(0))
}

impl ShardCopy {
    /// Begins a copy, or goes on with one that was begun.
    pub fn begin(original: &Place, source: &Conninfo, copy: &Place, target: &Conninfo) -> Result<Self, Error> {
        let mut source = Session::open(source.clone())?;
        let mut server = Session::open(target.with_database("postgres"))?;
        for (session, place) in [(&mut source, original), (&mut server, copy)] {
            if !login_is_superuser(&mut session.client)? {
                return Err(Error::new(format!("the role on {} is not a superuser", place.server))
                    .fix("connect as one: only a superuser can copy all tables of a database"));
            }
        }
        if !source.client.query_one(admin_sql!("copy_lock"), &[])?.get::<_, bool>(0) {
            return Err(Error::new(format!("another todo-admin is copying {}", original.title())));
        }
        let mark = format!("{MARK}{}", serde_json::to_string(original).map_err(Error::new)?);
        let database = &copy.database;
        match comment_of(&mut server, database)? {
            None => {}
            Some(Some(comment)) if comment == mark => {
                let mut target = Session::open(target.clone())?;
                if target.client.query_opt(admin_sql!("copy_progress"), &[])?.is_some() {
                    output::say("going on with the copy that was begun");
                    target.client.batch_execute("ALTER SUBSCRIPTION todo_copy ENABLE")?;
                    let slot = source.client.query_one(admin_sql!("copy_publish"), &[])?.get("slot");
                    let beside = Session::open(source.conninfo.clone())?;
                    return Ok(Self { source, beside, server, target, database: database.clone(), slot });
                }
                // Nothing has been copied into it.
                drop(target);
                drop_database(&mut server, database)?;
            }
            Some(_) => {
                return Err(Error::new(format!("there is already a database {database} on {}", copy.server))
                    .fix("drop it if it is not needed, or rename it"));
            }
        }
        if is_fenced(&mut source)? {
            return Err(Error::new(format!("{} has moved, and is read-only", original.title()))
                .fix("correct the file of shards: it names the old place"));
        }
        refuse_obstacles(&mut source, &mut server, original, copy)?;
        let outcome = create(&mut source, &mut server, database, &mark)
            .and_then(|()| fill(&mut source, target, database))
            .and_then(|target| subscribe(&mut source, target));
        match outcome {
            Ok((target, slot)) => {
                let beside = Session::open(source.conninfo.clone())?;
                Ok(Self { source, beside, server, target, database: database.clone(), slot })
            }
            Err(error) => {
                // In new sessions, because Ctrl-C may have cancelled a command of these.
                let mut again = Session::open(server.conninfo.clone())?;
                if comment_of(&mut again, database)?.flatten().as_deref() == Some(&mark) {
                    drop_database(&mut again, database)?;
                }
                unpublish(&mut Session::open(source.conninfo.clone())?)?;
                Err(error)
            }
        }
    }

    /// Waits until all tables are copied, and what has changed meanwhile.
    pub fn follow(&mut self) -> Result<(), Error> {
        let bar = progress();
        loop {
            Error::if_interrupted()?;
            let Some(row) = self.target.client.query_opt(admin_sql!("copy_progress"), &[])? else {
                return Err(Error::new("the subscription of the copy has been dropped"));
            };
            if !row.get::<_, bool>("is_enabled") {
                return Err(Error::new("replication into the copy has failed")
                    .fix("see the log of the copy's server; when the cause is removed, run the command again"));
            }
            let (copied, tables): (i64, i64) = (row.get("tables_copied"), row.get("tables"));
            let lag = lag(&mut self.beside, &self.slot, None)?;
            if copied == tables && lag <= SMALL_LAG {
                break;
            }
            bar.set_message(format!(
                "{copied} of {} copied, {} more; {} of the log to replay",
                count(tables, "table"),
                count(row.get("rows_copied"), "row"),
                HumanBytes(lag.unsigned_abs())
            ));
            bar.tick();
            std::thread::sleep(Duration::from_millis(100));
        }
        if is_fenced(&mut self.source)? {
            // The command was stopped just then, and nobody can write until it ends.
            return Ok(());
        }
        bar.set_message("reading statistics");
        bar.tick();
        // What the planner knows is not replicated.
        self.target.client.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0")?;
        self.target.client.batch_execute("VACUUM (ANALYZE)")?;
        bar.finish_and_clear();
        Ok(())
    }

    /// Lets writes wait, compares, and makes the original read-only for good. From then on, the copy is what counts. If this
    /// fails, writes go on in the original. Returns how long they have waited.
    pub fn cut_over(&mut self, compares: bool) -> Result<Duration, Error> {
        patiently(|| self.try_to_cut_over(compares))
    }

    fn try_to_cut_over(&mut self, compares: bool) -> Result<Duration, Error> {
        let bar = progress();
        let start = Instant::now();
        let mut fence = stop_writes(&mut self.source, &bar)?;
        if !fence.query_one(admin_sql!("fence_is_up"), &[])?.get::<_, bool>(0) {
            fence.batch_execute(admin_sql!("fence_raise"))?;
        }
        catch_up(&mut self.beside, &self.slot, &bar)?;
        let mut copied = self.target.client.transaction()?;
        undisturbed(&mut copied)?;
        if compares {
            compare(&mut fence, &mut copied, &bar)?;
        }
        set_sequences(&mut fence, &mut copied)?;
        copied.commit()?;
        for row in fence.query(admin_sql!("copy_refresh"), &[])? {
            self.target.client.batch_execute(row.get("statement"))?;
        }
        for row in fence.query(admin_sql!("copy_rights"), &[&self.database])? {
            self.server.client.batch_execute(row.get("statement"))?;
        }
        Error::if_interrupted()?;
        fence.commit()?;
        bar.finish_and_clear();
        Ok(start.elapsed())
    }

    /// Compares snapshots of both, which were taken while writes waited. Returns how long they have.
    pub fn compare_ahead(&mut self) -> Result<Duration, Error> {
        patiently(|| self.try_to_compare_ahead())
    }

    fn try_to_compare_ahead(&mut self) -> Result<Duration, Error> {
        let bar = progress();
        let mut looking_on = Session::open(self.source.conninfo.clone())?;
        let start = Instant::now();
        let fence = stop_writes(&mut self.source, &bar)?;
        let mut original = snapshot(&mut looking_on)?;
        catch_up(&mut self.beside, &self.slot, &bar)?;
        let mut copied = snapshot(&mut self.target)?;
        fence.rollback()?;
        let waited = start.elapsed();
        compare(&mut original, &mut copied, &bar)?;
        bar.finish_and_clear();
        Ok(waited)
    }
}

/// Tries again what needs locks on all tables.
fn patiently<T>(mut work: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let mut attempt = 0;
    loop {
        Error::if_interrupted()?;
        attempt += 1;
        match work() {
            Err(error) if matches!(error.sqlstate(), Some("55P03" | "40P01")) && attempt < ATTEMPTS => {
                std::thread::sleep(Duration::from_millis(500));
            }
            Err(error) if error.sqlstate() == Some("55P03") => {
                return Err(error.fix("end the transactions that have been open for long, and run the command again"));
            }
            outcome => return outcome,
        }
    }
}

/// Lets writes wait until this transaction ends.
fn stop_writes<'a>(source: &'a mut Session, bar: &ProgressBar) -> Result<Transaction<'a>, Error> {
    bar.set_message("waiting for running transactions");
    bar.tick();
    let mut fence = begin(&mut source.client)?;
    undisturbed(&mut fence)?;
    fence.batch_execute(admin_sql!("fence_lock"))?;
    Ok(fence)
}

/// A transaction that goes on seeing all rows as they are now.
fn snapshot(session: &mut Session) -> Result<Transaction<'_>, Error> {
    let mut transaction =
        session.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start()?;
    undisturbed(&mut transaction)?;
    transaction.query_one("SELECT 1", &[])?;
    Ok(transaction)
}

/// Waits until the copy has everything that has been committed in the original.
fn catch_up(original: &mut Session, slot: &str, bar: &ProgressBar) -> Result<(), Error> {
    bar.set_message("waiting for the copy to catch up");
    bar.tick();
    // Once this is committed, everything before is in the log before the position, and on the disk.
    let mut message = original.client.transaction()?;
    message.batch_execute("SET LOCAL synchronous_commit = on")?;
    message.query_one("SELECT pg_catalog.pg_logical_emit_message(true, 'todo-admin', '')", &[])?;
    message.commit()?;
    let position: String =
        original.client.query_one("SELECT pg_catalog.pg_current_wal_lsn()::pg_catalog.text", &[])?.get(0);
    let start = Instant::now();
    while lag(original, slot, Some(&position))? > 0 {
        Error::if_interrupted()?;
        if start.elapsed() > CATCH_UP {
            return Err(Error::new("the copy does not catch up, and writes go on in the original")
                .fix("see the log of the copy's server, and run the command again"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// How much of the log, up to a position or up to now, the copy has not confirmed.
fn lag(original: &mut Session, slot: &str, position: Option<&str>) -> Result<i64, Error> {
    let row = original.client.query_opt(admin_sql!("copy_lag"), &[&position, &slot])?;
    row.and_then(|row| row.get("bytes")).ok_or_else(|| {
        Error::new("the replication slot of the copy is lost")
            .fix("run the command with --cancel, set a larger max_slot_wal_keep_size, and run it again")
    })
}

/// Ends the replication. Can be repeated.
pub fn end_replication(source: &mut Session, target: &mut Session) -> Result<(), Error> {
    if target.client.query_opt(admin_sql!("copy_progress"), &[])?.is_some() {
        // Without its slot, because only this program may be able to reach both servers.
        target.client.batch_execute("ALTER SUBSCRIPTION todo_copy DISABLE")?;
        target.client.batch_execute("ALTER SUBSCRIPTION todo_copy SET (slot_name = NONE)")?;
        target.client.batch_execute("DROP SUBSCRIPTION todo_copy")?;
    }
    unpublish(source)?;
    // The copy has one, too, if the original had it when its schema was dumped.
    Ok(target.client.batch_execute("DROP PUBLICATION IF EXISTS todo_copy")?)
}

/// Removes what a copy reads from.
fn unpublish(source: &mut Session) -> Result<(), Error> {
    let row = source.client.query_one(admin_sql!("copy_publish"), &[])?;
    if row.get("has_slot") {
        drop_slot(source, row.get("slot"))?;
    }
    Ok(source.client.batch_execute("SET client_min_messages = error; DROP PUBLICATION IF EXISTS todo_copy")?)
}

/// The copy is complete.
pub fn unmark(target: &mut Session) -> Result<(), Error> {
    let database = target.conninfo.get("dbname").unwrap_or_default();
    let unmark = format!("COMMENT ON DATABASE {} IS NULL", escape_identifier(database));
    Ok(target.client.batch_execute(&unmark)?)
}

/// Drops a slot as soon as the process that reads from it has ended.
fn drop_slot(source: &mut Session, slot: &str) -> Result<(), Error> {
    let start = Instant::now();
    loop {
        match source
            .client
            .execute("SELECT pg_catalog.pg_drop_replication_slot($1::pg_catalog.text::pg_catalog.name)", &[&slot])
        {
            Ok(_) => return Ok(()),
            Err(error) => {
                let error = Error::from(error);
                if error.sqlstate() != Some("55006") || start.elapsed() > CATCH_UP {
                    return Err(error);
                }
                Error::if_interrupted()?;
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

pub fn progress() -> ProgressBar {
    if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() }
}

/// What cannot be copied would be lost.
fn refuse_obstacles(source: &mut Session, server: &mut Session, original: &Place, copy: &Place) -> Result<(), Error> {
    if let Some(row) = source.client.query(admin_sql!("copy_obstacles"), &[])?.first() {
        let obstacle: String = row.get("obstacle");
        return Err(
            Error::new(format!("{} cannot be copied: {obstacle}", original.title())).fix(row.get::<_, String>("fix"))
        );
    }
    for row in source.client.query(admin_sql!("copy_extensions"), &[])? {
        let (name, version): (String, String) = (row.get("name"), row.get("version"));
        let there = server.client.query_opt(admin_sql!("copy_available"), &[&name])?;
        let there: Option<String> = there.map(|row| row.get(0));
        if there.as_deref() != Some(&version) {
            let has = there.map_or("does not have it".to_owned(), |there| format!("installs {there}"));
            return Err(Error::new(format!(
                "extension {name} is at {version} in {}, but {} {has}",
                original.title(),
                copy.server
            ))
            .fix("install the same versions on both servers, and update the extensions of the database"));
        }
    }
    Ok(())
}

/// Creates an empty database like that of the source, which only superusers can connect to.
fn create(source: &mut Session, server: &mut Session, database: &str, mark: &str) -> Result<(), Error> {
    output::say(format!("creating database {database}"));
    let statement: String = source.client.query_one(admin_sql!("create_database"), &[&database])?.get(0);
    let quoted = escape_identifier(database);
    server.client.batch_execute("SET statement_timeout = 0")?;
    server.client.batch_execute(&statement)?;
    server.client.batch_execute(&format!("COMMENT ON DATABASE {quoted} IS {}", escape_literal(mark)))?;
    server.client.batch_execute(&format!("REVOKE ALL ON DATABASE {quoted} FROM PUBLIC"))?;
    for row in source.client.query(admin_sql!("copy_settings"), &[])? {
        let role = row.get::<_, Option<&str>>("role");
        let whose = role.map_or(format!("DATABASE {quoted}"), |role| format!("ROLE {role} IN DATABASE {quoted}"));
        let (name, value): (&str, &str) = (row.get("name"), row.get("value"));
        // The value of a list can be given only as it is set.
        let mut transaction = begin(&mut server.client)?;
        transaction.execute("SELECT pg_catalog.set_config($1, $2, true)", &[&name, &value])?;
        transaction.batch_execute(&format!("ALTER {whose} SET {} FROM CURRENT", setting(name)))?;
        transaction.commit()?;
    }
    Ok(server.client.batch_execute(&format!("ALTER DATABASE {quoted} ALLOW_CONNECTIONS true"))?)
}

/// The name of a setting, each part as an identifier.
fn setting(name: &str) -> String {
    name.split('.').map(escape_identifier).collect::<Vec<_>>().join(".")
}

/// Creates everything that the source has, without rows.
fn fill(source: &mut Session, target: &Conninfo, database: &str) -> Result<Session, Error> {
    let programs = Programs::new(&source.conninfo)?;
    let original = source.conninfo.get("dbname").unwrap_or_default().to_owned();
    let (dump, _) = NewFile::create(std::env::temp_dir().join(format!("todo-admin-{}.dump", Uuid::new_v4())))?;
    let into = format!("--file={}", dump.path().display());
    let arguments =
        ["--format=custom", "--schema-only", "--no-subscriptions", "--encoding=UTF8", &into, "--no-password"];
    programs.run("pg_dump", &arguments, &original, Some(dump.path()))?;
    // Triggers, for example, run with the rights of the role that replicates.
    if let Some(owner) = Roles::of(&mut source.client)?.untrusted_owner(&programs, dump.path(), &original)? {
        trusted(&owner, "owns objects in this database, and could make a superuser run its code")?;
    }
    restore_archive(&Programs::new(target)?, dump.path(), database, &Content::Schema)?;
    let mut filled = Session::open(target.clone())?;
    Script::of(&mut source.client)?.run(&mut filled.client)?;
    Ok(filled)
}

/// Starts the replication of all rows.
fn subscribe(source: &mut Session, mut target: Session) -> Result<(Session, String), Error> {
    let row = source.client.query_one(admin_sql!("copy_publish"), &[])?;
    let slot: String = row.get("slot");
    if !row.get::<_, bool>("has_publication") {
        source.client.batch_execute("CREATE PUBLICATION todo_copy FOR ALL TABLES")?;
    }
    // One that is left has rows which another copy has read.
    if row.get("has_slot") {
        drop_slot(source, &slot)?;
    }
    // This waits until all transactions have ended that are running now, and nobody waits behind it.
    let mut transaction = begin(&mut source.client)?;
    undisturbed(&mut transaction)?;
    transaction.batch_execute("SET LOCAL lock_timeout = 0")?;
    transaction.execute(
        "SELECT pg_catalog.pg_create_logical_replication_slot($1::pg_catalog.text::pg_catalog.name, 'pgoutput')",
        &[&slot],
    )?;
    transaction.commit()?;
    let mut from = source.conninfo.text();
    if let Some(password) = source.conninfo.password() {
        from += &format!(" password='{}'", password.replace('\\', "\\\\").replace('\'', "\\'"));
    }
    let create = format!(
        "CREATE SUBSCRIPTION todo_copy CONNECTION {} PUBLICATION todo_copy
         WITH (create_slot = false, slot_name = {}, disable_on_error = true)",
        escape_literal(&from),
        escape_literal(&slot)
    );
    let mut transaction = begin(&mut target.client)?;
    undisturbed(&mut transaction)?;
    transaction.batch_execute(admin_sql!("unlogged_statements"))?;
    transaction.batch_execute(&create)?;
    transaction.commit()?;
    output::say("copying");
    Ok((target, slot))
}

pub fn drop_database(server: &mut Session, database: &str) -> Result<(), Error> {
    let drop = format!("DROP DATABASE {} WITH (FORCE)", escape_identifier(database));
    // Only the copy itself knows a subscription in it, which would keep it from being dropped.
    Ok(server.client.batch_execute(&drop)?)
}

/// Fails unless both have the same rows in all tables.
fn compare(original: &mut Transaction, copy: &mut Transaction, bar: &ProgressBar) -> Result<(), Error> {
    bar.set_message("comparing all rows");
    bar.tick();
    let names = |transaction: &mut Transaction| -> Result<Vec<String>, Error> {
        Ok(transaction.query(admin_sql!("copy_tables"), &[])?.iter().map(|row| row.get("name")).collect())
    };
    let tables = names(original)?;
    if names(copy)? != tables {
        return Err(Error::new("the tables of the original have changed since they were copied")
            .fix("run the command with --cancel, and then again"));
    }
    let (expected, found) = std::thread::scope(|scope| {
        let of_copy = scope.spawn(|| checksums(copy, &tables));
        let expected = checksums(original, &tables);
        (expected, of_copy.join().unwrap_or_else(|_| Err(Error::new("the copy could not be read"))))
    });
    let (expected, found) = (expected?, found?);
    match tables.iter().find(|&table| expected.get(table) != found.get(table)) {
        None => Ok(()),
        Some(table) => Err(Error::new(format!(
            "table {table} differs in the copy ({} there, {} in the original), and writes go on in the original",
            count(found.get(table).map_or(0, |&(rows, _)| rows), "row"),
            count(expected.get(table).map_or(0, |&(rows, _)| rows), "row"),
        ))
        .fix("run the command with --cancel, and then again")),
    }
}

/// The number of rows of each table, and a checksum that does not depend on their order.
fn checksums(transaction: &mut Transaction, tables: &[String]) -> Result<BTreeMap<String, (i64, String)>, Error> {
    same_text(transaction)?;
    let mut checksums = BTreeMap::new();
    for table in tables {
        Error::if_interrupted()?;
        let query = format!(
            "SELECT pg_catalog.count(*), pg_catalog.concat(pg_catalog.sum(pg_catalog.hashtextextended(t::pg_catalog.text, 0)))
             FROM ONLY {table} AS t"
        );
        let row = transaction.query_one(&query, &[])?;
        checksums.insert(table.clone(), (row.get(0), row.get(1)));
    }
    Ok(checksums)
}

/// Sequences are not replicated.
fn set_sequences(original: &mut Transaction, copy: &mut Transaction) -> Result<(), Error> {
    for row in original.query(admin_sql!("copy_sequences"), &[])? {
        let (name, read): (&str, &str) = (row.get("name"), row.get("read"));
        let state = original.query_one(read, &[])?;
        let (value, is_called): (i64, bool) = (state.get("last_value"), state.get("is_called"));
        copy.execute(
            "SELECT pg_catalog.setval($1::pg_catalog.text::pg_catalog.regclass, $2, $3)",
            &[&name, &value, &is_called],
        )?;
    }
    Ok(())
}
