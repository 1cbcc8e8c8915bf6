//! Versions of the extension take the place of migrations. Every path between them ends in the same catalogs, and loses no row.

use postgres::Client;
use std::collections::BTreeMap;
use std::path::Path;
use todo_tests::functions::{functions, sample};
use todo_tests::{
    AUTH_SESSION, Database, Failure, Fields, HASH, TO_ADOPT, catalog, catalog_of, current_version, keeps_options, rows,
    strings, versions,
};

fn update(client: &mut Client, version: &str) {
    client.batch_execute(&format!("ALTER EXTENSION todo UPDATE TO '{version}'")).unwrap_or_else(|e| panic!("{e}"));
}

/// Databases at a version, one for each way to create it: a new one, or for `adopt`, one for each kind of tables.
fn created_at(version: &str) -> Vec<(String, Database)> {
    let kinds: &[(&str, &str)] = if version == "adopt" { &TO_ADOPT } else { &[("nothing", "")] };
    let create = |&(kind, made): &(&str, &str)| {
        let mut database = Database::empty();
        database.client.batch_execute(made).unwrap();
        database.client.batch_execute(&format!("CREATE EXTENSION todo VERSION '{version}'")).unwrap();
        (format!("{version} from {kind}"), database)
    };
    kinds.iter().map(create).collect()
}

