//! `todo_auth` by SQL: what its views accept and refuse, and when sessions end. `interop/node/` tests Better Auth itself.

use postgres::Client;
use todo_tests::waiting::until_it_waits;
use todo_tests::{AUTH_SESSION, Database, Failure, HASH, scrypt, strings};

/// The password of `u1` in `users`, `account` and `user_data`.
fn passwords(client: &mut Client) -> [Option<String>; 3] {
    let row = client
        .query_one(
            "SELECT u.hashed_password, a.password, d.password_hash FROM users AS u
             LEFT JOIN todo_auth.account AS a ON a.\"userId\" = u.id AND a.\"providerId\" = 'credential'
             LEFT JOIN todo_auth.user_data AS d ON d.user_id = u.id WHERE u.id = 'u1'",
            &[],
        )
        .unwrap();
    [row.get(0), row.get(1), row.get(2)]
}

fn locked() -> Option<String> {
    Some("!".to_owned())
}

#[test]
fn one_password_whoever_writes_it() {
    let mut database = Database::with_auth();
    let client = &mut database.client;
    let other = HASH.replace("$12$", "$10$");
    assert_eq!(passwords(client), [Some(HASH.to_owned()), Some(HASH.to_owned()), None]);
    client.execute("UPDATE todo_auth.account SET password = $1 WHERE \"userId\" = 'u1'", &[&other]).unwrap();
    assert_eq!(passwords(client), [Some(other.clone()), Some(other), None]);
    client.execute("SELECT todo_set_password_hash('u1', $1)", &[&HASH]).unwrap();
    assert_eq!(passwords(client), [Some(HASH.to_owned()), Some(HASH.to_owned()), None]);

    // A hash that users cannot store locks the password there.
    let set = "UPDATE todo_auth.account SET password = $1 WHERE id = 'u1' RETURNING password";
    assert_eq!(client.query_one(set, &[&scrypt()]).unwrap().get::<_, String>(0), scrypt());
    assert_eq!(passwords(client), [locked(), Some(scrypt()), Some(scrypt())]);
    // A lock applies to both tables, even if the column already says so.
    client.execute("SELECT todo_set_password_hash('u1', '!')", &[]).unwrap();
    assert_eq!(passwords(client), [locked(), None, None]);
    let insert = "INSERT INTO todo_auth.account (\"accountId\", \"providerId\", \"userId\", password)
         VALUES ('u1', 'credential', 'u1', $1) RETURNING id";
    assert_eq!(client.query_one(insert, &[&scrypt()]).unwrap().get::<_, &str>(0), "u1");
    assert_eq!(passwords(client), [locked(), Some(scrypt()), Some(scrypt())]);
    assert_eq!(
        Failure::of(client.query(insert, &[&HASH])).fields(),
        ("23505", None, Some("account_pkey")),
        "there is one already"
    );
    client.execute("SELECT todo_set_password_hash('u1', $1)", &[&HASH]).unwrap();
    assert_eq!(passwords(client), [Some(HASH.to_owned()), Some(HASH.to_owned()), None]);
    assert_eq!(Failure::of(client.query(insert, &[&scrypt()])).code, "23505");

    client.execute("DELETE FROM todo_auth.account WHERE \"userId\" = 'u1'", &[]).unwrap();
    assert_eq!(passwords(client), [locked(), None, None]);
    // A picture is stored beside the hash, and stays.
    client.execute("UPDATE todo_auth.\"user\" SET image = 'i' WHERE id = 'u1'", &[]).unwrap();
    client.query_one(insert, &[&scrypt()]).unwrap();
    client.execute("DELETE FROM todo_auth.account WHERE \"userId\" = 'u1'", &[]).unwrap();
    assert_eq!(strings(client, "SELECT image FROM todo_auth.\"user\" WHERE id = 'u1'"), ["i"]);
}

