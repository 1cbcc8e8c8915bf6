//! Races against changes by other sessions: no role gains rights, and no session crashes.

use postgres::Client;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use todo_tests::attack::{Attack, outcome};
use todo_tests::waiting::until_it_waits;
use todo_tests::{Database, last_restart, strings};

const ROUNDS: usize = 1000;
const TIME: Duration = Duration::from_secs(20);

/// The extension's schema `public` and the role's schema hold tables of the same names, and swap their names over and over, while another
/// session of the role makes calls. Returns the outcomes of the swaps and of the calls.
fn amid_swaps(attack: &mut Attack, swapper: &mut Client, calls: &[&str]) -> [Vec<String>; 2] {
    let (done, called) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut caller = attack.connect();
    let swap = attack.sql(
        "BEGIN; ALTER SCHEMA public RENAME TO home; ALTER SCHEMA ~_code RENAME TO public; COMMIT;
         BEGIN; ALTER SCHEMA public RENAME TO ~_code; ALTER SCHEMA home RENAME TO public; COMMIT",
    );
    thread::scope(|scope| {
        let swapping = scope.spawn(|| {
            let begun = Instant::now();
            let mut codes = Vec::new();
            while codes.len().min(called.load(Ordering::Relaxed)) < ROUNDS && begun.elapsed() < TIME {
                codes.push(outcome(swapper, &swap));
                // The guard has refused the swap, whose transaction is still open.
                if codes.last().is_some_and(|code| code != "ok") {
                    swapper.batch_execute("ROLLBACK").unwrap();
                }
            }
            done.store(true, Ordering::Relaxed);
            codes
        });
        let mut codes = Vec::new();
        while !done.load(Ordering::Relaxed) {
            codes.extend(calls.iter().map(|call| outcome(&mut caller, call)));
            called.store(codes.len(), Ordering::Relaxed);
        }
        [swapping.join().unwrap(), codes]
    })
}

/// The different codes. There must be enough of them for a race.
#[track_caller]
fn kinds(mut codes: Vec<String>) -> Vec<String> {
    assert!(codes.len() > 100, "{}", codes.len());
    codes.sort();
    codes.dedup();
    codes
}

/// Creates tables of the role with our names, its trigger, and columns of the given types.
fn double(attack: &mut Attack, id: &str, title: &str) {
    // A login at the default cost would leave little time for other calls.
    attack.database.set_cost(4);
    attack.prepare(&format!(
        "SELECT todo_grant('~'); INSERT INTO tasks (user_id, title) VALUES ('u1', 'x');
         CREATE TABLE ~.users (LIKE users INCLUDING ALL);
         CREATE TABLE ~.tasks (id {id}, user_id varchar(36), title {title}, description text, completed boolean DEFAULT false,
             created_at timestamp, updated_at timestamp, completed_at timestamp);
         INSERT INTO ~.tasks (user_id, title) VALUES ('u1', '7');
         CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON ~.users FOR EACH ROW EXECUTE FUNCTION ~.fires();
         ALTER TABLE ~.users OWNER TO ~; ALTER TABLE ~.tasks OWNER TO ~"
    ));
}

const CALLS: [&str; 6] = [
    "SELECT todo_set_active('u1', true)",
    "SELECT todo_update_user('u1', name => 'N')",
    "SELECT * FROM todo_toggle_task(1, 'u1')",
    "SELECT * FROM todo_complete_all('u1')",
    "SELECT todo_authenticate('a@b.cd', 'wrong password')",
    "SELECT todo_delete_user('nobody')",
];

#[test]
fn swapping_schemas_with_the_guard_on() {
    let mut attack = Attack::new();
    let start = last_restart(&mut attack.database.client);
    attack.prepare(&format!("GRANT CREATE ON DATABASE {} TO ~; ALTER SCHEMA public OWNER TO ~", attack.database.name));
    double(&mut attack, "bigserial", "bigint");
    let mut swapper = attack.connect();
    let [swaps, calls] = amid_swaps(&mut attack, &mut swapper, &CALLS).map(kinds);
    assert_eq!((swaps, calls), (vec!["2BP01".to_owned()], vec!["ok".to_owned()]), "the guard refuses every swap");
    attack.failed();
    assert_eq!(last_restart(&mut attack.database.client), start);
}

