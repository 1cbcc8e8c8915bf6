//! `user ...`: users and their passwords. A password is read from the terminal without echo, or from standard input, and
//! hashed here: the server sees the hash only.

use crate::args::{Password, UserCommand};
use crate::connect::{Session, prompting};
use crate::error::Error;
use crate::extension::{Extension, admin_sql, undisturbed};
use crate::output::{self, count, printable};
use crate::password_rule;
use crate::transfer::{is_readable, time_text};
use chrono::NaiveDateTime;
use console::Term;
use postgres::{GenericClient, Row};
use serde::Serialize;
use std::io::{IsTerminal, Read};

#[derive(Serialize)]
struct User {
    id: String,
    email: String,
    name: String,
    /// RFC 3339; as PostgreSQL writes it where that cannot say it.
    created_at: String,
    active: bool,
    /// Without a password in the table users; unknown to a role that may not read them.
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

/// The SQL of a query on users, which tells locked ones where this role may read that.
fn with_locks(client: &mut impl GenericClient, schema: &str, sql: &str) -> Result<String, Error> {
    let readable = "SELECT pg_catalog.has_column_privilege($1::pg_catalog.text, 'hashed_password', 'SELECT')";
    let readable: bool = client.query_one(readable, &[&format!("{schema}.users")])?.get(0);
    if !readable {
        return Ok(sql.to_owned());
    }
    let locked = include_str!("../../../sql/admin/locked.sql").replace("@extschema@", schema);
    Ok(sql.replace("NULL::pg_catalog.bool AS locked", &format!("{locked} AS locked")))
}

pub fn run(session: &mut Session, command: &UserCommand) -> Result<(), Error> {
    let schema = Extension::schema_of_rows(&mut session.client)?;
    let client = &mut session.client;
    match command {
        UserCommand::Add { email, name, locked, password } => {
            let hash = if *locked { "!".to_owned() } else { new_hash(client, password)? };
            let mut transaction = client.transaction()?;
            transaction.query(include_str!("../../../sql/admin/discreet_log.sql"), &[])?;
            let row = transaction.query_one(&admin_sql!("add_user", &schema), &[email, name, &hash])?;
            transaction.commit()?;
            output::say(format!("{} added with id {}", printable(email), printable(row.get("id"))));
            Ok(())
        }
        UserCommand::List(format) => list(client, &schema, format.json),
        UserCommand::Show { user, format } => show(client, &schema, user, format.json),
        UserCommand::Passwd { user, password } => {
            let user = find(client, &schema, user)?;
            let hash = new_hash(client, password)?;
            let mut transaction = client.transaction()?;
            transaction.query(include_str!("../../../sql/admin/discreet_log.sql"), &[])?;
            transaction.query(&format!("SELECT {schema}.todo_set_password_hash($1, $2)"), &[&user.id, &hash])?;
            transaction.commit()?;
            output::say(format!("{} has a new password", printable(&user.email)));
            Ok(())
        }
        UserCommand::VerifyEmail { user } => {
            let user = find(client, &schema, user)?;
            client.query(&format!("SELECT {schema}.todo_verify_email($1)"), &[&user.id])?;
            output::say(format!("{} is marked as verified", printable(&user.email)));
            Ok(())
        }
        UserCommand::Enable { user } => set_active(client, &schema, user, true),
        UserCommand::Disable { user } => set_active(client, &schema, user, false),
        UserCommand::Delete { user, yes } => delete(client, &schema, user, *yes),
    }
}

/// The id of the user that a command is about, or none where it is about all.
pub fn id_of(client: &mut impl GenericClient, schema: &str, user: Option<&str>) -> Result<Option<String>, Error> {
    user.map(|user| Ok(find(client, schema, user)?.id)).transpose()
}

fn find(client: &mut impl GenericClient, schema: &str, user: &str) -> Result<User, Error> {
    let sql = with_locks(client, schema, &admin_sql!("find_user", schema))?;
    let row = client.query_opt(&sql, &[&user])?;
    row.as_ref().map(User::from).ok_or_else(|| {
        Error::new(format!("no user has the id or e-mail address \"{user}\""))
            .fix("todo-admin user list shows all users")
    })
}

fn list(client: &mut impl GenericClient, schema: &str, json: bool) -> Result<(), Error> {
    let sql = with_locks(client, schema, &admin_sql!("list_users", schema))?;
    let users: Vec<User> = client.query(&sql, &[])?.iter().map(User::from).collect();
    if json {
        return output::json(&users);
    }
    let row = |user: &User| {
        // The day, of a time that has one.
        let created = user.created_at.split('T').next().unwrap_or_default().to_owned();
        let verified = yes_or_no(user.email_verified);
        [printable(&user.email), printable(&user.name), user.status().to_owned(), verified, created]
    };
    let rows: Vec<[String; 5]> = users.iter().map(row).collect();
    output::table(["E-MAIL", "NAME", "STATUS", "VERIFIED", "CREATED"], &rows)
}

fn yes_or_no(it: bool) -> String {
    if it { "yes" } else { "no" }.to_owned()
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
    let Shown { user, pending_tasks, completed_tasks } = shown;
    let status = user.status().to_owned();
    output::list(&[
        ("id", user.id),
        ("e-mail", format!("{}{}", user.email, if user.email_verified { "" } else { " (not verified)" })),
        ("status", status),
        ("name", user.name),
        ("created", user.created_at),
        (
            "tasks",
            format!("{} ({pending_tasks} pending, {completed_tasks} completed)", pending_tasks + completed_tasks),
        ),
    ])
}

fn task_counts(client: &mut impl GenericClient, schema: &str, user: &User) -> Result<(i64, i64), Error> {
    let counts = client.query_one(&format!("SELECT * FROM {schema}.todo_task_counts($1)"), &[&user.id])?;
    Ok((counts.get("pending"), counts.get("completed")))
}

fn set_active(client: &mut impl GenericClient, schema: &str, user: &str, active: bool) -> Result<(), Error> {
    let user = find(client, schema, user)?;
    client.query(&format!("SELECT {schema}.todo_set_active($1, $2)"), &[&user.id, &active])?;
    output::say(format!(
        "{} {}",
        printable(&user.email),
        if active { "is active and can log in" } else { "is inactive and can no longer log in" }
    ));
    Ok(())
}

fn delete(client: &mut impl GenericClient, schema: &str, user: &str, yes: bool) -> Result<(), Error> {
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
        if !std::io::stdin().is_terminal() {
            return Err(Error::usage("deleting a user needs confirmation", "pass --yes, or run it on a terminal"));
        }
        let question = format!("Delete {} ({}) with {tasks}?", printable(&user.email), printable(&user.name));
        if !output::confirm(&question)? {
            return Err(Error::new("nothing has been deleted"));
        }
    }
    client.query(&format!("SELECT {schema}.todo_delete_user($1)"), &[&user.id])?;
    output::say(format!("{} deleted, with {tasks}", printable(&user.email)));
    Ok(())
}

