//! The functions on users: what they return, change and refuse, and what a role needs for them.

use postgres::{Client, Row};
use todo_tests::functions::{Access, Effect, functions, sample};
use todo_tests::{Database, Edition, Failure, strings, task, tasks};

const PASSWORD: &str = "correct horse";

fn create(client: &mut Client, email: &str) -> String {
    let query = "SELECT * FROM todo_create_user($1, 'Ada', $2)";
    client.query_one(query, &[&email, &PASSWORD]).unwrap().get("id")
}

/// The columns id, email, name, is_active and email_verified.
fn shape(row: &Row) -> (&str, &str, &str, bool, bool) {
    let names: Vec<&str> = row.columns().iter().map(|column| column.name()).collect();
    assert_eq!(names, ["id", "email", "name", "created_at", "updated_at", "is_active", "email_verified"]);
    (row.get("id"), row.get("email"), row.get("name"), row.get("is_active"), row.get("email_verified"))
}

fn logs_in(client: &mut Client, email: &str, password: &str) -> bool {
    !client.query("SELECT * FROM todo_authenticate($1, $2)", &[&email, &password]).unwrap().is_empty()
}

#[test]
fn a_user_from_creation_to_deletion() {
    let mut database = Database::with_cheap_hashes();
    let client = &mut database.client;
    let created = client
        .query_one("SELECT * FROM todo_create_user('Ada@Example.com', ' Ada \u{3000}', $1)", &[&PASSWORD])
        .unwrap();
    let (id, email, name, active, verified) = shape(&created);
    assert_eq!((id.len(), email, name, active, verified), (36, "Ada@Example.com", "Ada", true, false));
    let id = id.to_owned();

    let mut one = |query: &str| client.query_one(query, &[&id]).unwrap_or_else(|e| panic!("{query}: {e}"));
    assert_eq!(shape(&one("SELECT * FROM todo_get_user($1)")), shape(&created));
    assert!(shape(&one("SELECT * FROM todo_verify_email($1)")).4);
    let renamed = one("SELECT * FROM todo_update_user($1, name => ' Countess ')");
    assert_eq!(shape(&renamed), (&*id, "Ada@Example.com", "Countess", true, true));
    let same = one("SELECT * FROM todo_update_user($1, email => 'ada@example.COM')");
    assert_eq!(shape(&same), (&*id, "ada@example.COM", "Countess", true, true), "letter case is no other address");
    let moved = one("SELECT * FROM todo_update_user($1, 'ada@example.org')");
    assert_eq!(shape(&moved), (&*id, "ada@example.org", "Countess", true, false), "another address is not verified");
    assert_eq!(shape(&one("SELECT * FROM todo_update_user($1)")), shape(&moved), "NULLs keep");
    assert!(!shape(&one("SELECT * FROM todo_set_active($1, false)")).3);
    assert!(shape(&one("SELECT * FROM todo_set_active($1, true)")).3);
    task(client, "SELECT * FROM todo_create_task($1, 'x')", &[&id]);
    let deleted = client.query_one("SELECT * FROM todo_delete_user($1)", &[&id]).unwrap();
    assert_eq!(shape(&deleted), shape(&moved));
    assert_eq!(tasks(client, "SELECT * FROM tasks", &[]), []);

    for gone in [
        "todo_get_user($1)",
        "todo_verify_email($1)",
        "todo_update_user($1, 'a@b.cd', 'A')",
        "todo_set_active($1, true)",
        "todo_delete_user($1)",
    ] {
        for user_id in [&*id, "", &"x".repeat(37)] {
            assert!(client.query(&format!("SELECT * FROM {gone}"), &[&user_id]).unwrap().is_empty(), "{gone}");
        }
    }
}