/// A superuser has lifted the guard and swaps the schemas. Functions still write only our tables, or fail.
#[test]
fn swapping_schemas_with_the_guard_off() {
    let mut attack = Attack::new();
    let start = last_restart(&mut attack.database.client);
    double(&mut attack, "bigserial", "bigint");
    let mut swapper = attack.database.connect();
    swapper.batch_execute("SET todo.guard = off; SET log_min_messages = fatal").unwrap();
    // Under this name of the schema, the functions do not always exist.
    let calls = CALLS.map(|call| call.replace("todo_", "public.todo_"));
    let [swaps, codes] = amid_swaps(&mut attack, &mut swapper, &calls.each_ref().map(String::as_str)).map(kinds);
    assert_eq!(swaps, ["ok"]);
    // PostgreSQL itself refuses names that do not exist at the moment, and a schema that the owner may not use.
    let expected = ["3F000", "42501", "42883", "42P01", "55000", "ok"];
    assert!(codes.iter().all(|code| expected.contains(&code.as_str())), "{codes:?}");
    // Some calls and swaps have met, and others have not.
    assert!(codes.len() > 1 && codes.contains(&"ok".to_owned()), "{codes:?}");
    attack.failed();
    assert_eq!(last_restart(&mut attack.database.client), start);
    assert_eq!(strings(&mut attack.database.client, "SELECT title FROM tasks"), ["x"]);
}

/// Tables whose rows are not tasks get the names of ours while a call waits. The call fails, and the session goes on.
#[test]
fn tables_of_other_types_are_not_read() {
    for (id, title) in [("serial", "bigint"), ("bigserial", "text"), ("serial", "varchar(200), more text")] {
        for call in [
            "SELECT * FROM todo_toggle_task(1, 'u1')",
            "SELECT todo_complete_all('u1')",
            "SELECT todo_create_task('u1', '7')",
        ] {
            let mut attack = Attack::new();
            let start = last_restart(&mut attack.database.client);
            double(&mut attack, id, title);
            let mut caller = attack.connect();
            caller.batch_execute(&format!("BEGIN; {call}; ROLLBACK")).unwrap();
            let pid: i32 = caller.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
            attack.prepare("BEGIN; SET LOCAL todo.guard = off; LOCK TABLE tasks");
            let code = thread::scope(|scope| {
                let waiting = scope.spawn(|| outcome(&mut caller, call));
                until_it_waits(&mut attack.database.client, pid);
                attack.prepare("ALTER SCHEMA public RENAME TO home; ALTER SCHEMA ~_code RENAME TO public; COMMIT");
                waiting.join().unwrap()
            });
            // In an INSERT, PostgreSQL compares the types before the function can ask whose table it is.
            let expected = if call.contains("create") && title == "bigint" { "42804" } else { "55000" };
            assert_eq!(code, expected, "{id} {title}: {call}");
            assert_eq!(outcome(&mut caller, "SELECT 1"), "ok");
            attack.prepare(
                "SET todo.guard = off; ALTER SCHEMA public RENAME TO ~_code; ALTER SCHEMA home RENAME TO public",
            );
            // A new plan is made, for our tables.
            assert_eq!(outcome(&mut caller, call), "ok", "{id} {title}: {call}");
            attack.failed();
            assert_eq!(last_restart(&mut attack.database.client), start);
        }
    }
}

