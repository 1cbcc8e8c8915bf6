//! What clients do: one call each, except for pages.

use super::record::{Content, Expected, User};
use postgres::{Error, GenericClient};
use serde_json::json;
use todo_tests::Task;

/// Something that a client does with a user.
#[derive(Debug)]
pub struct Step {
    pub user: String,
    pub kind: Kind,
}

#[derive(Debug)]
pub enum Kind {
    CreateUser { name: String, password: String },
    DeleteUser,
    Rename(String),
    SetActive(bool),
    ChangePassword { old: String, new: String },
    LogIn { password: String, is_right: bool },
    CreateTask { title: String, description: Option<String> },
    CreateTasks(Vec<String>),
    UpdateTask { id: i32, title: String },
    Toggle(i32),
    Complete { id: i32, completed: bool },
    DeleteTask(i32),
    CompleteAll(bool),
    ClearCompleted,
    Export,
    Import { document: String, tasks: Vec<Content> },
    List,
    Pages(&'static str),
}

#[derive(Debug)]
pub enum Answer {
    Tasks(Vec<Task>),
    /// Whether there was a user, or the password was right.
    Found(bool),
    Document(Option<String>),
}

/// Tasks on a page: few, so that there are several pages.
const PAGE_SIZE: i32 = 5;

impl Kind {
    /// For the report.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateUser { .. } => "users created",
            Self::DeleteUser => "users deleted",
            Self::Rename(_) | Self::SetActive(_) => "users changed",
            Self::ChangePassword { .. } => "passwords changed",
            Self::LogIn { .. } => "logins",
            Self::CreateTask { .. } => "tasks created",
            Self::CreateTasks(_) => "lists created",
            Self::UpdateTask { .. } | Self::Complete { .. } => "tasks changed",
            Self::Toggle(_) => "toggles",
            Self::DeleteTask(_) => "tasks deleted",
            Self::CompleteAll(_) => "complete all",
            Self::ClearCompleted => "clear completed",
            Self::Export => "exports",
            Self::Import { .. } => "imports",
            Self::List => "lists read",
            Self::Pages(_) => "lists read by pages",
        }
    }

    pub fn writes(&self) -> bool {
        !matches!(self, Self::LogIn { .. } | Self::Export | Self::List | Self::Pages(_))
    }

    /// Whether tasks are what it changes.
    pub fn is_of_tasks(&self) -> bool {
        !matches!(
            self,
            Self::CreateUser { .. }
                | Self::DeleteUser
                | Self::Rename(_)
                | Self::SetActive(_)
                | Self::ChangePassword { .. }
        )
    }

    /// What a user is after it. Steps are such that they succeed.
    pub fn expected(&self, before: Option<&User>) -> Option<Expected> {
        if let Self::CreateUser { name, password } = self {
            let (name, password) = (name.clone(), password.clone());
            return Some(Expected { name, password, is_active: true, tasks: Vec::new() });
        }
        let before = before?;
        let mut after = before.expected();
        // The task that has an id, with other content.
        let change = |id: &i32, change: fn(&mut Content, &Self)| {
            let mut changed = before.clone();
            if let Some(task) = changed.tasks.get_mut(id) {
                let mut content = super::record::content(task);
                change(&mut content, self);
                (task.title, task.description, task.completed) = content;
            }
            changed.contents()
        };
        match self {
            Self::DeleteUser => return None,
            Self::Rename(name) => after.name.clone_from(name),
            Self::SetActive(active) => after.is_active = *active,
            Self::ChangePassword { new, .. } => after.password.clone_from(new),
            Self::CreateTask { title, description } => after.tasks.push((title.clone(), description.clone(), false)),
            Self::CreateTasks(titles) => after.tasks.extend(titles.iter().map(|title| (title.clone(), None, false))),
            Self::Import { tasks, .. } => after.tasks.extend(tasks.iter().cloned()),
            Self::UpdateTask { id, .. } | Self::Toggle(id) | Self::Complete { id, .. } => {
                after.tasks = change(id, |content, kind| match kind {
                    Self::UpdateTask { title, .. } => content.0.clone_from(title),
                    Self::Complete { completed, .. } => content.2 = *completed,
                    _ => content.2 = !content.2,
                });
            }
            Self::DeleteTask(id) => {
                let mut rest = before.clone();
                rest.tasks.remove(id);
                after.tasks = rest.contents();
            }
            Self::CompleteAll(completed) => after.tasks.iter_mut().for_each(|task| task.2 = *completed),
            Self::ClearCompleted => after.tasks.retain(|task| !task.2),
            Self::CreateUser { .. } | Self::LogIn { .. } | Self::Export | Self::List | Self::Pages(_) => {}
        }
        after.tasks.sort();
        Some(after)
    }
}