#[test]
fn plain_text_is_no_password() {
    let mut database = Database::with_auth();
    let client = &mut database.client;
    for value in ["correct horse", "", "!", "$6$", &scrypt()[1..], &HASH[..59]] {
        for statement in [
            "UPDATE todo_auth.account SET password = $1 WHERE id = 'u1'",
            "WITH gone AS (UPDATE users SET hashed_password = '!' WHERE id = 'u2')
             INSERT INTO todo_auth.account (\"accountId\", \"providerId\", \"userId\", password)
             VALUES ('u2', 'credential', 'u2', $1)",
        ] {
            let failure = Failure::of(client.execute(statement, &[&value]));
            assert_eq!((failure.code.as_str(), &failure.detail), ("23514", &None), "{value:?}");
        }
    }
    assert_eq!(passwords(client)[0].as_deref(), Some(HASH));
}

#[test]
fn what_the_views_do_not_own_is_refused() {
    let mut database = Database::with_auth();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO todo_auth.account (id, \"accountId\", \"providerId\", \"userId\", \"idToken\")
             VALUES ('a1', 'g1', 'google', 'u1', 't')",
        )
        .unwrap();
    for (table, column, value) in [
        ("user", "id", "'other'"),
        ("user", "createdAt", "'2020-01-01'"),
        ("account", "id", "'other'"),
        ("account", "accountId", "'other'"),
        ("account", "providerId", "'other'"),
        ("account", "userId", "'u2'"),
        ("account", "createdAt", "'2020-01-01'"),
        ("account", "accessToken", "'x'"),
        ("account", "scope", "'x'"),
        ("account", "accessTokenExpiresAt", "now()"),
    ] {
        let update = format!("UPDATE todo_auth.\"{table}\" SET \"{column}\" = {value} WHERE id = 'u1'");
        let failure = Failure::of(client.execute(&update, &[]));
        assert_eq!(
            (failure.code.as_str(), failure.table.as_deref(), failure.column.as_deref()),
            ("0A000", Some(table), Some(column)),
            "{update}"
        );
    }
    let failure = Failure::of(client.execute("UPDATE todo_auth.account SET password = $1 WHERE id = 'a1'", &[&HASH]));
    assert_eq!((failure.code.as_str(), failure.column.as_deref()), ("0A000", Some("password")));
    let insert = "INSERT INTO todo_auth.account (\"accountId\", \"providerId\", \"userId\", password, scope) VALUES";
    for (values, code, column) in [
        ("('u2', 'credential', 'u2', $1, 's')", "0A000", Some("scope")),
        ("('g2', 'google', 'u2', $1, NULL)", "0A000", Some("password")),
        ("('u1', 'credential', 'u2', $1, NULL)", "23514", Some("accountId")),
        ("('nobody', 'credential', 'nobody', $1, NULL)", "23503", None),
        ("('g1', 'google', 'u2', nullif($1, $1), NULL)", "23505", None),
        ("('g2', 'google', 'nobody', nullif($1, $1), NULL)", "23503", None),
        ("('u2', 'credential', 'u2', nullif($1, $1), NULL)", "23502", Some("password")),
    ] {
        let failure = Failure::of(client.execute(&format!("{insert} {values}"), &[&HASH]));
        assert_eq!((failure.code.as_str(), failure.column.as_deref()), (code, column), "{values}");
    }
    // A column that is set to its own value is not changed.
    for statement in [
        "UPDATE todo_auth.\"user\" SET id = id, name = 'New' WHERE id = 'u1'",
        "UPDATE todo_auth.account SET id = id, \"userId\" = 'u1', \"accessToken\" = 'at' WHERE id = 'a1'",
    ] {
        assert_eq!(client.execute(statement, &[]).unwrap(), 1, "{statement}");
    }
    let tokens = "SELECT concat_ws(' ', \"idToken\", \"accessToken\") FROM todo_auth.account WHERE id = 'a1'";
    assert_eq!(strings(client, tokens), ["t at"]);
    assert_eq!(client.execute("DELETE FROM todo_auth.account WHERE id = 'a1'", &[]).unwrap(), 1);
    assert_eq!(passwords(client)[0].as_deref(), Some(HASH));
}

#[test]
fn users_rules_hold_through_the_view() {
    let mut database = Database::with_auth();
    let client = &mut database.client;
    let insert = "INSERT INTO todo_auth.\"user\" (name, email) VALUES ($1, $2) RETURNING id, name, email";
    for (name, email, fields) in [
        (" ", "c@b.cd", ("23514", Some("name"), Some("users_name_check"))),
        ("C", "c", ("23514", Some("email"), Some("users_email_check"))),
        ("C", "A@B.cd", ("23505", None, Some("ix_users_email_folded"))),
    ] {
        assert_eq!(Failure::of(client.query(insert, &[&name, &email])).fields(), fields, "{name:?} {email}");
    }
    let row = client.query_one(insert, &[&"  C ", &"C.Mixed@b.cd"]).unwrap();
    assert_eq!((row.get::<_, &str>(0).len(), row.get::<_, &str>(1)), (36, "C"));
    assert_eq!(row.get::<_, &str>(2), "c.mixed@b.cd");
    // Other changes leave the address as it was given.
    client.execute("UPDATE todo_auth.\"user\" SET name = 'D' WHERE email = 'c.mixed@b.cd'", &[]).unwrap();
    assert_eq!(strings(client, "SELECT email FROM users WHERE name = 'D'"), ["C.Mixed@b.cd"]);

    let verified = "SELECT email_verified::text FROM users WHERE id = 'u1'";
    client.execute("UPDATE todo_auth.\"user\" SET email = 'a2@b.cd' WHERE id = 'u1'", &[]).unwrap();
    assert_eq!(strings(client, verified), ["false"]);
    client.execute("UPDATE todo_auth.\"user\" SET \"emailVerified\" = true WHERE email = 'a2@b.cd'", &[]).unwrap();
    assert_eq!(strings(client, verified), ["true"]);
    // Better Auth does this when the new address has been confirmed.
    let change = "UPDATE todo_auth.\"user\" SET email = 'a3@b.cd', \"emailVerified\" = true WHERE id = 'u1'";
    client.execute(change, &[]).unwrap();
    assert_eq!(strings(client, verified), ["true"]);
    client.execute("UPDATE users SET email = 'a4@b.cd' WHERE id = 'u1'", &[]).unwrap();
    assert_eq!(strings(client, verified), ["false"]);

    assert_eq!(client.execute("DELETE FROM todo_auth.\"user\" WHERE id = 'u1'", &[]).unwrap(), 1);
    assert_eq!(strings(client, "SELECT id FROM users WHERE id = 'u1'"), [""; 0]);
}

/// A confirmation verifies the address that the statement looks for. If the address changes meanwhile, the new one is not verified.
#[test]
fn a_confirmation_does_not_verify_another_address() {
    let mut database = Database::with_auth();
    let mut other = database.connect();
    let mut change = other.transaction().unwrap();
    change.execute("UPDATE users SET email = 'new@b.cd' WHERE id = 'u1'", &[]).unwrap();
    let confirm = "UPDATE todo_auth.\"user\" SET \"emailVerified\" = true WHERE email = 'a@b.cd'";
    assert_eq!(waits(&mut database, confirm, || change.commit().unwrap()), 0);
    let row = database.client.query_one("SELECT email, email_verified FROM users WHERE id = 'u1'", &[]).unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(1)), ("new@b.cd", false));
}

