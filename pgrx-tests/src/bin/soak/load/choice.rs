//! What a client does next: steps that must succeed, by the record of its users.

use super::record::{User, Users};
use super::step::{Answer, Kind, Step};
use todo_tests::Task;
use todo_tests::random::Random;

/// Users of each client, and tasks of each user, at most.
const USERS: usize = 4;
const TASKS: usize = 30;

/// Users whom all clients change, so that they get into each other's way.
pub const SHARED: [&str; 2] = ["shared-0", "shared-1"];

const SORTS: [&str; 4] = ["created", "completed", "updated", "title"];

pub struct Choice {
    pub random: Random,
    prefix: String,
    /// No name, title or password is used twice.
    count: u64,
}

impl Choice {
    pub fn new(seed: u64, prefix: &str) -> Self {
        Self { random: Random::new(seed), prefix: prefix.to_owned(), count: 0 }
    }

    fn new_text(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what} {}{}", self.prefix, self.count)
    }

    /// A step with one of the client's own users.
    pub fn own(&mut self, users: &Users) -> Step {
        if users.is_empty() || users.len() < USERS && self.random.one_in(20) {
            self.count += 1;
            let user = format!("{}{}", self.prefix, self.count);
            return Step { user, kind: self.new_user() };
        }
        let (id, user) = users.iter().nth(self.random.below(users.len())).expect("a user");
        let kind = match self.random.below(24) {
            0 => Kind::Rename(self.new_text("Name")),
            1 => Kind::SetActive(!user.is_active),
            2 if user.is_active => Kind::ChangePassword { old: user.password.clone(), new: self.new_text("password") },
            3 => Kind::LogIn { password: user.password.clone(), is_right: true },
            4 => Kind::LogIn { password: "the wrong password".to_owned(), is_right: false },
            5 if self.random.one_in(4) => Kind::DeleteUser,
            _ => self.with_tasks(&user.tasks.values().collect::<Vec<_>>()),
        };
        Step { user: id.clone(), kind }
    }

    fn new_user(&mut self) -> Kind {
        Kind::CreateUser { name: self.new_text("Name"), password: self.new_text("password") }
    }

    fn with_tasks(&mut self, tasks: &[&Task]) -> Kind {
        if tasks.len() > TASKS {
            // Enough of them are completed first, and deleted the next time.
            let is_done = tasks.iter().filter(|task| task.completed).count() > TASKS / 2;
            return if is_done { Kind::ClearCompleted } else { Kind::CompleteAll(true) };
        }
        let choice = self.random.below(16);
        let Some(task) = (!tasks.is_empty()).then(|| tasks[self.random.below(tasks.len())]) else {
            return if choice < 8 { self.new_task() } else { self.new_tasks() };
        };
        match choice {
            0..3 => Kind::Toggle(task.id),
            3..6 => self.new_task(),
            6 => Kind::UpdateTask { id: task.id, title: self.new_text("title") },
            7 => Kind::Complete { id: task.id, completed: self.random.one_in(2) },
            8 => Kind::DeleteTask(task.id),
            9 => self.new_tasks(),
            10 => Kind::CompleteAll(self.random.one_in(2)),
            11 if self.random.one_in(3) => Kind::ClearCompleted,
            11 | 12 => Kind::Export,
            13 => Kind::List,
            _ => Kind::Pages(self.random.pick(&SORTS)),
        }
    }

    fn new_task(&mut self) -> Kind {
        let description = self.random.one_in(2).then(|| self.new_text("about"));
        Kind::CreateTask { title: self.new_text("title"), description }
    }

    fn new_tasks(&mut self) -> Kind {
        Kind::CreateTasks((0..=self.random.below(8)).map(|_| self.new_text("title")).collect())
    }

    /// Where an export goes: to one of the other users, as long as that has room.
    pub fn import(&mut self, users: &Users, from: &str, document: String) -> Option<Step> {
        let tasks = users.get(from)?.contents();
        let has_room = |user: &User| user.tasks.len() + tasks.len() <= TASKS;
        let others: Vec<&String> =
            users.iter().filter(|(id, user)| *id != from && has_room(user)).map(|(id, _)| id).collect();
        let user = (*others.get(self.random.below(others.len().max(1)))?).clone();
        Some(Step { user, kind: Kind::Import { document, tasks } })
    }

    /// A step with a user of all clients, who has these tasks, or had them a moment ago.
    pub fn shared(&mut self, user: &str, listed: &Answer) -> Step {
        let tasks: Vec<&Task> = if let Answer::Tasks(tasks) = listed { tasks.iter().collect() } else { Vec::new() };
        let kind = match self.random.below(24) {
            0 => Kind::DeleteUser,
            1..4 => self.new_user(),
            4 => Kind::SetActive(self.random.one_in(2)),
            5 => Kind::Rename(self.new_text("Name")),
            6 => Kind::CompleteAll(true),
            7 => Kind::CompleteAll(false),
            8 => Kind::ClearCompleted,
            _ => self.with_tasks(&tasks),
        };
        Step { user: user.to_owned(), kind }
    }
}
