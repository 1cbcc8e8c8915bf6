//! The directory of e-mail addresses: it tells which user has an address, when users are spread over several databases. Its table and
//! functions are in `sql/router/directory.sql`; `docs/directory.md` describes how an application uses them.
//!
//! No transaction spans the directory and a shard. An application claims an address before it creates the user, and releases the
//! address after it has deleted the user. If it crashes in between, there is a claim without a user. If users are created without a
//! claim, by plain SQL or an import, there is a user without a claim. [`repair`] finds both, while applications go on working.
//!
//! These rules keep it from taking a claim that is needed:
//!
//! - A user who is being created has a claim, but is not in the shard yet. So only old claims are released. A claim is old if it was
//!   made some time (`--older-than`) before the repair began, by the directory's clock. Each shard is read later than that. So the
//!   application has had at least this time to create the user, and the shard shows the user.
//! - An application may claim the address again while the repair runs, for the same user or, after a release, for another one. So a claim
//!   is released only if it is still the one that was found: of the same user, and from the same time.
//! - A user may be moved to another shard by hand, and be in neither of them when each is read. So the shard is asked a second time for
//!   the users whose claims are to be released, after all shards have been read.
//! - Shards are moved and split while applications use them, and the list of shards changes. The repair stops if it has changed since it
//!   was read. A shard that has been moved or split according to another list counts as one that cannot be read.
//! - A user may be found only in a shard where it does not belong, perhaps because the list is in the wrong order. Its claims are left
//!   alone.
//! - If a shard cannot be read, the claims of the users who belong there are left alone.
//! - A user may be deleted, or get another address, after the shard has been read and before the repair claims the address. So the shard
//!   is asked again after that, and the claim is withdrawn if the user does not have the address any more. No address is claimed for a
//!   user who has another claim that is not old, because the address is being changed.
//!
//! If the repair is stopped before it has withdrawn a claim, the next one releases it, once it is old.

use crate::connect::Session;
use crate::error::Error;
use crate::installed::{Installed, login_is_superuser, trusted};
use crate::message::{complain, count as counted, printable, warn};
use crate::output;
use crate::shard_file::{Shard, ShardFile};
use crate::sql::{admin_sql, begin, undisturbed};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use postgres::binary_copy::{BinaryCopyInWriter, BinaryCopyOutIter};
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::Type;
use postgres::{Client, GenericClient, IsolationLevel, Row, Transaction};
use std::collections::HashSet;
use std::io::IsTerminal;
use std::process::ExitCode;

/// How many users are looked up in a shard at a time.
const BATCH: i32 = 1_000;

/// Creates the directory in a database, or replaces its functions.
pub fn install(session: &mut Session) -> Result<(), Error> {
    let mut transaction = begin(&mut session.client)?;
    transaction.batch_execute(include_str!("../../../sql/router/directory.sql"))?;
    transaction.commit()?;
    output::say("the directory is installed");
    Ok(())
}

/// Allows a role to use the directory.
pub fn grant(session: &mut Session, role: &str) -> Result<(), Error> {
    let mut transaction = begin(&mut session.client)?;
    must_be_installed(&mut transaction)?;
    transaction.query(admin_sql!("directory_grant"), &[&role])?;
    transaction.commit()?;
    output::say(format!("{} may now use the directory", printable(role)));
    Ok(())
}

/// Takes this back.
pub fn revoke(session: &mut Session, role: &str) -> Result<(), Error> {
    let mut transaction = begin(&mut session.client)?;
    must_be_installed(&mut transaction)?;
    transaction.query(admin_sql!("directory_revoke"), &[&role])?;
    transaction.commit()?;
    output::say(format!("{} may no longer use the directory", printable(role)));
    Ok(())
}

/// The number of claimed addresses.
pub fn count(session: &mut Session) -> Result<i64, Error> {
    let mut transaction = session.client.build_transaction().read_only(true).start()?;
    undisturbed(&mut transaction)?;
    must_be_installed(&mut transaction)?;
    Ok(transaction.query_one(admin_sql!("directory_count"), &[])?.get(0))
}

/// Fails if the directory is missing, or if a superuser does not trust its owner.
fn must_be_installed(client: &mut impl GenericClient) -> Result<(), Error> {
    let Some(row) = client.query_opt(admin_sql!("directory_trust"), &[])? else {
        return Err(Error::new("the directory is not installed in this database").fix("run todo-admin shards init"));
    };
    let to_trust: Vec<String> = row.get("to_trust");
    if !to_trust.is_empty() && login_is_superuser(client)? {
        for role in to_trust {
            trusted(&role, "owns the directory, and could make a superuser run its code")?;
        }
    }
    Ok(())
}