/// Runs a statement in a new session, and `let_go` as soon as it waits for another session. Returns how many rows it has written.
fn waits(database: &mut Database, statement: &str, let_go: impl FnOnce()) -> u64 {
    let mut client = database.connect();
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(move || client.execute(statement, &[]).unwrap());
        until_it_waits(&mut database.client, pid);
        let_go();
        waiting.join().unwrap()
    })
}

#[test]
fn deactivation_ends_sessions_for_good() {
    let mut database = Database::with_auth();
    let client = &mut database.client;
    let sessions = "SELECT token FROM todo_auth.session ORDER BY 1";
    for (token, user) in [("t1", "u1"), ("t2", "u2")] {
        assert_eq!(client.execute(AUTH_SESSION, &[&token, &user]).unwrap(), 1);
    }
    client.execute("SELECT todo_set_active('u1', false)", &[]).unwrap();
    assert_eq!(strings(client, sessions), ["t2"]);
    assert_eq!(client.execute(AUTH_SESSION, &[&"t3", &"u1"]).unwrap(), 0);
    assert_eq!(passwords(client), [Some(HASH.to_owned()), None, None], "not shown, and kept");
    // A session of another user cannot become this user's either.
    assert_eq!(client.execute("UPDATE todo_auth.session SET \"userId\" = 'u1'", &[]).unwrap(), 0);
    client.execute("SELECT todo_set_active('u1', true)", &[]).unwrap();
    assert_eq!(strings(client, sessions), ["t2"]);
    // A transaction with an older snapshot would not see all sessions.
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        client.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}")).unwrap();
        assert_eq!(Failure::of(client.batch_execute("SELECT todo_set_active('u1', false)")).code, "25001", "{level}");
        client.batch_execute("ROLLBACK").unwrap();
    }
    assert_eq!(passwords(client)[1].as_deref(), Some(HASH));
    assert_eq!(Failure::of(client.execute(AUTH_SESSION, &[&"t4", &"nobody"])).code, "23503");
}

