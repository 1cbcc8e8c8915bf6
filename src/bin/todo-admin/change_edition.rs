//! `move`: from the extension to the SQL edition and back, in one transaction. The tables users and tasks stay as they
//! are: one edition releases them, and the other adopts them. The rows of todo_auth are copied, as its tables are made
//! again.

use crate::args::{Edition, Part};
use crate::connect::Session;
use crate::error::Error;
use crate::installed::{Installed, available, is_superuser};
use crate::message::{printable, warn};
use crate::output;
use crate::scripts::{VERSION, script};
use crate::sql::{admin_sql, begin, undisturbed};
use crate::versions::{create_extension, finish, first_in_path, update_adopted};
use postgres::Transaction;
use postgres_protocol::escape::escape_identifier;
use std::collections::HashSet;

/// The tables of todo_auth, as SQL text.
const AUTH_TABLES: [&str; 5] = ["user_data", "session", "linked_account", "verification", "\"rateLimit\""];

/// Changes the edition. `owner` is the role that is to own the SQL edition, if the operator names one.
pub fn run(session: &mut Session, to: Edition, owner: Option<&str>, dry_run: bool) -> Result<(), Error> {
    // This runs before the transaction, which must not hold locks on what it reads while it waits for others.
    Installed::required(&mut session.client)?;
    let mut transaction = begin(&mut session.client)?;
    undisturbed(&mut transaction)?;
    if !is_superuser(&mut transaction)? {
        return Err(Error::new("only a superuser can create or drop the extension").fix("connect as a superuser"));
    }
    transaction.query(admin_sql!("move_settings"), &[])?;
    // Nobody else can move todo at the same time, or rename a schema and put another in its place.
    transaction.batch_execute("LOCK TABLE pg_catalog.pg_namespace IN SHARE ROW EXCLUSIVE MODE")?;
    // Read again, because another session that held this lock may have moved todo.
    let installed = Installed::required(&mut transaction)?;
    if installed.edition == to {
        output::say(format!("todo is already {}", name(to)));
        return Ok(());
    }
    let schema = Installed::schema_of_rows(&mut transaction)?;
    lock(&mut transaction, &schema)?;
    same_version(&mut transaction, &installed)?;
    let owner = match to {
        Edition::Extension => None,
        Edition::Sql => Some(coming_owner(&mut transaction, &schema, owner)?),
    };
    let kept = Kept::of(&mut transaction, installed.edition, &schema, owner.as_deref())?;
    output::say(format!("todo {VERSION} in schema {schema} becomes {}", name(to)));
    match &owner {
        None => to_extension(&mut transaction, &schema, &kept),
        Some(owner) => to_sql(&mut transaction, &schema, owner, &kept),
    }
    .map_err(|error| match error.sqlstate() {
        // PostgreSQL's hint would be to drop them with CASCADE.
        Some("2BP01") => error.fix("drop the objects that need them first, and create them again afterwards"),
        _ => error,
    })?;
    transaction.query(admin_sql!("move_settings"), &[])?;
    for grant in &kept.grants {
        transaction.batch_execute(grant)?;
    }
    kept.is_all_there(&mut transaction, &schema)?;
    finish(transaction, dry_run)?;
    if to == Edition::Sql && !dry_run {
        warn(
            "nothing protects the tables from being dropped now; a role that may create event triggers can run the script todo_guard",
        );
    }
    Ok(())
}

/// The role that will own the SQL edition: the one that the operator names, or the owner of the tables.
fn coming_owner(transaction: &mut Transaction, schema: &str, owner: Option<&str>) -> Result<String, Error> {
    let plain: String = transaction.query_one(admin_sql!("unquoted"), &[&schema])?.get(0);
    let tables = transaction.query_opt(admin_sql!("table_owner"), &[&plain])?.filter(|row| row.get("is_ordinary"));
    let tables: Option<String> = tables.map(|row| row.get("owner"));
    let owner = owner.map(str::to_owned).or(tables).filter(|owner| owner != "todo_owner");
    owner.ok_or_else(|| {
        Error::usage(
            "the SQL edition needs an owner that is neither a superuser nor todo_owner",
            "name it with --owner",
        )
    })
}

/// Locks the tables in the order in which Better Auth writes to them.
fn lock(transaction: &mut Transaction, schema: &str) -> Result<(), Error> {
    let mut tables = Vec::new();
    if has_auth(transaction)? {
        tables.extend(AUTH_TABLES.map(|table| format!("todo_auth.{table}")));
    }
    tables.extend(["tasks", "users"].map(|table| format!("{schema}.{table}")));
    for table in tables {
        transaction.batch_execute(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))?;
    }
    Ok(())
}