/// Brings the directory in line with the shards.
pub fn repair(file: &ShardFile, older_than: u32, dry_run: bool) -> Result<ExitCode, Error> {
    let place = file.directory().ok_or_else(|| {
        Error::usage("the file names no directory of addresses", "add \"directory\" to it: see docs/directory.md")
    })?;
    let title = place.title();
    let mut session = file.conninfo(place).and_then(Session::open).map_err(|error| error.while_doing(title.clone()))?;
    let mut repair = Repair { session: &mut session, modulus: file.modulus() as i64, reached: Vec::new() };
    repair.begin(older_than).map_err(|error| error.while_doing(title.clone()))?;
    let shards = file.shards()?;
    let mut read: Vec<&Shard> = Vec::new();
    for shard in &shards {
        if repair.read(shard)? {
            read.push(shard);
        }
    }
    repair.find_stale().map_err(|error| error.while_doing(title.clone()))?;
    let mut all_read = read.len() == shards.len();
    for shard in read {
        all_read &= repair.look_again(shard)?;
    }
    file.must_be_unchanged()?;
    let (released, mut claimed) = repair.apply(dry_run).map_err(|error| error.while_doing(title.clone()))?;
    if claimed > 0 && !dry_run {
        for shard in &shards {
            if repair.reached.contains(&(shard.numbers[0] as i64)) {
                match repair.withdraw(shard)? {
                    Some(withdrawn) => claimed -= withdrawn,
                    None => all_read = false,
                }
            }
        }
    }
    let would = if dry_run { "would be " } else { "" };
    let released = counted(released as i64, "claim");
    output::say(format!("{}: {released} {would}released, {claimed} {would}claimed", printable(&title)));
    let is_without_conflict = repair.conflicts().map_err(|error| error.while_doing(title.clone()))?;
    if !all_read {
        complain("the claims of users in shards that could not be read are left alone; the command can be run again");
    }
    Ok(if all_read && is_without_conflict { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Which of the two databases failed while users were being taken from a shard to the directory.
enum Failure {
    Shard(Error),
    Directory(Error),
}

impl Failure {
    fn of_shard(error: impl Into<Error>) -> Self {
        Self::Shard(error.into())
    }

    fn of_directory(error: impl Into<Error>) -> Self {
        Self::Directory(error.into())
    }

    /// Reports that the shard cannot be read. Fails if it was the directory that failed, or if the operator has pressed Ctrl-C.
    fn report(self, shard: &Shard) -> Result<(), Error> {
        Error::if_interrupted()?;
        match self {
            Self::Directory(error) => Err(error),
            Self::Shard(error) => {
                let _ = error.while_doing(shard.place.title()).report();
                Ok(())
            }
        }
    }
}

/// A repair of the directory, which keeps what it finds in temporary tables of the directory's session: see
/// `sql/admin/directory_staging.sql`.
struct Repair<'a> {
    session: &'a mut Session,
    /// The number of shards by which the hash is taken.
    modulus: i64,
    /// The numbers of the shards that have been read.
    reached: Vec<i64>,
}

impl Repair<'_> {
    /// Notes which claims are old. Shards are read after this.
    fn begin(&mut self, older_than: u32) -> Result<(), Error> {
        let mut transaction = begin_undisturbed(&mut self.session.client)?;
        must_be_installed(&mut transaction)?;
        transaction.batch_execute(admin_sql!("directory_staging"))?;
        let minutes = i32::try_from(older_than).map_err(Error::new)?;
        transaction.execute(admin_sql!("directory_cutoff"), &[&minutes])?;
        Ok(transaction.commit()?)
    }

    /// Copies the ids and addresses of a shard's users to the directory. Returns whether the shard could be read.
    fn read(&mut self, shard: &Shard) -> Result<bool, Error> {
        Error::if_interrupted()?;
        let title = printable(&shard.place.title());
        match self.copy_users(shard) {
            Ok(Users { total, astray, example }) => {
                output::say(format!("{title}: {}", counted(total, "user")));
                if let Some(example) = example {
                    let others =
                        if astray == 1 { "1 user belongs".to_owned() } else { format!("{astray} users belong") };
                    warn(&format!(
                        "{title}: {others} to another shard, such as {example}; run todo-admin shards doctor"
                    ));
                }
                self.reached.extend(numbers_of(shard));
                Ok(true)
            }
            Err(failure) => failure.report(shard).map(|()| false),
        }
    }

    fn copy_users(&mut self, shard: &Shard) -> Result<Users, Failure> {
        let mut from = Session::open(shard.conninfo.clone()).map_err(Failure::Shard)?;
        let mut source = begin_read_only(&mut from.client).map_err(Failure::Shard)?;
        let schema = Installed::schema_of_rows(&mut source).map_err(Failure::Shard)?;
        must_be_current(&mut source, shard, self.modulus).map_err(Failure::Shard)?;
        // COPY takes no parameters.
        let numbers: Vec<String> = shard.numbers.iter().map(usize::to_string).collect();
        let query = admin_sql!("directory_users", &schema)
            .replace("$1", &format!("'{{{}}}'", numbers.join(",")))
            .replace("$2", &self.modulus.to_string());
        let copy = format!("COPY ({query}) TO STDOUT (FORMAT binary)");
        let types = [Type::TEXT, Type::TEXT, Type::BOOL];
        let mut rows = BinaryCopyOutIter::new(source.copy_out(&copy).map_err(Failure::of_shard)?, &types);

        let mut target = begin_undisturbed(&mut self.session.client).map_err(Failure::Directory)?;
        let into = "COPY pg_temp.todo_present FROM STDIN (FORMAT binary)";
        let mut writer = BinaryCopyInWriter::new(target.copy_in(into).map_err(Failure::of_directory)?, &types);
        let mut users = Users { total: 0, astray: 0, example: None };
        let bar = spinner();
        while let Some(row) = rows.next().map_err(Failure::of_shard)? {
            let id: &str = row.try_get(0).map_err(Failure::of_shard)?;
            let address: &str = row.try_get(1).map_err(Failure::of_shard)?;
            let belongs: bool = row.try_get(2).map_err(Failure::of_shard)?;
            writer.write(&[&id, &address, &belongs]).map_err(Failure::of_directory)?;
            users.total += 1;
            if !belongs {
                users.astray += 1;
                users.example.get_or_insert_with(|| id.to_owned());
            }
            bar.inc(1);
            Error::if_interrupted().map_err(Failure::Directory)?;
        }
        writer.finish().map_err(Failure::of_directory)?;
        bar.finish_and_clear();
        target.commit().map_err(Failure::of_directory)?;
        Ok(users)
    }

    /// Finds the claims without a user.
    fn find_stale(&mut self) -> Result<(), Error> {
        Error::if_interrupted()?;
        let mut transaction = begin_undisturbed(&mut self.session.client)?;
        transaction.batch_execute("ANALYZE pg_temp.todo_present")?;
        transaction.execute(admin_sql!("directory_stale"), &[&self.reached, &self.modulus])?;
        Ok(transaction.commit()?)
    }

    /// Asks a shard again for the users whose claims are to be released. Returns whether it could be read.
    fn look_again(&mut self, shard: &Shard) -> Result<bool, Error> {
        let suspects = admin_sql!("directory_suspects");
        let Err(failure) = self.ask_again(shard, suspects, true, admin_sql!("directory_spare")) else {
            return Ok(true);
        };
        failure.report(shard)?;
        let numbers = numbers_of(shard);
        self.session.client.execute(admin_sql!("directory_spare_shard"), &[&numbers, &self.modulus])?;
        self.reached.retain(|number| !numbers.contains(number));
        Ok(false)
    }

    /// Asks a shard for the users for whom addresses have just been claimed, and withdraws claims of those who are not there any more.
    /// Returns how many, or nothing if the shard could not be read.
    fn withdraw(&mut self, shard: &Shard) -> Result<Option<u64>, Error> {
        match self.ask_again(shard, admin_sql!("directory_new_claims"), false, admin_sql!("directory_withdraw")) {
            Ok(withdrawn) => Ok(Some(withdrawn)),
            Err(failure) => failure.report(shard).map(|()| None),
        }
    }

    /// Looks up users in their shard. The query `list` in the directory lists them with their addresses. Then `statement` runs in the
    /// directory with those who are there, or with those who are not. Returns how many rows it changed.
    fn ask_again(&mut self, shard: &Shard, list: &str, who_are_there: bool, statement: &str) -> Result<u64, Failure> {
        Error::if_interrupted().map_err(Failure::Directory)?;
        let mut target = begin_undisturbed(&mut self.session.client).map_err(Failure::Directory)?;
        let listed = target.bind(list, &[&numbers_of(shard), &self.modulus]).map_err(Failure::of_directory)?;
        let mut shard_session = None;
        let mut rows = 0;
        loop {
            let batch = target.query_portal(&listed, BATCH).map_err(Failure::of_directory)?;
            if batch.is_empty() {
                target.commit().map_err(Failure::of_directory)?;
                return Ok(rows);
            }
            let from = match &mut shard_session {
                Some(from) => from,
                None => shard_session.insert(Session::open(shard.conninfo.clone()).map_err(Failure::Shard)?),
            };
            let mut source = begin_read_only(&mut from.client).map_err(Failure::Shard)?;
            let schema = Installed::schema_of_rows(&mut source).map_err(Failure::Shard)?;
            must_be_current(&mut source, shard, self.modulus).map_err(Failure::Shard)?;
            let ids: Vec<&str> = batch.iter().map(|row| row.get("user_id")).collect();
            let found =
                source.query(&admin_sql!("directory_look_again", &schema), &[&ids]).map_err(Failure::of_shard)?;
            let pair = |row: &Row| -> (String, String) { (row.get("user_id"), row.get("address")) };
            let found: HashSet<_> = found.iter().map(pair).collect();
            let (ids, addresses): (Vec<_>, Vec<_>) =
                batch.iter().map(pair).filter(|pair| found.contains(pair) == who_are_there).unzip();
            rows += target.execute(statement, &[&ids, &addresses]).map_err(Failure::of_directory)?;
            Error::if_interrupted().map_err(Failure::Directory)?;
        }
    }

    /// Releases claims without a user, and claims addresses for users who have not done so. Returns how many of both.
    fn apply(&mut self, dry_run: bool) -> Result<(u64, u64), Error> {
        Error::if_interrupted()?;
        let client = &mut self.session.client;
        execute(client, "ANALYZE pg_temp.todo_stale")?;
        let released = if dry_run {
            client.query_one(admin_sql!("directory_stale_count"), &[])?.get::<_, i64>(0).unsigned_abs()
        } else {
            execute(client, admin_sql!("directory_release"))?
        };
        execute(client, admin_sql!("directory_unclaimed"))?;
        execute(client, "ANALYZE pg_temp.todo_unclaimed")?;
        let claim = if dry_run { admin_sql!("directory_would_claim") } else { admin_sql!("directory_claim") };
        Ok((released, execute(client, claim)?))
    }

    /// Reports the users whose address another user has claimed. Returns whether there are none.
    fn conflicts(&mut self) -> Result<bool, Error> {
        let (mut conflicts, mut waiting) = (0, 0);
        let mut transaction = begin_undisturbed(&mut self.session.client)?;
        transaction.batch_execute("ANALYZE pg_temp.todo_claimed")?;
        let rows = transaction.bind(admin_sql!("directory_conflicts"), &[&self.reached, &self.modulus])?;
        loop {
            Error::if_interrupted()?;
            let batch = transaction.query_portal(&rows, BATCH)?;
            if batch.is_empty() {
                break;
            }
            for row in batch {
                if row.get("is_certain") {
                    conflicts += 1;
                    let (user, other) = (row.get("user_id"), row.get("other"));
                    output::line(format!(
                        "conflict: user {} has the address of user {}",
                        printable(user),
                        printable(other)
                    ))?;
                } else {
                    waiting += 1;
                }
            }
        }
        if waiting > 0 {
            output::say(format!(
                "{} without a claim: another user has claimed the address a short while ago, or cannot be looked up; \
                 the next repair decides",
                counted(waiting, "user")
            ));
        }
        if conflicts > 0 {
            complain(&format!("{}: change the address of one of the two users", counted(conflicts, "conflict")));
        }
        Ok(conflicts == 0)
    }
}

/// What has been copied from a shard.
struct Users {
    total: i64,
    /// Those who belong to another shard.
    astray: i64,
    /// One of them.
    example: Option<String>,
}

/// Fails if the file is older than a move or a split of this shard: the users are elsewhere then.
fn must_be_current(source: &mut Transaction, shard: &Shard, modulus: i64) -> Result<(), Error> {
    if source.query_one(admin_sql!("directory_is_current"), &[&numbers_of(shard), &modulus])?.get(0) {
        return Ok(());
    }
    Err(Error::new("the database has been moved or split, and is not what the list of shards says")
        .fix("use the file that todo-admin shards move or split has written"))
}

fn numbers_of(shard: &Shard) -> Vec<i64> {
    shard.numbers.iter().map(|&number| number as i64).collect()
}

fn begin_undisturbed(client: &mut Client) -> Result<Transaction<'_>, Error> {
    let mut transaction = begin(client)?;
    undisturbed(&mut transaction)?;
    Ok(transaction)
}

/// A transaction in a shard, whose snapshot is taken after this.
fn begin_read_only(client: &mut Client) -> Result<Transaction<'_>, Error> {
    let mut transaction =
        client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead).start()?;
    undisturbed(&mut transaction)?;
    Ok(transaction)
}

/// Runs a statement in a transaction of its own. Returns the number of rows.
fn execute(client: &mut Client, statement: &str) -> Result<u64, Error> {
    let mut transaction = begin_undisturbed(client)?;
    let rows = transaction.execute(statement, &[])?;
    transaction.commit()?;
    Ok(rows)
}

/// Shows how many users have been read; only on a terminal.
fn spinner() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(
        ProgressStyle::with_template("{human_pos} users  {per_sec}").unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar
}
