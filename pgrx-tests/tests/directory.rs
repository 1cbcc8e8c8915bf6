//! The directory of addresses: its functions, and `todo-admin shards repair` after crashes at every step.

use postgres::{Client, IsolationLevel, NoTls};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::ops::Deref;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use todo_tests::admin::Said;
use todo_tests::shards::{Place, Shards, shard_of};
use todo_tests::waiting::until;
use todo_tests::{Database, Edition, Failure, Server, admin, said, strings};

const SCRIPT: &str = include_str!("../../sql/router/directory.sql");

/// Two servers with a shard each, a third one with the directory, and the file that lists them.
struct Cluster(Shards);

const TWO: [Place; 2] = [("todo_0", "a"), ("todo_1", "b")];

impl Cluster {
    fn new(name: &str) -> Self {
        let cluster = Self(Shards::new(name, 3, &TWO));
        cluster.write(&TWO);
        cluster.init();
        cluster
    }

    /// Writes the file with these shards, and the directory.
    fn write(&self, shards: &[Place]) {
        self.0.write(shards);
        let mut list = self.0.list();
        list["directory"] = json!({"database": "todo_directory", "server": "c"});
        self.0.write_text(&list.to_string());
    }

    fn directory(&self) -> &Server {
        self.0.server("c")
    }

    /// Runs a repair that must find no conflict. Returns the last line of its output, without the name of the directory.
    #[track_caller]
    fn repair(&self, arguments: &[&str]) -> String {
        let said = self.run(&[&["repair"], arguments].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
        outcome(&said)
    }

    /// Sessions of the superuser in both shards and in the directory.
    fn sessions(&self) -> Sessions {
        Sessions {
            shards: [0, 1].map(|shard| self.servers[shard].connect(&format!("todo_{shard}"))),
            directory: self.directory().connect("todo_directory"),
        }
    }
}

impl Deref for Cluster {
    type Target = Shards;

    fn deref(&self) -> &Shards {
        &self.0
    }
}

/// What a repair has done: "1 claim released, 0 claimed".
fn outcome(said: &Said) -> String {
    let line = said.out.lines().find_map(|line| line.strip_prefix("todo_directory on c: "));
    line.unwrap_or_else(|| panic!("{said:?}")).to_owned()
}

struct Sessions {
    shards: [Client; 2],
    directory: Client,
}

/// Addresses with the users who have them.
type Pairs = BTreeSet<(String, String)>;

impl Sessions {
    /// The shard, of two, to which a user belongs.
    fn shard_of(&mut self, id: &str) -> usize {
        shard_of(&mut self.directory, id, 2)
    }

    fn shard(&mut self, id: &str) -> &mut Client {
        let shard = self.shard_of(id);
        &mut self.shards[shard]
    }

    /// A new id of a user who belongs to this shard.
    fn id_in(&mut self, shard: usize) -> String {
        loop {
            let id = self.new_id();
            if self.shard_of(&id) == shard {
                return id;
            }
        }
    }

    fn new_id(&mut self) -> String {
        strings(&mut self.directory, "SELECT gen_random_uuid()::text").remove(0)
    }

    fn claim(&mut self, address: &str, id: &str) {
        self.directory.execute("SELECT todo_directory.claim($1, $2)", &[&address, &id]).unwrap();
    }

    /// Creates a user without a claim.
    fn create(&mut self, id: &str, address: &str) {
        let insert = "INSERT INTO users (id, email, name) VALUES ($1, $2, 'X')";
        self.shard(id).execute(insert, &[&id, &address]).unwrap();
    }

    /// Makes all claims older.
    fn age(&mut self, minutes: i32) {
        let age = "UPDATE todo_directory.addresses SET claimed_at = claimed_at - make_interval(mins => $1)";
        self.directory.execute(age, &[&minutes]).unwrap();
    }

    fn claims(&mut self) -> Pairs {
        pairs(&mut self.directory, "SELECT address, user_id FROM todo_directory.addresses")
    }

    fn users(&mut self) -> Pairs {
        let all = self.shards.each_mut().map(|shard| pairs(shard, "SELECT lower(email COLLATE \"C\"), id FROM users"));
        let [first, second] = all;
        &first | &second
    }
}

fn pairs(client: &mut Client, query: &str) -> Pairs {
    client.query(query, &[]).unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn set<const N: usize>(pairs: [(&str, &str); N]) -> Pairs {
    pairs.into_iter().map(|(address, id)| (address.to_owned(), id.to_owned())).collect()
}

/// A query that tells whether todo-admin waits for a lock in this database.
const WAITS: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'todo-admin'
                     AND datname = current_database() AND wait_event_type = 'Lock')";

// ---------------------------------------------------------------------------------------------------------------- functions

/// Creates what marks a database that has been moved.
const FENCE: &str = "CREATE SCHEMA todo_fence; CREATE FUNCTION todo_fence.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";

#[test]
fn the_functions_keep_their_promises() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(SCRIPT).unwrap();
    let claim = |client: &mut Client, address: Option<&str>, id: Option<&str>| {
        client.query("SELECT todo_directory.claim($1, $2)", &[&address, &id]).map(drop)
    };
    let find = |client: &mut Client, address: &str| -> Option<String> {
        client.query_one("SELECT todo_directory.find($1)", &[&address]).unwrap().get(0)
    };
    let release = |client: &mut Client, address: Option<&str>, id: Option<&str>| -> Option<bool> {
        client.query_one("SELECT todo_directory.release($1, $2)", &[&address, &id]).unwrap().get(0)
    };

    claim(client, Some("Ada@Example.com"), Some("u1")).unwrap();
    assert_eq!(find(client, "aDA@eXAMPLE.COM").as_deref(), Some("u1"));
    // Only ASCII letters are folded, as in the shards.
    claim(client, Some("Ä@b.cd"), Some("u1")).unwrap();
    assert_eq!((find(client, "ä@b.cd"), find(client, "Ä@B.cd").as_deref()), (None, Some("u1")));
    let addresses = "SELECT a FROM todo_directory.addresses('u1') AS a";
    assert_eq!(strings(client, addresses), ["ada@example.com", "Ä@b.cd"]);
    assert_eq!(strings(client, "SELECT a FROM todo_directory.addresses(NULL) AS a"), [""; 0]);

    // Again by the same user, and by another one.
    client.batch_execute("UPDATE todo_directory.addresses SET claimed_at = 'epoch'").unwrap();
    claim(client, Some("ada@example.com"), Some("u1")).unwrap();
    let renewed = "SELECT address FROM todo_directory.addresses WHERE claimed_at > now() - interval '1 min'";
    assert_eq!(strings(client, renewed), ["ada@example.com"]);
    let taken = Failure::of(claim(client, Some("ADA@example.com"), Some("u2")));
    assert_eq!(
        (taken.code.as_str(), taken.table.as_deref(), taken.constraint.as_deref()),
        ("23505", Some("addresses"), Some("addresses_pkey"))
    );
    assert_eq!(find(client, "ada@example.com").as_deref(), Some("u1"));

