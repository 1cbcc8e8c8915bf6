//! Routers: databases that pass on the calls of applications to the shards of the users.

use postgres::Client;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use todo_tests::admin::Said;
use todo_tests::functions::{Access, Effect, Function, functions, sample};
use todo_tests::shards::{Place, Shards, shard_of};
use todo_tests::{Database, Edition, Failure, Server, said, strings};

const TWO: [Place; 2] = [("todo_0", "a"), ("todo_1", "b")];

/// Two servers with a shard each, the directory on the second one, and a router for the role `web` on a third one.
struct Routed {
    shards: Shards,
    router: Server,
}

impl Routed {
    fn new(name: &str, list: &[Place]) -> Self {
        let routed = Self { shards: Shards::new(name, 2, list), router: Server::start() };
        routed.add_directory("directory");
        routed.shards.init();
        make_directory(routed.shards.server("b"), "directory");
        routed.shards.ok(&["grant", "app", "--tables"]);
        let mut postgres = routed.router.connect("postgres");
        postgres.batch_execute("CREATE ROLE web LOGIN").unwrap();
        postgres.batch_execute("CREATE DATABASE router").unwrap();
        routed
    }

    /// Lists other shards.
    fn write(&self, list: &[Place]) {
        self.shards.write(list);
        self.add_directory("directory");
    }

    /// Names the directory in the file.
    fn add_directory(&self, database: &str) {
        let mut list = self.shards.list();
        list["directory"] = json!({"database": database, "server": "b"});
        self.shards.write_text(&list.to_string());
    }

    fn script(&self, kind: &str) -> Said {
        self.shards.run(&["router-sql", kind, "--as", "app"])
    }

    /// Creates the router, or updates it.
    #[track_caller]
    fn make(&self, kind: &str) {
        let script = self.script(kind);
        assert_eq!((script.code, script.err.as_str()), (0, ""));
        self.run(&script.out);
    }

    /// Runs a script with psql, which must be silent.
    #[track_caller]
    fn run(&self, script: &str) {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q"]).env("PGHOST", self.router.host()).env("PGDATABASE", "router");
        let said = said(&mut psql, script);
        assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", ""));
    }

    /// A session of the superuser.
    fn admin(&self) -> Client {
        self.router.connect("router")
    }

    /// A session of an application.
    fn web(&self) -> Client {
        self.router.connect_as("router", "web")
    }

    fn directory(&self) -> Client {
        self.shards.server("b").connect("directory")
    }

    /// All claims, as `address user`.
    fn claims(&self) -> Vec<String> {
        let all = "SELECT address || ' ' || user_id FROM todo_directory.addresses ORDER BY address";
        strings(&mut self.directory(), all)
    }

    /// A user id that belongs to a shard.
    fn id_for(&self, shard: usize, prefix: &str) -> String {
        let client = &mut self.shards.connect(0);
        (0..)
            .map(|number| format!("{prefix}{number}"))
            .find(|id| shard_of(client, id, self.shards.places().len()) == shard)
            .unwrap()
    }
}

