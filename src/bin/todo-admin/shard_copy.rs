//! A copy of a database, on another server or beside it, that logical replication keeps up to date until it takes the place of
//! the original.
//!
//! The databases hold all that is known about a copy, so that a command that was stopped can go on. The copy's comment names the
//! original. Subscription and publication are called `todo_copy`, and are dropped when the copy has taken over. From the moment at which
//! the copy is the one that counts, the original has a [`fence`].

use crate::connect::Session;
use crate::conninfo::Conninfo;
use crate::error::Error;
use crate::fence::{self, Placement, patiently, stop_writes};
use crate::interrupt::cleaning_up;
use crate::message::count;
use crate::output;
use crate::replication::{self, Outgoing, catch_up, lag, must_run, subscribe, unpublish};
use crate::shard_compare::compare;
use crate::shard_empty::{
    create, definitions, drop_database, fill, must_be_defined_as, must_be_superuser, must_have_extensions,
    must_have_roles, refuse_obstacles,
};
use crate::shard_file::Place;
use crate::shard_mark::{Mark, mark_of, write_mark};
use crate::sql::{admin_sql, begin, undisturbed};
use indicatif::{HumanBytes, ProgressBar};
use postgres::{IsolationLevel, Transaction};
use postgres_protocol::escape::{escape_identifier, escape_literal};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How many bytes of the log may be left to replay when writes are stopped.
const SMALL_LAG: i64 = 1 << 20;

/// How long it may take to replay the rest before writes are stopped.
const BEFORE: Duration = Duration::from_secs(60);
/// How long it may take to replay the rest while writes wait.
const WAITING: Duration = Duration::from_secs(10);

/// How long the first copying of the rows may make no progress.
const STANDSTILL: Duration = Duration::from_secs(180);

/// An original and its copy.
pub struct ShardCopy {
    source: Session,
    /// Another session in the original, for queries while the first one keeps writes waiting.
    beside: Session,
    /// A session in the database `postgres` of the copy's server.
    server: Session,
    target: Session,
    /// The name of the copy.
    database: String,
    mark: Mark,
    /// The replication slot of the original from which the copy reads.
    slot: String,
}