#[test]
fn addresses_are_found_in_any_case() {
    let mut database = Database::with_cheap_hashes();
    let client = &mut database.client;
    let id = create(client, "Ada@Example.com");
    for email in ["Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM"] {
        let found = client.query_one("SELECT * FROM todo_find_user($1)", &[&email]).unwrap();
        assert_eq!(shape(&found).1, "Ada@Example.com", "kept as given");
        assert!(logs_in(client, email, PASSWORD), "{email}");
        let query = "SELECT * FROM todo_create_user($1, 'Other', $2)";
        let failure = Failure::of(client.query(query, &[&email, &PASSWORD]));
        assert_eq!(failure.code, "23505", "{email}");
    }
    assert!(client.query("SELECT * FROM todo_find_user('ada@example.co')", &[]).unwrap().is_empty());
    let other = create(client, "bob@example.com");
    let failure = Failure::of(client.query("SELECT * FROM todo_update_user($1, 'ADA@example.com')", &[&other]));
    assert_eq!((failure.code.as_str(), failure.constraint.as_deref()), ("23505", Some("ix_users_email_folded")));
    let plan: Vec<String> = client
        .query("EXPLAIN SELECT * FROM todo_get_user('x'), todo_find_user('a@b.cd')", &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(!plan.join("\n").contains("Function Scan"), "reading functions inline: {plan:?}");
    assert_eq!(id.len(), 36);
}

#[test]
fn a_login_needs_everything_to_be_right() {
    let mut database = Database::with_cheap_hashes();
    let client = &mut database.client;
    let id = create(client, "ada@example.com");
    let user = client.query_one("SELECT * FROM todo_authenticate('ada@example.com', $1)", &[&PASSWORD]).unwrap();
    assert_eq!(shape(&user).0, id);
    for (email, password) in [
        (Some("ada@example.com"), Some("wrong horse")),
        (Some("ada@example.com"), Some("short")),
        (Some("ada@example.com"), Some("")),
        (Some("ada@example.com"), Some(&*"x".repeat(73))),
        (Some("ada@example.com"), None),
        (Some("bob@example.com"), Some(PASSWORD)),
        (Some(" ada@example.com"), Some(PASSWORD)),
        (None, Some(PASSWORD)),
        (None, None),
    ] {
        let rows = client.query("SELECT * FROM todo_authenticate($1, $2)", &[&email, &password]).unwrap();
        assert!(rows.is_empty(), "{email:?} {password:?}");
    }
    client.batch_execute("UPDATE users SET is_active = false").unwrap();
    assert!(!logs_in(client, "ada@example.com", PASSWORD), "inactive");
    client.batch_execute("UPDATE users SET is_active = true").unwrap();
    assert!(logs_in(client, "ada@example.com", PASSWORD));
    client.query("SELECT todo_set_password_hash($1, '!')", &[&id]).unwrap();
    assert!(!logs_in(client, "ada@example.com", PASSWORD), "locked");
    assert!(!logs_in(client, "ada@example.com", "!"), "locked");
}

#[test]
fn only_the_current_password_changes_the_password() {
    let mut database = Database::with_cheap_hashes();
    let client = &mut database.client;
    let id = create(client, "ada@example.com");
    let mut change = |user: &str, current: &str, new: &str| {
        let query = "SELECT todo_change_password($1, $2, $3)";
        client.query_one(query, &[&user, &current, &new]).map(|row| row.get::<_, bool>(0))
    };
    assert!(!change(&id, "wrong horse", "battery staple").unwrap());
    assert!(!change(&id, "short", "battery staple").unwrap());
    assert!(!change("nobody", PASSWORD, "battery staple").unwrap());
    assert_eq!(Failure::of(change(&id, PASSWORD, "1234567")).code, "22023");
    assert_eq!(Failure::of(change(&id, PASSWORD, &"x".repeat(73))).code, "22001");
    assert!(change(&id, PASSWORD, "battery staple").unwrap());
    assert!(!change(&id, PASSWORD, "battery staple").unwrap());
    assert!(!logs_in(client, "ada@example.com", PASSWORD));
    assert!(logs_in(client, "ada@example.com", "battery staple"));
    client.batch_execute("UPDATE users SET is_active = false").unwrap();
    let query = "SELECT todo_change_password($1, 'battery staple', $2)";
    assert!(!client.query_one(query, &[&id, &PASSWORD]).unwrap().get::<_, bool>(0), "inactive");
}

#[test]
fn bad_arguments() {
    let mut database = Database::with_cheap_hashes();
    let client = &mut database.client;
    let long = "x".repeat(260);
    let id = create(client, "ada@example.com");
    for (call, code, column, constraint) in [
        ("todo_create_user('bad', 'A', 'long enough')", "23514", Some("email"), Some("users_email_check")),
        ("todo_create_user('a@b.cd', ' ', 'long enough')", "23514", Some("name"), Some("users_name_check")),
        ("todo_create_user($1 || '@b.cd', 'A', 'long enough')", "22001", Some("email"), None),
        ("todo_create_user('a@b.cd', $1, 'long enough')", "22001", Some("name"), None),
        ("todo_create_user('a@b.cd', 'A', '1234567')", "22023", Some("hashed_password"), None),
        ("todo_create_user('a@b.cd', 'A', $1)", "22001", Some("hashed_password"), None),
        ("todo_create_user('a@b.cd', 'A', 'long enough', '')", "23514", Some("id"), Some("users_id_check")),
        ("todo_create_user('a@b.cd', 'A', 'long enough', $1)", "22001", Some("id"), None),
        ("todo_update_user($2, email => 'bad')", "23514", Some("email"), Some("users_email_check")),
        ("todo_update_user($2, name => '\u{200b}')", "23514", Some("name"), Some("users_name_check")),
        ("todo_update_user($2, name => $1)", "22001", Some("name"), None),
        (
            "todo_set_password_hash($2, 'plain text')",
            "23514",
            Some("hashed_password"),
            Some("users_hashed_password_check"),
        ),
        ("todo_hash_password('1234567')", "22023", Some("hashed_password"), None),
        ("todo_hash_password($1)", "22001", Some("hashed_password"), None),
    ] {
        // Every statement has $1 and $2, so that all take the same parameters.
        let query = format!("SELECT * FROM {call} WHERE $1::text <> $2::text");
        let failure = Failure::of(client.query(&query, &[&long, &id]));
        assert_eq!(failure.fields(), (code, column, constraint), "{call}");
        assert_eq!(failure.detail, None, "{call}");
    }
    let count: i64 = client.query_one("SELECT count(*) FROM users", &[]).unwrap().get(0);
    assert_eq!(count, 1);
}

/// Each kind of role may do what it should, and todo_revoke() takes all of it back. The role's name needs quotes.
#[test]
fn roles() {
    let mut database = Database::with_cheap_hashes();
    let client = &mut database.client;
    client.batch_execute(&sample("public")).unwrap();
    let role = format!("App \"role\"; {}", database.name);
    let quoted = format!("\"{}\"", role.replace('"', "\"\""));
    client.batch_execute(&format!("CREATE ROLE {quoted}")).unwrap();
    let denied = |client: &mut Client, statement: &str| {
        assert_eq!(Failure::of(client.batch_execute(statement)).code, "42501", "{statement}");
    };
    let api =
        ["SELECT * FROM todo_users", "SELECT * FROM tasks", "INSERT INTO tasks (user_id, title) VALUES ('u1', 'raw')"];
    let tables = [
        "SELECT hashed_password FROM users",
        "INSERT INTO users (email, name) VALUES ('raw@b.cd', 'Raw')",
        "UPDATE users SET name = 'Other'",
        "DELETE FROM users WHERE email = 'raw@b.cd'",
    ];
    // Each call finds the sample.
    let calls = |client: &mut Client, may: &dyn Fn(Access) -> bool| {
        for function in functions().iter().filter(|function| function.is_todos()) {
            client.batch_execute(&format!("BEGIN; SET LOCAL ROLE {quoted}")).unwrap();
            let call = format!("SELECT * FROM {}", function.call());
            if may(function.access) {
                client.batch_execute(&call).unwrap_or_else(|e| panic!("{call}: {e:?}"));
            } else {
                denied(client, &call);
            }
            client.batch_execute("ROLLBACK").unwrap();
        }
    };
    // The last one takes back what the one before gave.
    for access in ["api", "tables", "api"] {
        client.query("SELECT todo_grant($1, $2)", &[&role, &access]).unwrap();
        calls(client, &|access| [Access::Api, Access::Everyone].contains(&access));
        client.batch_execute(&format!("SET ROLE {quoted}")).unwrap();
        for statement in api {
            client.batch_execute(statement).unwrap_or_else(|e| panic!("{access}: {statement}: {e:?}"));
        }
        for statement in tables {
            match access {
                "api" => denied(client, statement),
                _ => client.batch_execute(statement).unwrap_or_else(|e| panic!("{access}: {statement}: {e:?}")),
            }
        }
        client.batch_execute("RESET ROLE").unwrap();
    }
    client.query("SELECT todo_revoke($1)", &[&role]).unwrap();
    calls(client, &|access| access == Access::Everyone);
    client.batch_execute(&format!("SET ROLE {quoted}")).unwrap();
    for statement in api.into_iter().chain(tables) {
        denied(client, statement);
    }
    // No right is left that would keep the role from being dropped.
    client.batch_execute(&format!("RESET ROLE; DROP ROLE {quoted}")).unwrap();

    for (call, code) in [
        ("todo_grant('nobody')", "42704"),
        ("todo_grant('public')", "42704"),
        ("todo_revoke('public')", "42704"),
        ("todo_grant('postgres', 'all')", "22023"),
        ("todo_revoke('nobody')", "42704"),
    ] {
        assert_eq!(Failure::of(client.query(&format!("SELECT {call}"), &[])).code, code, "{call}");
    }
}

/// The functions that run with their owner's rights do so with a fixed search_path.
#[test]
fn definer_functions_ignore_the_callers_path() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(&Edition::current().install_in("app", &database.name)).unwrap();
    client
        .batch_execute(&format!(
            "{}; CREATE TEMP TABLE users (LIKE app.users); CREATE TEMP VIEW todo_users AS SELECT * FROM users;
             SET search_path = pg_temp",
            Edition::current().set_cost(4)
        ))
        .unwrap();
    let id: String = client
        .query_one("SELECT id FROM app.todo_create_user('ada@example.com', 'Ada', $1)", &[&PASSWORD])
        .unwrap()
        .get(0);
    assert_eq!(client.query("SELECT app.todo_authenticate('ada@example.com', $1)", &[&PASSWORD]).unwrap().len(), 1);
    assert_eq!(client.query("SELECT app.todo_delete_user($1)", &[&id]).unwrap().len(), 1);
    let definers = client
        .query(
            "SELECT oid::regproc::text FROM pg_catalog.pg_proc WHERE prosecdef AND pronamespace = 'app'::regnamespace
                 AND ('search_path=pg_catalog, pg_temp' = ANY (proconfig)) IS NOT TRUE",
            &[],
        )
        .unwrap();
    assert!(definers.is_empty());
}

