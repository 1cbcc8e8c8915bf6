//! The new ids of the tasks that `import --new-ids` reads, and the list of old and new ones as CSV.

use crate::error::Error;
use crate::new_file::NewFile;
use crate::sql::admin_sql;
use postgres::Transaction;
use postgres::fallible_iterator::FallibleIterator;
use std::fs::File;
use std::io::{BufWriter, Write};

/// Where the list goes.
pub enum NewIds {
    ToStandardOutput,
    ToFile(NewFile, File),
}

impl NewIds {
    /// Creates the file of this name, or takes standard output for `-`. Fails if the file exists.
    pub fn to(file: &str) -> Result<Self, Error> {
        if file == "-" {
            return Ok(Self::ToStandardOutput);
        }
        let (guard, opened) = NewFile::create(file).map_err(|error| Error::new(format!("{file}: {error}")))?;
        Ok(Self::ToFile(guard, opened))
    }

    /// Gives new ids to the staged tasks, and writes the list. This happens before the import is committed, so that nothing is imported
    /// if the list cannot be written.
    pub fn give(&self, transaction: &mut Transaction, schema: &str) -> Result<(), Error> {
        transaction.batch_execute(&admin_sql!("import_new_ids", schema))?;
        match self {
            Self::ToStandardOutput => write(transaction, std::io::stdout().lock()),
            Self::ToFile(_, file) => {
                write(transaction, file)?;
                Ok(file.sync_all()?)
            }
        }
    }

    /// Keeps the file, which is removed otherwise.
    pub fn keep(self) {
        if let Self::ToFile(guard, _) = self {
            guard.keep();
        }
    }
}

fn write(transaction: &mut Transaction, out: impl Write) -> Result<(), Error> {
    let mut out = BufWriter::new(out);
    writeln!(out, "old_id,new_id")?;
    let mut rows = transaction.query_raw(admin_sql!("imported_ids"), std::iter::empty::<i32>())?;
    while let Some(row) = rows.next()? {
        writeln!(out, "{},{}", row.get::<_, i32>(0), row.get::<_, i32>(1))?;
    }
    Ok(out.flush()?)
}