/// Creates a simple directory of addresses, unless `init` has created one.
fn make_directory(server: &Server, database: &str) {
    let mut postgres = server.connect("postgres");
    let exists = format!("SELECT datname::text FROM pg_database WHERE datname = '{database}'");
    if strings(&mut postgres, &exists).is_empty() {
        postgres.batch_execute(&format!("CREATE DATABASE {database}")).unwrap();
    }
    let mut client = server.connect(database);
    if !strings(&mut client, "SELECT nspname::text FROM pg_namespace WHERE nspname = 'todo_directory'").is_empty() {
        return;
    }
    client
        .batch_execute(
            r#"CREATE SCHEMA todo_directory;
            GRANT USAGE ON SCHEMA todo_directory TO app;
            CREATE TABLE todo_directory.addresses (address text PRIMARY KEY, user_id text NOT NULL);
            CREATE FUNCTION todo_directory.claim(address text, user_id text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                INSERT INTO todo_directory.addresses VALUES (lower(address COLLATE "C"), $2);
            EXCEPTION WHEN unique_violation THEN
                IF todo_directory.find(address) <> $2 THEN RAISE; END IF;
            END $$;
            CREATE FUNCTION todo_directory.find(address text) RETURNS text LANGUAGE sql SECURITY DEFINER AS
                $$ SELECT a.user_id FROM todo_directory.addresses AS a WHERE a.address = lower($1 COLLATE "C") $$;
            CREATE FUNCTION todo_directory.release(address text, user_id text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                DELETE FROM todo_directory.addresses AS a WHERE a.address = lower($1 COLLATE "C") AND a.user_id = $2;
                RETURN FOUND;
            END $$;
            CREATE FUNCTION todo_directory.addresses(user_id text) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS
                $$ SELECT a.address FROM todo_directory.addresses AS a WHERE a.user_id = $1 $$"#,
        )
        .unwrap();
}

/// The SQLSTATE of a statement that must fail.
#[track_caller]
fn code(client: &mut Client, statement: &str) -> String {
    Failure::of(client.batch_execute(statement)).code
}

fn create(client: &mut Client, email: &str, id: Option<&str>) -> Result<String, postgres::Error> {
    let query = "SELECT id FROM todo_create_user($1, 'Ada', 'correct horse', user_id => $2)";
    client.query_one(query, &[&email, &id]).map(|row| row.get(0))
}

/// What the users of the shards are, by their ids.
fn users(routed: &Routed) -> Vec<Vec<String>> {
    (0..routed.shards.places().len())
        .map(|shard| strings(&mut routed.shards.connect(shard), "SELECT id FROM users ORDER BY id"))
        .collect()
}

#[test]
fn users_of_all_shards_log_in_through_plproxy() {
    let routed = Routed::new("router-users", &TWO);
    routed.make("plproxy");
    assert_eq!(code(&mut routed.web(), "SELECT todo_list_tasks('u')"), "42501");
    routed.admin().batch_execute("SELECT todo_router.grant('web')").unwrap();
    // The script can run again, and keeps the grant.
    routed.make("plproxy");
    let client = &mut routed.web();

    let mut all = Vec::new();
    for number in 0..20 {
        let given = (number % 2 == 0).then(|| format!("user-{number}"));
        let id = create(client, &format!("User{number}@example.com"), given.as_deref()).unwrap();
        assert!(given.is_none_or(|given| given == id));
        all.push(id);
    }
    let spread = users(&routed);
    for (shard, ids) in spread.iter().enumerate() {
        for id in ids {
            assert_eq!(shard_of(&mut routed.shards.connect(0), id, 2), shard, "{id}");
        }
        assert!(ids.len() > 3, "{spread:?}");
    }
    assert_eq!(spread.concat().into_iter().collect::<BTreeSet<_>>(), all.iter().cloned().collect());
    assert_eq!(routed.shards.run(&["doctor"]).code, 0);

    // Addresses are unique among all shards, in any letter case.
    for number in [0, 1, 17] {
        let found = format!("SELECT id FROM todo_find_user('uSER{number}@Example.com')");
        assert_eq!(strings(client, &found), [all[number].as_str()]);
        let login = format!("SELECT id FROM todo_authenticate('uSER{number}@EXAMPLE.com', 'correct horse')");
        assert_eq!(strings(client, &login), [all[number].as_str()]);
        for shard in 0..2 {
            let id = routed.id_for(shard, "new-");
            let taken = create(client, &format!("USER{number}@example.com"), Some(&id));
            assert_eq!(Failure::of(taken).code, "23505");
        }
    }
    for login in ["'user0@example.com', 'wrong horse'", "'nobody@example.com', 'correct horse'", "NULL, NULL"] {
        assert_eq!(strings(client, &format!("SELECT id FROM todo_authenticate({login})")), [""; 0]);
    }
    assert_eq!(strings(client, "SELECT id FROM todo_find_user('nobody@example.com')"), [""; 0]);
    assert_eq!(users(&routed).concat().len(), 20);

    // An unknown address takes as long as a known one.
    let mut time = |login: &str| {
        let mut times: Vec<_> = (0..3)
            .map(|_| {
                let start = std::time::Instant::now();
                client.batch_execute(&format!("SELECT todo_authenticate({login})")).unwrap();
                start.elapsed()
            })
            .collect();
        times.sort();
        times[0]
    };
    // A real difference shows in each try. One that a busy machine causes does not.
    let mut tries = (0..3)
        .map(|_| (time("'user0@example.com', 'wrong horse'"), time("'nobody@example.com', 'wrong horse'")))
        .inspect(|times| println!("known and unknown: {times:?}"));
    assert!(tries.any(|(known, unknown)| unknown > known / 2 && known > unknown / 2), "within a factor of 2");

    // Without an argument, it is the current user.
    client.batch_execute(&format!("SET todo.user_id = '{}'", all[3])).unwrap();
    assert_eq!(strings(client, "SELECT email FROM todo_get_user()"), ["User3@example.com"]);
    client.batch_execute("RESET todo.user_id").unwrap();
    assert_eq!(strings(client, "SELECT email FROM todo_get_user()"), [""; 0]);
    // Each call commits by itself.
    client.batch_execute(&format!("BEGIN; SELECT todo_create_task('{}', 'stays'); ROLLBACK", all[3])).unwrap();
    assert_eq!(strings(client, &format!("SELECT title FROM todo_list_tasks('{}')", all[3])), ["stays"]);

    // The application cannot use the router's internal functions and servers.
    for statement in [
        "SELECT todo_router.claim('x@example.com', 'u')",
        "SELECT todo_router.find('user0@example.com')",
        "SELECT todo_router.grant('web')",
        "ALTER USER MAPPING FOR PUBLIC SERVER todo OPTIONS (SET user 'postgres')",
        "CREATE USER MAPPING FOR web SERVER todo OPTIONS (user 'postgres')",
    ] {
        assert_eq!(code(client, statement), "42501", "{statement}");
    }
    routed.admin().batch_execute("SELECT todo_router.revoke('web')").unwrap();
    assert_eq!(code(client, "SELECT todo_list_tasks('u')"), "42501");
    routed.make("plproxy");
    assert_eq!(code(client, "SELECT todo_list_tasks('u')"), "42501");
}

/// The answer of a function as JSON. Times are left out if it writes, and so is the salt of a hash.
fn answer(client: &mut Client, function: &Function, call: &str) -> Result<Vec<Value>, String> {
    let query = format!("SELECT to_jsonb(r)::text FROM {call} AS r");
    let rows = client.query(&query, &[]).map_err(|error| Failure::from(&error).code)?;
    let rows = rows.iter().map(|row| serde_json::from_str::<Value>(row.get(0)).unwrap());
    Ok(rows
        .map(|mut row| {
            if let Some(columns) = row.as_object_mut() {
                columns.retain(|name, _| !name.ends_with("_at"));
            }
            if function.name == "todo_hash_password" {
                row = json!(row.as_str().unwrap().len());
            }
            if function.name == "todo_export_user" {
                row = json!(row["tasks"].as_array().unwrap().len());
            }
            row
        })
        .collect())
}

/// The users of the sample in a database, and nothing else.
fn reset(client: &mut Client) {
    client.batch_execute(&format!("DELETE FROM tasks; DELETE FROM users; {}", sample("public"))).unwrap();
}

#[test]
fn every_function_answers_through_plproxy_as_in_its_database() {
    let routed = Routed::new("router-functions", &TWO);
    routed.make("plproxy");
    let mut admin = routed.admin();
    admin.batch_execute("SELECT todo_router.grant('web')").unwrap();
    let client = &mut routed.web();
    let mut direct = Database::empty();
    direct.client.batch_execute(&Edition::current().install(&direct.name)).unwrap();

    let all = functions();
    let passed_on: Vec<&Function> = all
        .iter()
        .filter(|function| function.is_todos() && function.access != Access::Owner && !function.arguments.is_empty())
        .collect();
    // The router answers all its other functions itself.
    let known: BTreeSet<String> = passed_on.iter().map(|function| function.name.to_owned()).collect();
    let routers = strings(&mut admin, "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace");
    let own = BTreeSet::from(["todo_current_user_id".to_owned()]);
    assert_eq!(routers.into_iter().collect::<BTreeSet<_>>(), known.union(&own).cloned().collect());

    // The same arguments, defaults and results, and a comment.
    let signatures =
        "SELECT concat_ws(' ', proname, pg_get_function_arguments(oid), pg_get_function_result(oid), prorows,
             obj_description(oid, 'pg_proc'))
         FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = ANY (string_to_array('NAMES', ','))
         ORDER BY proname";
    let signatures = signatures.replace("NAMES", &known.into_iter().collect::<Vec<_>>().join(","));
    assert_eq!(strings(&mut admin, &signatures), strings(&mut direct.client, &signatures));

    for function in passed_on {
        let mut calls = vec![function.call()];
        calls.extend(function.not_null.iter().map(|(argument, _)| function.call_with(&[(argument, "NULL")])));
        for call in calls {
            reset(&mut direct.client);
            for shard in 0..2 {
                reset(&mut routed.shards.connect(shard));
            }
            routed
                .directory()
                .batch_execute(
                    "DELETE FROM todo_directory.addresses;
                     SELECT todo_directory.claim('a@b.cd', 'u1'), todo_directory.claim('b@b.cd', 'u2')",
                )
                .unwrap();
            let expected = answer(&mut direct.client, function, &call);
            assert_eq!(answer(client, function, &call), expected, "{call}");
            // The call of the table finds something.
            if call == function.call() && function.effect != Effect::Reads {
                assert!(expected.is_ok_and(|rows| !rows.is_empty()), "{call}");
            }
        }
    }
}

#[test]
fn errors_keep_their_sqlstates_and_release_addresses() {
    let routed = Routed::new("router-errors", &TWO);
    routed.make("plproxy");
    routed.admin().batch_execute("SELECT todo_router.grant('web')").unwrap();
    let client = &mut routed.web();
    let ids = [0, 1].map(|shard| routed.id_for(shard, "u"));
    let [ada, bob] = &ids;
    create(client, "ada@example.com", Some(ada)).unwrap();
    create(client, "bob@example.com", Some(bob)).unwrap();
    let claims = [format!("ada@example.com {ada}"), format!("bob@example.com {bob}")];
    let long = "x".repeat(201);
    for (statement, expected) in [
        ("SELECT todo_create_user(NULL, 'X', 'correct horse')", "23502"),
        ("SELECT todo_create_user('x@example.com', NULL, 'correct horse')", "23502"),
        ("SELECT todo_create_user('x@example.com', '', 'correct horse')", "23514"),
        ("SELECT todo_create_user('no address', 'X', 'correct horse')", "23514"),
        ("SELECT todo_create_user('x@example.com', 'X', 'short')", "22023"),
        ("SELECT todo_create_user('x@example.com', 'LONG', 'correct horse')", "22001"),
        ("SELECT todo_create_user('x@example.com', 'X', 'correct horse', '')", "23514"),
        ("SELECT todo_create_user('x@example.com', 'X', 'correct horse', 'ADA')", "23505"),
        // Created already, with this address.
        ("SELECT todo_create_user('Ada@example.com', 'X', 'correct horse', 'ADA')", "23505"),
        ("SELECT todo_update_user('ADA', email => 'BOB@example.com')", "23505"),
        ("SELECT todo_update_user('ADA', email => 'no address')", "23514"),
        ("SELECT todo_update_user('ADA', email => 'x@example.com', name => '')", "23514"),
        ("SELECT todo_update_user('ADA', email => 'Ada@example.com', name => '')", "23514"),
        ("SELECT todo_update_user(NULL, email => 'x@example.com')", "23502"),
        ("SELECT todo_create_task('nobody', 'x')", "23503"),
        ("SELECT todo_create_task('ADA', '')", "23514"),
        ("SELECT todo_create_task('ADA', 'LONG')", "22001"),
        ("SELECT todo_create_task('ADA', NULL)", "23502"),
        ("SELECT todo_filter_tasks('ADA', sort => 'nonsense')", "22023"),
        ("SELECT todo_filter_tasks('ADA', page_size => 0)", "22023"),
        ("SELECT todo_completed_per_day('ADA', '2026-01-01', NULL)", "23502"),
    ] {
        let statement = statement.replace("ADA", ada).replace("LONG", &long);
        assert_eq!(code(client, &statement), expected, "{statement}");
        assert_eq!(routed.claims(), claims, "{statement}");
    }
    // No row, and no claim.
    assert_eq!(strings(client, "SELECT id FROM todo_update_user('nobody', email => 'x@example.com')"), [""; 0]);
    assert_eq!(routed.claims(), claims);

    // The router passes on the message of the error, but not its fields.
    let error = client.batch_execute(&format!("SELECT todo_create_task('{ada}', '')")).unwrap_err();
    let error = error.as_db_error().unwrap();
    assert!(error.message().ends_with("[todo_0] REMOTE ERROR: title is empty"), "{}", error.message());
    assert_eq!((error.column(), error.constraint(), error.table()), (None, None, None));

    // A change of letter case, a new address that then is free again, and a deletion.
    let update = |client: &mut Client, id: &str, email: &str| {
        strings(client, &format!("SELECT email FROM todo_update_user('{id}', email => '{email}')"))
    };
    assert_eq!(update(client, ada, "ADA@example.com"), ["ADA@example.com"]);
    assert_eq!(routed.claims(), claims);
    assert_eq!(update(client, ada, "lovelace@example.com"), ["lovelace@example.com"]);
    assert_eq!(update(client, bob, "ada@example.com"), ["ada@example.com"]);
    assert_eq!(routed.claims(), [format!("ada@example.com {bob}"), format!("lovelace@example.com {ada}")]);
    assert_eq!(strings(client, &format!("SELECT name FROM todo_update_user('{ada}', name => 'A')")), ["A"]);
    assert_eq!(strings(client, &format!("SELECT id FROM todo_delete_user('{bob}')")), [bob.as_str()]);
    assert_eq!(strings(client, &format!("SELECT id FROM todo_delete_user('{bob}')")), [""; 0]);
    assert_eq!(routed.claims(), [format!("lovelace@example.com {ada}")]);
    create(client, "bob@example.com", Some(bob)).unwrap();

    // If several users want an address at the same time, one gets it.
    let outcomes: Vec<bool> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let mut client = routed.web();
                scope.spawn(move || {
                    let email = if number % 2 == 0 { "race@example.com" } else { "RACE@example.com" };
                    let outcome = create(&mut client, email, Some(&format!("race-{number}")));
                    outcome.map_err(|error| assert_eq!(Failure::from(&error).code, "23505")).is_ok()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|&&created| created).count(), 1, "{outcomes:?}");
    let winner = outcomes.iter().position(|&created| created).unwrap();
    assert!(routed.claims().contains(&format!("race@example.com race-{winner}")));
    assert_eq!(users(&routed).concat().iter().filter(|id| id.starts_with("race-")).count(), 1);

    // If a server is down, only its own users are affected.
    routed.shards.server("a").halt();
    for statement in [
        format!("SELECT todo_list_tasks('{ada}')"),
        format!("SELECT todo_create_task('{ada}', 'x')"),
        "SELECT todo_authenticate('lovelace@example.com', 'correct horse')".to_owned(),
    ] {
        let failed = code(client, &statement);
        assert!(["XX000", "08006", "57P01", "57P02"].contains(&&*failed), "{statement}: {failed}");
    }
    // The user might have been created.
    let lost = routed.id_for_list(0, "lost-");
    let failed = Failure::of(create(client, "lost@example.com", Some(&lost))).code;
    assert_eq!(failed, "XX000");
    assert!(routed.claims().contains(&format!("lost@example.com {lost}")));
    let login = "SELECT id FROM todo_authenticate('bob@example.com', 'correct horse')";
    assert_eq!(strings(client, login), [bob.as_str()]);
    assert_eq!(strings(client, &format!("SELECT title FROM todo_create_task('{bob}', 'x')")), ["x"]);
    routed.shards.server("a").resume();
    assert_eq!(strings(client, &format!("SELECT title FROM todo_create_task('{ada}', 'x')")), ["x"]);
    // The same call again succeeds, because the claim is the user's own.
    assert_eq!(create(client, "lost@example.com", Some(&lost)).unwrap(), lost);
}

impl Routed {
    /// The same as [`Self::id_for`], while a server is down.
    fn id_for_list(&self, shard: usize, prefix: &str) -> String {
        let client = &mut self.router.connect("postgres");
        (0..).map(|number| format!("{prefix}{number}")).find(|id| shard_of(client, id, 2) == shard).unwrap()
    }
}

#[test]
fn routers_follow_the_list() {
    // While a database is being split, it is in the list twice.
    let routed = Routed::new("router-list", &[("todo_0", "a")]);
    routed.write(&[("todo_0", "a"), ("todo_0", "a")]);
    routed.make("plproxy");
    routed.admin().batch_execute("SELECT todo_router.grant('web')").unwrap();
    let mut client = routed.web();
    let ids = [0, 1].map(|shard| routed.id_for(shard, "u"));
    for id in &ids {
        create(&mut client, &format!("{id}@example.com"), Some(id)).unwrap();
    }
    assert_eq!(users(&routed)[0].len(), 2);
    let refused = routed.script("postgres-fdw");
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("database todo_0 is being split"), "{}", refused.err);

    // The other half of the users gets its database, and the session uses it.
    routed.write(&TWO);
    routed.shards.init();
    routed.shards.ok(&["grant", "app", "--tables"]);
    routed.make("plproxy");
    assert_eq!(strings(&mut client, &format!("SELECT id FROM todo_get_user('{}')", ids[0])), [ids[0].as_str()]);
    assert_eq!(strings(&mut client, &format!("SELECT id FROM todo_get_user('{}')", ids[1])), [""; 0]);
    // Back again, with fewer shards.
    routed.write(&[("todo_0", "a")]);
    routed.make("plproxy");
    assert_eq!(strings(&mut client, &format!("SELECT id FROM todo_get_user('{}')", ids[1])), [ids[1].as_str()]);

    // The script of another version has left types, arguments and functions that differ. A view of the application stays.
    routed
        .admin()
        .batch_execute(
            "ALTER TYPE tasks DROP ATTRIBUTE completed_at;
             ALTER TYPE todo_users ADD ATTRIBUTE nickname text;
             DROP FUNCTION todo_toggle_task;
             DROP FUNCTION todo_get_task;
             CREATE FUNCTION todo_get_task(id integer) RETURNS integer LANGUAGE plproxy AS $$ CLUSTER 'todo'; RUN ON ANY; $$;
             CREATE FUNCTION todo_old(id integer) RETURNS integer LANGUAGE plproxy AS $$ CLUSTER 'todo'; RUN ON ANY; $$;
             CREATE VIEW own AS SELECT title FROM todo_list_tasks('u');
             CREATE TABLE data AS SELECT 1 AS number",
        )
        .unwrap();
    routed.make("plproxy");
    let shown = "SELECT count(*)::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname IN ('todo_toggle_task', 'todo_get_task', 'todo_old')";
    assert_eq!(strings(&mut client, shown), ["2"]);
    let columns = "SELECT string_agg(attname, ' ' ORDER BY attrelid::regclass::text, attnum) FROM pg_attribute
         WHERE attrelid IN ('tasks'::regclass, 'todo_users'::regclass) AND attnum > 0 AND NOT attisdropped";
    assert_eq!(
        strings(&mut routed.admin(), columns),
        [
            "id user_id title description completed created_at updated_at completed_at id email name created_at updated_at is_active email_verified"
        ]
    );
    client.batch_execute(&format!("SELECT todo_create_task('{}', 'x')", ids[0])).unwrap();
    let toggled = format!(
        "SELECT completed_at IS NULL FROM todo_toggle_task((SELECT id FROM todo_list_tasks('{0}')), '{0}')",
        ids[0]
    );
    assert!(!client.query_one(&toggled, &[]).unwrap().get::<_, bool>(0));
    assert_eq!(strings(&mut routed.admin(), "SELECT number::text FROM data"), ["1"]);

    // Without a directory, the router lacks the functions that need it.
    routed.shards.write(&[("todo_0", "a")]);
    let script = routed.script("plproxy");
    assert_eq!(script.code, 0);
    assert!(script.err.contains("the file names no directory"), "{}", script.err);
    routed.run(&script.out);
    let left_out = ["todo_authenticate", "todo_create_user", "todo_delete_user", "todo_find_user", "todo_update_user"];
    for name in left_out {
        assert!(script.out.lines().any(|line| line.starts_with("--") && line.contains(name)), "{name}");
    }
    let names = "SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = ANY ($1)";
    assert!(client.query(names, &[&left_out.map(str::to_owned).to_vec()]).unwrap().is_empty());
    assert_eq!(strings(&mut client, &format!("SELECT id FROM todo_get_user('{}')", ids[1])), [ids[1].as_str()]);

    // Roles that a router cannot use.
    let superuser = routed.shards.run(&["router-sql", "plproxy", "--as", Shards::owner()]);
    assert!(superuser.code == 1 && superuser.err.contains("may do more than an application"), "{}", superuser.err);
    let unknown = routed.shards.run(&["router-sql", "plproxy", "--as", "nobody"]);
    assert!(unknown.code == 1 && unknown.err.contains("does not exist"), "{}", unknown.err);
    routed.shards.ok(&["grant", "app", "--isolated"]);
    let isolated = routed.script("plproxy");
    assert!(isolated.code == 1 && isolated.err.contains("is isolated"), "{}", isolated.err);

    // The databases themselves are no routers.
    routed.shards.ok(&["grant", "app"]);
    let script = routed.script("plproxy").out;
    let mut psql = Command::new("psql");
    psql.args(["-X", "-q"]).env("PGHOST", routed.shards.server("a").host()).env("PGDATABASE", "todo_0");
    let refused = said(&mut psql, &script);
    assert!(refused.code != 0 && refused.err.contains("todo is installed in this database"), "{}", refused.err);
}

