//! `user ...`: users and their passwords. A password is read from the terminal without echo, or from standard input, and
//! hashed here: the server sees the hash only.

use crate::args::{Password, UserCommand};
use crate::connect::{Session, prompting};
use crate::error::Error;
use crate::extension::{Extension, admin_sql, undisturbed};
use crate::output::{self, printable};
use crate::password_rule;
use crate::transfer::{time_text, utc};
use chrono::NaiveDateTime;
use console::Term;
use postgres::{GenericClient, Row};
use serde::Serialize;
use std::io::{BufRead, IsTerminal, Read};

#[derive(Serialize)]
struct User {
    id: String,
    email: String,
    name: String,
    #[serde(serialize_with = "utc::serialize")]
    created_at: NaiveDateTime,
    active: bool,
    email_verified: bool,
}

impl TryFrom<&Row> for User {
    type Error = Error;

    fn try_from(row: &Row) -> Result<Self, Error> {
        let id: String = row.get("id");
        Ok(Self {
            created_at: row.try_get("created_at").map_err(|_| {
                Error::new(format!("user {id} has a created_at that no calendar has")).fix("set another")
            })?,
            id,
            email: row.get("email"),
            name: row.get("name"),
            active: row.get("is_active"),
            email_verified: row.get("email_verified"),
        })
    }
}

pub fn run(session: &mut Session, command: &UserCommand) -> Result<(), Error> {
    let schema = Extension::schema_in_use(&mut session.client)?;
    let client = &mut session.client;
    match command {
        UserCommand::Add { email, name, locked, password } => {
            let hash = if *locked { "!".to_owned() } else { new_hash(client, password)? };
            let mut transaction = client.transaction()?;
            transaction.query(include_str!("../../../sql/admin/discreet_log.sql"), &[])?;
            let row = transaction.query_one(&admin_sql!("add_user", &schema), &[email, name, &hash])?;
            transaction.commit()?;
            output::say(format!("{} added, id {}", printable(email), printable(row.get("id"))));
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
            output::say(format!("{} is verified", printable(&user.email)));
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
    let row = client.query_opt(&admin_sql!("find_user", schema), &[&user])?;
    row.as_ref().map(User::try_from).unwrap_or_else(|| {
        Err(Error::new(format!("no user has the id or address \"{user}\"")).fix("todo-admin user list shows all"))
    })
}

fn list(client: &mut impl GenericClient, schema: &str, json: bool) -> Result<(), Error> {
    let users: Vec<User> =
        client.query(&admin_sql!("list_users", schema), &[])?.iter().map(User::try_from).collect::<Result<_, _>>()?;
    if json {
        return output::json(&users);
    }
    let yes = |it: bool| if it { "yes" } else { "no" }.to_owned();
    let rows: Vec<[String; 6]> = users
        .iter()
        .map(|user| {
            let texts = [&user.id, &user.email, &user.name].map(|text| printable(text));
            let [id, email, name] = texts;
            [id, email, name, yes(user.active), yes(user.email_verified), time_text(user.created_at)]
        })
        .collect();
    output::table(["ID", "E-MAIL", "NAME", "ACTIVE", "VERIFIED", "CREATED"], &rows)
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
    output::list(&[
        ("id", user.id),
        ("e-mail", format!("{}{}", user.email, if user.email_verified { "" } else { " (not verified)" })),
        ("name", user.name),
        ("active", if user.active { "yes" } else { "no" }.to_owned()),
        ("created", time_text(user.created_at)),
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
        if active { "can log in again" } else { "cannot log in any more" }
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
        1 => "1 task".to_owned(),
        n => format!("{n} tasks"),
    };
    if !yes {
        if !std::io::stdin().is_terminal() {
            return Err(Error::usage("deleting a user wants an answer", "run it on a terminal, or with --yes"));
        }
        eprint!("Delete {} ({}) with {tasks}? [y/N] ", printable(&user.email), printable(&user.name));
        let mut answer = String::new();
        prompting(|| std::io::stdin().lock().read_line(&mut answer))?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
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
    let prepared = password_rule::prepare(&password)
        .map_err(|broken| Error::new(format!("password {broken}")).fix("8 characters to 72 bytes"))?;
    let cost =
        "SELECT coalesce(nullif(pg_catalog.current_setting('todo.bcrypt_cost', true), ''), '12')::pg_catalog.int4";
    let cost: i32 = client.query_one(cost, &[])?.get(0);
    bcrypt::hash(&*prepared, cost.unsigned_abs()).map_err(Error::new)
}

/// From standard input, its first line; or from the terminal, twice, without echo.
fn read_password(source: &Password) -> Result<String, Error> {
    if source.password_stdin {
        let mut text = String::new();
        std::io::stdin().lock().take(4096).read_to_string(&mut text)?;
        return Ok(text.lines().next().unwrap_or_default().to_owned());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Error::usage("no terminal to ask for the password", "pass it with --password-stdin"));
    }
    let terminal = Term::stderr();
    let ask = |prompt: &str| -> Result<String, Error> {
        terminal.write_str(prompt)?;
        Ok(prompting(|| terminal.read_secure_line())?)
    };
    let password = ask("New password: ")?;
    if ask("Once more: ")? != password {
        return Err(Error::new("the passwords differ").fix("try again"));
    }
    Ok(password)
}