/// Every path from one version of an extension to another.
fn paths(extension: &str) -> Vec<(String, String)> {
    let paths = "SELECT source, target FROM pg_extension_update_paths($1) WHERE path IS NOT NULL";
    let rows = Database::empty().client.query(paths, &[&extension]).unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Indexes that are new in the current version.
const NEW_INDEXES: [&str; 2] = ["INDEX ix_tasks_user_created_at ", "INDEX ix_tasks_user_completed_at "];

#[test]
fn every_path_ends_in_the_same_catalogs() {
    let fresh: BTreeMap<_, _> =
        versions().into_iter().map(|version| (version, catalog(&mut created_at(version).remove(0).1.client))).collect();
    let paths = paths("todo");
    let count = fresh.len();
    assert_eq!(paths.len(), count * (count - 1) + count, "between all versions, and from adopt to each: {paths:?}");
    for (source, target) in &paths {
        for (from, mut database) in created_at(source) {
            let before = catalog(&mut database.client);
            update(&mut database.client, target);
            let mut after = catalog(&mut database.client);
            if from == "adopt from released tables" && target != current_version() {
                // An older version takes indexes of this one for the application's.
                after.retain(|line| !NEW_INDEXES.iter().any(|index| line.contains(index)));
            }
            assert_eq!(after, fresh[target.as_str()], "{from} to {target}");
            if source != "adopt" {
                update(&mut database.client, source);
                assert_eq!(catalog(&mut database.client), before, "{from} to {target} and back");
            }
        }
    }
}

/// todo_auth can be installed and updated in every version, on every version of todo that it supports.
#[test]
fn every_path_of_todo_auth_ends_in_the_same_catalogs() {
    let create = |core: &str, auth: &str| {
        let mut database = created_at(core).remove(0).1;
        database.client.batch_execute(&format!("CREATE EXTENSION todo_auth VERSION '{auth}'")).unwrap();
        database
    };
    let versions: Vec<&str> = versions().into_iter().filter(|version| !version.starts_with("0.")).collect();
    let paths = paths("todo_auth");
    assert_eq!(paths.len(), versions.len() * (versions.len() - 1), "{paths:?}");
    for core in &versions {
        let fresh: BTreeMap<_, _> =
            versions.iter().map(|auth| (*auth, catalog_of(&mut create(core, auth).client, "todo_auth"))).collect();
        for (source, target) in &paths {
            let client = &mut create(core, source).client;
            client.batch_execute(&format!("ALTER EXTENSION todo_auth UPDATE TO '{target}'")).unwrap();
            assert_eq!(catalog_of(client, "todo_auth"), fresh[target.as_str()], "{source} to {target} on {core}");
            for core in &versions {
                update(client, core);
                assert_eq!(
                    catalog_of(client, "todo_auth"),
                    fresh[target.as_str()],
                    "{target}, with the core at {core}"
                );
            }
        }
    }
}

/// The schema of the current version, and that of todo_auth, are as described in fixtures/. `UPDATE_FIXTURES=1` writes that anew.
#[test]
fn the_schema_is_the_one_reviewed() {
    let client = &mut Database::new().client;
    client.batch_execute("CREATE EXTENSION todo_auth").unwrap();
    for extension in ["todo", "todo_auth"] {
        is_as_reviewed(&format!("catalog-{extension}.txt"), &catalog_of(client, extension));
    }
}

fn is_as_reviewed(file: &str, catalog: &[String]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(file);
    let current = catalog.join("\n") + "\n";
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap();
    for (current, reviewed) in current.lines().zip(reviewed.lines()) {
        assert_eq!(current, reviewed, "{} shows another schema; UPDATE_FIXTURES=1 writes it anew", path.display());
    }
    assert_eq!(current.len(), reviewed.len());
}

/// Tools write definitions into source files: drizzle-kit puts CHECKs into template literals of JavaScript, which must not end there.
#[test]
fn no_definition_ends_a_template_literal() {
    let mut database = Database::new();
    let definitions = "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT definition FROM pg_views WHERE schemaname = 'public'
        UNION ALL SELECT column_default FROM information_schema.columns WHERE table_schema = 'public' AND column_default <> ''";
    let definitions = strings(&mut database.client, definitions);
    assert!(definitions.len() > 20);
    for definition in definitions {
        assert!(!definition.contains('`') && !definition.contains("${"), "{definition}");
    }
}

/// Rows as an application may have left them at 0.2.0, with everything that an upgrade can repair.
fn fill_0_2_0(client: &mut Client) {
    client
        .execute("INSERT INTO users (id, email, name, hashed_password) VALUES ('u1', 'Ada@Example.com', E'\u{a0} Ada\t', $1)", &[&HASH])
        .unwrap();
    client
        .batch_execute(
            "INSERT INTO users VALUES ('u2', 'b@b.cd', 'B', '!', '2020-01-01', '2020-01-02 03:04:05.678901', NULL, NULL);
             INSERT INTO tasks (user_id, title, description, completed, created_at, updated_at, completed_at) VALUES
                 ('u1', '\u{3000}title ', repeat('x', 1000), false, '2021-01-01', '2021-01-02', NULL),
                 ('u1', 'null', NULL, NULL, '2021-01-01', '2021-01-02', NULL),
                 ('u1', 'null, with a time', NULL, NULL, '2021-01-01', '2021-01-02', '2021-01-03'),
                 ('u2', 'completed', '', true, '2021-01-01', '2021-01-02 00:00:00.123456', NULL),
                 ('u2', 'with its time', NULL, true, '2021-01-01', '2021-01-02', '2021-01-03'),
                 ('u2', 'pending, with a time', NULL, false, '2021-01-01', '2021-01-02', '2021-01-03'),
                 ('u2', 'out of order', NULL, true, '2021-01-03', '2021-01-02', '2021-01-01')",
        )
        .unwrap();
}

#[test]
fn rows_are_repaired_and_kept() {
    let mut database = created_at("0.2.0").remove(0).1;
    let client = &mut database.client;
    fill_0_2_0(client);
    // A trigger of the application would set updated_at.
    client
        .batch_execute(
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at := now(); RETURN NEW; END';
             CREATE TRIGGER touch BEFORE UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION touch();
             CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()",
        )
        .unwrap();
    let times = "SELECT id || updated_at AS t FROM users UNION ALL SELECT id::text || updated_at FROM tasks ORDER BY t";
    let before = strings(client, times);
    update(client, "1.0.0");
    let after = strings(client, times);
    assert_eq!(before, after);
    assert_eq!(
        strings(client, "SELECT format('%s|%s|%s|%s', id, name, is_active, email_verified) FROM users ORDER BY id"),
        ["u1|Ada|t|f", "u2|B|t|f"]
    );
    assert_eq!(
        strings(
            client,
            "SELECT format('%s|%s|%s|%s', title, length(description), completed, completed_at) FROM tasks ORDER BY id"
        ),
        [
            "title|1000|f|",
            "null||f|",
            "null, with a time||t|2021-01-03 00:00:00",
            "completed|0|t|2021-01-02 00:00:00.123456",
            "with its time||t|2021-01-03 00:00:00",
            "pending, with a time||f|",
            "out of order||t|2021-01-01 00:00:00",
        ]
    );
    let kept = rows(client);
    update(client, "0.2.0");
    assert_eq!(rows(client), kept);
    update(client, "1.0.0");
    assert_eq!(rows(client), kept);
    // The rows keep the rules now, so a restore, or an UPDATE that changes nothing, does not change them.
    client.batch_execute("UPDATE users SET name = name; UPDATE tasks SET title = title").unwrap();
    assert_eq!(strings(client, "SELECT hashed_password FROM users WHERE id = 'u1'"), [HASH]);
}

#[test]
fn rows_that_cannot_be_repaired_stop_the_upgrade() {
    let mut database = created_at("0.2.0").remove(0).1;
    let client = &mut database.client;
    fill_0_2_0(client);
    // A statement that spoils rows, one that repairs them, and the error in between.
    let cases: &[(&str, &str, Fields, &str)] = &[
        (
            "INSERT INTO users (id, email, name, hashed_password) SELECT 'bad' || i, 'no address ' || i, 'X', '!' FROM generate_series(1, 7) AS i",
            "DELETE FROM users WHERE id LIKE 'bad%'",
            ("23514", Some("email"), Some("users_email_check")),
            "users_email_check: 7 rows of users, id 'bad1', 'bad2', 'bad3', 'bad4', 'bad5', ...",
        ),
        (
            "UPDATE users SET hashed_password = 'correct horse' WHERE id = 'u2'",
            "UPDATE users SET hashed_password = '!' WHERE id = 'u2'",
            ("23514", Some("hashed_password"), Some("users_hashed_password_check")),
            "users_hashed_password_check: 1 row of users, id 'u2'",
        ),
        (
            "INSERT INTO users (id, email, name, hashed_password) VALUES ('u3', 'ADA@example.com', 'X', '!')",
            "DELETE FROM users WHERE id = 'u3'",
            ("23505", Some("email"), Some("ix_users_email_folded")),
            "ix_users_email_folded: 2 rows of users, id 'u1', 'u3'",
        ),
        (
            "INSERT INTO users (id, email, name, hashed_password) VALUES ('', 'd@b.cd', E'a\\u0007', '!')",
            "DELETE FROM users WHERE id = ''",
            ("23514", Some("id"), Some("users_id_check")),
            "users_id_check: 1 row of users, id ''\nusers_name_check: 1 row of users, id ''",
        ),
        (
            "UPDATE tasks SET description = repeat('x', 1001) WHERE id IN (2, 4)",
            "UPDATE tasks SET description = NULL WHERE id IN (2, 4)",
            ("23514", Some("description"), Some("tasks_description_check")),
            "tasks_description_check: 2 rows of tasks, id 2, 4",
        ),
        (
            "INSERT INTO tasks (id, user_id, title) SELECT i, 'u1', E' \\u200b' FROM generate_series(9, 14) AS i",
            "DELETE FROM tasks WHERE id >= 9",
            ("23514", Some("title"), Some("tasks_title_check")),
            "tasks_title_check: 6 rows of tasks, id 9, 10, 11, 12, 13, ...",
        ),
        (
            "INSERT INTO users (id, email, name, hashed_password, created_at) VALUES ('u3', 'c@b.cd', E'\\u2800', '!', '10000-01-01')",
            "DELETE FROM users WHERE id = 'u3'",
            ("23514", Some("name"), Some("users_name_check")),
            "users_name_check: 1 row of users, id 'u3'\ncreated_at: 1 row of users, id 'u3'",
        ),
        (
            "UPDATE users SET updated_at = '-infinity'",
            "UPDATE users SET updated_at = '2020-01-01'",
            ("23514", Some("updated_at"), None),
            "updated_at: 2 rows of users, id 'u1', 'u2'",
        ),
        (
            "UPDATE tasks SET created_at = '0001-12-31 BC' WHERE id = 3; UPDATE tasks SET updated_at = 'infinity' WHERE id < 3;
             UPDATE tasks SET completed_at = 'infinity'",
            "UPDATE tasks SET created_at = '2020-01-01', updated_at = '2020-01-01' WHERE id <= 3; UPDATE tasks SET completed_at = NULL WHERE completed IS NULL OR completed",
            ("23514", Some("completed_at"), None),
            "completed_at: 5 rows of tasks, id 2, 3, 4, 5, 7\ncreated_at: 1 row of tasks, id 3\nupdated_at: 2 rows of tasks, id 1, 2",
        ),
    ];
    for &(spoil, mend, fields, detail) in cases {
        client.batch_execute(spoil).unwrap();
        let before = (catalog(client), rows(client));
        let failure = Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
        assert_eq!(failure.fields(), fields, "{spoil}");
        assert_eq!(failure.detail.as_deref(), Some(detail));
        assert!((catalog(client), rows(client)) == before, "{spoil}");
        client.batch_execute(mend).unwrap();
    }
    client.batch_execute("ALTER EXTENSION todo UPDATE").unwrap();
}

#[test]
fn a_downgrade_does_not_drop_tasks_by_accident() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("SELECT todo_create_task('u1', 'x')").unwrap();
    let before = (catalog(client), rows(client));
    assert_eq!(Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE TO '0.1.0'")).code, "2BP01");
    assert_eq!((catalog(client), rows(client)), before);
    let in_snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ; ALTER EXTENSION todo UPDATE TO '0.1.0'";
    assert_eq!(Failure::of(client.batch_execute(in_snapshot)).code, "25001");
    client.batch_execute("ROLLBACK; SET todo.guard = off").unwrap();
    update(client, "0.1.0");
    assert_eq!(strings(client, "SELECT id FROM users ORDER BY id"), ["u1", "u2"]);
    assert_eq!(strings(client, "SELECT relname::text FROM pg_class WHERE relname LIKE 'tasks%'"), [""; 0]);
    client.batch_execute("RESET todo.guard").unwrap();
    update(client, "1.0.0");
    client.batch_execute("SELECT todo_create_task('u1', 'x')").unwrap();
}

/// The current library works with databases at every version.
#[test]
fn older_schemas_work_with_the_current_library() {
    for version in ["0.1.0", "0.2.0"] {
        let mut database = created_at(version).remove(0).1;
        let client = &mut database.client;
        client.batch_execute("LOAD 'todo'").unwrap();
        client
            .execute("INSERT INTO users (id, email, name, hashed_password) VALUES ('u1', 'a@b.cd', 'A', $1)", &[&HASH])
            .unwrap();
        if version == "0.2.0" {
            client
                .batch_execute(
                    "INSERT INTO tasks (user_id, title) VALUES ('u1', 'x'); UPDATE tasks SET completed = NOT completed",
                )
                .unwrap();
            assert_eq!(strings(client, "SELECT completed::text FROM tasks"), ["true"]);
        }
        client.batch_execute("UPDATE users SET name = 'B' WHERE email = 'a@b.cd'").unwrap();
    }
}

/// From 1.0.0 on, databases have functions, triggers and checks. All of them work with the current library, without an update.
#[test]
fn functions_of_every_version_work_with_the_current_library() {
    for version in versions().into_iter().filter(|version| !version.starts_with("0.")) {
        let mut database = created_at(version).remove(0).1;
        let client = &mut database.client;
        client.batch_execute(&format!("CREATE EXTENSION todo_auth VERSION '{version}'; {}", sample("public"))).unwrap();
        let there = "SELECT CASE p.pronamespace WHEN 'public'::regnamespace THEN '' ELSE 'todo_auth.' END || p.proname
             FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
             WHERE d.refclassid = 'pg_extension'::regclass AND p.pronamespace <> 'todo_internal'::regnamespace
               AND p.pronamespace IN ('public'::regnamespace, 'todo_auth'::regnamespace)
               AND p.prorettype <> 'trigger'::regtype";
        let there = strings(client, there);
        assert!(there.len() >= 31, "{there:?}");
        let lists_columns = version == "1.0.0" && keeps_options(client);
        for name in &there {
            let function = functions().into_iter().find(|function| function.name == name);
            let call = function.unwrap_or_else(|| panic!("{name} of {version} is no function any more")).call();
            client.batch_execute("BEGIN").unwrap();
            let returned =
                client.query(&format!("SELECT * FROM {call}"), &[]).unwrap_or_else(|e| panic!("{call}: {e:?}"));
            assert_eq!(returned.is_empty(), name == "todo_not_in_dumps" && !lists_columns, "{call}");
            client.batch_execute("ROLLBACK").unwrap();
        }
        // The rules of both extensions.
        client.batch_execute("INSERT INTO tasks (user_id, title) VALUES ('u1', ' third ')").unwrap();
        assert_eq!(strings(client, "SELECT title FROM tasks WHERE user_id = 'u1' AND title LIKE '%third%'"), ["third"]);
        let broken = "UPDATE users SET hashed_password = 'plain text'";
        assert_eq!(Failure::of(client.batch_execute(broken)).code, "23514");
        client.execute(AUTH_SESSION, &[&"token", &"u1"]).unwrap();
        client.batch_execute("SELECT todo_set_active('u1', false)").unwrap();
        assert_eq!(strings(client, "SELECT token FROM todo_auth.session"), [""; 0]);
        // The guard works, and the check only reports newer versions, if there are some.
        assert_eq!(Failure::of(client.batch_execute("ALTER TABLE users ADD COLUMN image text")).code, "2BP01");
        assert_eq!(Failure::of(client.batch_execute("DROP EXTENSION todo CASCADE")).code, "2BP01");
        let newer = if version == current_version() { &[][..] } else { &["version", "version of todo_auth"] };
        assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), newer);
    }
}