#[test]
fn only_the_owner_grants() {
    let mut database = Database::empty();
    let client = &mut database.client;
    let name = &database.name;
    // The SQL edition refuses a schema with a quote in its name.
    let home = "\"50%off; x\"";
    client
        .batch_execute(&format!("CREATE SCHEMA \"50%off; 'x\"; {}", Edition::current().install_in(home, name)))
        .unwrap();
    client
        .batch_execute(&format!(
            "CREATE ROLE {name}; SET search_path = {home}; SELECT todo_grant('{name}', 'tables');
             GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {home}, todo_internal TO {name}; GRANT USAGE ON SCHEMA todo_internal TO {name};
             SET ROLE {name}"
        ))
        .unwrap();
    client.batch_execute("SELECT todo_create_user('ada@example.com', 'Ada', 'long enough')").unwrap();
    for call in ["todo_grant('postgres')", "todo_revoke('postgres')"] {
        assert_eq!(Failure::of(client.query(&format!("SELECT {call}"), &[])).code, "42501", "{call}");
    }
}

/// An exclusion constraint of the application names the values of the row that is there already, which may be another user's.
#[test]
fn no_function_shows_what_a_user_conflicts_with() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("ALTER TABLE users ADD CONSTRAINT own EXCLUDE USING hash (name WITH =)").unwrap();
    let name = &strings(client, "SELECT name FROM users WHERE id = 'u1'")[0];
    for call in ["todo_update_user('u2', name => $1)", "todo_create_user('new@b.cd', $1, 'long enough')"] {
        let error = client.query(&format!("SELECT {call}"), &[name]).unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!((error.code().code(), error.constraint()), ("23P01", Some("own")), "{call}");
        assert_eq!(error.detail(), Some("The row is not shown."), "{call}");
    }
}

