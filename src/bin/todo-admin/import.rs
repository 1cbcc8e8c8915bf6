//! `import`: reads what `export` wrote, with the same ids and times, in one transaction. The lines are staged and checked
//! first. Then all of them are imported together, or none.

use crate::bad_lines::BadLines;
use crate::connect::Session;
use crate::error::Error;
use crate::installed::{Installed, no_code_of_others};
use crate::message::{complain, count};
use crate::new_ids::NewIds;
use crate::output;
use crate::sql::{admin_sql, discreet_log, undisturbed};
use crate::staging::Staging;
use crate::transfer::{Header, Record, VERSION, progress};
use indicatif::ProgressBar;
use postgres::Transaction;
use postgres::types::ToSql;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The longest line that is read. A valid record is far shorter.
const LINE_MAX: u64 = 1 << 20;
const SEE_EXPORT: &str = "todo-admin export writes files that can be imported";

/// Imports a file or, for `-`, standard input. `skip_bad` names a file for the lines that cannot be imported; without it, one such line
/// makes the import fail. `new_ids` names a file for the list of old and new ids, if the tasks are to get new ones.
pub fn run(
    session: &mut Session,
    file: &str,
    skip_bad: Option<&str>,
    new_ids: Option<&str>,
    with_hashes: bool,
) -> Result<(), Error> {
    let mut transaction = session.client.build_transaction().read_only(false).start()?;
    undisturbed(&mut transaction)?;
    let schema = Installed::schema_of_rows(&mut transaction)?;
    no_code_of_others(&mut transaction, &schema)?;
    transaction.batch_execute(admin_sql!("import_staging"))?;
    discreet_log(&mut transaction)?;

    let mut bad = BadLines::new(skip_bad)?;
    // With the list on standard output, the rest goes elsewhere.
    let say: fn(&str) = if new_ids == Some("-") { complain } else { |text| output::say(text) };
    let new_ids = new_ids.map(NewIds::to).transpose()?;
    stage(&mut transaction, file, with_hashes, &mut bad)?;
    remove_bad_lines(&mut transaction, &schema, new_ids.is_some(), &mut bad)?;
    bad.flush()?;
    bad.report();
    let bad_count = bad.count();
    let bad_lines = count(bad_count as i64, "bad line");
    if bad_count > 0 && skip_bad.is_none() {
        return Err(Error::new(format!("{bad_lines}, so nothing has been imported"))
            .fix("correct the file, or pass --skip-bad FILE to import the other lines"));
    }
    if let Some(new_ids) = &new_ids {
        new_ids.give(&mut transaction, &schema)?;
    }
    let users = transaction.execute(&admin_sql!("import_users", &schema), &[])?;
    let tasks = transaction.execute(&admin_sql!("import_tasks", &schema), &[])?;
    transaction.query(&admin_sql!("import_sequence", &schema), &[])?;
    Error::if_interrupted()?;
    transaction.commit()?;
    if let Some(new_ids) = new_ids {
        new_ids.keep();
    }
    say(&format!("{} and {} imported", count(users as i64, "user"), count(tasks as i64, "task")));
    if let Some(file) = skip_bad.filter(|_| bad_count > 0) {
        bad.keep();
        say(&format!("{file}: {bad_lines} kept"));
    }
    Ok(())
}

/// Reads the file into the staging tables.
fn stage(transaction: &mut Transaction, file: &str, with_hashes: bool, bad: &mut BadLines) -> Result<(), Error> {
    let mut lines = Lines::open(file)?;
    let Some((_, first)) = lines.next()? else {
        return Err(Error::new(format!("{file} is empty")).fix(SEE_EXPORT));
    };
    // Some editors begin a file in UTF-8 with a byte order mark.
    let header = check_header(first.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first), file)?;
    let mut staging = Staging::new(bad.are_kept());
    let mut records = 0;
    while let Some((number, line)) = lines.next()? {
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        records += 1;
        match parse(text) {
            Ok(mut record) => {
                if let Record::User(user) = &mut record {
                    user.hashed_password.take_if(|_| !with_hashes);
                }
                staging.add(transaction, number, text, record)?;
            }
            Err(reason) => bad.add(number, reason, text)?,
        }
    }
    staging.finish(transaction)?;
    lines.bar.finish_and_clear();
    let expected = header.records();
    if expected > 0 && expected != records {
        return Err(Error::new(format!(
            "nothing has been imported: {file} has {}, but according to its first line it has {expected}",
            count(records as i64, "record")
        ))
        .fix("export again, or correct the numbers in the first line"));
    }
    Ok(())
}