fn has_auth(transaction: &mut Transaction) -> Result<bool, Error> {
    Ok(transaction.query_opt(admin_sql!("auth_installed"), &[])?.is_some())
}

fn name(edition: Edition) -> &'static str {
    match edition {
        Edition::Extension => "the extension",
        Edition::Sql => "the SQL edition",
    }
}

/// Both editions must be at this program's version, so that nothing but the edition changes.
fn same_version(transaction: &mut Transaction, installed: &Installed) -> Result<(), Error> {
    let Some(server) = available(transaction)? else {
        return Err(
            Error::new("the extension's files are not installed on the server").fix("run make install on the server")
        );
    };
    let here = installed.version.as_deref().unwrap_or_default();
    if server != VERSION || here != VERSION {
        return Err(Error::new(format!(
            "the database is at version {here}, the extension's files on the server at {server}, and this program at {VERSION}"
        ))
        .fix("bring all three to one version first, with todo-admin upgrade"));
    }
    Ok(())
}

/// What must be carried over, because neither the tables users and tasks nor the scripts contain it.
struct Kept {
    grants: Vec<String>,
    cost: i32,
    /// Whether todo_auth is there. Its rows are then in temporary tables.
    auth: bool,
    /// The role that becomes the owner of everything.
    owner: Option<String>,
    /// What must be there afterwards, a line for each fact.
    picture: Vec<String>,
}

impl Kept {
    fn of(transaction: &mut Transaction, from: Edition, schema: &str, owner: Option<&str>) -> Result<Self, Error> {
        let grants = transaction.query(&admin_sql!("move_grants", schema), &[])?;
        let cost = match from {
            Edition::Extension => {
                // This query loads the library, which defines the setting that the next one reads.
                transaction.query_one(&admin_sql!("bcrypt_cost", schema), &[])?;
                transaction.query_one(admin_sql!("move_cost"), &[])?
            }
            Edition::Sql => transaction.query_one(admin_sql!("sql_edition_cost"), &[])?,
        };
        let picture = picture(transaction, schema, owner)?;
        let auth = has_auth(transaction)?;
        let mut obstacles = transaction.query(&admin_sql!("move_bound", schema), &[])?;
        if auth {
            obstacles.extend(transaction.query(&admin_sql!("move_obstacles", schema), &[])?);
        }
        let obstacles: Vec<&str> = obstacles.iter().map(|row| row.get(0)).collect();
        if !obstacles.is_empty() {
            return Err(Error::new(format!("these would be lost: {}", printable(&obstacles.join(", "))))
                .fix("drop or revoke them first, and create them again afterwards"));
        }
        if auth {
            transaction.query(admin_sql!("move_tablespace"), &[])?;
            for (place, table) in AUTH_TABLES.iter().enumerate() {
                transaction.batch_execute(&format!(
                    "CREATE TEMPORARY TABLE todo_move_{place} ON COMMIT DROP AS TABLE todo_auth.{table}"
                ))?;
            }
        }
        let owner = owner.map(str::to_owned);
        Ok(Self { grants: grants.iter().map(|row| row.get(0)).collect(), cost: cost.get(0), auth, owner, picture })
    }

    /// Fails if something would be lost.
    fn is_all_there(&self, transaction: &mut Transaction, schema: &str) -> Result<(), Error> {
        let now: HashSet<String> = picture(transaction, schema, self.owner.as_deref())?.into_iter().collect();
        let mut lost: Vec<&str> = self.picture.iter().filter(|line| !now.contains(*line)).map(String::as_str).collect();
        lost.sort_unstable();
        if lost.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!(
            "nothing has been changed, because these would be lost: {}",
            printable(&lost.join("; "))
        ))
        .fix("drop or revoke them first, and create them again afterwards"))
    }

    /// Copies the rows of todo_auth into its new tables as they were: no trigger changes them.
    fn restore_auth(&self, transaction: &mut Transaction) -> Result<(), Error> {
        if self.auth {
            transaction.batch_execute("SET LOCAL session_replication_role = replica")?;
            for (place, table) in AUTH_TABLES.iter().enumerate() {
                transaction.batch_execute(&format!("INSERT INTO todo_auth.{table} TABLE pg_temp.todo_move_{place}"))?;
            }
            transaction.batch_execute("SET LOCAL session_replication_role = DEFAULT")?;
        }
        Ok(())
    }
}