/// A session that keeps other commands from copying a database, until it ends.
pub fn lock(original: &Conninfo) -> Result<Session, Error> {
    let mut session = Session::open(original.clone())?;
    // The server may still be ending the session of a command that has just ended.
    let deadline = Instant::now() + Duration::from_secs(2);
    while Instant::now() < deadline {
        if session.client.query_one(admin_sql!("copy_lock"), &[])?.get(0) {
            return Ok(session);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let database = original.get("dbname").unwrap_or_default();
    Err(Error::new(format!("another todo-admin is copying database {database}")))
}

impl ShardCopy {
    /// Begins a copy, or goes on with one that was begun. The caller has the [`lock`].
    pub fn begin(original: &Place, source: &Conninfo, copy: &Place, target: &Conninfo) -> Result<Self, Error> {
        let mut source = Session::open(source.clone())?;
        let mut server = Session::open(target.with_database("postgres"))?;
        must_be_superuser(&mut source, original)?;
        must_be_superuser(&mut server, copy)?;
        let is_fenced = fence::is_up(&mut source)?;
        let old_file = || {
            Error::new(format!("a copy has already taken the place of {}", original.title()))
                .fix("use the file of shards that this command has written")
        };
        replication::must_be_free(&mut source, original, Some(copy))?;
        let database = &copy.database;
        match mark_of(&mut server, database)? {
            Some(Some(mark)) if mark.original == *original => {
                let mut target = Session::open(target.clone())?;
                match target.client.query_opt(admin_sql!("copy_progress"), &[])? {
                    Some(row) if Outgoing::of(&mut source)?.is_some() => {
                        output::say("going on with the copy that was started");
                        target.client.batch_execute("ALTER SUBSCRIPTION todo_copy ENABLE")?;
                        let slot = row.get::<_, Option<String>>("slot").unwrap_or_default();
                        let beside = Session::open(source.conninfo.clone())?;
                        return Ok(Self { source, beside, server, target, database: database.clone(), mark, slot });
                    }
                    _ if has_been_replaced(&mut source)? => return Err(old_file()),
                    // The copy was given up while its server could not be reached.
                    Some(_) => replication::end(&mut source, &mut target, copy)?,
                    // Nothing has been copied into it.
                    None => {}
                }
                drop(target);
                drop_database(&mut server, database)?;
            }
            _ if is_fenced => return Err(old_file()),
            None => {}
            Some(_) => {
                return Err(Error::new(format!("there is already a database {database} on {}", copy.server))
                    .fix("drop it if it is not needed, or rename it"));
            }
        }
        refuse_obstacles(&mut source, original)?;
        must_have_extensions(&mut source, &mut server, &original.title(), &copy.server)?;
        must_have_roles(&mut source, &mut server, &copy.server)?;
        let definitions = definitions(&mut source.client)?;
        let mark = Mark { original: original.clone(), is_compared: false, definitions };
        let outcome = create(&mut source, &mut server, database, &mark)
            .and_then(|()| fill(&mut source, target, database))
            .and_then(|mut target| subscribe(&mut source, &mut target, copy).map(|slot| (target, slot)));
        match outcome {
            Ok((target, slot)) => {
                output::say("copying");
                let beside = Session::open(source.conninfo.clone())?;
                Ok(Self { source, beside, server, target, database: database.clone(), mark, slot })
            }
            Err(error) => Err(match cleaning_up(|| remove(original, &source.conninfo, copy, target)) {
                Ok(()) => error,
                Err(left) => {
                    let message = format!("{error}; but what was made for the copy is left: {left}");
                    error.reworded(message).fix("run the command again with --cancel")
                }
            }),
        }
    }

    /// Waits until all tables are copied, and all changes since then have been replayed.
    pub fn follow(&mut self) -> Result<(), Error> {
        let bar = progress();
        let (mut before, mut since) = ((-1, -1), Instant::now());
        loop {
            Error::if_interrupted()?;
            let row = match must_run(&mut self.target) {
                Ok(row) => row,
                Err(error) => {
                    must_be_defined_as(&self.mark.definitions, &mut self.source.client)?;
                    return Err(error);
                }
            };
            let (copied, tables, rows): (i64, i64, i64) =
                (row.get("tables_copied"), row.get("tables"), row.get("rows_copied"));
            let lag = lag(&mut self.beside, &self.slot, None)?;
            if copied == tables && lag <= SMALL_LAG {
                break;
            }
            if before != (copied, rows) || copied == tables {
                (before, since) = ((copied, rows), Instant::now());
            } else if since.elapsed() > STANDSTILL {
                return Err(Error::new("the first copying of the tables makes no progress")
                    .fix("see the log of the copy's server; run the command again, or with --cancel first"));
            }
            bar.set_message(format!(
                "{copied} of {} copied, {} more; {} of the log to replay",
                count(tables, "table"),
                count(rows, "row"),
                HumanBytes(lag.unsigned_abs())
            ));
            bar.tick();
            std::thread::sleep(Duration::from_millis(100));
        }
        if self.is_fenced()? {
            return Ok(());
        }
        bar.set_message("reading statistics");
        bar.tick();
        // Statistics for the planner are not replicated, nor are the rows of materialized views.
        self.target.client.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0")?;
        self.target.client.batch_execute("VACUUM (ANALYZE)")?;
        for row in self.source.client.query(admin_sql!("copy_refresh"), &[])? {
            self.target.client.batch_execute(row.get("statement"))?;
        }
        bar.finish_and_clear();
        catch_up(&mut self.beside, &mut self.target, &self.slot, BEFORE)
    }

    /// Whether the original is read-only already: the command was stopped just then, and nobody can write until it ends.
    pub fn is_fenced(&mut self) -> Result<bool, Error> {
        fence::is_up(&mut self.source)
    }

    /// Compares snapshots of both, which are taken while writes wait. Returns how long they have.
    pub fn compare_ahead(&mut self) -> Result<Duration, Error> {
        patiently(|| self.try_to_compare_ahead())
    }

    fn try_to_compare_ahead(&mut self) -> Result<Duration, Error> {
        let mut looking_on = Session::open(self.source.conninfo.clone())?;
        let start = Instant::now();
        let mut fence = stop_writes(&mut self.source)?;
        must_be_defined_as(&self.mark.definitions, &mut fence)?;
        let mut original = snapshot(&mut looking_on)?;
        catch_up(&mut self.beside, &mut self.target, &self.slot, WAITING)?;
        let mut copied = snapshot(&mut self.target)?;
        fence.rollback()?;
        let waited = start.elapsed();
        let bar = comparing();
        compare(&mut original, &mut copied)?;
        bar.finish_and_clear();
        Ok(waited)
    }

    /// Makes writes wait, compares, and makes the original read-only. From then on, the copy is the one that counts. If this fails, writes
    /// go on in the original. With placements of both, each accepts only its own users afterwards. Returns how long writes have waited.
    pub fn cut_over(&mut self, compares: bool, placements: Option<[Placement; 2]>) -> Result<Duration, Error> {
        // Tried first, so that a role that is missing there, for example, is noticed before writes wait.
        self.set_rights()?.rollback()?;
        let waited = patiently(|| self.try_to_cut_over(compares, placements))?;
        // Until now, only superusers could connect to the copy.
        self.set_rights()?.commit()?;
        Ok(waited)
    }

    /// A transaction that gives the copy the settings, the owner and the rights of the original.
    fn set_rights(&mut self) -> Result<Transaction<'_>, Error> {
        let quoted = escape_identifier(&self.database);
        let mut transaction = begin(&mut self.server.client)?;
        for row in self.source.client.query(admin_sql!("copy_settings"), &[])? {
            let role = row.get::<_, Option<&str>>("role");
            let whose = role.map_or(format!("DATABASE {quoted}"), |role| format!("ROLE {role} IN DATABASE {quoted}"));
            let (name, value): (&str, &str) = (row.get("name"), row.get("value"));
            let setting = name.split('.').map(escape_identifier).collect::<Vec<_>>().join(".");
            // ALTER ... SET would take the text of a list for one name, so the setting is made here and copied FROM CURRENT.
            if row.get("is_list") {
                transaction.execute("SELECT pg_catalog.set_config($1, $2, true)", &[&name, &value])?;
                transaction.batch_execute(&format!("ALTER {whose} SET {setting} FROM CURRENT"))?;
            } else {
                transaction.batch_execute(&format!("ALTER {whose} SET {setting} TO {}", escape_literal(value)))?;
            }
        }
        for row in self.source.client.query(admin_sql!("copy_rights"), &[&self.database])? {
            transaction.batch_execute(row.get("statement"))?;
        }
        Ok(transaction)
    }

    fn try_to_cut_over(&mut self, compares: bool, placements: Option<[Placement; 2]>) -> Result<Duration, Error> {
        let was_fenced = self.is_fenced()?;
        let start = Instant::now();
        let mut fence = stop_writes(&mut self.source)?;
        if !was_fenced {
            must_be_defined_as(&self.mark.definitions, &mut fence)?;
        }
        fence::raise(&mut fence)?;
        catch_up(&mut self.beside, &mut self.target, &self.slot, WAITING)?;
        let mut copied = begin(&mut self.target.client)?;
        undisturbed(&mut copied)?;
        if compares || was_fenced {
            let bar = comparing();
            compare(&mut fence, &mut copied)?;
            bar.finish_and_clear();
        }
        // Afterwards, the copy may be in use.
        if !was_fenced {
            set_sequences(&mut fence, &mut copied)?;
        }
        if let Some([original, copy]) = placements {
            original.raise(&mut fence)?;
            copy.raise(&mut copied)?;
        }
        if !was_fenced {
            // Locks on tables do not stop all commands, and the comparison may have taken long.
            must_be_defined_as(&self.mark.definitions, &mut self.beside.client)?;
            refuse_obstacles(&mut self.beside, &self.mark.original)?;
        }
        self.mark.is_compared = true;
        write_mark(&mut self.server, &self.database, &self.mark)?;
        Error::if_interrupted()?;
        // Nothing comes between these two: if writes went on in the original, a copy with a placement could not follow.
        copied.commit()?;
        fence.commit()?;
        Ok(start.elapsed())
    }
}

/// A transaction that keeps seeing all rows as they are now.
fn snapshot(session: &mut Session) -> Result<Transaction<'_>, Error> {
    let mut transaction =
        session.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start()?;
    undisturbed(&mut transaction)?;
    transaction.query_one("SELECT 1", &[])?;
    Ok(transaction)
}