/// No function shows a hash to a role that may not read hashes, whether it succeeds, or fails on a constraint of the application.
/// PostgreSQL's error for that would show the whole row.
#[test]
fn no_function_shows_a_hash() {
    let mut database = Database::with_cheap_hashes();
    let name = database.name.clone();
    let client = &mut database.client;
    client.batch_execute(&format!("CREATE ROLE {name}; SELECT todo_grant('{name}')")).unwrap();
    client
        .batch_execute(&format!("GRANT EXECUTE ON FUNCTION todo_set_password_hash TO {name}; GRANT SELECT (id), UPDATE (hashed_password) ON users TO {name}"))
        .unwrap();
    client.batch_execute(&sample("public")).unwrap();
    // A hash that could be shown.
    let hash = [("hash", "todo_hash_password('long enough')")];
    let on_users =
        functions().into_iter().filter(|f| f.is_todos() && (f.returns == "todo_users" || f.takes("new_password")));
    let calls: Vec<(String, bool)> = on_users
        .map(|f| (f.call_with(&hash[..usize::from(f.takes("hash"))]), f.effect.writes() && f.effect != Effect::Deletes))
        .collect();
    for constraint in
        [None, Some("CHECK (name = '') NOT VALID"), Some("CHECK (length(hashed_password) < 60) NOT VALID")]
    {
        for (call, checks) in &calls {
            let mut transaction = client.transaction().unwrap();
            if let Some(constraint) = constraint {
                // The same if the renewal of the hash fails, which must not make the login fail.
                transaction.batch_execute(&format!("ALTER TABLE users ADD CONSTRAINT own {constraint}")).unwrap();
                transaction.batch_execute(&Edition::current().set_cost(5)).unwrap();
            }
            transaction.batch_execute(&format!("SET LOCAL ROLE {name}")).unwrap();
            let seen = match transaction.query(&format!("SELECT r::text FROM {call} AS r"), &[]) {
                Ok(rows) => {
                    assert_eq!(rows.len(), 1, "{call} {constraint:?}");
                    rows[0].get(0)
                }
                Err(error) => format!("{error:?}"),
            };
            let fails = seen.contains("Some(CheckViolation)") || seen.contains("E23514");
            // (todo_set_password_hash needs SELECT on all columns of users, which this role lacks.)
            let denied = call.contains("set_password_hash");
            assert!(denied || fails == (constraint.is_some() && *checks), "{call} {constraint:?}: {seen}");
            assert!(!seen.contains("$2b$"), "{call} {constraint:?}: {seen}");
        }
    }
}