/// The hash of a password that the operator gives, at the cost of the database's setting.
fn new_hash(client: &mut impl GenericClient, source: &Password) -> Result<String, Error> {
    let password = read_password(source)?;
    let cost =
        "SELECT coalesce(nullif(pg_catalog.current_setting('todo.bcrypt_cost', true), ''), '12')::pg_catalog.int4";
    let cost: i32 = client.query_one(cost, &[])?.get(0);
    bcrypt::hash(password, cost.unsigned_abs()).map_err(Error::new)
}

/// A password in the form that is hashed.
fn checked(password: String) -> Result<String, Error> {
    match password_rule::prepare(&password) {
        Ok(prepared) => Ok(prepared.into_owned()),
        Err(broken) => Err(Error::new(format!("password {broken}")).fix("use 8 characters to 72 bytes")),
    }
}

/// From standard input, its first line; or from the terminal, twice, without echo.
fn read_password(source: &Password) -> Result<String, Error> {
    if source.password_stdin {
        let mut text = String::new();
        std::io::stdin().lock().take(4096).read_to_string(&mut text)?;
        return checked(text.lines().next().unwrap_or_default().to_owned());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Error::usage("there is no terminal to ask for the password", "pass it with --password-stdin"));
    }
    let terminal = Term::stderr();
    let ask = |prompt: &str| -> Result<String, Error> {
        terminal.write_str(prompt)?;
        Ok(prompting(|| terminal.read_secure_line())?)
    };
    let password = checked(ask("New password: ")?)?;
    if password_rule::nfc(&ask("Once more: ")?).as_deref() != Some(&password) {
        return Err(Error::new("the passwords differ").fix("try again"));
    }
    Ok(password)
}
