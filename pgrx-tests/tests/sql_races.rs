//! In the SQL edition, nobody's code runs with the rights of its owner by being quick: races against the owner of a schema.

use postgres::Client;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use todo_tests::attack::{attacked, outcome};
use todo_tests::{Edition, last_restart, strings};

const ROUNDS: usize = 600;
const TIME: Duration = Duration::from_secs(15);

const CALLS: [&str; 6] = [
    "SELECT public.todo_set_active('u1', true)",
    "SELECT public.todo_update_user('u1', name => 'N')",
    "SELECT public.todo_verify_email('u1')",
    "SELECT public.todo_authenticate('a@b.cd', 'wrong password')",
    "SELECT public.todo_complete_all('u1')",
    "SELECT public.todo_delete_user('nobody')",
];

/// A role owns the schema of the tables, and a schema with tables of the same names, whose policies and triggers run its code. It swaps
/// them over and over, while itself and the owner of the edition call functions.
#[test]
fn swapping_schemas_amid_calls() {
    let (mut database, role) = attacked();
    let (name, owner) = (database.name.clone(), Edition::Sql.owner(&database.name));
    let start = last_restart(&mut database.client);
    database
        .client
        .batch_execute(&format!(
            "SELECT todo_internal.set_bcrypt_cost(4);
             GRANT CREATE ON DATABASE {name} TO {role}; ALTER SCHEMA public OWNER TO {role}; GRANT USAGE ON SCHEMA public TO PUBLIC"
        ))
        .unwrap();
    let mut swapper = database.connect_as(&role);
    swapper
        .batch_execute(&format!(
            "CREATE SEQUENCE evil.hits; GRANT ALL ON SEQUENCE evil.hits TO PUBLIC;
             CREATE FUNCTION evil.strike() RETURNS bool LANGUAGE plpgsql SET search_path = pg_catalog AS
                 $$ BEGIN IF current_user <> '{role}' THEN PERFORM nextval('evil.hits'); END IF; RETURN true; END $$;
             CREATE FUNCTION evil.fires() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM evil.strike(); RETURN coalesce(NEW, OLD); END';
             CREATE SCHEMA other; GRANT ALL ON SCHEMA other TO PUBLIC;
             CREATE TABLE other.users (
                 id varchar(36), email varchar(255), name varchar(100), hashed_password varchar(255),
                 created_at timestamp, updated_at timestamp, is_active boolean, email_verified boolean
             );
             CREATE TABLE other.tasks (
                 id int, user_id varchar(36), title varchar(200), description text, completed boolean,
                 created_at timestamp, updated_at timestamp, completed_at timestamp
             );
             INSERT INTO other.users VALUES ('u1', 'a@b.cd', 'A', '!', now(), now(), true, false);
             INSERT INTO other.tasks VALUES (1, 'u1', 'x', NULL, false, now(), now(), NULL);
             ALTER TABLE other.users ENABLE ROW LEVEL SECURITY; ALTER TABLE other.tasks ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON other.users USING (evil.strike()); CREATE POLICY own ON other.tasks USING (evil.strike());
             CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON other.users FOR EACH ROW EXECUTE FUNCTION evil.fires();
             GRANT ALL ON other.users, other.tasks TO PUBLIC"
        ))
        .unwrap();
    let swap = "BEGIN; ALTER SCHEMA public RENAME TO home; ALTER SCHEMA other RENAME TO public; COMMIT;
         BEGIN; ALTER SCHEMA public RENAME TO other; ALTER SCHEMA home RENAME TO public; COMMIT";
    let (swapped, called) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let begun = Instant::now();
    let goes_on =
        || swapped.load(Ordering::Relaxed).min(called.load(Ordering::Relaxed)) < ROUNDS && begun.elapsed() < TIME;
    let calls = |mut client: Client| {
        let mut codes = Vec::new();
        while goes_on() {
            codes.extend(CALLS.iter().map(|call| outcome(&mut client, call)));
            called.fetch_add(CALLS.len(), Ordering::Relaxed);
        }
        codes
    };
    let callers = [&role, &owner].map(|caller| database.connect_as(caller));
    let mut codes = thread::scope(|scope| {
        let callers = callers.map(|client| scope.spawn(|| calls(client)));
        while goes_on() {
            // A deadlock with a call ends one of the two.
            if outcome(&mut swapper, swap) == "ok" {
                swapped.fetch_add(1, Ordering::Relaxed);
            } else {
                swapper.batch_execute("ROLLBACK").unwrap();
            }
        }
        callers.map(|caller| caller.join().unwrap()).concat()
    });
    let (swapped, called) = (swapped.into_inner(), codes.len());
    codes.sort();
    codes.dedup();
    assert!(swapped > 100 && called > 200, "{swapped} swaps, {called} calls");
    let hits = "SELECT last_value::text FROM pg_sequences WHERE sequencename = 'hits' AND last_value IS NOT NULL";
    assert_eq!(strings(&mut database.client, hits), [""; 0]);
    // Names that mean nothing at the moment are PostgreSQL's own errors.
    let expected = ["3F000", "42501", "42883", "42P01", "55000", "ok"];
    assert!(codes.iter().all(|code| expected.contains(&code.as_str())), "{codes:?}");
    assert!(codes.len() > 1 && codes.contains(&"ok".to_owned()), "{codes:?}");
    assert_eq!(last_restart(&mut database.client), start);
}
