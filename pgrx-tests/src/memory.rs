//! What calls leave in a backend's memory.

use crate::Database;
use crate::functions::{Access, Effect, Function, functions};
use crate::passwords::set_cost;
use postgres::{Client, Row};

/// After so many calls, plans are kept and caches are full.
const WARM_UP: u32 = 1_000;
/// More than PostgreSQL's own caches take in a while. With 100,000 calls, a leak of eleven bytes a call would be more.
pub const KILOBYTES: i64 = 1024;
/// So many calls of functions that read or change a few rows. With more of them, there are more of all others as well.
pub const CALLS: u32 = 100_000;
/// There are as many tasks as calls are made, and of each user at most so many.
const TASKS_OF_EACH: u32 = 10;

/// What the backend has in memory, in kB: used in PostgreSQL's memory contexts, and allocated in all. What was freed still counts for all,
/// and would hide a leak. So each function has a session of its own. (Contexts get blocks of up to a megabyte, for a few bytes more: what they
/// have allocated would say less than what is used.) Without what PostgreSQL itself keeps of each row with a trigger AFTER UPDATE until the
/// transaction ends.
pub const MEMORY: &str = r"ARRAY[
    (SELECT sum(used_bytes)::bigint / 1024 FROM pg_backend_memory_contexts WHERE name <> 'AfterTriggerEvents'),
    substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+)')::bigint - (
        SELECT coalesce(sum(total_bytes), 0)::bigint / 1024 FROM pg_backend_memory_contexts WHERE name = 'AfterTriggerEvents'
    )
]";

/// How much a function has left after calls.
pub struct Growth {
    pub function: &'static str,
    pub calls: u32,
    pub kilobytes: i64,
}

impl Growth {
    /// Whether it is no more than what PostgreSQL keeps itself, which is less for a few calls.
    pub fn is_flat(&self) -> bool {
        self.kilobytes < KILOBYTES.min(256 + i64::from(self.calls) / 16)
    }
}

/// In one statement as well, where PostgreSQL calls the function again for each row. What it keeps then is looked at before the
/// statement ends, which would free it.
pub fn in_one_transaction(calls: u32, only: Option<&str>, mut look: impl FnMut(Growth)) {
    let mut database = prepared(calls);
    // PostgreSQL itself keeps what a transaction changes in the catalogs, until that ends.
    let grants = ["todo_grant", "todo_revoke", "todo_auth.grant", "todo_auth.revoke"];
    for function in callable(only).into_iter().filter(|function| !grants.contains(&function.name)) {
        let call = call(&function, calls);
        let is_called_again = call != function.call();
        let mut client = session(&database);
        client.batch_execute("BEGIN").unwrap();
        look(growth(&mut client, &function, calls, |client, first, last| {
            if is_called_again {
                let rows = format!("(SELECT generate_series({first}, {last}) AS i) AS each, LATERAL {call} AS called");
                client.query_one(&format!("SELECT {MEMORY}, count(*) FROM {rows}"), &[])
            } else {
                client.batch_execute(&repeated(&call, first, last, ""))?;
                client.query_one(&format!("SELECT {MEMORY}"), &[])
            }
        }));
        client.batch_execute("ROLLBACK").unwrap();
        database.client.batch_execute("VACUUM users, tasks").unwrap();
    }
}

pub fn in_many_transactions(calls: u32, only: Option<&str>, mut look: impl FnMut(Growth)) {
    let database = prepared(calls);
    for function in callable(only) {
        let call = call(&function, calls);
        look(growth(&mut session(&database), &function, calls, |client, first, last| {
            client.batch_execute(&repeated(&call, first, last, "COMMIT;"))?;
            client.query_one(&format!("SELECT {MEMORY}"), &[])
        }));
    }
}

fn repeated(call: &str, first: u32, last: u32, after_each: &str) -> String {
    format!(
        "DO $$ BEGIN FOR i IN {first}..{last} LOOP PERFORM count(*) FROM {call} AS called; {after_each} END LOOP; END $$"
    )
}

/// How many users have tasks: task `i` belongs to user `'m' || i % users`. As many users `'d' || i` have none, to be deleted.
fn users(calls: u32) -> u32 {
    (calls / TASKS_OF_EACH).max(CALLS / TASKS_OF_EACH)
}