/// Moves what the tables would not accept from the staging tables to the bad lines: users first, because a task needs its user.
fn remove_bad_lines(
    transaction: &mut Transaction,
    schema: &str,
    have_new_ids: bool,
    bad: &mut BadLines,
) -> Result<(), Error> {
    let users: (_, &[&(dyn ToSql + Sync)]) = (admin_sql!("import_bad_users", schema), &[]);
    let tasks: (_, &[&(dyn ToSql + Sync)]) = (admin_sql!("import_bad_tasks", schema), &[&have_new_ids]);
    for (sql, parameters) in [users, tasks] {
        transaction.batch_execute("ANALYZE pg_temp.todo_import_users; ANALYZE pg_temp.todo_import_tasks")?;
        for row in transaction.query(&sql, parameters)? {
            let line: i64 = row.get("line");
            let text: Option<&str> = row.get("raw");
            let reason = format!("{}: {}", row.get::<_, &str>("name"), row.get::<_, &str>("reason"));
            bad.add(line.unsigned_abs(), reason, text.unwrap_or_default().as_bytes())?;
        }
    }
    Ok(())
}

/// The lines of a file, or of standard input.
struct Lines {
    input: Box<dyn BufRead>,
    line: Vec<u8>,
    number: u64,
    bar: ProgressBar,
}

impl Lines {
    fn open(file: &str) -> Result<Self, Error> {
        let (input, size): (Box<dyn BufRead>, u64) = if file == "-" {
            (Box::new(std::io::stdin().lock()), 0)
        } else {
            let opened = File::open(file).map_err(|error| Error::new(format!("{file}: {error}")))?;
            let size = opened.metadata()?.len();
            (Box::new(BufReader::new(opened)), size)
        };
        Ok(Self { input, line: Vec::new(), number: 0, bar: progress(size, "bytes") })
    }

    /// The next line and its number, from 1.
    fn next(&mut self) -> Result<Option<(u64, &[u8])>, Error> {
        self.line.clear();
        let length = self.input.by_ref().take(LINE_MAX).read_until(b'\n', &mut self.line)?;
        if length == 0 {
            return Ok(None);
        }
        Error::if_interrupted()?;
        self.bar.inc(length as u64);
        self.number += 1;
        if length as u64 == LINE_MAX && !self.line.ends_with(b"\n") {
            return Err(Error::new(format!(
                "nothing has been imported: line {} is longer than {LINE_MAX} bytes",
                self.number
            )));
        }
        Ok(Some((self.number, &self.line)))
    }
}

fn check_header(line: &[u8], file: &str) -> Result<Header, Error> {
    match serde_json::from_slice::<Header>(line) {
        Ok(header) if header.is_of_todo() && header.version == VERSION => Ok(header),
        Ok(header) if header.is_of_todo() => Err(Error::new(format!(
            "{file} has version {} of the file format, but this program reads version {VERSION}",
            header.version
        ))
        .fix("use the todo-admin that wrote the file, or a newer one")),
        _ => Err(Error::new(format!("{file} does not begin with the header of an export")).fix(SEE_EXPORT)),
    }
}

/// A line as a record, or what is wrong with it.
fn parse(text: &[u8]) -> Result<Record, String> {
    let record = serde_json::from_slice(text).map_err(|error| reason(&error))?;
    let (name, texts) = match &record {
        Record::User(u) => {
            (format!("user {}", u.id), [Some(&u.id), Some(&u.email), Some(&u.name), u.hashed_password.as_ref()])
        }
        Record::Task(t) => (format!("task {}", t.id), [Some(&t.user_id), Some(&t.title), t.description.as_ref(), None]),
    };
    // JSON can hold this character, and PostgreSQL cannot.
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        return Err(format!("{name}: a text contains a NUL character"));
    }
    Ok(record)
}

/// serde's message in plain words, without the position, which counts from the start of the line.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    if !error.is_data() {
        return format!("not valid JSON: {text}");
    }
    if let Some(field) = text.strip_prefix("missing field ") {
        return format!("the field {} is missing", field.replace('`', ""));
    }
    if let Some((field, _)) = text.strip_prefix("unknown field ").and_then(|rest| rest.split_once(", expected")) {
        return format!("the field {} is unknown", field.replace('`', ""));
    }
    if let Some((kind, _)) = text.strip_prefix("unknown variant ").and_then(|rest| rest.split_once(", expected")) {
        return format!("the type is {}, not user or task", kind.replace('`', ""));
    }
    if let Some((found, expected)) =
        text.strip_prefix("invalid ").and_then(|rest| rest.split_once(": ")?.1.split_once(", expected "))
    {
        let expected = if expected == "i32" { "an integer up to 2147483647" } else { expected };
        return format!("found {}, expected {expected}", found.replace('`', ""));
    }
    text.to_owned()
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
