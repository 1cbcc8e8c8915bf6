//! Many sessions at once: no update is lost, nothing deadlocks, and times do not go back.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use todo_tests::attack::outcome;
use todo_tests::functions::{Effect, Function, returning};
use todo_tests::passwords::set_cost;
use todo_tests::waiting::until_it_waits;
use todo_tests::{Database, Failure, scrypt, strings, task};

const CLIENTS: usize = 16;
const CALLS: usize = 500;

/// A toggle is one UPDATE, so none of 16 x 500 concurrent toggles is lost.
#[test]
fn concurrent_toggles_all_count() {
    let mut database = Database::with_users();
    database.client.batch_execute("SELECT todo_create_task('u1', 'odd'), todo_create_task('u1', 'even')").unwrap();
    let start = Barrier::new(CLIENTS);
    let completions: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (start, mut client) = (&start, database.connect());
                scope.spawn(move || {
                    start.wait();
                    let toggle =
                        |_: &usize| task(&mut client, "SELECT * FROM todo_toggle_task(1, 'u1')", &[]).completed;
                    (0..CALLS).filter(toggle).count()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(completions, CLIENTS * CALLS / 2, "every second toggle completes");
    assert!(!task(&mut database.client, "SELECT * FROM todo_get_task(1, 'u1')", &[]).completed);
}

/// A user is deleted while other sessions create and change that user's tasks. They get 23503 or no row, and nothing deadlocks.
#[test]
fn deleting_a_user_amid_writes() {
    let mut database = Database::with_users();
    let mut refused = 0;
    for round in 0..20 {
        let user = format!("round {round}");
        let email = format!("round.{round}@b.cd");
        database.client.execute("INSERT INTO users (id, email, name) VALUES ($1, $2, 'U')", &[&user, &email]).unwrap();
        let first = task(&mut database.client, "SELECT * FROM todo_create_task($1, 'x')", &[&user]).id;
        let start = Barrier::new(4);
        let codes: Vec<String> = thread::scope(|scope| {
            let write = |query: &'static str| {
                let (start, user, mut client) = (&start, &user, database.connect());
                scope.spawn(move || {
                    start.wait();
                    let mut codes = Vec::new();
                    for _ in 0..50 {
                        if let Err(error) = client.query(query, &[user, &i64::from(first)]) {
                            codes.push(Failure::from(&error).code);
                        }
                    }
                    codes
                })
            };
            let writers = [
                write("SELECT todo_create_task($1, 'x' || $2::bigint)"),
                write("SELECT todo_toggle_task($2, $1)"),
                write("SELECT todo_complete_task($2, $1, random() < 0.5)"),
            ];
            let mut client = database.connect();
            start.wait();
            client.execute("DELETE FROM users WHERE id = $1", &[&user]).unwrap();
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
        });
        assert!(codes.iter().all(|code| code == "23503"), "round {round}: {codes:?}");
        refused += codes.len();
        let left: i64 =
            database.client.query_one("SELECT count(*) FROM tasks WHERE user_id = $1", &[&user]).unwrap().get(0);
        assert_eq!(left, 0, "round {round}");
    }
    assert!(refused > 0, "no user was deleted amid writes");
}

/// Four sessions call functions on the same user over and over.
#[test]
fn functions_do_not_deadlock_with_each_other() {
    const CLIENTS: usize = 4;
    const TIME: Duration = Duration::from_secs(20);
    // How often each call must succeed. On a slow machine, the sessions go on until it has.
    const LEAST: usize = 31;
    // Then they end in any case.
    const LATEST: Duration = Duration::from_secs(300);
    let mut database = Database::with_users();
    let fill = "INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A') ON CONFLICT DO NOTHING;
         INSERT INTO tasks (user_id, title, completed) SELECT 'u1', 't', i % 2 = 0 FROM generate_series(1, 2000) AS i";
    database.client.batch_execute(fill).unwrap();
    let calls = [
        "SELECT count(*) FROM todo_complete_all('u1', true)",
        "SELECT count(*) FROM todo_complete_all('u1', false)",
        "SELECT count(*) FROM todo_clear_completed('u1')",
        "SELECT todo_toggle_task(t.id, 'u1') FROM (SELECT id FROM tasks ORDER BY random() LIMIT 1) AS t",
        "SELECT todo_update_task(t.id, 'u1', 'n') FROM (SELECT id FROM tasks ORDER BY random() LIMIT 1) AS t",
        "SELECT todo_set_active('u1', true)",
        fill,
        "SELECT todo_delete_user('u1')",
    ];
    let successes = calls.map(|_| AtomicUsize::new(0));
    let is_over = |time: Duration| {
        let is_enough = || successes.iter().all(|count| count.load(Ordering::Relaxed) >= LEAST);
        time >= TIME && (is_enough() || time >= LATEST)
    };
    let outcomes: BTreeMap<&str, Vec<String>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..CLIENTS)
            .map(|i| {
                let mut client = database.connect();
                let (successes, is_over) = (&successes, &is_over);
                scope.spawn(move || {
                    let begun = Instant::now();
                    let mut codes = Vec::new();
                    let mut next = i * 3;
                    while !is_over(begun.elapsed()) {
                        // The sessions take the calls in different orders, so that every pair meets.
                        next = next * 5 + 2 * i + 1;
                        let number = (next / 7) % calls.len();
                        let code = outcome(&mut client, calls[number]);
                        successes[number].fetch_add(usize::from(code == "ok"), Ordering::Relaxed);
                        codes.push((calls[number], code));
                        next %= 100_003;
                    }
                    codes
                })
            })
            .collect();
        let mut outcomes = BTreeMap::new();
        for (call, code) in workers.into_iter().flat_map(|worker| worker.join().unwrap()) {
            outcomes.entry(call).or_insert_with(Vec::new).push(code);
        }
        outcomes
    });
    assert_eq!(outcomes.len(), calls.len());
    for (call, codes) in outcomes {
        // The user may be deleted while a task is inserted.
        assert!(codes.iter().all(|code| code == "ok" || code == "23503"), "{call}: {codes:?}");
        assert!(codes.iter().filter(|code| *code == "ok").count() >= LEAST, "{call}: {}", codes.len());
    }
}