    let long_address = format!("{}@b.cd", "x".repeat(251));
    let long_id = "x".repeat(37);
    for (address, id, expected) in [
        (None, Some("u2"), ("23502", Some("address"), None)),
        (Some("a@b.cd"), None, ("23502", Some("user_id"), None)),
        (Some(""), Some("u2"), ("23514", Some("address"), Some("addresses_address_check"))),
        (Some("a@b.cd"), Some(""), ("23514", Some("user_id"), Some("addresses_user_id_check"))),
        (Some(&*long_address), Some("u2"), ("22001", Some("address"), None)),
        (Some("a@b.cd"), Some(&*long_id), ("22001", Some("user_id"), None)),
    ] {
        assert_eq!(Failure::of(claim(client, address, id)).fields(), expected, "{address:?} {id:?}");
    }
    claim(client, Some(&long_address[1..]), Some(&long_id[1..])).unwrap();

    // Only a claim of the given user is released, and only once.
    for (address, id, is_released) in [
        (Some("ada@example.com"), Some("u2"), false),
        (Some("nobody@example.com"), Some("u1"), false),
        (None, Some("u1"), false),
        (Some("ada@example.com"), None, false),
        (Some("Ada@example.com"), Some("u1"), true),
        (Some("Ada@example.com"), Some("u1"), false),
    ] {
        assert_eq!(release(client, address, id), Some(is_released), "{address:?} {id:?}");
    }
    claim(client, Some("ada@example.com"), Some("u2")).unwrap();

    // What the table itself refuses.
    for values in ["('A', 'x')", "('', 'x')", "('a', '')"] {
        let insert = format!("INSERT INTO todo_directory.addresses VALUES {values}");
        assert_eq!(Failure::of(client.batch_execute(&insert)).code, "23514", "{values}");
    }

    // The script can run again, and keeps everything.
    client.batch_execute(SCRIPT).unwrap();
    assert_eq!(find(client, "ada@example.com").as_deref(), Some("u2"));
}

#[test]
fn roles_get_the_functions_and_no_more() {
    let mut database = Database::empty();
    let name = database.name.clone();
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "{SCRIPT}; CREATE ROLE {name}_app; CREATE ROLE {name}_evil; SELECT todo_directory.claim('a@b.cd', 'u1')"
        ))
        .unwrap();
    let as_role = |client: &mut Client, role: &str, statement: &str| {
        client.batch_execute(&format!("SET ROLE {name}_{role}")).unwrap();
        let outcome = client.batch_execute(statement);
        client.batch_execute("RESET ROLE").unwrap();
        outcome.map_err(|error| Failure::from(&error).code)
    };
    let calls = [
        "SELECT todo_directory.claim('b@b.cd', 'u2')",
        "SELECT todo_directory.find('b@b.cd')",
        "SELECT todo_directory.addresses('u2')",
        "SELECT todo_directory.release('b@b.cd', 'u2')",
    ];
    let never = [
        "SELECT FROM todo_directory.addresses",
        "INSERT INTO todo_directory.addresses VALUES ('c@b.cd', 'u3')",
        "UPDATE todo_directory.addresses SET user_id = 'u3'",
        "DELETE FROM todo_directory.addresses",
        "SELECT todo_directory.grant(current_user::text)",
        "SELECT todo_directory.revoke(current_user::text)",
        "CREATE TABLE todo_directory.own ()",
    ];
    for call in calls.iter().chain(&never) {
        assert_eq!(as_role(client, "app", call), Err("42501".to_owned()), "{call}");
    }
    client.batch_execute(&format!("SELECT todo_directory.grant('{name}_app')")).unwrap();
    for call in calls {
        assert_eq!(as_role(client, "app", call), Ok(()), "{call}");
        assert_eq!(as_role(client, "evil", call), Err("42501".to_owned()), "{call}");
    }
    for call in never {
        assert_eq!(as_role(client, "app", call), Err("42501".to_owned()), "{call}");
    }
    // A second run of the script revokes nothing.
    client.batch_execute(SCRIPT).unwrap();
    assert_eq!(as_role(client, "app", calls[1]), Ok(()));
    client.batch_execute(&format!("SELECT todo_directory.revoke('{name}_app')")).unwrap();
    for call in calls {
        assert_eq!(as_role(client, "app", call), Err("42501".to_owned()), "{call}");
    }
    for (function, code) in ["grant", "revoke"].iter().flat_map(|f| {
        [("NULL", "23502"), ("'public'", "42704"), ("'nobody'", "42704")].map(|(r, c)| (format!("{f}({r})"), c))
    }) {
        let failure = Failure::of(client.batch_execute(&format!("SELECT todo_directory.{function}")));
        assert_eq!(failure.code, code, "{function}");
    }

    // If another role may have prepared objects, the script fails, and changes nothing.
    let before = "SELECT count(*)::text FROM pg_proc WHERE pronamespace = to_regnamespace('todo_directory')";
    for (prepare, tidy) in [
        (
            format!("DROP SCHEMA todo_directory CASCADE; CREATE SCHEMA todo_directory AUTHORIZATION {name}_evil"),
            "DROP SCHEMA todo_directory".to_owned(),
        ),
        (
            format!("GRANT USAGE, CREATE ON SCHEMA todo_directory TO {name}_evil"),
            format!("REVOKE ALL ON SCHEMA todo_directory FROM {name}_evil"),
        ),
        (
            format!(
                "CREATE FUNCTION todo_directory.claim(varchar, varchar) RETURNS void LANGUAGE sql AS ''; ALTER FUNCTION todo_directory.claim(varchar, varchar) OWNER TO {name}_evil"
            ),
            "DROP FUNCTION todo_directory.claim(varchar, varchar)".to_owned(),
        ),
        (
            format!("ALTER TABLE todo_directory.addresses OWNER TO {name}_evil"),
            "DROP TABLE todo_directory.addresses".to_owned(),
        ),
    ] {
        client.batch_execute(&prepare).unwrap();
        let functions = strings(client, before);
        assert_eq!(Failure::of(client.batch_execute(SCRIPT)).code, "42501", "{prepare}");
        assert_eq!(strings(client, before), functions);
        client.batch_execute(&tidy).unwrap();
        client.batch_execute(SCRIPT).unwrap();
    }
    // A new schema is open to its owner alone, whatever the default privileges are.
    client
        .batch_execute(&format!(
            "DROP SCHEMA todo_directory CASCADE; ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO {name}_evil, PUBLIC; {SCRIPT}"
        ))
        .unwrap();
    for call in calls {
        assert_eq!(as_role(client, "evil", call), Err("42501".to_owned()), "{call}");
    }
    client.batch_execute(&format!("DROP OWNED BY {name}_evil; DROP ROLE {name}_app, {name}_evil")).unwrap();
}

