//! Calls by the hundred thousand leave nothing in a backend's memory, neither in one transaction nor in as many.

use postgres::{Client, Row};
use todo_tests::Database;
use todo_tests::functions::{Access, Effect, Function, functions};
use todo_tests::passwords::set_cost;

/// Calls of a function that reads or changes a few rows.
const CALLS: u32 = 100_000;
/// After so many calls, plans are kept and caches are full.
const WARM_UP: u32 = 1_000;
/// A leak of eleven bytes a call would be more.
const KILOBYTES: i64 = 1024;

/// What the backend has allocated, in kB: in PostgreSQL's memory contexts, and in all. What was freed still counts for all, and would
/// hide a leak. So each function has a session of its own.
const MEMORY: &str = r"ARRAY[
    (SELECT sum(total_bytes)::bigint / 1024 FROM pg_backend_memory_contexts),
    substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+)')::bigint
]";

/// 10,000 users with 10 tasks each: task `i` belongs to user `'m' || i % 10000`. Users `'d' || i` have none.
const ROWS: &str = "
    INSERT INTO users (id, email, name) SELECT 'm' || i, i || '@m.example.com', 'M' FROM generate_series(0, 9999) AS i
        UNION ALL SELECT 'd' || i, i || '@d.example.com', 'D' FROM generate_series(1, 10000) AS i;
    INSERT INTO tasks (user_id, title, completed)
        SELECT 'm' || i % 10000, 'Task ' || i, i / 10000 % 2 = 0 FROM generate_series(1, 100000) AS i";

/// In one statement as well, where PostgreSQL calls the function again for each row. What it keeps then is looked at before the
/// statement ends, which would free it.
#[test]
fn in_one_transaction() {
    let mut database = prepared();
    // PostgreSQL itself keeps what a transaction changes in the catalogs, until that ends.
    let grants = ["todo_grant", "todo_revoke", "todo_auth.grant", "todo_auth.revoke"];
    for function in calls().into_iter().filter(|function| !grants.contains(&function.name)) {
        let call = call(&function);
        let is_called_again = call != function.call();
        let mut client = session(&database);
        client.batch_execute("BEGIN").unwrap();
        flat(&mut client, &function, |client, first, last| {
            if is_called_again {
                let rows = format!("(SELECT generate_series({first}, {last}) AS i) AS each, LATERAL {call} AS called");
                client.query_one(&format!("SELECT {MEMORY}, count(*) FROM {rows}"), &[])
            } else {
                client.batch_execute(&repeated(&call, first, last, ""))?;
                client.query_one(&format!("SELECT {MEMORY}"), &[])
            }
        });
        client.batch_execute("ROLLBACK").unwrap();
        database.client.batch_execute("VACUUM users, tasks").unwrap();
    }
}

#[test]
fn in_many_transactions() {
    let database = prepared();
    for function in calls() {
        let call = call(&function);
        flat(&mut session(&database), &function, |client, first, last| {
            client.batch_execute(&repeated(&call, first, last, "COMMIT;"))?;
            client.query_one(&format!("SELECT {MEMORY}"), &[])
        });
    }
}

fn repeated(call: &str, first: u32, last: u32, after_each: &str) -> String {
    format!(
        "DO $$ BEGIN FOR i IN {first}..{last} LOOP PERFORM count(*) FROM {call} AS called; {after_each} END LOOP; END $$"
    )
}

fn prepared() -> Database {
    let mut database = Database::with_auth();
    database.client.batch_execute(ROWS).unwrap();
    database.client.batch_execute("VACUUM ANALYZE").unwrap();
    database
}

fn session(database: &Database) -> Client {
    let mut client = database.connect();
    // PostgreSQL may keep rows of a query that it has written out in place of a call: not a matter of the function.
    set_cost(&mut client, 4);
    client.batch_execute("SET jit = off; SET enable_memoize = off; SET statement_timeout = 0").unwrap();
    client
}

/// All functions that can be called twice; those that delete come last.
fn calls() -> Vec<Function> {
    let mut functions = functions();
    functions.retain(|function| function.name != "todo_release_tables");
    functions.sort_by_key(|function| function.effect == Effect::Deletes);
    functions
}

/// The call number `i`.
fn call(function: &Function) -> String {
    let user = match function.name {
        "todo_create_user" => "'n' || i",
        "todo_delete_user" => "'d' || i",
        _ => "'m' || i % 10000",
    };
    let email = format!("i || '@{}.example.com'", function.name.replace('_', "-"));
    let arguments = [("task_id", "i"), ("user_id", user), ("email", &email)];
    let taken: Vec<(&str, &str)> = arguments.into_iter().filter(|(name, _)| function.takes(name)).collect();
    function.call_with(&taken)
}

/// Fewer of those that hash, that read or write more, or that are for operators. No user is written twice: PostgreSQL itself keeps
/// something in memory for each row that one transaction writes again.
fn count(function: &Function) -> u32 {
    match function.name {
        "todo_check" | "todo_not_in_dumps" => WARM_UP / 10,
        _ if function.access == Access::Owner => WARM_UP / 5,
        "todo_create_user" | "todo_change_password" => WARM_UP * 2,
        _ if function.effect == Effect::Hashes => WARM_UP * 2,
        "todo_create_tasks"
        | "todo_filter_tasks"
        | "todo_task_stats"
        | "todo_completed_per_day"
        | "todo_import_tasks" => WARM_UP * 10,
        _ if function.returns == "todo_users" || function.name.ends_with("_user") => WARM_UP * 10,
        "todo_complete_all" | "todo_auth.store_password" => WARM_UP * 10,
        _ => CALLS,
    }
}

/// Runs the calls of these numbers, which return the memory, and compares it after the first ones with that after all.
fn flat(client: &mut Client, function: &Function, run: impl Fn(&mut Client, u32, u32) -> Result<Row, postgres::Error>) {
    let mut memory = |first, last| -> Vec<i64> {
        run(client, first, last).unwrap_or_else(|e| panic!("{}: {e:?}", function.name)).get(0)
    };
    let calls = count(function);
    let warm_up = WARM_UP.min(calls / 2);
    // Of calls that are all alike, what is kept once is not a leak: plans, say, after autovacuum has analyzed a table.
    let attempts = if call(function) == function.call() { 3 } else { 1 };
    let grown: Vec<i64> = (0..attempts)
        .map(|_| {
            let before = memory(1, warm_up);
            let after = memory(warm_up + 1, calls);
            after.iter().zip(before).map(|(after, before)| after - before).max().expect("two figures")
        })
        .collect();
    let least = grown.iter().min().expect("an attempt");
    assert!(*least < KILOBYTES, "{}: {grown:?} kB more after {calls} calls", function.name);
}
