//! `export`: users and tasks as JSON Lines, from one snapshot, row by row.

use crate::aside::Aside;
use crate::connect::{Session, is_interrupted};
use crate::error::Error;
use crate::extension::{Extension, admin_sql};
use crate::transfer::{Header, Record, Task, User, VERSION, progress};
use postgres::binary_copy::BinaryCopyOutIter;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::Type;
use postgres::{IsolationLevel, Transaction};
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

pub fn run(session: &mut Session, file: &str, user: Option<&str>, with_hashes: bool) -> Result<(), Error> {
    let mut transaction =
        session.client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead).start()?;
    let schema = Extension::schema_in_use(&mut transaction)?;
    if file == "-" {
        let mut out = BufWriter::new(std::io::stdout().lock());
        export(&mut transaction, &schema, user, with_hashes, &mut out)?;
        return Ok(out.flush()?);
    }
    // Written aside, so that there is never half an export by this name; nobody else may read it.
    let aside = Aside::of(Path::new(file));
    let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside.path);
    let mut out = BufWriter::new(open.map_err(|error| Error::new(format!("{file}: {error}")))?);
    export(&mut transaction, &schema, user, with_hashes, &mut out)?;
    out.flush()?;
    Ok(aside.complete()?)
}

fn export(
    transaction: &mut Transaction,
    schema: &str,
    user: Option<&str>,
    with_hashes: bool,
    out: &mut impl Write,
) -> Result<(), Error> {
    let id = crate::user::id_of(transaction, schema, user)?;
    // COPY takes no parameters.
    let only = id.as_ref().map_or("NULL".to_owned(), |id| literal(id));
    let copy = |sql: String| format!("COPY ({}) TO STDOUT (FORMAT binary)", sql.replace("$1", &only));
    let counts = transaction.query_one(&admin_sql!("export_counts", schema), &[&id])?;
    let (users, tasks): (i64, i64) = (counts.get(0), counts.get(1));
    let (users, tasks) = (users.unsigned_abs(), tasks.unsigned_abs());
    let bar = progress(users + tasks, "rows");
    line(out, &Header { format: "todo".to_owned(), version: VERSION, users, tasks })?;

    let types =
        [Type::TEXT, Type::TEXT, Type::TEXT, Type::TEXT, Type::TIMESTAMP, Type::TIMESTAMP, Type::BOOL, Type::BOOL];
    // Without hashes the table need not be readable.
    let source =
        if with_hashes { admin_sql!("export_users_with_hashes", schema) } else { admin_sql!("export_users", schema) };
    let reader = transaction.copy_out(&copy(source))?;
    let mut rows = BinaryCopyOutIter::new(reader, &types);
    while let Some(row) = rows.next()? {
        line(
            out,
            &Record::User(User {
                id: row.try_get(0)?,
                email: row.try_get(1)?,
                name: row.try_get(2)?,
                hashed_password: row.try_get(3)?,
                created_at: row.try_get(4)?,
                updated_at: row.try_get(5)?,
                is_active: row.try_get(6)?,
                email_verified: row.try_get(7)?,
            }),
        )?;
        bar.inc(1);
        check_interrupt()?;
    }
    drop(rows);

    let types =
        [Type::INT4, Type::TEXT, Type::TEXT, Type::TEXT, Type::BOOL, Type::TIMESTAMP, Type::TIMESTAMP, Type::TIMESTAMP];
    let reader = transaction.copy_out(&copy(admin_sql!("export_tasks", schema)))?;
    let mut rows = BinaryCopyOutIter::new(reader, &types);
    while let Some(row) = rows.next()? {
        line(
            out,
            &Record::Task(Task {
                id: row.try_get(0)?,
                user_id: row.try_get(1)?,
                title: row.try_get(2)?,
                description: row.try_get(3)?,
                completed: row.try_get(4)?,
                created_at: row.try_get(5)?,
                updated_at: row.try_get(6)?,
                completed_at: row.try_get(7)?,
            }),
        )?;
        bar.inc(1);
        check_interrupt()?;
    }
    bar.finish_and_clear();
    Ok(())
}

fn check_interrupt() -> Result<(), Error> {
    if is_interrupted() { Err(Error::interrupted()) } else { Ok(()) }
}

fn line(out: &mut impl Write, value: &impl serde::Serialize) -> Result<(), Error> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

/// A text as a literal of SQL, whatever `standard_conforming_strings` is.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
