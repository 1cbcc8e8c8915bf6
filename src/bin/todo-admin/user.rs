//! `user ...`: users and their passwords. A password is hashed here, so that the server gets the hash only.

use crate::args::{Edition, Password, UserCommand};
use crate::connect::Session;
use crate::error::Error;
use crate::installed::{Installed, no_code_of_others};
use crate::message::{count, printable};
use crate::output;
use crate::password_rule;
use crate::prompt;
use crate::sql::{admin_sql, discreet_log, undisturbed};
use crate::transfer::{is_readable, time_text};
use chrono::NaiveDateTime;
use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, GenericClient, Row};
use serde::Serialize;
use std::io::Read;

#[derive(Serialize)]
struct User {
    id: String,
    email: String,
    name: String,
    /// In RFC 3339 format; as PostgreSQL writes it, if RFC 3339 cannot represent it.
    created_at: String,
    active: bool,
    /// Whether the table users has no password for this user; unknown to a role that may not read hashes.
    locked: Option<bool>,
    email_verified: bool,
}

impl From<&Row> for User {
    fn from(row: &Row) -> Self {
        let created_at = row.try_get::<_, NaiveDateTime>("created_at").ok().filter(|time| is_readable(*time));
        Self {
            id: row.get("id"),
            email: row.get("email"),
            name: row.get("name"),
            created_at: created_at.map_or_else(|| row.get("created_at_text"), time_text),
            active: row.get("is_active"),
            locked: row.get("locked"),
            email_verified: row.get("email_verified"),
        }
    }
}

impl User {
    /// Whether the user can log in, and if not, why.
    fn status(&self) -> &'static str {
        match (self.active, self.locked) {
            (true, Some(true)) => "locked",
            (true, _) => "active",
            (false, Some(true)) => "inactive, locked",
            (false, _) => "inactive",
        }
    }
}

/// Runs one of the commands on users.
pub fn run(session: &mut Session, command: &UserCommand) -> Result<(), Error> {
    let client = &mut session.client;
    let schema = Installed::schema_of_rows(client)?;
    match command {
        UserCommand::Add { email, name, locked, password } => add(client, &schema, email, name, *locked, password),
        UserCommand::List(format) => list(client, &schema, format.json),
        UserCommand::Show { user, format } => show(client, &schema, user, format.json),
        UserCommand::Passwd { user, password } => set_password(client, &schema, user, password),
        UserCommand::VerifyEmail { user } => {
            let user = find(client, &schema, user)?;
            change(client, &admin_sql!("verify_email", &schema), &[&user.id], &user)?;
            output::say(format!("the address {} is now marked as verified", printable(&user.email)));
            Ok(())
        }
        UserCommand::Enable { user } => set_active(client, &schema, user, true),
        UserCommand::Disable { user } => set_active(client, &schema, user, false),
        UserCommand::Delete { user, yes } => delete(client, &schema, user, *yes),
    }
}

/// The id of the user that a command is about; `None` if it is about all users. Fails if there is no such user.
pub fn id_of(client: &mut impl GenericClient, schema: &str, user: Option<&str>) -> Result<Option<String>, Error> {
    user.map(|user| Ok(find(client, schema, user)?.id)).transpose()
}

/// The user with this id or e-mail address. Fails if there is none.
fn find(client: &mut impl GenericClient, schema: &str, user: &str) -> Result<User, Error> {
    let sql = with_locks(client, schema, admin_sql!("find_user", schema))?;
    let row = client.query_opt(&sql, &[&user])?;
    row.as_ref().map(User::from).ok_or_else(|| {
        Error::new(format!("no user has the id or e-mail address \"{user}\""))
            .fix("todo-admin user list shows all users")
    })
}

