//! What dumps leave out: `backup` writes it beside the archive as an SQL file, and `restore` runs that file. The database's
//! function `todo_not_in_dumps()` finds it.

use crate::error::Error;
use crate::installed::Installed;
use crate::message::{bad, complain, dim, printable};
use crate::sql::{admin_sql, undisturbed};
use crate::statements::{Part, parts};
use postgres::{Client, GenericClient};
use std::path::{Path, PathBuf};

/// The name of the SQL file ends with this, and that of its archive with `.dump`.
pub const SUFFIX: &str = ".after-restore.sql";

/// What the comment before each statement begins with: one that restricts who may see rows, or any other.
const ACCESS: &str = "-- error: ";
const OTHER: &str = "-- warning: ";

/// One object or setting that dumps leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    pub object: String,
    /// After a restore without it, someone can see more than before.
    pub guards_access: bool,
}

/// The SQL that restores all of them.
pub struct Script {
    pub extras: Vec<Extra>,
    /// Whether it has statements, but no comments that say what they restore.
    pub is_undescribed: bool,
    text: String,
}

impl Script {
    /// The script for the database as this transaction sees it.
    pub fn of(client: &mut impl GenericClient) -> Result<Self, Error> {
        let schema = Installed::schema_in_use(client)?;
        let mut extras = Vec::new();
        let mut text = admin_sql!("after_restore").to_owned();
        for row in client.query(&admin_sql!("not_in_dumps", &schema), &[])? {
            // A line break in a name must not end the comment.
            let object = printable(row.get("object"));
            let guards_access: bool = row.get("guards_access");
            let mark = if guards_access { ACCESS } else { OTHER };
            text += &format!("\n{mark}{object}\n{};\n", row.get::<_, &str>("ddl"));
            extras.push(Extra { object, guards_access });
        }
        Ok(Self { extras, is_undescribed: false, text })
    }

    /// The whole script.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The SQL file beside an archive, if there is one.
    pub fn beside(archive: &Path) -> Result<Option<Self>, Error> {
        let text = match std::fs::read_to_string(path(archive)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::new(format!("{}: {error}", path(archive).display()))),
        };
        let extra = |part: &Part| {
            let Part::Comment(line) = part else { return None };
            let access = line.strip_prefix(ACCESS);
            let object = access.or_else(|| line.strip_prefix(OTHER))?;
            Some(Extra { object: object.to_owned(), guards_access: access.is_some() })
        };
        // A script begins with settings, even if it restores nothing.
        let restores = |part: &Part| matches!(part, Part::Statement(text) if !text.starts_with("SET LOCAL "));
        let parts = parts(&text);
        let extras: Vec<Extra> = parts.iter().filter_map(extra).collect();
        let is_undescribed = extras.is_empty() && parts.iter().any(restores);
        Ok(Some(Self { extras, is_undescribed, text }))
    }

    /// Whether someone can see more than before after a restore without it.
    pub fn guards_access(&self) -> bool {
        self.extras.iter().any(|extra| extra.guards_access)
    }

    /// Runs all of it or nothing, and checks that everything exists afterwards.
    pub fn run(&self, client: &mut Client) -> Result<(), Error> {
        let mut transaction = client.transaction()?;
        undisturbed(&mut transaction)?;
        transaction.batch_execute(&self.text)?;
        let made = Self::of(&mut transaction)?.extras;
        if let Some(missing) = self.extras.iter().find(|extra| !made.contains(extra)) {
            return Err(Error::new(format!("the SQL file ran, but {} is still missing", missing.object)));
        }
        Ok(transaction.commit()?)
    }

    /// Lists everything on standard error, row-level security first.
    pub fn show(&self) {
        for extra in &self.extras {
            let level = if extra.guards_access { bad("error") } else { dim("warning") };
            complain(&format!("  {level}: {}", printable(&extra.object)));
        }
    }
}

/// The SQL file that belongs to an archive.
pub fn path(archive: &Path) -> PathBuf {
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    archive.with_file_name(format!("{}{SUFFIX}", name.strip_suffix(".dump").unwrap_or(&name)))
}