#[test]
fn routers_are_told_when_databases_move_and_split() {
    let list = [("todo_0", "a"), ("todo_1", "a")];
    let routed = Routed::new("router-moves", &list);
    for server in &routed.shards.servers {
        server.connect("postgres").batch_execute("ALTER SYSTEM SET wal_level = logical").unwrap();
        server.restart(&[]);
    }
    // A move needs a superuser.
    routed.shards.write_for("postgres", &list);
    routed.add_directory("directory");
    let trusting = |arguments: &[&str]| {
        let trust: &[&str] = if Edition::current() == Edition::Sql { &["--trust-owner=operator"] } else { &[] };
        [arguments, trust].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let ok = |arguments: &[&str]| {
        let arguments = trusting(arguments);
        routed.shards.ok(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for shard in 0..2 {
        let max = "ALTER SEQUENCE tasks_id_seq MAXVALUE 1073741823";
        routed.shards.connect(shard).batch_execute(max).unwrap();
    }
    let mut postgres = routed.router.connect("postgres");
    postgres.batch_execute("CREATE DATABASE tables TEMPLATE router").unwrap();
    routed.run(&ok(&["router-sql", "plproxy", "--as", "app"]));
    let tables = ok(&["router-sql", "postgres-fdw", "--as", "app"]);
    routed.run(&format!("\\c tables\n{tables}"));
    routed.admin().batch_execute("SELECT todo_router.grant('web')").unwrap();
    routed.router.connect("tables").batch_execute("SELECT todo_router.grant('web')").unwrap();
    let mut list = routed.shards.list();
    let router = |database: &str| format!("host={} user=postgres dbname={database}", routed.router.host());
    list["routers"] = json!([router("router"), router("tables")]);
    routed.shards.write_text(&list.to_string());

    let client = &mut routed.web();
    let web_tables = &mut routed.router.connect_as("tables", "web");
    let ids: Vec<String> = (0..16).map(|number| format!("user-{number}")).collect();
    for id in &ids {
        create(client, &format!("{id}@example.com"), Some(id)).unwrap();
    }
    let mut all_can_write = |count: i64| {
        for id in &ids {
            let login = format!("SELECT id FROM todo_find_user('{id}@example.com')");
            assert_eq!(strings(client, &login), [id.as_str()]);
            client.batch_execute(&format!("SELECT todo_create_task('{id}', 'x')")).unwrap();
            let counted = format!("SELECT total FROM todo_task_counts('{id}')");
            assert_eq!(client.query_one(&counted, &[]).unwrap().get::<_, i64>(0), count, "{id}");
        }
    };
    all_can_write(1);
    ok(&["move", "todo_1", "--to", "b"]);
    all_can_write(2);
    assert_eq!(web_tables.query_one("SELECT count(*) FROM tasks", &[]).unwrap().get::<_, i64>(0), 32);
    web_tables.batch_execute("UPDATE tasks SET completed = true").unwrap();

    let split = routed.shards.run(&trusting(&["split"]).iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(split.code, 0, "{}", split.err);
    assert!(split.err.contains("router tables on ") && split.err.contains("has foreign tables"), "{}", split.err);
    assert_eq!(routed.shards.places().len(), 4);
    all_can_write(3);
    routed.run(&format!("\\c tables\n{}", ok(&["router-sql", "postgres-fdw", "--as", "app"])));
    assert_eq!(web_tables.query_one("SELECT count(*) FROM tasks", &[]).unwrap().get::<_, i64>(0), 48);

    // If a router cannot be told, a split deletes nothing, and names the router.
    drop(postgres);
    let mut list = routed.shards.list();
    list["routers"] = json!([router("postgres")]);
    routed.shards.write_text(&list.to_string());
    let refused = routed.shards.run(&trusting(&["split"]).iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.contains("router postgres on ") && refused.err.contains(": this is not a router"),
        "{}",
        refused.err
    );
    all_can_write(4);
}

/// A router with an older script works with newer databases. A new script adds the new functions.
#[test]
fn routers_follow_upgrades() {
    let routed = Routed::new("router-upgrade", &[("todo_0", "a")]);
    let mut postgres = routed.shards.server("a").connect("postgres");
    postgres.batch_execute("DROP DATABASE todo_0").unwrap();
    postgres.batch_execute("CREATE DATABASE todo_0").unwrap();
    let mut shard = routed.shards.connect(0);
    shard.batch_execute("CREATE EXTENSION todo VERSION '1.0.0'; SELECT todo_grant('app')").unwrap();
    routed.make("plproxy");
    routed.admin().batch_execute("SELECT todo_router.grant('web')").unwrap();
    let mut client = routed.web();
    create(&mut client, "ada@example.com", Some("ada")).unwrap();
    routed.shards.ok(&["upgrade"]);
    assert_eq!(strings(&mut client, "SELECT title FROM todo_create_task('ada', 'x')"), ["x"]);
    assert_eq!(code(&mut client, "SELECT todo_task_stats('ada')"), "42883");
    routed.shards.ok(&["grant", "app"]);
    routed.make("plproxy");
    client.batch_execute("SET todo.user_id = 'ada'; SELECT todo_task_stats()").unwrap();
    assert_eq!(strings(&mut client, "SELECT title FROM todo_list_tasks()"), ["x"]);
}

#[test]
fn the_page_makes_both_routers() {
    let page = include_str!("../../docs/routers.md");
    let blocks = |language: &str| -> Vec<String> {
        let fence = format!("```{language}\n");
        let parts = page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
        parts.map(|block| block.lines().map(|line| format!("{}\n", line.trim_start())).collect()).collect()
    };
    let routed = Routed::new("router-page", &TWO);
    let mut postgres = routed.router.connect("postgres");
    postgres.batch_execute("DROP DATABASE router").unwrap();
    postgres.batch_execute("CREATE ROLE app LOGIN").unwrap();
    for server in &routed.shards.servers {
        server.connect("postgres").batch_execute("CREATE ROLE router LOGIN").unwrap();
    }
    let run = |commands: &str| {
        let program = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/package");
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-ec", commands]).env("PATH", path).env("PGHOST", routed.router.host());
        shell.env_remove("PGDATABASE").current_dir(&routed.shards.dir);
        let said = said(&mut shell, "");
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{commands}");
    };
    let shown = |database: &str, block: &str| {
        let prompt = format!("{database}=> ");
        for part in block.split(&prompt).skip(1) {
            let (statement, expected) = part.split_once('\n').unwrap();
            let mut psql = Command::new("psql");
            psql.args(["-X", "-U", "app", "-d", database, "-c", statement]).env("PGHOST", routed.router.host());
            let lines = |text: &str| text.trim_end().lines().map(|l| l.trim().to_owned()).collect::<Vec<_>>();
            assert_eq!(lines(&said(&mut psql, "").out), lines(expected), "{statement}");
        }
    };
    let [grant, make, allow, grant_tables, make_tables, allow_tables, again] =
        blocks("sh").try_into().expect("seven blocks");
    let [calls, plan] = blocks("console").try_into().expect("two blocks");
    let [sequence] = blocks("sql").try_into().expect("a block");
    run(&grant);
    // Where the directory is a stub.
    let stub = "GRANT USAGE ON SCHEMA todo_directory TO router; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA todo_directory TO router";
    routed.directory().batch_execute(stub).unwrap();
    run(&make);
    run(&allow);
    shown("router", &calls);
    run(&again);
    run(&grant_tables);
    for shard in 0..2 {
        routed.shards.connect(shard).batch_execute(&sequence).unwrap();
    }
    run(&make_tables);
    run(&allow_tables);
    let number = shard_of(&mut postgres, "ada", 2);
    shown("tables", &plan.replace("tasks_0", &format!("tasks_{number}")));
    assert_eq!(strings(&mut routed.router.connect_as("tables", "app"), "SELECT title FROM tasks"), ["Call Charles"]);
    assert_eq!(routed.shards.run(&["doctor"]).code, 0);
}

#[test]
fn names_need_no_care() {
    const DATABASE: &str = r#"to"do 0's \ $$"#;
    const ROLE: &str = r#"a"p'p \ x"#;
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let routed = Routed::new("router-names", &[(DATABASE, "a")]);
    for server in &routed.shards.servers {
        server.connect("postgres").batch_execute(&format!("CREATE ROLE {} LOGIN", quoted(ROLE))).unwrap();
    }
    routed.shards.ok(&["grant", ROLE, "--tables"]);
    routed
        .directory()
        .batch_execute(&format!("GRANT USAGE ON SCHEMA todo_directory TO {0}; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA todo_directory TO {0}", quoted(ROLE)))
        .unwrap();
    routed.router.connect("postgres").batch_execute(&format!("CREATE ROLE {} LOGIN", quoted(ROLE))).unwrap();
    let max = "ALTER SEQUENCE tasks_id_seq MAXVALUE 1073741823";
    routed.shards.connect(0).batch_execute(max).unwrap();
    for kind in ["plproxy", "postgres-fdw"] {
        let script = routed.shards.ok(&["router-sql", kind, "--as", ROLE]);
        routed.run(&script);
        routed.run(&script);
        let mut client = routed.admin();
        client.execute("SELECT todo_router.grant($1)", &[&ROLE]).unwrap();
        let mut client = routed.router.connect_as("router", ROLE);
        if kind == "plproxy" {
            create(&mut client, "ada@example.com", Some("u")).unwrap();
            assert_eq!(strings(&mut client, "SELECT title FROM todo_create_task('u', 'x')"), ["x"]);
        } else {
            assert_eq!(strings(&mut client, "SELECT title FROM tasks"), ["x"]);
        }
        drop(client);
        let mut postgres = routed.router.connect("postgres");
        postgres.batch_execute("DROP DATABASE router WITH (FORCE)").unwrap();
        postgres.batch_execute("CREATE DATABASE router").unwrap();
    }
}

#[test]
fn passwords_are_not_printed() {
    let routed = Routed::new("router-passwords", &[("todo_0", "a")]);
    let mut list = routed.shards.list();
    for server in ["a", "b"] {
        let conninfo = list["servers"][server].as_str().unwrap().to_owned();
        list["servers"][server] = json!(format!("{conninfo} password=secret passfile=/dev/null"));
    }
    routed.shards.write_text(&list.to_string());
    for kind in ["plproxy", "postgres-fdw"] {
        let script = routed.script(kind);
        assert_eq!(script.code, 0, "{}", script.err);
        assert!(!script.out.contains("secret") && script.out.contains("A password belongs"), "{kind}");
    }
}

#[test]
fn tables_of_all_shards_are_one_through_postgres_fdw() {
    let routed = Routed::new("router-tables", &TWO);
    let warned = routed.script("postgres-fdw");
    assert_eq!(warned.code, 0);
    assert!(warned.err.contains("ALTER SEQUENCE public.tasks_id_seq MAXVALUE 1073741823"), "{}", warned.err);
    for shard in 0..2 {
        let max = "ALTER SEQUENCE tasks_id_seq MAXVALUE 1073741823";
        routed.shards.connect(shard).batch_execute(max).unwrap();
    }
    routed.make("postgres-fdw");
    let mut admin = routed.admin();
    admin.batch_execute("SELECT todo_router.grant('web', 'tables')").unwrap();
    routed.make("postgres-fdw");
    let client = &mut routed.web();

    let insert = "INSERT INTO users (email, name) SELECT 'u' || i || '@example.com', 'X' FROM generate_series(1, 20) AS i RETURNING id";
    let ids = strings(client, insert);
    let [ada, bob] = [0, 1].map(|shard| {
        ids.iter().find(|id| shard_of(&mut routed.shards.connect(0), id, 2) == shard).expect("a user in each shard")
    });
    for (shard, there) in users(&routed).iter().enumerate() {
        assert!(there.iter().all(|id| shard_of(&mut routed.shards.connect(0), id, 2) == shard), "{there:?}");
    }
    assert_eq!(users(&routed).concat().len(), 20);
    let insert = format!(
        "INSERT INTO tasks (user_id, title) VALUES ('{ada}', ' one '), ('{bob}', 'two') RETURNING title || ' ' || id"
    );
    assert_eq!(strings(client, &insert), ["one 1073741824", "two 1073741825"]);
    // Ids that a database assigns itself are not in this range.
    let own = format!("SELECT id::text FROM todo_create_task('{ada}', 'own')");
    assert_eq!(strings(&mut routed.shards.connect(0), &own), ["1"]);
    assert_eq!(routed.shards.run(&["doctor"]).code, 0);

    let change = format!(
        "UPDATE tasks SET completed = true WHERE user_id = '{ada}' AND title = 'one' RETURNING (completed_at IS NOT NULL)::text"
    );
    assert_eq!(strings(client, &change), ["true"]);
    let join = "SELECT t.title FROM tasks AS t JOIN users AS u ON u.id = t.user_id ORDER BY 1";
    assert_eq!(strings(client, join), ["one", "own", "two"]);
    let join = join.replace("users", "todo_users");
    assert_eq!(strings(client, &join), ["one", "own", "two"]);
    // A rollback undoes changes in all databases.
    client
        .batch_execute(&format!(
            "BEGIN; DELETE FROM users WHERE id = '{ada}'; INSERT INTO tasks (user_id, title) VALUES ('{bob}', 'new'); ROLLBACK"
        ))
        .unwrap();
    assert_eq!(strings(client, &join), ["one", "own", "two"]);
    client.batch_execute(&format!("DELETE FROM users WHERE id = '{bob}'")).unwrap();
    assert_eq!(strings(client, &join), ["one", "own"]);

    // A user's rows are asked of one database, which also joins them.
    let mut plan = |query: &str| strings(client, &format!("EXPLAIN (VERBOSE, COSTS OFF) {query}"));
    for query in [
        format!("SELECT title FROM tasks WHERE user_id = '{ada}'"),
        format!("UPDATE tasks SET completed = false WHERE user_id = '{ada}'"),
        format!("SELECT email FROM users WHERE id = '{ada}'"),
    ] {
        let plan = plan(&query);
        assert_eq!(plan.iter().filter(|line| line.contains("Remote SQL")).count(), 1, "{plan:#?}");
    }
    let joined = plan("SELECT t.title, u.name FROM tasks AS t JOIN users AS u ON u.id = t.user_id");
    assert_eq!(joined.iter().filter(|line| line.contains("Relations: (")).count(), 2, "{joined:#?}");
    let of_one = plan(&format!(
        "SELECT t.title, u.name FROM tasks AS t JOIN users AS u ON u.id = t.user_id WHERE t.user_id = '{ada}'"
    ));
    assert!(!of_one.iter().any(|line| line.contains("_1")), "{of_one:#?}");

    // The rules of the databases apply.
    for (statement, expected) in [
        (format!("INSERT INTO tasks (user_id, title) VALUES ('{ada}', '')"), "23514"),
        (format!("INSERT INTO tasks (user_id, title) VALUES ('{ada}', NULL)"), "23502"),
        (format!("INSERT INTO tasks (user_id, title) VALUES ('{ada}', repeat('x', 201))"), "22001"),
        ("INSERT INTO tasks (user_id, title) VALUES ('nobody', 'x')".to_owned(), "23503"),
        (format!("INSERT INTO tasks (id, user_id, title) VALUES (1, '{ada}', 'x')"), "23505"),
        ("INSERT INTO users (email, name) VALUES ('no address', 'X')".to_owned(), "23514"),
        (format!("INSERT INTO users (id, email, name) VALUES ('{ada}', 'x@example.com', 'X')"), "23505"),
        ("SELECT 1 FROM todo_router.tasks_0".to_owned(), "42501"),
        ("ALTER USER MAPPING FOR web SERVER todo_0 OPTIONS (SET user 'postgres')".to_owned(), "42501"),
    ] {
        assert_eq!(code(client, &statement), expected, "{statement}");
    }
    // A role without access to the tables sees no hash.
    admin.batch_execute("SELECT todo_router.grant('web')").unwrap();
    assert_eq!(code(client, "SELECT id FROM users"), "42501");
    assert_eq!(strings(client, &format!("SELECT id FROM todo_users WHERE id = '{ada}'")), [ada.as_str()]);

    // If a server is down, only its own users are affected.
    let other = ids.iter().find(|id| *id != bob && shard_of(&mut routed.shards.connect(0), id, 2) == 1).unwrap();
    routed.shards.server("a").halt();
    let titles = format!("SELECT title FROM tasks WHERE user_id = '{ada}' ORDER BY 1");
    let failed = code(client, &titles);
    assert!(failed.starts_with("08") || failed.starts_with("57P"), "{failed}");
    let insert = format!("INSERT INTO tasks (user_id, title) VALUES ('{other}', 'x') RETURNING title");
    assert_eq!(strings(client, &insert), ["x"]);
    routed.shards.server("a").resume();
    assert_eq!(strings(client, &titles), ["one", "own"]);

    // The router follows the list, its own data stays, and a router that is made anew goes on with the ids.
    admin.batch_execute("CREATE TABLE data AS SELECT 1 AS number; CREATE VIEW own AS SELECT title FROM tasks").unwrap();
    routed.write(&[("todo_0", "a")]);
    routed.make("postgres-fdw");
    assert_eq!(strings(client, "SELECT id FROM todo_users ORDER BY id"), users(&routed)[0]);
    routed.write(&TWO);
    admin.batch_execute("ALTER TABLE tasks DROP COLUMN completed_at; ALTER TABLE tasks ADD COLUMN extra text").unwrap();
    admin
        .batch_execute("ALTER SERVER todo_0 OPTIONS (SET fetch_size '7', ADD batch_size '10', ADD sslmode 'disable')")
        .unwrap();
    routed.make("postgres-fdw");
    assert_eq!(strings(client, "SELECT title FROM tasks WHERE completed_at IS NULL ORDER BY 1"), ["own", "x"]);
    assert_eq!(strings(client, "SELECT id FROM todo_users").len(), 19);
    let kept = "SELECT array_to_string(ARRAY(SELECT o FROM unnest(srvoptions) AS o WHERE o ~ 'size|ssl'), ' ') FROM pg_foreign_server WHERE srvname = 'todo_0'";
    assert_eq!(strings(&mut admin, kept), ["fetch_size=7 batch_size=10"]);
    assert_eq!(strings(&mut admin, "SELECT number::text FROM data"), ["1"]);
    drop(admin);
    let mut postgres = routed.router.connect("postgres");
    postgres.batch_execute("DROP DATABASE router WITH (FORCE)").unwrap();
    postgres.batch_execute("CREATE DATABASE router").unwrap();
    let taken = "SELECT max(id)::bigint FROM tasks";
    let last: i64 = (0..2)
        .filter_map(|shard| routed.shards.connect(shard).query_one(taken, &[]).unwrap().get::<_, Option<i64>>(0))
        .max()
        .unwrap();
    routed.make("postgres-fdw");
    routed.admin().batch_execute("SELECT todo_router.grant('web')").unwrap();
    let insert = format!("INSERT INTO tasks (user_id, title) VALUES ('{ada}', 'x') RETURNING id::bigint");
    assert_eq!(routed.web().query_one(&insert, &[]).unwrap().get::<_, i64>(0), last + 1);
}