/// Calls a function that returns the user whom it has changed or deleted. Fails if it returns none: then nothing has been changed.
fn change(
    client: &mut impl GenericClient,
    call: &str,
    parameters: &[&(dyn ToSql + Sync)],
    user: &User,
) -> Result<(), Error> {
    if client.query(call, parameters)?.is_empty() {
        return Err(Error::new(format!(
            "nothing has been changed: user {} is gone, or a trigger keeps the row",
            user.email
        ))
        .fix("run todo-admin user list; if the user is still there, look for a trigger on users that returns NULL"));
    }
    Ok(())
}

/// Makes a query on users tell which of them are locked, if this role may read hashes.
fn with_locks(client: &mut impl GenericClient, schema: &str, sql: String) -> Result<String, Error> {
    let may_read: bool = client.query_one(&admin_sql!("may_read_hashes", schema), &[])?.get(0);
    if !may_read {
        return Ok(sql);
    }
    Ok(sql.replace("NULL::pg_catalog.bool AS locked", &format!("{} AS locked", admin_sql!("locked", schema))))
}

fn add(
    client: &mut Client,
    schema: &str,
    email: &str,
    name: &str,
    locked: bool,
    password: &Password,
) -> Result<(), Error> {
    let hash = if locked { None } else { Some(new_hash(client, schema, password)?) };
    let mut transaction = client.transaction()?;
    discreet_log(&mut transaction)?;
    no_code_of_others(&mut transaction, schema)?;
    let added = transaction.query_one(&admin_sql!("add_user", schema), &[&email, &name, &hash]);
    let id: String = added
        .map_err(|error| {
            let Some("23505") = error.code().map(SqlState::code) else { return Error::from(error) };
            let raised = error.as_db_error();
            // The application may have unique indexes of its own. The message names one, without the values in it: a hash may be among
            // them.
            let message = match raised.and_then(|raised| raised.constraint()) {
                Some("ix_users_email" | "ix_users_email_folded") => "a user with this e-mail address already exists",
                _ => raised.map(|raised| raised.message()).unwrap_or_default(),
            };
            let message = message.to_owned();
            Error::from(error).reworded(message)
        })?
        .get("id");
    transaction.commit()?;
    output::say(format!("{} added with id {}", printable(email), printable(&id)));
    Ok(())
}

fn list(client: &mut impl GenericClient, schema: &str, json: bool) -> Result<(), Error> {
    let sql = with_locks(client, schema, admin_sql!("list_users", schema))?;
    let users: Vec<User> = client.query(&sql, &[])?.iter().map(User::from).collect();
    if json {
        return output::json(&users);
    }
    let row = |user: &User| {
        // The day only. A time that is not in RFC 3339 format, such as infinity, has no T.
        let created = user.created_at.split('T').next().unwrap_or_default().to_owned();
        let verified = if user.email_verified { "yes" } else { "no" };
        [printable(&user.email), printable(&user.name), user.status().to_owned(), verified.to_owned(), created]
    };
    let rows: Vec<[String; 5]> = users.iter().map(row).collect();
    output::table(["E-MAIL", "NAME", "STATUS", "VERIFIED", "CREATED"], &rows)
}

fn show(client: &mut impl GenericClient, schema: &str, user: &str, json: bool) -> Result<(), Error> {
    #[derive(Serialize)]
    struct Shown {
        #[serde(flatten)]
        user: User,
        pending_tasks: i64,
        completed_tasks: i64,
    }
    let user = find(client, schema, user)?;
    let (pending_tasks, completed_tasks) = task_counts(client, schema, &user)?;
    let shown = Shown { user, pending_tasks, completed_tasks };
    if json {
        return output::json(&shown);
    }
    let user = shown.user;
    let status = user.status().to_owned();
    let tasks = pending_tasks + completed_tasks;
    output::list(&[
        ("id", user.id),
        ("e-mail", format!("{}{}", user.email, if user.email_verified { "" } else { " (not verified)" })),
        ("status", status),
        ("name", user.name),
        ("created", user.created_at),
        ("tasks", format!("{tasks} ({pending_tasks} pending, {completed_tasks} completed)")),
    ])
}