/// A function with the owner's rights looks up the owner when it has locked the table. The owner may have changed while it waited, and the
/// new one may have created triggers meanwhile.
#[test]
fn the_owner_is_looked_up_under_the_lock() {
    let mut database = Database::with_users();
    let role = format!("{}_owner", database.name);
    let mut caller = database.connect();
    database
        .client
        .batch_execute(&format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA public TO {role}; CREATE TABLE trace (caller text); GRANT ALL ON trace TO {role}, todo_owner;
             CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.trace VALUES (current_user); RETURN NEW; END';
             CREATE TRIGGER spy BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION spy()"
        ))
        .unwrap();
    let call = "SELECT todo_set_active('u1', true)";
    caller.batch_execute(call).unwrap();
    let pid: i32 = caller.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    database.client.batch_execute(&format!("BEGIN; ALTER TABLE users OWNER TO {role}")).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| caller.batch_execute(call).unwrap());
        until_it_waits(&mut database.client, pid);
        database.client.batch_execute("COMMIT").unwrap();
        waiting.join().unwrap();
    });
    assert_eq!(
        strings(&mut database.client, "SELECT caller FROM trace ORDER BY ctid"),
        ["todo_owner".to_owned(), role]
    );
}

/// A transaction that began earlier writes later, or waits for one that began after it. Times of rows do not go back. A trigger logs every
/// change with the time of its transaction.
#[test]
fn an_earlier_transaction_writes_later() {
    const ROUNDS: usize = 1000;
    const CREATE: [&str; 3] = [
        "SELECT todo_create_task('u1', 'x')",
        "INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')",
        "INSERT INTO tasks (user_id, title, completed, created_at, updated_at) VALUES ('u1', 'x', false, NOW(), NOW())",
    ];
    // The values differ each time, so that the functions change something.
    let changes = |returns: &str, values: &[(&str, &str)]| -> Vec<String> {
        let functions = returning(returns).into_iter().filter(|function| function.effect == Effect::Changes);
        let call = |function: Function| {
            let values: Vec<_> = values.iter().copied().filter(|(argument, _)| function.takes(argument)).collect();
            format!("SELECT {}", function.call_with(&values))
        };
        functions.map(call).collect()
    };
    let mut change = changes("tasks", &[("task_id", "(SELECT max(id) FROM tasks)"), ("title", "'title' || random()")]);
    change.extend([
        "UPDATE tasks SET completed = NOT completed",
        "UPDATE tasks SET completed = true, title = 'title' || random(), updated_at = LOCALTIMESTAMP",
        "UPDATE tasks SET completed = NOT completed, completed_at = CASE WHEN NOT completed THEN NOW() END, updated_at = NOW()",
        "UPDATE tasks SET title = 'title' || random(), updated_at = NOW()",
        "UPDATE tasks SET title = 'title' || random(), updated_at = NOW() AT TIME ZONE 'UTC' - interval '1 hour'",
    ].map(str::to_owned));
    let mut user = changes(
        "todo_users",
        &[
            ("email", "'a' || floor(random() * 1e9) || '@b.cd'"),
            ("name", "'name' || random()"),
            ("active", "random() < 0.5"),
            ("hash", "todo_hash_password('long enough')"),
        ],
    );
    user.extend([
        "UPDATE users SET name = 'name' || random() WHERE id = 'u1'".into(),
        "UPDATE users SET name = 'name' || random(), updated_at = NOW() WHERE id = 'u1'".into(),
        "UPDATE todo_auth.\"user\" SET name = 'name' || random() WHERE id = 'u1'".into(),
        "UPDATE todo_auth.\"user\" SET name = 'name' || random(), \"updatedAt\" = now() WHERE id = 'u1'".into(),
        "UPDATE todo_auth.\"user\" SET email = 'a' || floor(random() * 1e9) || '@b.cd', \"emailVerified\" = true, \"updatedAt\" = now()
         WHERE id = 'u1'".into(),
        format!("UPDATE todo_auth.account SET password = '{}', \"updatedAt\" = now() WHERE \"userId\" = 'u1'", scrypt()),
    ]);
    let mut database = Database::with_auth();
    let [mut earlier, mut later] = [database.connect(), database.connect()];
    database
        .client
        .batch_execute(
            "CREATE TABLE trace (kind text, now timestamp, created_at timestamp, before timestamp, after timestamp, completed_at timestamp);
             CREATE FUNCTION trace() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
             BEGIN
                 IF OLD IS DISTINCT FROM NEW THEN
                     INSERT INTO public.trace VALUES (TG_TABLE_NAME, now() AT TIME ZONE 'UTC', NEW.created_at, OLD.updated_at,
                         NEW.updated_at, (to_jsonb(NEW) ->> 'completed_at')::timestamp);
                 END IF;
                 RETURN NULL;
             END $$;
             CREATE TRIGGER trace AFTER UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION trace();
             CREATE TRIGGER trace AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION trace()",
        )
        .unwrap();
    for (session, zone) in [(&mut earlier, "Asia/Karachi"), (&mut later, "America/New_York")] {
        set_cost(session, 4);
        session.batch_execute(&format!("SET TimeZone = '{zone}'")).unwrap();
    }
    for round in 0..ROUNDS {
        // Every pair of two changes meets.
        let pair = |all: &[String]| (all[round % all.len()].clone(), all[round / all.len() % all.len()].clone());
        let create = CREATE[round % CREATE.len()];
        let ((first, second), (first_user, second_user)) = (pair(&change), pair(&user));
        earlier.batch_execute("BEGIN").unwrap();
        later.batch_execute(&format!("BEGIN; {create}; {first}; {first_user}")).unwrap();
        if round % 2 == 0 {
            later.batch_execute("COMMIT").unwrap();
        }
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                // The user first, as in the other session, to avoid a deadlock.
                earlier
                    .batch_execute(&format!("{second_user}; {second}; COMMIT"))
                    .unwrap_or_else(|e| panic!("{second_user}; {second}: {e:?}"));
            });
            if round % 2 != 0 {
                later.batch_execute("COMMIT").unwrap();
            }
            waiting.join().unwrap();
        });
        later.batch_execute("DELETE FROM tasks").unwrap();
    }
    let wrong = strings(
        &mut database.client,
        "SELECT format('%s: %s, then %s, made %s, completed %s', kind, before, after, created_at, completed_at) FROM trace
         WHERE after <= before OR completed_at < created_at LIMIT 20",
    );
    assert_eq!(wrong, [""; 0]);
    let late = strings(
        &mut database.client,
        "SELECT count(*)::text FROM trace WHERE now < before GROUP BY kind ORDER BY kind",
    );
    assert!(late.len() == 2 && late.iter().all(|count| count.parse::<usize>().unwrap() >= ROUNDS / 2), "{late:?}");
}