#[test]
fn one_of_eight_claims_at_once_wins_at_any_isolation_level() {
    const THREADS: usize = 8;
    const ADDRESSES: usize = 200;
    let mut database = Database::empty();
    database.client.batch_execute(SCRIPT).unwrap();
    let config = database.config();
    for level in [IsolationLevel::ReadCommitted, IsolationLevel::RepeatableRead, IsolationLevel::Serializable] {
        let barrier = Barrier::new(THREADS);
        // A thread that panics would leave the others at the barrier. So the threads return what has happened.
        let outcomes: Vec<Vec<(String, Option<String>)>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|number| {
                    let (barrier, config) = (&barrier, &config);
                    scope.spawn(move || {
                        let mut client = config.connect(NoTls).unwrap();
                        let user = format!("user-{number}");
                        let attempt = |address: usize| {
                            let mut transaction = client.build_transaction().isolation_level(level).start().unwrap();
                            // The snapshot is older than all claims.
                            transaction.batch_execute("SELECT FROM pg_class LIMIT 1").unwrap();
                            barrier.wait();
                            let address = format!("{level:?}-{address}@b.cd");
                            let outcome = transaction.query("SELECT todo_directory.claim($1, $2)", &[&address, &user]);
                            match outcome.and_then(|_| transaction.commit()) {
                                Ok(()) => ("won".to_owned(), None),
                                Err(error) => {
                                    let failure = Failure::from(&error);
                                    (failure.code, failure.constraint)
                                }
                            }
                        };
                        (0..ADDRESSES).map(attempt).collect()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for outcome in outcomes.iter().flatten().filter(|outcome| outcome.0 != "won") {
            // Any serializable transaction may have to be repeated.
            if !matches!(level, IsolationLevel::Serializable) || outcome.0 != "40001" {
                assert_eq!((&*outcome.0, outcome.1.as_deref()), ("23505", Some("addresses_pkey")), "{level:?}");
            }
        }
        for address in 0..ADDRESSES {
            let of_address = outcomes.iter().map(|outcomes| outcomes[address].0 == "won").enumerate();
            let winners: Vec<usize> = of_address.filter_map(|(number, won)| won.then_some(number)).collect();
            assert_eq!(winners.len(), 1, "{level:?} {address}: {winners:?}");
            let found = format!("SELECT todo_directory.find('{level:?}-{address}@b.cd')");
            assert_eq!(strings(&mut database.client, &found), [format!("user-{}", winners[0])]);
        }
    }
}

// ------------------------------------------------------------------------------------------------------------------- repair

#[test]
fn commands_on_shards_include_the_directory() {
    let cluster = Cluster::new("directory-commands");
    let mut sessions = cluster.sessions();
    sessions.claim("a@b.cd", "u1");
    cluster.init();
    assert_eq!(sessions.claims(), set([("a@b.cd", "u1")]));

    let status = cluster.run(&["status"]);
    assert_eq!(status.code, 0, "{}", status.err);
    assert_eq!(status.out.lines().last(), Some("todo_directory on c: 1 claim"));
    let status: serde_json::Value = serde_json::from_str(&cluster.ok(&["status", "--json"])).unwrap();
    assert_eq!(status[2], json!({"database": "todo_directory", "server": "c", "found": {"claims": 1}}));

    let call = "SELECT todo_directory.find('a@b.cd')";
    let as_app = || cluster.directory().connect_as("todo_directory", "app").query(call, &[]).map(drop);
    assert_eq!(Failure::of(as_app()).code, "42501");
    let grant = cluster.run(&["grant", "app"]);
    assert_eq!((grant.code, grant.err.as_str()), (0, ""));
    as_app().unwrap();
    let revoke = cluster.run(&["revoke", "app"]);
    assert_eq!((revoke.code, revoke.err.as_str()), (0, ""));
    assert_eq!(Failure::of(as_app()).code, "42501");
    let nobody = cluster.run(&["grant", "nobody"]);
    assert_eq!(nobody.code, 1, "{}", nobody.err);

    // If the schema belongs to another role, the directory is neither installed there nor used.
    let install =
        "CREATE ROLE evil; DROP SCHEMA todo_directory CASCADE; CREATE SCHEMA todo_directory AUTHORIZATION evil";
    sessions.directory.batch_execute(install).unwrap();
    let init = cluster.run(&["init", "--verbose"]);
    assert_eq!(init.code, 1);
    assert!(init.err.contains("todo_directory on c: ") && init.err.contains("[42501]"), "{}", init.err);
    let repair = cluster.run(&["repair"]);
    assert_eq!(repair.code, 1);
    assert!(repair.err.contains("not installed"), "{}", repair.err);
    let functions: String = ["claim", "find", "release", "addresses", "grant", "revoke"]
        .map(|name| format!("CREATE FUNCTION todo_directory.{name}(text) RETURNS text LANGUAGE sql AS 'SELECT $1';"))
        .concat();
    sessions
        .directory
        .batch_execute(&format!("SET search_path = todo_directory; SET ROLE evil; CREATE TABLE addresses (); {functions}; RESET ROLE; RESET search_path"))
        .unwrap();
    if Edition::current() == Edition::Extension {
        for command in [&["repair"][..], &["grant", "app"], &["status"]] {
            let refused = cluster.run(command);
            assert_eq!(refused.code, 1, "{command:?}");
            assert!(format!("{}{}", refused.out, refused.err).contains("role evil owns the directory"), "{refused:?}");
        }
    }
}

#[test]
fn a_file_without_a_directory_has_nothing_to_repair() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("directory-none-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let file = r#"{"servers": {"a": ""}, "shards": [{"database": "todo_0", "server": "a"}]}"#;
    std::fs::write(dir.join("shards.json"), file).unwrap();
    let run = |arguments: &[&str]| said(admin("nowhere").arg("shards").args(arguments).current_dir(&dir), "");
    let repair = run(&["repair"]);
    assert_eq!(repair.code, 2);
    assert!(repair.err.contains("names no directory"), "{}", repair.err);
    for age in ["-1", "x", "10000001"] {
        assert_eq!(run(&["repair", "--older-than", age]).code, 2, "{age}");
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_repair_releases_and_claims_what_it_must() {
    let cluster = Cluster::new("directory-repair");
    let mut sessions = cluster.sessions();
    let ids: Vec<String> = (0..6).map(|number| sessions.id_in(number % 2)).collect();
    let [good, gone, changed, imported, also, free] = &*ids else { unreachable!() };
    sessions.create(good, "Good@b.cd");
    sessions.claim("good@B.cd", good);
    sessions.claim("gone@b.cd", gone);
    sessions.create(changed, "new@b.cd");
    sessions.claim("old@b.cd", changed);
    sessions.create(imported, "Imported@b.cd");
    // Claims of a user who does not exist.
    sessions.create(also, "also@b.cd");
    sessions.claim("also@b.cd", free);
    let before = sessions.claims();

    // All claims are young. The address of a user with another claim is being changed just now.
    assert_eq!(cluster.repair(&["--dry-run"]), "0 claims would be released, 1 would be claimed");
    assert_eq!(sessions.claims(), before);
    let said = cluster.run(&["repair"]);
    assert_eq!((said.code, outcome(&said).as_str()), (0, "0 claims released, 1 claimed"));
    assert!(said.out.contains("1 user without a claim"), "{}", said.out);
    let young = &before | &set([("imported@b.cd", imported)]);
    assert_eq!(sessions.claims(), young);
    sessions.age(59);
    assert_eq!(cluster.repair(&[]), "0 claims released, 0 claimed");
    assert_eq!(sessions.claims(), young);
    assert_eq!(cluster.repair(&["--older-than", "61"]), "0 claims released, 0 claimed");
    sessions.age(1);

    assert_eq!(cluster.repair(&["--dry-run"]), "3 claims would be released, 2 would be claimed");
    assert_eq!(sessions.claims(), young);
    assert_eq!(cluster.repair(&[]), "3 claims released, 2 claimed");
    assert_eq!(sessions.claims(), sessions.users());
    assert_eq!(cluster.repair(&["--older-than", "0"]), "0 claims released, 0 claimed");

    // A directory that has lost its rows is built again.
    sessions.directory.batch_execute("DROP SCHEMA todo_directory CASCADE").unwrap();
    cluster.init();
    assert_eq!(cluster.repair(&[]), "0 claims released, 4 claimed");
    assert_eq!(sessions.claims(), sessions.users());
}

#[test]
fn conflicts_are_reported_by_ids_and_left_alone() {
    let cluster = Cluster::new("directory-conflicts");
    let mut sessions = cluster.sessions();
    let (first, second) = (sessions.id_in(0), sessions.id_in(1));
    sessions.create(&first, "Twice@b.cd");
    sessions.create(&second, "twice@B.cd");
    sessions.claim("twice@b.cd", &second);
    let claims = sessions.claims();

    // The claim could be that of a user who is about to be created.
    let said = cluster.run(&["repair"]);
    assert_eq!((said.code, outcome(&said).as_str()), (0, "0 claims released, 0 claimed"));
    assert!(said.out.contains("1 user without a claim") && !said.out.contains("conflict"), "{}", said.out);
    sessions.age(60);
    for options in [&["repair"][..], &["repair", "--dry-run"]] {
        let said = cluster.run(options);
        assert_eq!(said.code, 1, "{}", said.out);
        assert!(
            said.out.contains(&format!("conflict: user {first} has the address of user {second}\n")),
            "{}",
            said.out
        );
        assert!(said.err.contains("1 conflict: ") && !format!("{said:?}").to_lowercase().contains("twice"), "{said:?}");
        assert_eq!(sessions.claims(), claims);
    }

    // If nobody has claimed the address, the first user by id gets it.
    sessions.directory.batch_execute("TRUNCATE todo_directory.addresses").unwrap();
    let (winner, loser) = if first < second { (&first, &second) } else { (&second, &first) };
    for options in [&["repair", "--dry-run"][..], &["repair"]] {
        let said = cluster.run(options);
        assert_eq!(said.code, 1, "{}", said.out);
        assert!(
            said.out.contains(&format!("conflict: user {loser} has the address of user {winner}\n")),
            "{}",
            said.out
        );
    }
    assert_eq!(sessions.claims(), set([("twice@b.cd", winner)]));
    // One of them gets another address.
    sessions.shard(loser).execute("UPDATE users SET email = 'once@b.cd' WHERE id = $1", &[loser]).unwrap();
    assert_eq!(cluster.repair(&[]), "0 claims released, 1 claimed");
    assert_eq!(sessions.claims(), sessions.users());
}

#[test]
fn only_users_in_their_own_shard_count() {
    let cluster = Cluster::new("directory-split");
    let mut sessions = cluster.sessions();
    let (zero, one, lost) = (sessions.id_in(0), sessions.id_in(1), sessions.id_in(1));
    // Before a split, the first database has all users, and is in the list twice.
    cluster.write(&[("todo_0", "a"), ("todo_0", "a")]);
    let insert = "INSERT INTO users (id, email, name) VALUES ($1, $2, 'X')";
    for (id, address) in [(&zero, "zero@b.cd"), (&one, "one@b.cd")] {
        sessions.shards[0].execute(insert, &[id, &address]).unwrap();
    }
    let said = cluster.run(&["repair"]);
    assert_eq!((said.code, said.err.as_str(), outcome(&said).as_str()), (0, "", "0 claims released, 2 claimed"));
    assert_eq!(said.out.matches("todo_0 on a: 2 users").count(), 1, "{}", said.out);

    // After it, the copy that is left may have an old address. And a user is in the wrong shard only.
    cluster.write(&[("todo_0", "a"), ("todo_1", "b")]);
    sessions.create(&one, "new@b.cd");
    sessions.shards[0].execute(insert, &[&lost, &"lost@b.cd"]).unwrap();
    sessions.claim("lost@b.cd", &lost);
    sessions.age(60);
    let said = cluster.run(&["repair"]);
    assert_eq!((said.code, outcome(&said).as_str()), (0, "1 claim released, 1 claimed"));
    assert!(said.err.contains("todo_0 on a: 2 users belong to another shard, such as "), "{}", said.err);
    assert_eq!(sessions.claims(), set([("zero@b.cd", &zero), ("new@b.cd", &one), ("lost@b.cd", &lost)]));
    // Its address is not claimed, either.
    sessions.directory.execute("SELECT todo_directory.release('lost@b.cd', $1)", &[&lost]).unwrap();
    assert_eq!(outcome(&cluster.run(&["repair"])), "0 claims released, 0 claimed");

    // If the list is in the wrong order, all users are in the wrong shard, and no claim is released.
    let claims = sessions.claims();
    sessions.shards[0].execute("DELETE FROM users WHERE id <> $1", &[&zero]).unwrap();
    cluster.write(&[("todo_1", "b"), ("todo_0", "a")]);
    assert_eq!(outcome(&cluster.run(&["repair", "--older-than", "0"])), "0 claims released, 0 claimed");
    assert_eq!(sessions.claims(), claims);
}

/// With a file that is older than a move or a split, no claim is released.
#[test]
fn a_shard_that_was_moved_or_split_is_not_read_by_an_old_list() {
    let cluster = Cluster::new("directory-old-list");
    let mut sessions = cluster.sessions();
    let ids = [0, 1].map(|shard| sessions.id_in(shard));
    ids.iter().for_each(|id| sessions.claim(&format!("{id}@b.cd"), id));
    sessions.age(60);
    let claims = sessions.claims();
    let mut sessions = cluster.sessions();
    let comment = |of: &str| {
        format!(
            "CREATE SCHEMA todo_placement; COMMENT ON SCHEMA todo_placement IS 'This database is shard {of}, and accepts no other'"
        )
    };
    for (schema, is_current) in [
        (FENCE.to_owned(), false),
        (comment("1 of 4"), false),
        (comment("3 of 4"), false),
        (comment("0 of 2"), false),
        (comment("1 of 2"), true),
        (comment("0 of 1"), true),
    ] {
        sessions.shards[1].batch_execute(&schema).unwrap();
        let said = cluster.run(&["repair", "--dry-run"]);
        let released = if is_current { "2 claims" } else { "1 claim" };
        assert_eq!(outcome(&said), format!("{released} would be released, 0 would be claimed"), "{schema}");
        assert_eq!(said.code, i32::from(!is_current), "{schema}");
        assert_eq!(said.err.contains("todo_1 on b: the database has been moved or split"), !is_current, "{}", said.err);
        sessions.shards[1].batch_execute("DROP SCHEMA IF EXISTS todo_fence, todo_placement CASCADE").unwrap();
    }
    assert_eq!(sessions.claims(), claims);
    // This is noticed only at the second look.
    let mut blocker = cluster.servers[1].connect("todo_1");
    let mut transaction = blocker.transaction().unwrap();
    transaction.batch_execute(&format!("LOCK TABLE users; {FENCE}")).unwrap();
    let child = start_waiting(&cluster, &[], &mut sessions.shards[1]);
    transaction.commit().unwrap();
    let said = finish(child);
    assert_eq!((said.code, outcome(&said).as_str()), (1, "1 claim released, 0 claimed"), "{}", said.err);
    assert_eq!(sessions.claims(), set([(&*format!("{}@b.cd", ids[1]), &*ids[1])]));
}

#[test]
fn claims_of_a_shard_that_is_down_are_left_alone() {
    let cluster = Cluster::new("directory-down");
    let mut sessions = cluster.sessions();
    let ids: Vec<String> = (0..6).map(|number| sessions.id_in(number % 2)).collect();
    // In each shard: a good one, one without a user, and one without a claim. The last one has the address of one in the other shard.
    for (id, name) in ids.iter().zip(["good", "good", "gone", "gone", "own", "own"]) {
        let address = format!("{name}-{}@b.cd", sessions.shard_of(id));
        if name != "own" {
            sessions.claim(&address, id);
        }
        if name != "gone" {
            sessions.create(id, &address);
        }
    }
    let rival = sessions.id_in(0);
    sessions.create(&rival, "good-1@b.cd");
    sessions.age(60);
    let before = sessions.claims();

    cluster.servers[1].halt();
    for options in [&["repair", "--dry-run"][..], &["repair"]] {
        assert_eq!(sessions.claims(), before);
        let said = cluster.run(options);
        assert_eq!(said.code, 1);
        assert!(said.err.contains("todo-admin: todo_1 on b: cannot connect"), "{}", said.err);
        assert!(said.err.contains("are left alone"), "{}", said.err);
        assert!(outcome(&said).starts_with("1 claim "), "{}", said.out);
        // Whether the other user has the address cannot be told.
        assert!(said.out.contains("1 user without a claim") && !said.out.contains("conflict"), "{}", said.out);
    }
    let mut expected = before.clone();
    expected.remove(&("gone-0@b.cd".to_owned(), ids[2].clone()));
    expected.insert(("own-0@b.cd".to_owned(), ids[4].clone()));
    assert_eq!(sessions.claims(), expected);

    // The directory itself is down.
    cluster.directory().halt();
    let said = cluster.run(&["repair"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.contains("todo_directory on c: cannot connect"), "{}", said.err);
    let status = cluster.run(&["status"]);
    assert_eq!(status.code, 1);
    assert!(status.out.contains("todo_directory on c: cannot connect"), "{}", status.out);
    cluster.servers[1].resume();
    let status = cluster.run(&["status", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!((status.code, found[1]["found"]["users"].is_number()), (1, true), "{found}");
    assert!(found[2]["error"].is_string() && found[2].get("found").is_none(), "{found}");

    cluster.directory().resume();
    let mut sessions = cluster.sessions();
    let said = cluster.run(&["repair"]);
    assert_eq!((said.code, outcome(&said).as_str()), (1, "1 claim released, 1 claimed"));
    assert!(said.out.contains(&format!("conflict: user {rival} has the address of user {}", ids[1])), "{}", said.out);
    let mut users = sessions.users();
    users.remove(&("good-1@b.cd".to_owned(), rival));
    assert_eq!(sessions.claims(), users);

    drop(sessions);
    cluster.servers[1].connect("postgres").batch_execute("DROP DATABASE todo_1").unwrap();
    let shows_code = |arguments: &[&str]| cluster.run(arguments).err.contains("[3D000]");
    assert_eq!((shows_code(&["repair", "--verbose"]), shows_code(&["repair"])), (true, false));
}

// ----------------------------------------------------------------------------------------------------- while users are changed

/// Starts a repair that waits, because a transaction in a shard has locked the users, or in the directory a claim.
fn start_waiting(cluster: &Cluster, arguments: &[&str], observer: &mut Client) -> std::process::Child {
    let mut command = cluster.command(&[&["repair"], arguments].concat());
    let child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    until(observer, WAITS, || ());
    child
}

fn finish(child: std::process::Child) -> Said {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn a_claim_that_is_renewed_meanwhile_is_kept() {
    let cluster = Cluster::new("directory-renewed");
    let mut sessions = cluster.sessions();
    let id = sessions.new_id();
    for is_renewed in [true, false] {
        sessions.claim("a@b.cd", &id);
        sessions.age(61);
        let mut other = cluster.directory().connect("todo_directory");
        let mut transaction = other.transaction().unwrap();
        transaction.execute("SELECT todo_directory.claim('a@b.cd', $1)", &[&id]).unwrap();
        let child = start_waiting(&cluster, &[], &mut sessions.directory);
        if is_renewed { transaction.commit() } else { transaction.rollback() }.unwrap();
        let said = finish(child);
        let released = if is_renewed { "0 claims released, 0 claimed" } else { "1 claim released, 0 claimed" };
        assert_eq!((said.code, outcome(&said).as_str()), (0, released), "{}", said.err);
    }
    // Released by the application, and claimed by someone else.
    sessions.claim("a@b.cd", &id);
    sessions.age(61);
    let mut other = cluster.directory().connect("todo_directory");
    let mut transaction = other.transaction().unwrap();
    transaction.execute("SELECT todo_directory.release('a@b.cd', $1)", &[&id]).unwrap();
    let child = start_waiting(&cluster, &[], &mut sessions.directory);
    transaction.execute("SELECT todo_directory.claim('a@b.cd', 'other')", &[]).unwrap();
    transaction.commit().unwrap();
    assert_eq!(outcome(&finish(child)), "0 claims released, 0 claimed");
    assert_eq!(sessions.claims(), set([("a@b.cd", "other")]));
}

#[test]
fn users_who_are_deleted_or_changed_meanwhile_get_no_claim() {
    let cluster = Cluster::new("directory-withdrawn");
    let mut sessions = cluster.sessions();
    let [deleted, changed, stays] = [(); 3].map(|()| sessions.id_in(0));
    for (id, address) in [(&deleted, "deleted@b.cd"), (&changed, "changed@b.cd"), (&stays, "stays@b.cd")] {
        sessions.create(id, address);
    }
    let mut blocker = cluster.servers[1].connect("todo_1");
    let mut transaction = blocker.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE users").unwrap();
    let child = start_waiting(&cluster, &[], &mut sessions.shards[1]);
    sessions.shards[0].execute("DELETE FROM users WHERE id = $1", &[&deleted]).unwrap();
    sessions.shards[0].execute("UPDATE users SET email = 'new@b.cd' WHERE id = $1", &[&changed]).unwrap();
    transaction.commit().unwrap();
    let said = finish(child);
    assert_eq!((said.code, outcome(&said).as_str()), (0, "0 claims released, 1 claimed"), "{}", said.err);
    assert_eq!(sessions.claims(), set([("stays@b.cd", &stays)]));
    sessions.age(60);
    assert_eq!(cluster.repair(&[]), "0 claims released, 1 claimed");
    assert_eq!(sessions.claims(), sessions.users());
}

#[test]
fn what_happens_while_the_shards_are_read_costs_no_claim() {
    let cluster = Cluster::new("directory-meanwhile");
    let mut sessions = cluster.sessions();
    let (new, moved) = (sessions.id_in(0), sessions.id_in(0));
    let insert = "INSERT INTO users (id, email, name) VALUES ($1, $2, 'X')";
    // This user is moved to its own shard after the snapshot of that has been taken, and before the other one is read.
    sessions.shards[1].execute(insert, &[&moved, &"moved@b.cd"]).unwrap();
    sessions.claim("moved@b.cd", &moved);
    let mut blocker = cluster.servers[0].connect("todo_0");
    let mut transaction = blocker.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE users").unwrap();
    let child = start_waiting(&cluster, &["--older-than", "0"], &mut sessions.shards[0]);
    transaction.execute(insert, &[&moved, &"moved@b.cd"]).unwrap();
    sessions.shards[1].execute("DELETE FROM users WHERE id = $1", &[&moved]).unwrap();
    // And this one is claimed after the repair has begun, even though no claim is too young.
    sessions.claim("new@b.cd", &new);
    transaction.commit().unwrap();
    let said = finish(child);
    assert_eq!((said.code, outcome(&said).as_str()), (0, "0 claims released, 0 claimed"), "{}", said.err);
    assert_eq!(sessions.claims(), set([("moved@b.cd", &moved), ("new@b.cd", &new)]));

    // The list of shards changes.
    let mut blocker = cluster.servers[1].connect("todo_1");
    let mut transaction = blocker.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE users").unwrap();
    let child = start_waiting(&cluster, &["--older-than", "0"], &mut sessions.shards[1]);
    cluster.write(&[("todo_0", "a"), ("todo_0", "a")]);
    transaction.commit().unwrap();
    let said = finish(child);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("the list of shards has changed"), "{}", said.err);
    assert_eq!(sessions.claims().len(), 2);
    cluster.write(&[("todo_0", "a"), ("todo_1", "b")]);
    assert_eq!(cluster.repair(&["--older-than", "0"]), "1 claim released, 0 claimed");
    assert_eq!(sessions.claims(), sessions.users());

    // Ctrl-C, while a shard is read, and while the directory waits. Nothing is done, and the command can be run again.
    sessions.claim("new@b.cd", &new);
    let interrupt = |child: std::process::Child| {
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let said = finish(child);
        assert_eq!(said.code, 130, "{said:?}");
    };
    let mut transaction = blocker.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE users").unwrap();
    interrupt(start_waiting(&cluster, &["--older-than", "0"], &mut sessions.shards[1]));
    transaction.rollback().unwrap();
    let mut blocker = cluster.directory().connect("todo_directory");
    let mut transaction = blocker.transaction().unwrap();
    transaction.batch_execute("SELECT FROM todo_directory.addresses FOR UPDATE").unwrap();
    interrupt(start_waiting(&cluster, &["--older-than", "0"], &mut sessions.directory));
    transaction.rollback().unwrap();
    assert_eq!(sessions.claims().len(), 2);
    assert_eq!(cluster.repair(&["--older-than", "0"]), "1 claim released, 0 claimed");
}

/// Creates users and changes their addresses as an application does, until it is told to stop. Returns what there must be.
fn work(sessions: &mut Sessions, thread: usize, stop: &AtomicBool, users: &AtomicUsize) -> Pairs {
    let mut made = Pairs::new();
    while !stop.load(Ordering::Relaxed) {
        let id = sessions.new_id();
        let number = made.len();
        let mut address = format!("{thread}-{number}@b.cd");
        sessions.claim(&address, &id);
        sessions.create(&id, &address);
        if number.is_multiple_of(3) {
            let old = std::mem::replace(&mut address, format!("{thread}-{number}-new@b.cd"));
            sessions.claim(&address, &id);
            sessions.shard(&id).execute("UPDATE users SET email = $2 WHERE id = $1", &[&id, &address]).unwrap();
            sessions.directory.execute("SELECT todo_directory.release($1, $2)", &[&old, &id]).unwrap();
        }
        made.insert((address, id));
        users.fetch_add(1, Ordering::Relaxed);
    }
    made
}

#[test]
fn repairs_disturb_no_users_who_are_created_meanwhile() {
    let cluster = Cluster::new("directory-busy");
    let mut sessions = cluster.sessions();
    let (stop, users) = (AtomicBool::new(false), AtomicUsize::new(0));
    let made = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let (cluster, stop, users) = (&cluster, &stop, &users);
                scope.spawn(move || work(&mut cluster.sessions(), number, stop, users))
            })
            .collect();
        // For some seconds; for longer on a slow machine, but a thread that has failed must not keep it here.
        let begin = Instant::now();
        let mut said = Vec::new();
        while begin.elapsed() < Duration::from_secs(5)
            || (said.len() < 5 || users.load(Ordering::Relaxed) < 200) && begin.elapsed() < Duration::from_secs(60)
        {
            said.push(cluster.run(&["repair", "--older-than", "60"]));
        }
        stop.store(true, Ordering::Relaxed);
        let made = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Pairs>();
        for said in said {
            assert_eq!(
                (said.code, said.err.as_str(), outcome(&said).as_str()),
                (0, "", "0 claims released, 0 claimed")
            );
        }
        made
    });
    assert!(made.len() >= 200, "{} users", made.len());
    assert_eq!(sessions.users(), made);
    assert_eq!(sessions.claims(), made);
}

// ------------------------------------------------------------------------------------------------------------------- crashes

/// What an application does with a user, from its creation to its deletion: on the directory or on the user's shard.
const STEPS: [(bool, &str); 7] = [
    (true, "SELECT todo_directory.claim('OLD', 'ID')"),
    (false, "INSERT INTO users (id, email, name) VALUES ('ID', 'OLD', 'X')"),
    (true, "SELECT todo_directory.claim('NEW', 'ID')"),
    (false, "SELECT FROM todo_update_user('ID', 'NEW')"),
    (true, "SELECT todo_directory.release('OLD', 'ID')"),
    (false, "SELECT FROM todo_delete_user('ID')"),
    (true, "SELECT todo_directory.release('NEW', 'ID')"),
];

/// A user of one run.
struct Subject {
    id: String,
    old: String,
    new: String,
}

impl Subject {
    fn of(sessions: &mut Sessions, name: &str) -> Self {
        Self { id: sessions.new_id(), old: format!("{name}-old@B.cd"), new: format!("{name}-new@B.cd") }
    }

    fn step(&self, number: usize) -> (bool, String) {
        let (is_directory, statement) = STEPS[number];
        (is_directory, statement.replace("OLD", &self.old).replace("NEW", &self.new).replace("ID", &self.id))
    }

    /// The claims, and the user, after so many steps.
    fn expected(&self, steps: usize) -> (Pairs, Pairs) {
        let (old, new) = (self.old.to_lowercase(), self.new.to_lowercase());
        let of = |addresses: &[&str]| addresses.iter().map(|a| ((*a).to_owned(), self.id.clone())).collect();
        match steps {
            0 | 7 => (of(&[]), of(&[])),
            1 => (of(&[&old]), of(&[])),
            2 => (of(&[&old]), of(&[&old])),
            3 => (of(&[&old, &new]), of(&[&old])),
            4 => (of(&[&old, &new]), of(&[&new])),
            5 => (of(&[&new]), of(&[&new])),
            6 => (of(&[&new]), of(&[])),
            _ => unreachable!("{steps} steps"),
        }
    }

    /// Asserts the state that a crash has left, repairs it, and asserts that claims and users agree, and that others can have what is free.
    #[track_caller]
    fn recover(&self, cluster: &Cluster, sessions: &mut Sessions, steps: usize, what: &str) {
        let (claims, users) = self.expected(steps);
        assert_eq!(sessions.claims(), claims, "{what}");
        assert_eq!(sessions.users(), users, "{what}");
        let released = claims.difference(&users).count();
        let noun = if released == 1 { "claim" } else { "claims" };
        let dry = cluster.repair(&["--older-than", "0", "--dry-run"]);
        assert_eq!(dry, format!("{released} {noun} would be released, 0 would be claimed"), "{what}");
        assert_eq!(sessions.claims(), claims, "{what}");
        assert_eq!(cluster.repair(&["--older-than", "0"]), format!("{released} {noun} released, 0 claimed"), "{what}");
        assert_eq!(sessions.claims(), users, "{what}");
        assert_eq!(sessions.users(), users, "{what}");
        // Another user gets each address that this one does not have, and none that it has.
        for address in [&self.old, &self.new] {
            let other = sessions.new_id();
            let claim = sessions.directory.execute("SELECT todo_directory.claim($1, $2)", &[address, &other]);
            if users.contains(&(address.to_lowercase(), self.id.clone())) {
                assert_eq!(Failure::of(claim).code, "23505", "{what}");
            } else {
                claim.unwrap();
                sessions.create(&other, address);
            }
        }
        assert_eq!(cluster.repair(&["--older-than", "0"]), "0 claims released, 0 claimed", "{what}");
        assert_eq!(sessions.claims(), sessions.users(), "{what}");
        sessions.directory.batch_execute("TRUNCATE todo_directory.addresses").unwrap();
        for shard in &mut sessions.shards {
            shard.batch_execute("DELETE FROM users").unwrap();
        }
    }
}

/// The moments at which the client is killed.
const MOMENTS: [&str; 3] = ["before the commit", "before the answer", "after the answer"];

/// The client that the next test kills, in a process of its own.
fn client_that_kills_itself(plan: &str) -> ! {
    let plan: Value = serde_json::from_str(plan).unwrap();
    let text = |key: &str| plan[key].as_str().unwrap().to_owned();
    let subject = Subject { id: text("id"), old: text("old"), new: text("new") };
    let last = plan["step"].as_u64().unwrap() as usize;
    let place = |is_directory: bool| {
        let name = if is_directory { "directory" } else { "shard" };
        (text(&format!("{name}_host")), text(&format!("{name}_database")))
    };
    let connect = |(host, database): (String, String)| {
        let config = format!("host={host} user=postgres dbname={database} application_name=client");
        Client::connect(&config, NoTls).unwrap()
    };
    let [mut shard, mut directory] = [false, true].map(|is_directory| connect(place(is_directory)));
    for number in 0..last {
        let (is_directory, statement) = subject.step(number);
        if is_directory { &mut directory } else { &mut shard }.batch_execute(&statement).unwrap();
    }
    let (is_directory, statement) = subject.step(last);
    let client = if is_directory { &mut directory } else { &mut shard };
    match text("moment") {
        moment if moment == MOMENTS[0] => {
            client.batch_execute(&format!("BEGIN; {statement}")).unwrap();
        }
        moment if moment == MOMENTS[1] => {
            let (host, database) = place(is_directory);
            let mut stream = connected(&host, &database);
            stream.write_all(&message(b'Q', format!("{statement}\0").as_bytes())).unwrap();
        }
        _ => client.batch_execute(&statement).unwrap(),
    }
    Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status().unwrap();
    loop {
        thread::park();
    }
}

/// A message of PostgreSQL's protocol.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

/// A connection that is ready for a query, by hand: the driver cannot send a query without waiting for the answer.
fn connected(host: &str, database: &str) -> UnixStream {
    let mut stream = UnixStream::connect(format!("{host}/.s.PGSQL.5432")).unwrap();
    let parameters = format!("user\0postgres\0database\0{database}\0application_name\0client\0\0");
    let startup = [&196_608_u32.to_be_bytes()[..], parameters.as_bytes()].concat();
    // Without a kind, unlike all later messages.
    stream.write_all(&message(0, &startup)[1..]).unwrap();
    loop {
        let mut head = [0; 5];
        stream.read_exact(&mut head).unwrap();
        let mut body = vec![0; u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize - 4];
        stream.read_exact(&mut body).unwrap();
        match head[0] {
            b'Z' => return stream,
            b'E' => panic!("{}", String::from_utf8_lossy(&body)),
            _ => {}
        }
    }
}

#[test]
fn a_client_killed_at_any_step_is_repaired() {
    // The test runs itself in another process as the client.
    if let Ok(plan) = std::env::var("TODO_CLIENT") {
        client_that_kills_itself(&plan);
    }
    const GONE: &str = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'client')";
    const KILLED: i32 = 9;
    let cluster = Cluster::new("directory-killed");
    let mut sessions = cluster.sessions();
    for step in 0..STEPS.len() {
        for moment in MOMENTS {
            let subject = Subject::of(&mut sessions, &format!("step-{step}"));
            let shard = sessions.shard_of(&subject.id);
            let plan = json!({
                "id": subject.id, "old": subject.old, "new": subject.new, "step": step, "moment": moment,
                "directory_host": cluster.directory().host(), "directory_database": "todo_directory",
                "shard_host": cluster.servers[shard].host(), "shard_database": format!("todo_{shard}"),
            });
            let output = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "a_client_killed_at_any_step_is_repaired", "--nocapture"])
                .env("TODO_CLIENT", plan.to_string())
                .output()
                .unwrap();
            let what = format!("step {step}, killed {moment}");
            assert_eq!(output.status.signal(), Some(KILLED), "{what}: {}", String::from_utf8_lossy(&output.stderr));
            // The server executes what it has received. Only then does it notice that the client is gone.
            until(&mut sessions.directory, GONE, || ());
            sessions.shards.iter_mut().for_each(|shard| until(shard, GONE, || ()));
            let steps = if moment == MOMENTS[0] { step } else { step + 1 };
            subject.recover(&cluster, &mut sessions, steps, &what);
        }
    }
}

#[test]
fn a_crash_of_the_directorys_server_at_any_step_is_repaired() {
    let cluster = Cluster::new("directory-crash");
    let mut sessions = cluster.sessions();
    for steps in 0..=STEPS.len() {
        // The next step on the directory has begun, but is not committed, when the server stops.
        let subject = Subject::of(&mut sessions, &format!("crash-{steps}"));
        for number in 0..steps {
            let (is_directory, statement) = subject.step(number);
            let Sessions { directory, .. } = &mut sessions;
            if is_directory { directory } else { sessions.shard(&subject.id) }.batch_execute(&statement).unwrap();
        }
        if let Some((true, statement)) = (steps < STEPS.len()).then(|| subject.step(steps)) {
            sessions.directory.batch_execute(&format!("BEGIN; {statement}")).unwrap();
        }
        cluster.directory().halt();
        let said = cluster.run(&["repair", "--older-than", "0"]);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{}", said.err);
        sessions.directory.batch_execute("SELECT 1").unwrap_err();
        cluster.directory().resume();
        sessions.directory = cluster.directory().connect("todo_directory");
        subject.recover(&cluster, &mut sessions, steps, &format!("crash after {steps} steps"));
    }
}

// ---------------------------------------------------------------------------------------------------------------------- docs

/// What docs/directory.md shows of psql and of todo-admin is what they print.
#[test]
fn the_page_shows_what_happens() {
    let page = include_str!("../../docs/directory.md");
    let cluster = Cluster::new("directory-page");
    // Where the page says that it is.
    let file = include_str!("../../docs/scale-out.md").split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let named = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let mut list: Value = serde_json::from_str(file).unwrap();
    list["directory"] = serde_json::from_str::<Value>(&format!("{{{named}}}")).unwrap()["directory"].clone();
    list["servers"] = cluster.list()["servers"].clone();
    cluster.write_text(&list.to_string());
    cluster.init();
    let [a, b] = [0, 1].map(|server| &cluster.servers[server]);
    let mut sessions =
        Sessions { shards: [a.connect("todo_0"), b.connect("todo_1")], directory: a.connect("todo_directory") };

    let shown: String = page
        .split("```console\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .filter(|block| !block.starts_with('$'))
        .collect();
    let mut statements = 0;
    let mut rest = shown.as_str();
    while let Some((prompt, after)) = rest.split_once("=> ") {
        let (statement, after) = after.split_once('\n').unwrap();
        let end =
            ["directory=> ", "shard=> "].iter().filter_map(|prompt| after.find(prompt)).min().unwrap_or(after.len());
        let (expected, next) = after.split_at(end);
        rest = next;
        let id = "a81bc81b-dead-4e5d-abff-90865d1e13b1";
        let shard = sessions.shard_of(id);
        let (server, database) = match prompt {
            "directory" => (a, "todo_directory".to_owned()),
            "shard" => (&cluster.servers[shard], format!("todo_{shard}")),
            other => panic!("{other}"),
        };
        let mut psql = Command::new("psql");
        psql.args(["-X", "-c", statement]).env("PGHOST", server.host()).env("PGDATABASE", database);
        let said = said(&mut psql, "");
        let lines = |text: &str| text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        assert_eq!((lines(&said.out), said.err.as_str()), (lines(expected), ""), "{statement}");
        statements += 1;
    }
    assert_eq!(statements, 9);
    assert_eq!((sessions.claims(), sessions.users()), (Pairs::new(), Pairs::new()));

    let (id, others) = (sessions.id_in(0), [sessions.id_in(1), sessions.id_in(1)]);
    sessions.claim("gone@b.cd", &others[0]);
    sessions.claim("one@b.cd", &id);
    sessions.age(61);
    sessions.create(&id, "one@b.cd");
    for (number, other) in others.iter().enumerate() {
        sessions.create(other, &format!("imported-{number}@b.cd"));
    }
    let (command, printed) = page.split("```console\n$ todo-admin shards ").nth(1).unwrap().split_once('\n').unwrap();
    let said = cluster.run(&[command]);
    assert_eq!((said.out.as_str(), said.err.as_str()), (printed.split("```").next().unwrap(), ""));
}
