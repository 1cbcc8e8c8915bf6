//! `import`: what `export` wrote, in one transaction, ids and times as they were. All lines are staged and judged by the
//! database first; then they come in all together, or not at all.

use crate::connect::{Session, is_interrupted};
use crate::error::Error;
use crate::extension::{Extension, admin_sql, undisturbed};
use crate::output::{self, count, printable};
use crate::transfer::{Header, Record, Task, User, VERSION, progress};
use postgres::Transaction;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::{ToSql, Type};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// How many records are sent at a time.
const BATCH: usize = 5_000;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// How many bad lines are named.
const NAMED: usize = 20;
/// The longest line; what rules allow is far shorter.
const LINE_MAX: u64 = 1 << 20;

const USER_TYPES: [Type; 10] = [
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TIMESTAMP,
    Type::TIMESTAMP,
    Type::BOOL,
    Type::BOOL,
];
const TASK_TYPES: [Type; 10] = [
    Type::INT8,
    Type::TEXT,
    Type::INT4,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::BOOL,
    Type::TIMESTAMP,
    Type::TIMESTAMP,
    Type::TIMESTAMP,
];

pub fn run(session: &mut Session, file: &str, skip_bad: Option<&str>, with_hashes: bool) -> Result<(), Error> {
    let mut transaction = session.client.build_transaction().read_only(false).start()?;
    undisturbed(&mut transaction)?;
    let schema = Extension::schema_of_rows(&mut transaction)?;
    transaction.batch_execute(include_str!("../../../sql/admin/import_staging.sql"))?;
    transaction.query(include_str!("../../../sql/admin/discreet_log.sql"), &[])?;

    let mut bad = BadLines::new(skip_bad)?;
    read(&mut transaction, file, with_hashes, &mut bad)?;
    for sql in [admin_sql!("import_bad_users", &schema), admin_sql!("import_bad_tasks", &schema)] {
        transaction.batch_execute("ANALYZE pg_temp.todo_import_users; ANALYZE pg_temp.todo_import_tasks")?;
        for row in transaction.query(&sql, &[])? {
            let line: i64 = row.get("line");
            let raw: Option<&str> = row.get("raw");
            let reason = format!("{}: {}", row.get::<_, &str>("name"), row.get::<_, &str>("reason"));
            bad.add(line.unsigned_abs(), reason, raw.unwrap_or_default().as_bytes())?;
        }
    }
    let bad_lines = bad.finish()?;
    bad.name();
    if bad_lines > 0 && skip_bad.is_none() {
        return Err(Error::new(format!("{}, nothing has been imported", count(bad_lines as i64, "bad line")))
            .fix("correct the file, or pass --skip-bad FILE to import the other lines"));
    }
    let users = transaction.execute(&admin_sql!("import_users", &schema), &[])?;
    let tasks = transaction.execute(&admin_sql!("import_tasks", &schema), &[])?;
    transaction.query(&admin_sql!("import_sequence", &schema), &[])?;
    if is_interrupted() {
        return Err(Error::interrupted());
    }
    transaction.commit()?;
    output::say(format!("{} and {} imported", count(users as i64, "user"), count(tasks as i64, "task")));
    if let Some(file) = skip_bad.filter(|_| bad_lines > 0) {
        bad.path = None;
        output::say(format!("{file}: {} kept", count(bad_lines as i64, "bad line")));
    }
    Ok(())
}

/// Reads all lines into the staging tables.
fn read(transaction: &mut Transaction, file: &str, with_hashes: bool, bad: &mut BadLines) -> Result<(), Error> {
    let (mut input, size): (Box<dyn BufRead>, u64) = if file == "-" {
        (Box::new(std::io::stdin().lock()), 0)
    } else {
        let opened = File::open(file).map_err(|error| Error::new(format!("{file}: {error}")))?;
        let size = opened.metadata()?.len();
        (Box::new(BufReader::new(opened)), size)
    };
    let bar = progress(size, "bytes");
    let (mut line, mut number, mut records, mut header) = (Vec::new(), 0, 0, None);
    let mut staged = Staged { users: Vec::new(), tasks: Vec::new(), keeps_raw: bad.file.is_some() };
    loop {
        line.clear();
        let length = input.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)?;
        if length == 0 {
            break;
        }
        bar.inc(length as u64);
        number += 1;
        if is_interrupted() {
            return Err(Error::interrupted());
        }
        if number == 1 {
            // Some editors put it before the first character of a file in UTF-8.
            header = Some(check_header(line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line), file)?);
            continue;
        }
        if length as u64 == LINE_MAX && !line.ends_with(b"\n") {
            return Err(Error::new(format!(
                "line {number} is longer than {LINE_MAX} bytes, and nothing has been imported"
            )));
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        records += 1;
        match serde_json::from_slice(text) {
            Ok(record) => match misfit(&record) {
                None => staged.add(number, text, record, with_hashes),
                Some(reason) => bad.add(number, format!("{}: {reason}", name(&record)), text)?,
            },
            Err(error) => bad.add(number, reason(&error), text)?,
        }
        staged.send(transaction, BATCH)?;
    }
    if number == 0 {
        return Err(Error::new(format!("{file} is empty")).fix("todo-admin export writes what can be imported"));
    }
    staged.send(transaction, 1)?;
    bar.finish_and_clear();
    match header {
        // Without numbers, as bad lines are kept, it says nothing.
        Some(header) if header.users + header.tasks > 0 && header.users + header.tasks != records => {
            let said = header.users + header.tasks;
            Err(Error::new(format!(
                "{file} has {}, and its first line says {said}; nothing has been imported",
                count(records as i64, "record")
            ))
            .fix("export again, or correct the numbers in the first line"))
        }
        _ => Ok(()),
    }
}