fn prepared(calls: u32) -> Database {
    let mut database = Database::with_auth();
    let users = users(calls);
    database
        .client
        .batch_execute(&format!(
            "INSERT INTO users (id, email, name) SELECT 'm' || i, i || '@m.example.com', 'M' FROM generate_series(0, {users} - 1) AS i
                 UNION ALL SELECT 'd' || i, i || '@d.example.com', 'D' FROM generate_series(1, {users}) AS i;
             INSERT INTO tasks (user_id, title, completed)
                 SELECT 'm' || i % {users}, 'Task ' || i, i / {users} % 2 = 0 FROM generate_series(1, {calls}) AS i"
        ))
        .unwrap();
    database.client.batch_execute("VACUUM ANALYZE").unwrap();
    database
}

fn session(database: &Database) -> Client {
    let mut client = database.connect();
    set_cost(&mut client, 4);
    // PostgreSQL may keep rows of a query that it has written out in place of a call: not a matter of the function.
    let without = ["jit", "enable_memoize", "enable_hashjoin", "enable_mergejoin", "enable_material", "enable_sort"];
    client.batch_execute(&without.map(|setting| format!("SET {setting} = off; ")).concat()).unwrap();
    client.batch_execute("SET statement_timeout = 0").unwrap();
    client
}

/// One function, or all that can be called twice; those that delete come last.
fn callable(only: Option<&str>) -> Vec<Function> {
    let mut functions = functions();
    functions
        .retain(|function| function.name != "todo_release_tables" && only.is_none_or(|name| function.name == name));
    functions.sort_by_key(|function| function.effect == Effect::Deletes);
    functions
}

/// The call number `i`.
fn call(function: &Function, calls: u32) -> String {
    let user = match function.name {
        "todo_create_user" => "'n' || i".to_owned(),
        "todo_delete_user" => "'d' || i".to_owned(),
        _ => format!("'m' || i % {}", users(calls)),
    };
    let email = format!("i || '@{}.example.com'", function.name.replace('_', "-"));
    let arguments = [("task_id", "i"), ("user_id", &user), ("email", &email)];
    let taken: Vec<(&str, &str)> = arguments.into_iter().filter(|(name, _)| function.takes(name)).collect();
    function.call_with(&taken)
}

/// Fewer of those that hash, that read or write more, or that are for operators. No user is written twice: PostgreSQL itself keeps
/// something in memory for each row that one transaction writes again.
fn count(function: &Function, calls: u32) -> u32 {
    let divisor = match function.name {
        "todo_check" | "todo_not_in_dumps" => 1_000,
        _ if function.access == Access::Owner => 500,
        "todo_create_user" | "todo_change_password" => 50,
        _ if function.effect == Effect::Hashes => 50,
        "todo_create_tasks"
        | "todo_filter_tasks"
        | "todo_task_stats"
        | "todo_completed_per_day"
        | "todo_import_tasks" => 10,
        "todo_get_user" | "todo_find_user" => 1,
        _ if function.returns == "todo_users" || function.name.ends_with("_user") => 10,
        "todo_complete_all" | "todo_auth.store_password" => 10,
        _ => 1,
    };
    (calls / divisor).max(10)
}

/// Runs the calls of these numbers, which return the memory, and compares it after the first ones with that after all.
fn growth(
    client: &mut Client,
    function: &Function,
    calls: u32,
    run: impl Fn(&mut Client, u32, u32) -> Result<Row, postgres::Error>,
) -> Growth {
    let mut memory = |first, last| -> Vec<i64> {
        run(client, first, last).unwrap_or_else(|e| panic!("{}: {e:?}", function.name)).get(0)
    };
    // Of calls that are all alike, what is kept once is not a leak: plans, say, after autovacuum has analyzed a table.
    let attempts = if call(function, calls) == function.call() { 3 } else { 1 };
    let calls = count(function, calls);
    let warm_up = WARM_UP.min(calls / 2);
    let grown = (0..attempts).map(|_| {
        let before = memory(1, warm_up);
        let after = memory(warm_up + 1, calls);
        after.iter().zip(before).map(|(after, before)| after - before).max().expect("two figures")
    });
    Growth { function: function.name, calls, kilobytes: grown.min().expect("an attempt") }
}
