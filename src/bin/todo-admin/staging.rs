//! The temporary tables that hold the lines of an import until all of them have been checked; see
//! `sql/admin/import_staging.sql`.

use crate::error::Error;
use crate::transfer::{Record, Task, User};
use postgres::Transaction;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::{ToSql, Type};

/// How many users or tasks are sent at a time.
const BATCH: usize = 5_000;

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

/// A record, with its line and, if that is wanted, the line's text.
struct Line<T> {
    number: i64,
    text: Option<String>,
    record: T,
}

type Row<'a> = [&'a (dyn ToSql + Sync); 10];

/// Records that have not been sent to the tables yet.
pub struct Staging {
    users: Vec<Line<User>>,
    tasks: Vec<Line<Task>>,
    keeps_text: bool,
}

impl Staging {
    /// With `keeps_text`, the tables hold the text of each line as well.
    pub fn new(keeps_text: bool) -> Self {
        Self { users: Vec::new(), tasks: Vec::new(), keeps_text }
    }

    /// Adds a record, and sends what has been added if that is enough for a batch.
    pub fn add(
        &mut self,
        transaction: &mut Transaction,
        number: u64,
        text: &[u8],
        record: Record,
    ) -> Result<(), Error> {
        let number = number as i64;
        let text = self.keeps_text.then(|| String::from_utf8_lossy(text).into_owned());
        match record {
            Record::User(record) => self.users.push(Line { number, text, record }),
            Record::Task(record) => self.tasks.push(Line { number, text, record }),
        }
        self.send(transaction, BATCH)
    }

    /// Sends the rest.
    pub fn finish(mut self, transaction: &mut Transaction) -> Result<(), Error> {
        self.send(transaction, 1)
    }

    /// Sends the users, and the tasks, if there are enough of them.
    fn send(&mut self, transaction: &mut Transaction, enough: usize) -> Result<(), Error> {
        if self.users.len() >= enough {
            copy(
                transaction,
                "todo_import_users",
                &USER_TYPES,
                self.users.drain(..),
                |Line { number, text, record }| {
                    [
                        number,
                        text,
                        &record.id,
                        &record.email,
                        &record.name,
                        &record.hashed_password,
                        &record.created_at,
                        &record.updated_at,
                        &record.is_active,
                        &record.email_verified,
                    ]
                },
            )?;
        }
        if self.tasks.len() >= enough {
            copy(
                transaction,
                "todo_import_tasks",
                &TASK_TYPES,
                self.tasks.drain(..),
                |Line { number, text, record }| {
                    [
                        number,
                        text,
                        &record.id,
                        &record.user_id,
                        &record.title,
                        &record.description,
                        &record.completed,
                        &record.created_at,
                        &record.updated_at,
                        &record.completed_at,
                    ]
                },
            )?;
        }
        Ok(())
    }
}

fn copy<T>(
    transaction: &mut Transaction,
    table: &str,
    types: &[Type],
    lines: impl Iterator<Item = Line<T>>,
    row: impl Fn(&Line<T>) -> Row<'_>,
) -> Result<(), Error> {
    let into = format!("COPY pg_temp.{table} FROM STDIN (FORMAT binary)");
    let mut writer = BinaryCopyInWriter::new(transaction.copy_in(&into)?, types);
    for line in lines {
        writer.write(&row(&line))?;
    }
    writer.finish()?;
    Ok(())
}