/// Our tables are released and renamed, and others get their names. Functions refuse these, also in a session that has called them before.
#[test]
fn tables_after_a_release_are_not_ours() {
    let mut database = Database::with_users();
    let start = last_restart(&mut database.client);
    let calls = [
        "SELECT * FROM todo_toggle_task(1, 'u1')",
        "SELECT todo_complete_all('u1')",
        "SELECT * FROM todo_create_task('u1', 'x')",
    ];
    let mut client = database.connect();
    client.batch_execute("INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')").unwrap();
    for call in calls {
        client.batch_execute(call).unwrap();
    }
    database
        .client
        .batch_execute(
            "SELECT todo_release_tables(); ALTER TABLE tasks RENAME TO former;
             CREATE TABLE tasks (id bigserial PRIMARY KEY, user_id varchar(36), title varchar(200), description text, completed boolean DEFAULT false,
                 created_at timestamp, updated_at timestamp, completed_at timestamp);
             INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')",
        )
        .unwrap();
    for call in calls {
        assert_eq!(outcome(&mut client, call), "55000", "{call}");
        assert_eq!(outcome(&mut database.connect(), call), "55000", "{call}, in a new session");
    }
    assert_eq!(last_restart(&mut database.client), start);
}

/// The owner of the schema renames it while a superuser's update runs, which must not work on the role's tables then.
#[test]
fn swapping_schemas_amid_an_update() {
    let mut outcomes = Vec::new();
    for round in 0..20 {
        let mut attack = Attack::on(Database::empty());
        attack.prepare(
            "CREATE EXTENSION todo VERSION '0.2.0'; INSERT INTO users SELECT 'u' || i, 'a' || i || '@b.cd', ' N', '!' FROM generate_series(1, 5000) AS i;
             CREATE TABLE ~.users (LIKE users INCLUDING ALL); CREATE TABLE ~.tasks (LIKE tasks INCLUDING ALL);
             INSERT INTO ~.users (id, email, name, hashed_password) VALUES ('u1', 'a@b.cd', ' N', '!');
             ALTER TABLE ~.tasks ADD FOREIGN KEY (user_id) REFERENCES ~.users;
             ALTER TABLE ~.users OWNER TO ~; ALTER TABLE ~.tasks OWNER TO ~",
        );
        attack.prepare(&format!(
            "GRANT CREATE ON DATABASE {} TO ~; ALTER SCHEMA public OWNER TO ~",
            attack.database.name
        ));
        // A sequence shows hits even after a rollback.
        attack.prepare(
            "CREATE SCHEMA apart; CREATE SEQUENCE apart.hits; CREATE FUNCTION ~.hit(text) RETURNS bool LANGUAGE plpgsql AS
                 $$ BEGIN IF current_user = 'postgres' THEN PERFORM nextval('apart.hits'); END IF; RETURN true; END $$;
             ALTER TABLE ~.users ADD CONSTRAINT own CHECK (~.hit(name)); SELECT nextval('apart.hits')",
        );
        let hits = "SELECT last_value::text FROM pg_sequences WHERE sequencename = 'hits'";
        let before = strings(&mut attack.database.client, hits);
        let (mut swapper, mut updater) = (attack.connect(), attack.database.connect());
        let swap =
            attack.sql("BEGIN; ALTER SCHEMA public RENAME TO home; ALTER SCHEMA ~_code RENAME TO public; COMMIT");
        let (update, swap) = thread::scope(|scope| {
            let updating = scope.spawn(|| outcome(&mut updater, "ALTER EXTENSION todo UPDATE"));
            thread::sleep(Duration::from_millis(10 * round));
            let swap = outcome(&mut swapper, &swap);
            (updating.join().unwrap(), swap)
        });
        assert_eq!(strings(&mut attack.database.client, hits), before, "round {round}");
        attack.failed();
        outcomes.push((update, swap));
    }
    // Version 0.2.0 has no guard, so the owner of the schema can rename it.
    assert!(outcomes.iter().any(|(update, _)| update == "ok"), "{outcomes:?}");
    assert!(outcomes.iter().any(|(_, swap)| swap == "ok"), "{outcomes:?}");
}
