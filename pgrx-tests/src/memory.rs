//! What calls leave in a backend's memory.

use crate::Database;
use crate::functions::{Access, Effect, Function, functions};
use crate::passwords::set_cost;
use postgres::{Client, Row};

/// After this many calls, plans are kept and caches are full.
const WARM_UP: u32 = 1_000;
/// PostgreSQL's own caches grow by less. In 30,000 calls, a leak of 35 bytes a call would exceed this.
pub const KILOBYTES: i64 = 1024;
/// The number of calls of functions that read or change a few rows. `make fuzz` can make more, and then calls all others more often, too.
pub const CALLS: u32 = 30_000;
/// There are as many tasks as calls, and each user has at most this many.
const TASKS_OF_EACH: u32 = 10;

/// Two figures of the backend's memory, in kB: what is used in PostgreSQL's memory contexts, and what the process has allocated.
///
/// The process keeps memory that was freed, which would hide a leak of the next function. So each function is called in a new session.
/// Contexts allocate blocks of up to a megabyte, so what is used in them says more than what they have allocated. AfterTriggerEvents does
/// not count: there, PostgreSQL itself keeps something for each row with an AFTER UPDATE trigger until the transaction ends.
pub const MEMORY: &str = r"ARRAY[
    (SELECT sum(used_bytes)::bigint / 1024 FROM pg_backend_memory_contexts WHERE name <> 'AfterTriggerEvents'),
    substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+)')::bigint - (
        SELECT coalesce(sum(total_bytes), 0)::bigint / 1024 FROM pg_backend_memory_contexts WHERE name = 'AfterTriggerEvents'
    )
]";

/// How much memory the calls of a function have left in use.
pub struct Growth {
    pub function: &'static str,
    pub calls: u32,
    pub kilobytes: i64,
}

impl Growth {
    /// Whether PostgreSQL itself may keep as much. After fewer calls, that is less.
    pub fn is_flat(&self) -> bool {
        self.kilobytes < KILOBYTES.min(256 + i64::from(self.calls) / 16)
    }
}

/// Calls each function in one transaction. If the arguments differ, it is one statement, which calls the function for each row. It also
/// reads the memory, because its end would free what the calls have left.
pub fn in_one_transaction(calls: u32, only: Option<&str>, mut look: impl FnMut(Growth)) {
    let mut database = prepared(calls);
    // These change catalogs, and PostgreSQL itself keeps such changes in memory until the transaction ends.
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

/// Calls each function in a transaction of its own each time.
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

/// How many users have tasks: task `i` belongs to user `'m' || i % users`. As many users `'d' || i` have none, and can be deleted.
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
    // Where PostgreSQL inlines a function, these plans would keep rows of the query in memory, which is no leak of the function.
    let without = ["jit", "enable_memoize", "enable_hashjoin", "enable_mergejoin", "enable_material", "enable_sort"];
    client.batch_execute(&without.map(|setting| format!("SET {setting} = off; ")).concat()).unwrap();
    client.batch_execute("SET statement_timeout = 0").unwrap();
    client
}

/// One function, or all that can be called more than once. Those that delete rows come last.
fn callable(only: Option<&str>) -> Vec<Function> {
    let mut functions = functions();
    functions
        .retain(|function| function.name != "todo_release_tables" && only.is_none_or(|name| function.name == name));
    functions.sort_by_key(|function| function.effect == Effect::Deletes);
    functions
}

/// The call with number `i`.
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

/// How often a function is called: less often if it hashes, reads or writes more, or is for operators. No user is written twice, because
/// PostgreSQL itself keeps something in memory for each row that a transaction writes again.
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

/// Compares the memory after the first calls with the memory after all. `run` makes the calls with these numbers, and returns the memory.
fn growth(
    client: &mut Client,
    function: &Function,
    calls: u32,
    run: impl Fn(&mut Client, u32, u32) -> Result<Row, postgres::Error>,
) -> Growth {
    let mut memory = |first, last| -> Vec<i64> {
        run(client, first, last).unwrap_or_else(|e| panic!("{}: {e:?}", function.name)).get(0)
    };
    // What is kept only once is no leak: a new plan, for example, after autovacuum has analyzed a table. Calls that are all alike can be
    // repeated to find out.
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
