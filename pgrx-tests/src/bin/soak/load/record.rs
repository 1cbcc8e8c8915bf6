//! What the server has acknowledged to a client, to be compared with what is there.

use super::step::{Answer, Kind, Step};
use postgres::{Client, Error};
use std::collections::BTreeMap;
use todo_tests::Task;

/// A user whom only one client changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub password: String,
    pub is_active: bool,
    /// Every row as the server has returned it, so that not even a time may differ.
    pub tasks: BTreeMap<i32, Task>,
}

pub type Users = BTreeMap<String, User>;

/// What a client can know of a task beforehand, without ids and times.
pub type Content = (String, Option<String>, bool);

/// The same of a user.
#[derive(Debug, PartialEq, Eq)]
pub struct Expected {
    pub name: String,
    pub password: String,
    pub is_active: bool,
    /// Sorted by content.
    pub tasks: Vec<Content>,
}

pub fn content(task: &Task) -> Content {
    (task.title.clone(), task.description.clone(), task.completed)
}

impl User {
    pub fn contents(&self) -> Vec<Content> {
        let mut contents: Vec<Content> = self.tasks.values().map(content).collect();
        contents.sort();
        contents
    }

    pub fn expected(&self) -> Expected {
        Expected {
            name: self.name.clone(),
            password: self.password.clone(),
            is_active: self.is_active,
            tasks: self.contents(),
        }
    }

    /// Whether the tasks are unchanged that have the same content as before.
    fn keeps(&self, before: Option<&Self>) -> bool {
        self.tasks.iter().all(|(id, task)| {
            let earlier = before.and_then(|user| user.tasks.get(id));
            earlier.is_none_or(|earlier| earlier == task || content(earlier) != content(task))
        })
    }
}

/// Records an acknowledged step. The error says how the answer differs from what must have been done.
pub fn enter(users: &mut Users, step: &Step, answer: Answer) -> Result<(), String> {
    let user = &step.user;
    let before = users.get(user).cloned();
    let expected = step.kind.expected(before.as_ref());
    let wrong = |what: &str| Err(format!("{step:?}: {what}; acknowledged before: {before:?}"));
    match (&step.kind, answer) {
        (Kind::Export, _) => return Ok(()),
        (Kind::List | Kind::Pages(_), Answer::Tasks(found)) => {
            let Some(known) = &before else { return wrong("the user was deleted") };
            let by_id: BTreeMap<i32, Task> = found.iter().map(|task| (task.id, task.clone())).collect();
            if by_id != known.tasks || by_id.len() != found.len() {
                return wrong(&format!("{found:?} is listed"));
            }
            return Ok(());
        }
        (Kind::LogIn { is_right, .. }, Answer::Found(found)) => {
            let known = before.as_ref().is_some_and(|user| user.is_active);
            return if found == (known && *is_right) { Ok(()) } else { wrong(&format!("the login returned {found}")) };
        }
        (Kind::DeleteUser, Answer::Found(true)) => {
            users.remove(user);
        }
        (kind, Answer::Found(true)) if !kind.is_of_tasks() => {
            let Some(Expected { name, password, is_active, .. }) = &expected else { return wrong("no user") };
            let known = users.entry(user.clone()).or_insert_with(|| User {
                name: String::new(),
                password: String::new(),
                is_active: true,
                tasks: BTreeMap::new(),
            });
            (known.name, known.password, known.is_active) = (name.clone(), password.clone(), *is_active);
        }
        (kind, Answer::Tasks(rows)) => {
            let deletes = matches!(kind, Kind::DeleteTask(_) | Kind::ClearCompleted);
            let Some(known) = users.get_mut(user) else { return wrong("there is no such user") };
            for task in rows {
                if !deletes {
                    known.tasks.insert(task.id, task);
                } else if known.tasks.remove(&task.id).as_ref() != Some(&task) {
                    return wrong(&format!("{task:?} was deleted"));
                }
            }
        }
        (_, answer) => return wrong(&format!("the answer is {answer:?}")),
    }
    if users.get(user).map(User::expected) != expected {
        return wrong(&format!("now {:?} was acknowledged, and {expected:?} is right", users.get(user)));
    }
    Ok(())
}

/// Compares all users with the record. A step without an answer has been done or not, which the record has then.
pub fn compare(users: &mut Users, found: Users, pending: Option<&Step>) -> Result<(), String> {
    if let Some(step) = pending
        && users.get(&step.user) != found.get(&step.user)
    {
        let (before, after) = (users.get(&step.user), found.get(&step.user));
        let is_done =
            after.map(User::expected) == step.kind.expected(before) && after.is_none_or(|after| after.keeps(before));
        if !is_done {
            return Err(format!("{step:?} had no answer: {}", difference(after, before)));
        }
        match after.cloned() {
            Some(after) => users.insert(step.user.clone(), after),
            None => users.remove(&step.user),
        };
    }
    for id in users.keys().chain(found.keys()) {
        if users.get(id) != found.get(id) {
            return Err(format!("{id}: {}", difference(found.get(id), users.get(id))));
        }
    }
    Ok(())
}

/// What is stored of a user, and what was acknowledged. Only tasks that differ are shown.
fn difference(found: Option<&User>, acknowledged: Option<&User>) -> String {
    let without = |user: Option<&User>, other: Option<&User>| {
        let mut user = user.cloned();
        if let (Some(user), Some(other)) = (&mut user, other) {
            user.tasks.retain(|id, task| other.tasks.get(id) != Some(task));
        }
        user
    };
    format!("{:?} is there, {:?} was acknowledged", without(found, acknowledged), without(acknowledged, found))
}

/// The users of a client, read by a superuser. The server does not tell passwords, so they are tried.
pub fn read(client: &mut Client, prefix: &str, passwords: impl Fn(&str) -> Vec<String>) -> Result<Users, Error> {
    let mut users = Users::new();
    let query = "SELECT id::text, name::text, hashed_password::text, is_active FROM users WHERE starts_with(id, $1)";
    for row in client.query(query, &[&prefix])? {
        let (id, hash): (String, String) = (row.get(0), row.get(2));
        let mut right = String::new();
        for password in passwords(&id) {
            if client.query_one("SELECT todo_check_password($1, $2)", &[&password, &hash])?.get(0) {
                right = password;
            }
        }
        let tasks = client.query("SELECT * FROM tasks WHERE user_id = $1", &[&id])?;
        let tasks = tasks.iter().map(Task::from).map(|task| (task.id, task)).collect();
        users.insert(id, User { name: row.get(1), password: right, is_active: row.get(3), tasks });
    }
    // What a crash has left unconfirmed can be seen, and still be lost with the server. So this commit waits for the standby: it then has
    // all that was read.
    client.execute("SELECT pg_logical_emit_message(true, 'soak', 'read')", &[])?;
    Ok(users)
}