/// A sign-in during a deactivation waits for it, and then creates no session.
#[test]
fn a_session_that_waits_for_a_deactivation_is_none() {
    let mut database = Database::with_auth();
    let mut other = database.connect();
    let mut deactivation = other.transaction().unwrap();
    deactivation.execute("SELECT todo_set_active('u1', false)", &[]).unwrap();
    let sign_in = AUTH_SESSION.replace("$1", "'t'").replace("$2", "'u1'");
    assert_eq!(waits(&mut database, &sign_in, || deactivation.commit().unwrap()), 0);
}

#[test]
fn errors_show_no_tokens() {
    let mut database = Database::with_auth();
    let client = &mut database.client;
    for (statement, code, column) in [
        (
            "INSERT INTO todo_auth.account (\"providerId\", \"userId\", \"accessToken\") VALUES ('google', 'u1', $1)",
            "23502",
            "accountId",
        ),
        (
            "INSERT INTO todo_auth.account (\"accountId\", \"userId\", \"accessToken\") VALUES ('g', 'u1', $1)",
            "23502",
            "providerId",
        ),
        (
            "INSERT INTO todo_auth.account (\"accountId\", \"providerId\", \"accessToken\") VALUES ('g', 'google', $1)",
            "23502",
            "userId",
        ),
    ] {
        let failure = Failure::of(client.execute(statement, &[&"secret"]));
        assert_eq!(
            (failure.code.as_str(), failure.column.as_deref(), failure.detail),
            (code, Some(column), None),
            "{statement}"
        );
    }
}