/// The numbers of pending and of completed tasks.
fn task_counts(client: &mut impl GenericClient, schema: &str, user: &User) -> Result<(i64, i64), Error> {
    let counts = client.query_one(&admin_sql!("task_counts", schema), &[&user.id])?;
    Ok((counts.get("pending"), counts.get("completed")))
}

fn set_password(client: &mut Client, schema: &str, user: &str, password: &Password) -> Result<(), Error> {
    let user = find(client, schema, user)?;
    let hash = new_hash(client, schema, password)?;
    let mut transaction = client.transaction()?;
    discreet_log(&mut transaction)?;
    no_code_of_others(&mut transaction, schema)?;
    change(&mut transaction, &admin_sql!("set_password_hash", schema), &[&user.id, &hash], &user)?;
    transaction.commit()?;
    output::say(format!("{} has a new password", printable(&user.email)));
    Ok(())
}

fn set_active(client: &mut impl GenericClient, schema: &str, user: &str, active: bool) -> Result<(), Error> {
    let user = find(client, schema, user)?;
    change(client, &admin_sql!("set_active", schema), &[&user.id, &active], &user)?;
    let outcome = if active { "active, and can log in" } else { "inactive, and cannot log in" };
    output::say(format!("{} is now {outcome}", printable(&user.email)));
    Ok(())
}

fn delete(client: &mut Client, schema: &str, user: &str, yes: bool) -> Result<(), Error> {
    let user = find(client, schema, user)?;
    let (pending, completed) = {
        let mut transaction = client.transaction()?;
        undisturbed(&mut transaction)?;
        task_counts(&mut transaction, schema, &user)?
    };
    let tasks = match pending + completed {
        0 => "no tasks".to_owned(),
        n => count(n, "task"),
    };
    if !yes {
        if !prompt::can_ask() {
            return Err(Error::usage(
                "deleting a user needs confirmation, and there is no terminal to ask for it",
                "pass --yes to confirm",
            ));
        }
        let question = format!("Delete {} ({}) with {tasks}?", printable(&user.email), printable(&user.name));
        if !prompt::confirm(&question)? {
            return Err(Error::new("nothing has been deleted"));
        }
    }
    change(client, &admin_sql!("delete_user", schema), &[&user.id], &user)?;
    output::say(format!("{} deleted, with {tasks}", printable(&user.email)));
    Ok(())
}

/// The hash of a password that the operator gives, at the cost that is set for the database.
fn new_hash(client: &mut impl GenericClient, schema: &str, source: &Password) -> Result<String, Error> {
    let password = read_password(source)?;
    let cost = match Installed::required(client)?.edition {
        Edition::Extension => client.query_one(&admin_sql!("bcrypt_cost", schema), &[])?,
        Edition::Sql => client.query_one(admin_sql!("sql_edition_cost"), &[])?,
    };
    let cost: i32 = cost.get(0);
    bcrypt::hash(password, cost.unsigned_abs()).map_err(Error::new)
}

/// Reads the first line of standard input, or asks twice on the terminal.
fn read_password(source: &Password) -> Result<String, Error> {
    if source.password_stdin {
        let mut text = String::new();
        std::io::stdin().lock().take(4096).read_to_string(&mut text)?;
        return checked(text.lines().next().unwrap_or_default());
    }
    if !prompt::can_ask() {
        return Err(Error::usage(
            "there is no terminal to ask for the password",
            "pass --password-stdin to read it from standard input",
        ));
    }
    let password = checked(&prompt::secret("New password: ")?)?;
    if password_rule::nfc(&prompt::secret("Enter it again: ")?).as_deref() != Some(&password) {
        return Err(Error::new("the two passwords differ").fix("try again"));
    }
    Ok(password)
}

/// A new password in the form that is hashed.
fn checked(password: &str) -> Result<String, Error> {
    match password_rule::prepare(password) {
        Ok(prepared) => Ok(prepared.into_owned()),
        Err(broken) => Err(Error::new(format!("the password {broken}"))),
    }
}
