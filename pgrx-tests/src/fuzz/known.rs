//! The rows that are in the tables before a round of calls, and arguments that find them.

use super::{json, texts};
use crate::random::Random;
use postgres::Client;

/// Ids of users: plain ones, and the oddest that the rules allow.
const USERS: [&str; 12] = [
    "u1",
    "u2",
    "u3",
    "U1",
    "u1 ",
    " ",
    "O'Brien \"quoted\" \\",
    "%",
    "éééééééééééééééééééééééééééééééééééé",
    "\u{202e}\u{1f600}\u{301}",
    "null",
    "\n",
];
const TASKS_OF_EACH: usize = 6;

/// A place in a user's list of tasks, in one of the orders.
struct Cursor {
    user: String,
    sort: String,
    text: String,
}

pub struct Known {
    cursors: Vec<Cursor>,
    /// What tells users apart in cursors.
    marks: Vec<String>,
    roles: Vec<String>,
    /// The hash of `long enough`.
    pub hash: String,
}

impl Known {
    pub fn new(owner: &mut Client, roles: Vec<String>) -> Self {
        let hash = owner.query_one("SELECT todo_hash_password('long enough')", &[]).expect("a hash").get(0);
        let mut known = Self { cursors: vec![], marks: vec![], roles, hash };
        known.refill(owner);
        let all = "SELECT task.user_id, s.sort, todo_task_cursor(task, s.sort), hashtextextended(task.user_id, 0)::text
             FROM tasks AS task CROSS JOIN unnest('{created,updated,completed,title}'::text[]) AS s (sort) ORDER BY task.id, s.sort";
        for row in owner.query(all, &[]).expect("cursors") {
            known.cursors.push(Cursor { user: row.get(0), sort: row.get(1), text: row.get(2) });
            known.marks.push(row.get(3));
        }
        known
    }

    /// Replaces all users and tasks with these. The texts of each user contain a word that only this user has: [`secret`].
    pub fn refill(&self, owner: &mut Client) {
        owner.batch_execute("DELETE FROM users").expect("no users");
        for (number, user) in USERS.iter().enumerate() {
            let (address, secret) = (format!("a{number}@example.com"), secret(number));
            owner
                .execute(
                    "INSERT INTO users (id, email, name, hashed_password, is_active, created_at, updated_at)
                     VALUES ($1::text, $2, $3, $4, $1 <> 'u3', '2026-01-01', '2026-01-01')",
                    &[user, &address, &secret, &if number % 4 == 3 { "!" } else { &self.hash }],
                )
                .expect("a user");
        }
        owner.batch_execute("SELECT setval('tasks_id_seq', 1, false)").expect("ids");
        for (number, user) in USERS.iter().enumerate() {
            owner
                .execute(
                    "INSERT INTO tasks (user_id, title, description, completed, created_at, updated_at, completed_at)
                     SELECT $1::text, CASE i % 2 WHEN 0 THEN 'First ' ELSE 'Café ' END || $2::text, CASE i % 3 WHEN 0 THEN 'Note ' || $2 END, i % 2 = 0,
                         '2026-01-01'::timestamp + i % 4 * interval '1 day', '2026-02-01',
                         CASE i % 2 WHEN 0 THEN '2026-01-20'::timestamp + i * interval '1 day' END
                     FROM generate_series(1, $3::integer) AS i",
                    &[user, &secret(number), &(TASKS_OF_EACH as i32)],
                )
                .expect("tasks");
        }
    }

    /// Adds so many tasks to the first user that a search uses the index.
    pub fn fill(owner: &mut Client) {
        let tasks = "INSERT INTO tasks (user_id, title, created_at) SELECT $1::text, 'filler', '2000-01-01' FROM generate_series(1, 1200)";
        owner.execute(tasks, &[&USERS[0]]).expect("tasks");
    }

    /// How many tasks there are, with ids from 1.
    pub fn tasks(&self) -> usize {
        USERS.len() * TASKS_OF_EACH
    }

    /// A task and its user: this one, if there are tasks of it.
    pub fn task(&self, random: &mut Random, user: Option<&str>) -> (usize, &'static str) {
        let own = user.and_then(|user| USERS.iter().position(|known| *known == user));
        let number = own.unwrap_or_else(|| random.below(USERS.len()));
        (1 + number * TASKS_OF_EACH + random.below(TASKS_OF_EACH), USERS[number])
    }

    /// The user who gets many tasks in some rounds.
    pub fn busy_user() -> &'static str {
        USERS[0]
    }

    /// The id of a user, or sometimes another text.
    pub fn user(&self, random: &mut Random) -> String {
        match random.below(10) {
            0 => texts::text(random),
            1 => random.pick(&["u1\u{0301}", "u1  ", "", "u\u{ff11}", "nobody", "new1", "new2"]).to_owned(),
            _ => random.pick(&USERS).to_owned(),
        }
    }

    /// The address of a user, perhaps in another letter case.
    pub fn address(&self, random: &mut Random) -> String {
        let number = random.below(USERS.len());
        random
            .pick(&["a#@example.com", "A#@EXAMPLE.com", "a#@example.com ", "ａ#@example.com"])
            .replace('#', &number.to_string())
    }

    /// The address of this user, as it is stored.
    pub fn address_of(user: &str) -> Option<String> {
        let number = USERS.iter().position(|known| *known == user)?;
        Some(format!("a{number}@example.com"))
    }

    pub fn role(&self, random: &mut Random) -> String {
        self.roles[random.below(self.roles.len())].clone()
    }

    /// A user, an order, and a cursor of both.
    pub fn place(&self, random: &mut Random) -> [String; 3] {
        let Cursor { user, sort, text } = &self.cursors[random.below(self.cursors.len())];
        [user.clone(), sort.clone(), text.clone()]
    }

    /// A cursor of any user and order, or one that was cut, changed or made from other JSON.
    pub fn cursor(&self, random: &mut Random) -> String {
        let [_, sort, valid] = self.place(random);
        match random.below(6) {
            0 => valid,
            1 => valid[..random.below(valid.len())].to_owned(),
            2 => {
                let mut digits = valid.into_bytes();
                let place = random.below(digits.len());
                digits[place] = b"0123456789abcdefgZ'\\"[random.below(20)];
                String::from_utf8(digits).expect("ASCII")
            }
            3 => format!("1{}", texts::text(random)),
            4 => hex(&json::any(random)),
            _ => {
                let mark = &self.marks[random.below(self.marks.len())];
                let parts =
                    [0; 3].map(|_| if random.one_in(2) { json::any(random) } else { format!("{}", random.below(80)) });
                hex(&format!("[\"{sort}\",{mark},{}]", parts[..1 + random.below(3)].join(",")))
            }
        }
    }
}

fn hex(text: &str) -> String {
    format!("1{}", text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// A word that is in the name, titles and descriptions of this user, and nowhere else.
fn secret(number: usize) -> String {
    format!("secret<{number}>")
}

/// Whether a text contains the secret of another user.
pub fn has_secret_of_another(text: &str, user: Option<&str>) -> bool {
    let own = user.and_then(|user| USERS.iter().position(|known| *known == user));
    (0..USERS.len()).filter(|number| Some(*number) != own).any(|number| text.contains(&secret(number)))
}