/// Drops a copy whose beginning has failed, and all that was made for it in the original. In new sessions, because Ctrl-C may have cancelled a
/// command of the old ones.
fn remove(original: &Place, source: &Conninfo, copy: &Place, target: &Conninfo) -> Result<(), Error> {
    let mut server = Session::open(target.with_database("postgres"))?;
    if mark_of(&mut server, &copy.database)?.flatten().is_some_and(|mark| mark.original == *original) {
        drop_database(&mut server, &copy.database)?;
    }
    unpublish(&mut Session::open(source.clone())?, copy)
}

/// Drops a copy that is not in use, and all that was made for it in the original.
pub fn cancel(source: &mut Session, copy: &Place, target: &Conninfo) -> Result<(), Error> {
    if has_been_replaced(source)? {
        return Err(is_used(copy));
    }
    cancel_left(source, copy, target)
}

/// The same for a copy that was left behind before another one has taken the place of the original.
pub fn cancel_left(source: &mut Session, copy: &Place, target: &Conninfo) -> Result<(), Error> {
    let database = &copy.database;
    let mut server = Session::open(target.with_database("postgres"))?;
    let mut target = Session::open(target.clone())?;
    let is_replaced = has_been_replaced(source)?;
    let mark = mark_of(&mut server, database)?.flatten().filter(|mark| !(mark.is_compared && is_replaced));
    let Some(mark) = mark else { return Err(is_used(copy)) };
    // If this is stopped, the copy is still known not to be in use.
    write_mark(&mut server, database, &Mark { is_compared: false, ..mark })?;
    replication::end(source, &mut target, copy)?;
    drop(target);
    drop_database(&mut server, database)
}

/// Removes from the original all that was made for a copy whose server cannot be reached.
pub fn abandon(source: &mut Session, copy: &Place) -> Result<(), Error> {
    if has_been_replaced(source)? {
        return Err(is_used(copy));
    }
    replication::unpublish(source, copy)
}

/// Whether a copy has taken the place of a database, or of a half of it.
fn has_been_replaced(original: &mut Session) -> Result<bool, Error> {
    Ok(fence::is_up(original)? || fence::is_pending(original)?)
}

fn is_used(copy: &Place) -> Error {
    Error::new(format!("{} has already been moved", copy.database))
        .fix("run the command without --cancel; then the database can be moved back")
}

/// Sets the sequences of the copy, which are not replicated, to the values of the original.
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

/// Shows that work goes on; only on a terminal.
pub fn progress() -> ProgressBar {
    if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() }
}

fn comparing() -> ProgressBar {
    let bar = progress();
    bar.set_message("comparing all rows");
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