/// What an application may have added to the tables or set on them.
fn picture(transaction: &mut Transaction, schema: &str, owner: Option<&str>) -> Result<Vec<String>, Error> {
    Ok(transaction.query(&admin_sql!("move_picture", schema), &[&owner])?.iter().map(|row| row.get(0)).collect())
}

fn to_extension(transaction: &mut Transaction, schema: &str, kept: &Kept) -> Result<(), Error> {
    if transaction.query_opt(admin_sql!("guard_owner"), &[])?.is_some() {
        // The extension has a guard of its own.
        transaction.batch_execute(
            "SET LOCAL client_min_messages = warning; SET LOCAL todo.guard = off; DROP SCHEMA todo_guard CASCADE;
             RESET todo.guard; RESET client_min_messages",
        )?;
    }
    if kept.auth {
        transaction.batch_execute("SET LOCAL client_min_messages = warning; DROP SCHEMA todo_auth CASCADE")?;
    }
    transaction.batch_execute(&format!("SELECT {schema}.todo_release_tables()"))?;
    let plain: String = transaction.query_one(admin_sql!("unquoted"), &[&schema])?.get(0);
    transaction.batch_execute(&create_extension(Some(&plain), "adopt"))?;
    update_adopted(transaction, VERSION)?;
    if kept.auth {
        transaction.batch_execute(&format!("CREATE EXTENSION todo_auth VERSION {}", escape_identifier(VERSION)))?;
    }
    kept.restore_auth(transaction)?;
    // A trial run of the extension's functions, on a user that does not exist: it fails if they would refuse to run.
    transaction.batch_execute(&admin_sql!("move_trial", schema))?;
    if let Some(fault) = transaction.query_opt(&admin_sql!("move_hidden_users", schema), &[])? {
        return Err(Error::new(format!(
            "the extension's role would not see users: {}",
            fault.get::<_, &str>("detail")
        ))
        .fix(format!("CREATE ROLE todo_owner NOLOGIN, if there is none; {}", fault.get::<_, &str>("fix"))));
    }
    let set: String = transaction.query_one(admin_sql!("set_database_cost"), &[&kept.cost])?.get(0);
    Ok(transaction.batch_execute(&set)?)
}

fn to_sql(transaction: &mut Transaction, schema: &str, owner: &str, kept: &Kept) -> Result<(), Error> {
    let plain: String = transaction.query_one(admin_sql!("unquoted"), &[&schema])?.get(0);
    let owner = escape_identifier(owner);
    // The guard keeps the extension from being dropped while there are users.
    transaction.batch_execute("SET LOCAL todo.guard = off")?;
    if kept.auth {
        transaction.batch_execute("DROP EXTENSION todo_auth; DROP SCHEMA todo_auth")?;
    }
    transaction.batch_execute(&format!(
        "SELECT {schema}.todo_release_tables();
         DROP EXTENSION todo;
         REVOKE ALL ON {schema}.users, {schema}.tasks, {schema}.tasks_id_seq FROM todo_owner;
         REVOKE ALL ON SCHEMA {schema} FROM todo_owner;
         ALTER TABLE {schema}.users OWNER TO {owner};
         ALTER TABLE {schema}.tasks OWNER TO {owner};
         CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA {schema}"
    ))?;
    for revoke in transaction.query(&admin_sql!("move_revoke", schema), &[])? {
        transaction.batch_execute(revoke.get(0))?;
    }
    transaction.batch_execute(&format!("SET LOCAL ROLE {owner}"))?;
    transaction.batch_execute(&first_in_path(Some(&plain)).unwrap_or_default())?;
    transaction.batch_execute("SET LOCAL todo.adopt = on")?;
    transaction.batch_execute(script(Part::Todo))?;
    transaction.query(admin_sql!("set_sql_edition_cost"), &[&kept.cost])?;
    for own in transaction.query(admin_sql!("move_role_costs"), &[])? {
        let (role, setting): (&str, &str) = (own.get("role"), own.get("setting"));
        warn(&format!(
            "role {} has the setting {setting}, which the SQL edition does not use: the cost for this role is now {}",
            printable(role),
            kept.cost
        ));
    }
    if kept.auth {
        transaction.batch_execute(script(Part::TodoAuth))?;
    }
    transaction.batch_execute("SET LOCAL ROLE NONE")?;
    kept.restore_auth(transaction)
}
