//! What dumps leave out: written as SQL beside an archive, and run after a restore. The database says what it is; see
//! `todo_not_in_dumps()`.

use crate::error::Error;
use crate::extension::{Extension, admin_sql, undisturbed};
use crate::output::{self, bad, dim, printable};
use postgres::{Client, GenericClient};
use std::path::{Path, PathBuf};

/// How the name of the SQL file ends, where that of its archive ends with `.dump`.
pub const SUFFIX: &str = ".after-restore.sql";

/// The line before a statement that keeps rows from being seen, and before any other.
const ACCESS: &str = "-- error: ";
const OTHER: &str = "-- warning: ";

/// One object or setting that dumps leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    pub object: String,
    /// A restore without it shows someone more than before.
    pub guards_access: bool,
}

/// The SQL that makes everything again.
pub struct Script {
    pub extras: Vec<Extra>,
    text: String,
}

impl Script {
    /// For the database as this transaction sees it.
    pub fn of(client: &mut impl GenericClient) -> Result<Self, Error> {
        let schema = Extension::schema_in_use(client)?;
        let mut extras = Vec::new();
        let mut text = "-- Run this after a restore of the archive of the same name. It makes again what dumps leave out of the tables of\n\
            -- the extensions todo and todo_auth. todo-admin restore --with-extras does that, or\n\
            -- psql -X -v ON_ERROR_STOP=1 --single-transaction -f FILE. It runs as you: trust it as you trust the archive.\n\
            SET LOCAL search_path = pg_catalog, pg_temp;\n\
            SET LOCAL standard_conforming_strings = on;\n\
            SET LOCAL client_min_messages = error;\n"
            .to_owned();
        for row in client.query(&admin_sql!("not_in_dumps", &schema), &[])? {
            // A name must not end the comment that it stands in.
            let object = printable(row.get("object"));
            let guards_access: bool = row.get("guards_access");
            let mark = if guards_access { ACCESS } else { OTHER };
            text += &format!("\n{mark}{object}\n{};\n", row.get::<_, &str>("ddl"));
            extras.push(Extra { object, guards_access });
        }
        Ok(Self { extras, text })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The one beside an archive, if there is one.
    pub fn beside(archive: &Path) -> Result<Option<Self>, Error> {
        let text = match std::fs::read_to_string(path(archive)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::new(format!("{}: {error}", path(archive).display()))),
        };
        let extra = |line: &str| {
            let access = line.strip_prefix(ACCESS);
            let object = access.or_else(|| line.strip_prefix(OTHER))?;
            Some(Extra { object: object.to_owned(), guards_access: access.is_some() })
        };
        Ok(Some(Self { extras: text.lines().filter_map(extra).collect(), text }))
    }

    /// Whether a restore without it shows someone more than before.
    pub fn guards_access(&self) -> bool {
        self.extras.iter().any(|extra| extra.guards_access)
    }

    /// Runs all of it, or nothing, and makes sure that everything is there then.
    pub fn run(&self, client: &mut Client) -> Result<(), Error> {
        let mut transaction = client.transaction()?;
        undisturbed(&mut transaction)?;
        transaction.batch_execute(&self.text)?;
        let made = Self::of(&mut transaction)?.extras;
        if let Some(missing) = self.extras.iter().find(|extra| !made.contains(extra)) {
            return Err(Error::new(format!("{} is missing after the SQL file has run", missing.object)));
        }
        Ok(transaction.commit()?)
    }

    /// Lists everything on standard error, row-level security first.
    pub fn show(&self) {
        for extra in &self.extras {
            let level = if extra.guards_access { bad("error") } else { dim("warning") };
            output::complain(&format!("  {level}: {}", printable(&extra.object)));
        }
    }
}

/// The SQL file that belongs to an archive.
pub fn path(archive: &Path) -> PathBuf {
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    archive.with_file_name(format!("{}{SUFFIX}", name.strip_suffix(".dump").unwrap_or(&name)))
}