/// A session that has used the functions keeps working after updates and downgrades, with plans that it has kept. So does another session.
#[test]
fn sessions_keep_working_after_updates() {
    let mut database = Database::with_users();
    let mut other = database.connect();
    let use_functions = |client: &mut Client| {
        for call in ["todo_create_task('u1', 'x')", "todo_complete_all('u1')", "todo_find_user('A@B.cd')"] {
            assert!(!client.query(&format!("SELECT * FROM {call}"), &[]).unwrap().is_empty(), "{call}");
        }
    };
    for _ in 0..2 {
        use_functions(&mut other);
        use_functions(&mut database.client);
        update(&mut database.client, "0.2.0");
        assert_eq!(Failure::of(other.batch_execute("SELECT todo_create_task('u1', 'x')")).code, "42883");
        other.batch_execute("INSERT INTO tasks (user_id, title) VALUES ('u1', ' y ')").unwrap();
        update(&mut database.client, current_version());
    }
    use_functions(&mut other);
    assert_eq!(strings(&mut other, "SELECT count(*)::text FROM tasks WHERE title = 'y'"), ["2"]);
}

#[test]
fn a_blocked_upgrade_gives_up() {
    let mut database = created_at("0.1.0").remove(0).1;
    let mut other = database.connect();
    let client = &mut database.client;
    let steps = [
        ("users", "0.2.0"),
        ("tasks", "1.0.0"),
        ("users", "0.2.0"),
        ("users", "1.0.0"),
        ("tasks", "0.2.0"),
        ("tasks", "0.1.0"),
    ];
    for (lock, target) in steps {
        let before = (catalog(client), rows_if_any(client));
        let mut transaction = other.transaction().unwrap();
        transaction.batch_execute(&format!("LOCK TABLE {lock} IN ROW EXCLUSIVE MODE")).unwrap();
        client.batch_execute("SET lock_timeout = '50ms'").unwrap();
        assert_eq!(
            Failure::of(client.batch_execute(&format!("ALTER EXTENSION todo UPDATE TO '{target}'"))).code,
            "55P03"
        );
        // The next one succeeds, however long another session keeps it waiting.
        client.batch_execute("RESET lock_timeout").unwrap();
        assert_eq!((catalog(client), rows_if_any(client)), before);
        transaction.rollback().unwrap();
        update(client, target);
    }
}

fn rows_if_any(client: &mut Client) -> Vec<String> {
    strings(client, "SELECT users::text FROM users")
}