/// A user's address.
pub fn email(user: &str) -> String {
    format!("{user}@soak.example")
}

impl Step {
    pub fn run(&self, client: &mut impl GenericClient) -> Result<Answer, Error> {
        let user = &self.user;
        let mut tasks = |call: &str, arguments: &[&(dyn postgres::types::ToSql + Sync)]| {
            let rows = client.query(&format!("SELECT * FROM {call}"), arguments)?;
            Ok(Answer::Tasks(rows.iter().map(Task::from).collect()))
        };
        match &self.kind {
            Kind::CreateTask { title, description } => {
                tasks("todo_create_task($1, $2, $3)", &[user, title, description])
            }
            Kind::CreateTasks(titles) => {
                let list = json!(titles.iter().map(|title| json!({"title": title})).collect::<Vec<_>>()).to_string();
                tasks("todo_create_tasks($1, $2::text::jsonb)", &[user, &list])
            }
            Kind::Import { document, .. } => tasks("todo_import_tasks($1, $2::text::jsonb)", &[user, document]),
            Kind::UpdateTask { id, title } => tasks("todo_update_task($1::int, $2, title => $3)", &[id, user, title]),
            Kind::Toggle(id) => tasks("todo_toggle_task($1::int, $2)", &[id, user]),
            Kind::Complete { id, completed } => tasks("todo_complete_task($1::int, $2, $3)", &[id, user, completed]),
            Kind::DeleteTask(id) => tasks("todo_delete_task($1::int, $2)", &[id, user]),
            Kind::CompleteAll(completed) => tasks("todo_complete_all($1, $2)", &[user, completed]),
            Kind::ClearCompleted => tasks("todo_clear_completed($1)", &[user]),
            Kind::List => tasks("todo_list_tasks($1)", &[user]),
            Kind::Pages(sort) => pages(client, user, sort),
            Kind::Export => {
                let query = "SELECT todo_export_user($1)::text";
                Ok(Answer::Document(client.query_one(query, &[user])?.get(0)))
            }
            Kind::CreateUser { name, password } => {
                let query = "SELECT id FROM todo_create_user($1, $2, $3, $4)";
                client.query(query, &[&email(user), name, password, user]).map(found)
            }
            Kind::DeleteUser => client.query("SELECT id FROM todo_delete_user($1)", &[user]).map(found),
            Kind::Rename(name) => {
                client.query("SELECT id FROM todo_update_user($1, name => $2)", &[user, name]).map(found)
            }
            Kind::SetActive(active) => {
                client.query("SELECT id FROM todo_set_active($1, $2)", &[user, active]).map(found)
            }
            Kind::ChangePassword { old, new } => {
                let row = client.query_one("SELECT todo_change_password($1, $2, $3)", &[user, old, new])?;
                Ok(Answer::Found(row.get(0)))
            }
            Kind::LogIn { password, .. } => {
                client.query("SELECT id FROM todo_authenticate($1, $2)", &[&email(user), password]).map(found)
            }
        }
    }
}

fn found(rows: Vec<postgres::Row>) -> Answer {
    Answer::Found(!rows.is_empty())
}

/// All tasks of a user, page by page.
fn pages(client: &mut impl GenericClient, user: &str, sort: &str) -> Result<Answer, Error> {
    let page = "SELECT task.*, todo_task_cursor(task, $2) AS cursor
         FROM todo_filter_tasks($1, sort => $2, page_size => $3, after => $4) AS task";
    let (mut tasks, mut after): (Vec<Task>, Option<String>) = (Vec::new(), None);
    loop {
        let rows = client.query(page, &[&user, &sort, &PAGE_SIZE, &after])?;
        tasks.extend(rows.iter().map(Task::within));
        after = rows.last().map(|row| row.get("cursor"));
        if rows.len() < PAGE_SIZE as usize {
            return Ok(Answer::Tasks(tasks));
        }
    }
}