fn check_header(line: &[u8], file: &str) -> Result<Header, Error> {
    match serde_json::from_slice::<Header>(line) {
        Ok(header) if header.format == "todo" && header.version == VERSION => Ok(header),
        Ok(header) if header.format == "todo" => Err(Error::new(format!(
            "{file} has format version {}, and this program reads version {VERSION}",
            header.version
        ))
        .fix("use the todo-admin that wrote it, or a newer one")),
        _ => {
            Err(Error::new(format!("{file} is not an export of todo"))
                .fix("todo-admin export writes what can be imported"))
        }
    }
}

/// What JSON can say, and the tables could not hold as it is.
fn misfit(record: &Record) -> Option<&'static str> {
    let (texts, is_consistent) = match record {
        Record::User(u) => ([Some(&u.id), Some(&u.email), Some(&u.name), u.hashed_password.as_ref()], true),
        Record::Task(t) => {
            ([Some(&t.user_id), Some(&t.title), t.description.as_ref(), None], t.completed == t.completed_at.is_some())
        }
    };
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        return Some("a text contains a NUL character");
    }
    (!is_consistent).then_some("completed and completed_at do not agree")
}

fn name(record: &Record) -> String {
    match record {
        Record::User(user) => format!("user {}", user.id),
        Record::Task(task) => format!("task {}", task.id),
    }
}

/// What serde says, in words, and without its place, which counts within the line.
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

/// Records on their way to the staging tables.
struct Staged {
    users: Vec<(i64, Option<String>, User)>,
    tasks: Vec<(i64, Option<String>, Task)>,
    keeps_raw: bool,
}

impl Staged {
    fn add(&mut self, number: u64, text: &[u8], record: Record, with_hashes: bool) {
        let line = number as i64;
        let raw = self.keeps_raw.then(|| String::from_utf8_lossy(text).into_owned());
        match record {
            Record::User(mut user) => {
                let hash = user.hashed_password.take().filter(|_| with_hashes);
                user.hashed_password = Some(hash.unwrap_or_else(|| "!".to_owned()));
                self.users.push((line, raw, user));
            }
            Record::Task(task) => self.tasks.push((line, raw, task)),
        }
    }

    /// Sends what there is, if it is at least so many.
    fn send(&mut self, transaction: &mut Transaction, at_least: usize) -> Result<(), Error> {
        if self.users.len() >= at_least {
            let into = "COPY pg_temp.todo_import_users FROM STDIN (FORMAT binary)";
            let mut writer = BinaryCopyInWriter::new(transaction.copy_in(into)?, &USER_TYPES);
            for (line, raw, u) in &self.users {
                let row: [&(dyn ToSql + Sync); 10] = [
                    line,
                    raw,
                    &u.id,
                    &u.email,
                    &u.name,
                    &u.hashed_password,
                    &u.created_at,
                    &u.updated_at,
                    &u.is_active,
                    &u.email_verified,
                ];
                writer.write(&row)?;
            }
            writer.finish()?;
            self.users.clear();
        }
        if self.tasks.len() >= at_least {
            let into = "COPY pg_temp.todo_import_tasks FROM STDIN (FORMAT binary)";
            let mut writer = BinaryCopyInWriter::new(transaction.copy_in(into)?, &TASK_TYPES);
            for (line, raw, t) in &self.tasks {
                let row: [&(dyn ToSql + Sync); 10] = [
                    line,
                    raw,
                    &t.id,
                    &t.user_id,
                    &t.title,
                    &t.description,
                    &t.completed,
                    &t.created_at,
                    &t.updated_at,
                    &t.completed_at,
                ];
                writer.write(&row)?;
            }
            writer.finish()?;
            self.tasks.clear();
        }
        Ok(())
    }
}

/// Lines that are not imported: the first ones are named on standard error, and all are kept in a file if that is wished.
struct BadLines {
    file: Option<BufWriter<File>>,
    path: Option<PathBuf>,
    count: u64,
    /// The first ones of the file and what is wrong with them. They are found in another order.
    first: BTreeMap<u64, String>,
}

/// What was not finished is not left.
impl Drop for BadLines {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl BadLines {
    fn new(file: Option<&str>) -> Result<Self, Error> {
        let open = |file: &str| {
            let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
            opened.map(BufWriter::new).map_err(|error| Error::new(format!("{file}: {error}")))
        };
        Ok(Self { file: file.map(open).transpose()?, path: file.map(PathBuf::from), count: 0, first: BTreeMap::new() })
    }

    fn add(&mut self, line: u64, reason: String, raw: &[u8]) -> Result<(), Error> {
        self.count += 1;
        self.first.insert(line, reason);
        if self.first.len() > NAMED {
            self.first.pop_last();
        }
        if let Some(file) = &mut self.file {
            if self.count == 1 {
                serde_json::to_writer(
                    &mut *file,
                    &Header { format: "todo".to_owned(), version: VERSION, users: 0, tasks: 0 },
                )
                .map_err(std::io::Error::from)?;
                file.write_all(b"\n")?;
            }
            file.write_all(raw)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Names the first ones, in the file's order, and says how many more there are.
    fn name(&self) {
        for (line, reason) in &self.first {
            output::complain(&format!("line {line}: {}", printable(reason)));
        }
        let more = self.count - self.first.len() as u64;
        if more > 0 {
            output::complain(&format!("and {}", count(more as i64, "more bad line")));
        }
    }

    /// How many there were, once the file is written.
    fn finish(&mut self) -> Result<u64, Error> {
        if let Some(file) = &mut self.file {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        Ok(self.count)
    }
}