/// For every table: each column that must not be NULL and each CHECK, by INSERT and UPDATE, even if the application's trigger is at fault.
#[test]
fn rows_that_a_constraint_refuses_are_not_shown() {
    use std::io::Write;
    // Of each table: a row as literals by column, and values that its CHECK refuses.
    let user = ("userId", "'u1'");
    let created = [("createdAt", "'now'"), ("updatedAt", "'now'")];
    let expires = ("expiresAt", "'now'");
    let tables = [
        ("user_data", vec![("user_id", "'u1'"), ("image", "'secret'")], vec![("password_hash", "'secret'")]),
        ("session", [&[("id", "'i'"), ("token", "'secret'"), expires, user], &created[..]].concat(), vec![]),
        (
            "linked_account",
            [&[("id", "'i'"), ("accountId", "'secret'"), ("providerId", "'google'"), user], &created[..]].concat(),
            vec![("providerId", "'credential'")],
        ),
        (
            "verification",
            [&[("id", "'i'"), ("identifier", "'x'"), ("value", "'secret'"), expires], &created[..]].concat(),
            vec![],
        ),
        ("rateLimit", vec![("id", "'i'"), ("key", "'secret'"), ("count", "'1'"), ("lastRequest", "'1'")], vec![]),
    ];
    let mut database = Database::with_auth();
    let client = &mut database.client;
    let all = "SELECT relname::text FROM pg_class WHERE relnamespace = 'todo_auth'::regnamespace AND relkind = 'r' ORDER BY oid";
    assert_eq!(strings(client, all), tables.each_ref().map(|(table, ..)| *table));
    client
        .batch_execute(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], TG_ARGV[1])); END $$",
        )
        .unwrap();
    let columns =
        |row: &[(&str, &str)]| row.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let values = |row: &[(&str, &str)]| row.iter().map(|(_, value)| (*value).to_owned()).collect::<Vec<_>>().join(", ");
    for (table, row, checked) in tables {
        let name = format!("todo_auth.\"{table}\"");
        let needed = strings(
            client,
            &format!(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = '{name}'::regclass AND attnum > 0 AND attnotnull"
            ),
        );
        let insert = format!("INSERT INTO {name} ({}) VALUES ({})", columns(&row), values(&row));
        let nulls = needed.iter().map(|column| (column.as_str(), "NULL", "23502"));
        for (column, bad, code) in nulls.chain(checked.iter().map(|(column, value)| (*column, *value, "23514"))) {
            let mut broken: Vec<_> = row.iter().copied().filter(|(name, _)| *name != column).collect();
            broken.push((column, bad));
            let refused = |failure: Failure, how: &str| {
                let where_ = (failure.table.as_deref(), failure.column.as_deref(), failure.constraint.is_some());
                assert_eq!(failure.code, code, "{how} {name}.{column}");
                assert_eq!(where_, (Some(table), Some(column), code == "23514"), "{how} {name}.{column}");
                assert_eq!(failure.detail, None, "{how} {name}.{column}");
            };
            let outcome = client.batch_execute(&format!(
                "INSERT INTO {name} ({}) VALUES ({})",
                columns(&broken),
                values(&broken)
            ));
            refused(Failure::of(outcome), "INSERT");
            let mut writer = client.copy_in(&format!("COPY {name} ({}) FROM STDIN", columns(&broken))).unwrap();
            let line = values(&broken).replace('\'', "").replace("NULL", "\\N").replace(", ", "\t");
            writeln!(writer, "{line}").unwrap();
            refused(Failure::of(writer.finish()), "COPY");
            client.batch_execute(&insert).unwrap();
            refused(Failure::of(client.batch_execute(&format!("UPDATE {name} SET \"{column}\" = {bad}"))), "UPDATE");
            let spoilt = if bad == "NULL" { format!("'{column}'") } else { format!("'{column}', {bad}") };
            client
                .batch_execute(&format!(
                    "CREATE TRIGGER spoil BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION spoil({spoilt})"
                ))
                .unwrap();
            let update = format!("UPDATE {name} SET \"{column}\" = \"{column}\"");
            refused(Failure::of(client.batch_execute(&update)), "a trigger's row");
            client.batch_execute(&format!("DELETE FROM {name}; DROP TRIGGER spoil ON {name}")).unwrap();
        }
    }
}

/// If two sessions set a first password at once, the second one is refused.
#[test]
fn one_of_two_first_passwords_is_refused() {
    let mut database = Database::with_auth();
    let insert = format!(
        "INSERT INTO todo_auth.account (\"accountId\", \"providerId\", \"userId\", password) VALUES ('u2', 'credential', 'u2', '{}')",
        scrypt()
    );
    let mut other = database.connect();
    let mut first = other.transaction().unwrap();
    first.batch_execute(&insert).unwrap();
    let second = format!(
        "DO $do$ BEGIN {insert}; RAISE 'a second password'; EXCEPTION WHEN unique_violation THEN NULL; END $do$"
    );
    waits(&mut database, &second, || first.commit().unwrap());
}
