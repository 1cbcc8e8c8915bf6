//! The scripts of the SQL edition, which `sql/build.rs` has put together.

use crate::args::Part;
use crate::error::Error;
use crate::output;

/// Their version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The text of a script.
pub fn script(part: Part) -> &'static str {
    match part {
        Part::Todo => include_str!(concat!(env!("OUT_DIR"), "/todo.sql")),
        Part::TodoAuth => include_str!(concat!(env!("OUT_DIR"), "/todo_auth.sql")),
        Part::TodoGuard => include_str!(concat!(env!("OUT_DIR"), "/todo_guard.sql")),
    }
}

/// `script`: prints one, for psql or a migration.
pub fn print(part: Part) -> Result<(), Error> {
    output::write(script(part).as_bytes())
}
