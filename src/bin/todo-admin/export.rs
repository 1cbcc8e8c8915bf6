//! `export`: users and tasks as JSON Lines, row by row, from one snapshot.

use crate::connect::Session;
use crate::error::Error;
use crate::far_times::refuse_far_times;
use crate::installed::Installed;
use crate::message::{complain, count};
use crate::new_file::Replacement;
use crate::prompt;
use crate::sql::{admin_sql, undisturbed};
use crate::transfer::{Header, Record, Task, User, progress, write_line};
use crate::user;
use indicatif::ProgressBar;
use postgres::binary_copy::{BinaryCopyOutIter, BinaryCopyOutRow};
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::Type;
use postgres::{CopyOutReader, IsolationLevel, Transaction};
use postgres_protocol::escape::escape_literal;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::Path;

const USER_TYPES: [Type; 8] =
    [Type::TEXT, Type::TEXT, Type::TEXT, Type::TEXT, Type::TIMESTAMP, Type::TIMESTAMP, Type::BOOL, Type::BOOL];
const TASK_TYPES: [Type; 8] =
    [Type::INT4, Type::TEXT, Type::TEXT, Type::TEXT, Type::BOOL, Type::TIMESTAMP, Type::TIMESTAMP, Type::TIMESTAMP];

/// The numbers of users and of tasks.
type Counts = (i64, i64);

/// Writes the users and tasks, or those of one user, to a file or, for `-`, to standard output.
pub fn run(session: &mut Session, file: &str, user: Option<&str>, with_hashes: bool, force: bool) -> Result<(), Error> {
    // A device or a pipe cannot be replaced, only written to.
    let is_special = file != "-" && std::fs::metadata(file).is_ok_and(|there| !there.is_file());
    if file != "-" && !is_special && !force {
        may_overwrite(file)?;
    }
    let mut transaction =
        session.client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead).start()?;
    undisturbed(&mut transaction)?;
    let schema = Installed::schema_of_rows(&mut transaction)?;
    refuse_far_times(&mut transaction, &schema, user)?;
    let unopened = |error: std::io::Error| Error::new(format!("{file}: {error}"));
    let mut export_to = |out: &mut dyn Write| -> Result<Counts, Error> {
        let counts = export(&mut transaction, &schema, user, with_hashes, out)?;
        out.flush()?;
        Ok(counts)
    };
    let (users, tasks) = if file == "-" {
        export_to(&mut BufWriter::new(std::io::stdout().lock()))?
    } else if is_special {
        export_to(&mut BufWriter::new(OpenOptions::new().write(true).open(file).map_err(unopened)?))?
    } else {
        let (replacement, opened) = Replacement::of(Path::new(file)).map_err(unopened)?;
        let counts = export_to(&mut BufWriter::new(opened))?;
        replacement.complete()?;
        counts
    };
    let place = if file == "-" { "standard output" } else { file };
    let hashes = if with_hashes { ", with password hashes" } else { "" };
    complain(&format!("{place}: {} and {} exported{hashes}", count(users, "user"), count(tasks, "task")));
    Ok(())
}

/// Asks before an existing file is overwritten.
fn may_overwrite(file: &str) -> Result<(), Error> {
    if !Path::new(file).exists() {
        return Ok(());
    }
    if !prompt::can_ask() {
        return Err(Error::usage(format!("{file} already exists"), "pass --force to overwrite it"));
    }
    if prompt::confirm(&format!("{file} already exists. Overwrite it?"))? {
        Ok(())
    } else {
        Err(Error::new("nothing has been exported"))
    }
}

fn export(
    transaction: &mut Transaction,
    schema: &str,
    user: Option<&str>,
    with_hashes: bool,
    out: &mut (impl Write + ?Sized),
) -> Result<Counts, Error> {
    let id = user::id_of(transaction, schema, user)?;
    // COPY takes no parameters.
    let only = id.as_deref().map_or("NULL".to_owned(), escape_literal);
    let copy = |sql: String| format!("COPY ({}) TO STDOUT (FORMAT binary)", sql.replace("$1", &only));
    let counts = transaction.query_one(&admin_sql!("export_counts", schema), &[&id])?;
    let counts: Counts = (counts.get(0), counts.get(1));
    let (users, tasks) = (counts.0.unsigned_abs(), counts.1.unsigned_abs());
    let bar = progress(users + tasks, "rows");
    write_line(out, &Header::new(users, tasks))?;

    // Without hashes, the role need not be allowed to read the table users.
    let sql =
        if with_hashes { admin_sql!("export_users_with_hashes", schema) } else { admin_sql!("export_users", schema) };
    write_rows(transaction.copy_out(&copy(sql))?, &USER_TYPES, &bar, out, |row| {
        Ok(Record::User(User {
            id: row.try_get(0)?,
            email: row.try_get(1)?,
            name: row.try_get(2)?,
            hashed_password: row.try_get(3)?,
            created_at: row.try_get(4)?,
            updated_at: row.try_get(5)?,
            is_active: row.try_get(6)?,
            email_verified: row.try_get(7)?,
        }))
    })?;
    write_rows(transaction.copy_out(&copy(admin_sql!("export_tasks", schema)))?, &TASK_TYPES, &bar, out, |row| {
        Ok(Record::Task(Task {
            id: row.try_get(0)?,
            user_id: row.try_get(1)?,
            title: row.try_get(2)?,
            description: row.try_get(3)?,
            completed: row.try_get(4)?,
            created_at: row.try_get(5)?,
            updated_at: row.try_get(6)?,
            completed_at: row.try_get(7)?,
        }))
    })?;
    bar.finish_and_clear();
    Ok(counts)
}

/// Writes the rows of a COPY as they arrive.
fn write_rows(
    reader: CopyOutReader<'_>,
    types: &[Type],
    bar: &ProgressBar,
    out: &mut (impl Write + ?Sized),
    record: impl Fn(&BinaryCopyOutRow) -> Result<Record, postgres::Error>,
) -> Result<(), Error> {
    let mut rows = BinaryCopyOutIter::new(reader, types);
    while let Some(row) = rows.next()? {
        write_line(out, &record(&row)?)?;
        bar.inc(1);
        Error::if_interrupted()?;
    }
    Ok(())
}
