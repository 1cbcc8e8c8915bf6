//! `todo_create_tasks`, `todo_export_user` and `todo_import_tasks`.

use postgres::Client;
use serde_json::{Value, json};
use todo_tests::{Database, Failure, strings, tasks};

fn create(client: &mut Client, user: &str, array: &Value) -> Result<Vec<postgres::Row>, postgres::Error> {
    client.query("SELECT * FROM todo_create_tasks($1, $2::text::jsonb)", &[&user, &array.to_string()])
}

#[test]
fn tasks_come_back_in_the_order_of_the_array() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let array: Vec<Value> = (0..500).map(|i| json!({"title": format!(" Task {} ", (i * 7919) % 500)})).collect();
    let created = create(client, "u1", &Value::Array(array)).unwrap();
    let of = |row: &postgres::Row| (row.get::<_, i32>("id"), row.get::<_, String>("title"));
    let expected: Vec<_> = (0..500).map(|i| (i + 1, format!("Task {}", (i * 7919) % 500))).collect();
    assert_eq!(created.iter().map(of).collect::<Vec<_>>(), expected);
    assert_eq!(create(client, "u1", &json!([])).unwrap().len(), 0);
}

/// Every field is stored, and has its default if it is null or missing.
#[test]
fn fields_are_those_of_a_task() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client.batch_execute("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German, DMY'").unwrap();
    let array = json!([
        {"title": "all", "description": "text", "completed": true, "created_at": "2026-01-02T03:04:05.678901Z",
         "updated_at": "2026-01-03 00:00:00", "completed_at": "2026-01-02T10:00:00+02:00"},
        {"title": "nulls", "description": null, "completed": null, "created_at": null, "updated_at": null, "completed_at": null},
        {"title": "few", "description": ""},
        {"title": "done", "completed": true},
        {"title": "day", "created_at": "2026-01-02"},
    ]);
    client.batch_execute("BEGIN").unwrap();
    create(client, "u1", &array).unwrap();
    let now = strings(client, "SELECT (now() AT TIME ZONE 'UTC')::text").remove(0);
    let seen = strings(
        client,
        "SELECT format('%s %s %s %s %s %s', title, description, completed, created_at, updated_at, completed_at) FROM tasks ORDER BY id",
    );
    client.batch_execute("COMMIT").unwrap();
    let expected = [
        "all text t 02.01.2026 03:04:05.678901 03.01.2026 00:00:00 02.01.2026 08:00:00".to_owned(),
        format!("nulls  f {now} {now} "),
        format!("few  f {now} {now} "),
        format!("done  t {now} {now} {now}"),
        format!("day  f 02.01.2026 00:00:00 {now} "),
    ];
    assert_eq!(seen, expected);
}

/// Times must be in ISO 8601. Other forms that PostgreSQL would accept are refused.
#[test]
fn times_are_iso_8601() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    for (time, utc) in [
        ("2026-01-02", "2026-01-02 00:00:00"),
        ("2026-01-02 9:30", "2026-01-02 09:30:00"),
        ("2026-01-02T09:30:15.25Z", "2026-01-02 09:30:15.25"),
        ("2026-01-02 09:30:15.25 +02", "2026-01-02 07:30:15.25"),
        ("2026-01-02T09:30", "2026-01-02 09:30:00"),
        ("2026-01-02T09:30:00-0330", "2026-01-02 13:00:00"),
        ("2026-01-02T09:30:00+05:30:10", "2026-01-02 03:59:50"),
    ] {
        create(client, "u1", &json!([{"title": "a", "created_at": time}])).unwrap_or_else(|e| panic!("{time}: {e:?}"));
        assert_eq!(strings(client, "SELECT created_at::text FROM tasks ORDER BY id DESC LIMIT 1"), [utc], "{time}");
    }
    for time in [
        "2026-01-02 10:00 PM",
        "2026-01-02 10:00 UTC",
        "2026-01-02 10:00 N",
        "2026-01-02 10:00 XXX5",
        "2026-01-02 10:00 Europe/Berlin",
        "2026-01-02 10:00 BC",
        "2026-01-02T10",
        "2026-01-02T10:00Z ",
        "today",
        "infinity",
        "20260102",
    ] {
        let failure =
            create(client, "u1", &json!([{"title": "fine"}, {"title": "a", "completed_at": time}])).unwrap_err();
        let failure = failure.as_db_error().unwrap();
        assert_eq!((failure.code().code(), failure.detail()), ("22023", Some("tasks[1].completed_at")), "{time}");
    }
}

/// If one task breaks a rule, none is created. The error names the task and the field.
#[test]
fn all_or_nothing() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    let long = "x".repeat(201);
    let too_exact = format!("2026-01-01T00:00:00.{}Z", "0".repeat(200));
    for (task, code, column, detail) in [
        (json!({}), "23502", Some("title"), "tasks[2].title"),
        (json!({"title": null}), "23502", Some("title"), "tasks[2].title"),
        (json!({"title": "  "}), "23514", Some("title"), "tasks[2].title"),
        (json!({"title": "a\tb"}), "23514", Some("title"), "tasks[2].title"),
        (json!({"title": long}), "22001", Some("title"), "tasks[2].title"),
        (json!({"title": 1}), "22023", None, "tasks[2].title"),
        (json!({"title": ["a"]}), "22023", None, "tasks[2].title"),
        (json!({"title": "a", "description": {}}), "22023", None, "tasks[2].description"),
        (json!({"title": "a", "description": "x".repeat(1001)}), "23514", Some("description"), "tasks[2].description"),
        (json!({"title": "a", "description": "\u{1}"}), "23514", Some("description"), "tasks[2].description"),
        (json!({"title": "a", "completed": "true"}), "22023", None, "tasks[2].completed"),
        (json!({"title": "a", "completed": 1}), "22023", None, "tasks[2].completed"),
        (json!({"title": "a", "created_at": "now"}), "22023", None, "tasks[2].created_at"),
        (json!({"title": "a", "created_at": "infinity"}), "22023", None, "tasks[2].created_at"),
        (json!({"title": "a", "created_at": 1767225600}), "22023", None, "tasks[2].created_at"),
        (json!({"title": "a", "updated_at": "2026-13-01"}), "22008", Some("updated_at"), "tasks[2].updated_at"),
        (json!({"title": "a", "created_at": too_exact}), "22007", Some("created_at"), "tasks[2].created_at"),
        (
            json!({"title": "a", "created_at": "2026-01-01T00:00+16:00"}),
            "22009",
            Some("created_at"),
            "tasks[2].created_at",
        ),
        (json!({"title": "a", "completed_at": "2026-01-01 1x"}), "22023", None, "tasks[2].completed_at"),
        (
            json!({"title": "a", "completed": true, "completed_at": "9999-12-31 24:00:00"}),
            "23514",
            Some("completed_at"),
            "tasks[2].completed_at",
        ),
        (json!({"title": "a", "titel": "b"}), "22023", None, "tasks[2].titel"),
        (json!({"title": "a", "id": 7}), "22023", None, "tasks[2].id"),
        (json!({"title": "a", "user_id": "u2"}), "22023", None, "tasks[2].user_id"),
        (json!("a"), "22023", None, "tasks[2]"),
        (json!(null), "22023", None, "tasks[2]"),
        (json!([{"title": "a"}]), "22023", None, "tasks[2]"),
    ] {
        let array = json!([{"title": "first"}, {"title": "second"}, task, {"title": "fourth"}, {"title": ""}]);
        let failure = Failure::of(create(client, "u1", &array));
        assert_eq!(
            (&*failure.code, failure.column.as_deref(), failure.detail.as_deref()),
            (code, column, Some(detail)),
            "{task}"
        );
    }
    for (user, array, fields) in [
        ("u3", json!([{"title": "a"}]), ("23503", None, Some("tasks_user_id_fkey"))),
        ("", json!([{"title": "a"}]), ("23503", Some("user_id"), Some("tasks_user_id_fkey"))),
        (
            &format!("u1{}", " ".repeat(40)),
            json!([{"title": "a"}]),
            ("23503", Some("user_id"), Some("tasks_user_id_fkey")),
        ),
        ("u1", json!({"title": "a"}), ("22023", None, None)),
        ("u1", json!("a"), ("22023", None, None)),
        ("u1", json!(null), ("22023", None, None)),
    ] {
        assert_eq!(Failure::of(create(client, user, &array)).fields(), fields, "{user}: {array}");
    }
    assert_eq!(strings(client, "SELECT count(*)::text FROM tasks"), ["0"]);
}

/// A rule of the application can refuse one task or all of them together. Its error keeps its SQLSTATE.
#[test]
fn rules_of_the_application_count() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE FUNCTION at_most_three() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF (SELECT count(*) FROM new_rows) > 3 THEN RAISE 'too many' USING ERRCODE = '23514'; END IF; RETURN NULL; END $$;
             CREATE TRIGGER few AFTER INSERT ON tasks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION at_most_three();
             CREATE UNIQUE INDEX one_title ON tasks (user_id, title)",
        )
        .unwrap();
    let titles = |titles: &[&str]| Value::Array(titles.iter().map(|title| json!({"title": title})).collect());
    let failure = Failure::of(create(client, "u1", &titles(&["a", "b", "a"])));
    assert_eq!((failure.fields(), failure.detail.as_deref()), (("23505", None, Some("one_title")), Some("tasks[2]")));
    let failure = Failure::of(create(client, "u1", &titles(&["a", "b", "c", "d"])));
    assert_eq!((failure.fields(), failure.detail.as_deref()), (("23514", None, None), None));
    assert_eq!(create(client, "u1", &titles(&["a", "b", "c"])).unwrap().len(), 3);
}

/// Exported tasks are imported as they were, except for their ids, even into another database and with other settings.
#[test]
fn an_export_comes_back() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client
        .batch_execute(
            "INSERT INTO tasks (user_id, title, description, completed, created_at, updated_at, completed_at) VALUES
                 ('u1', 'plain', NULL, false, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', NULL),
                 ('u1', 'Ünï \"quoted\" \\ 🎉', E'two\nlines\tand a tab', true, '2026-01-02 03:04:05.678901', '2026-02-01', '2026-01-03'),
                 ('u1', 'first', NULL, true, '0001-01-01', '0001-01-01', '0001-01-01'),
                 ('u1', 'last', NULL, true, '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'),
                 ('u1', 'before it was created', NULL, true, '2026-01-02', '2026-01-02', '2025-12-31')",
        )
        .unwrap();
    let own = "SELECT * FROM tasks WHERE user_id = $1 ORDER BY created_at, id";
    let before = tasks(client, own, &[&"u1"]);
    client.batch_execute("SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'").unwrap();
    let export = |client: &mut Client, user: &str| -> Option<Value> {
        let row = client.query_one("SELECT todo_export_user($1)::text", &[&user]).unwrap();
        row.get::<_, Option<String>>(0).map(|text| serde_json::from_str(&text).unwrap())
    };
    let document = export(client, "u1").unwrap();
    assert_eq!(document["version"], 1);
    assert_eq!((&document["user"]["id"], &document["user"]["email"]), (&json!("u1"), &json!("a@b.cd")));
    assert_eq!(document["user"].as_object().unwrap().len(), 7, "no hash");
    assert!(!document.to_string().contains("hash"));
    assert_eq!(export(client, "nobody"), None);
    assert_eq!(export(client, "u2").unwrap()["tasks"], json!([]));

    let mut other = Database::with_users();
    for (is_other, user) in [(true, "u1"), (true, "u2"), (false, "u2")] {
        let client = if is_other { &mut other.client } else { &mut *client };
        client.batch_execute("SET TimeZone = 'Asia/Kolkata'").unwrap();
        let import = "SELECT * FROM todo_import_tasks($1, $2::text::jsonb)";
        let returned = tasks(client, import, &[&user, &document.to_string()]);
        let after = tasks(client, own, &[&user]);
        assert_eq!(returned, after, "in the order of the export");
        assert_eq!(after.len(), before.len());
        for (before, after) in before.iter().zip(after) {
            assert_eq!(after, todo_tests::Task { id: after.id, user_id: user.to_owned(), ..before.clone() });
        }
    }
    let document = |edit: fn(&mut Value)| {
        let mut document = document.clone();
        edit(&mut document);
        document.to_string()
    };
    for (wrong, code) in [
        ("[]".to_owned(), "22023"),
        ("null".to_owned(), "22023"),
        (document(|d| d["version"] = json!(2)), "22023"),
        (document(|d| d["version"] = json!("1")), "22023"),
        (document(|d| d["tasks"] = json!({})), "22023"),
        (document(|d| d["tasks"][1] = json!(7)), "22023"),
        (document(|d| d["tasks"][1]["colour"] = json!("red")), "22023"),
        (document(|d| d["tasks"][4]["title"] = json!("")), "23514"),
    ] {
        let result = other.client.query("SELECT FROM todo_import_tasks('u1', $1::text::jsonb)", &[&wrong]);
        assert_eq!(Failure::of(result).code, code, "{wrong}");
    }
    assert_eq!(tasks(&mut other.client, own, &[&"u1"]).len(), before.len());
}

/// Triggers of the application run as for any other statement: with the session's settings.
#[test]
fn triggers_of_the_application_see_its_settings() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE TABLE audit (who varchar(5), zone text);
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN INSERT INTO audit VALUES (NEW.title, current_setting('TimeZone')); RETURN NEW; END $$;
             CREATE TRIGGER note AFTER INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION note();
             SET TimeZone = 'Asia/Tokyo'; SET standard_conforming_strings = off",
        )
        .unwrap();
    create(client, "u1", &json!([{"title": "short", "created_at": "2026-01-01T00:00:00"}])).unwrap();
    assert_eq!(strings(client, "SELECT zone FROM audit"), ["Asia/Tokyo"]);
    assert_eq!(strings(client, "SELECT to_char(created_at, 'HH24') FROM tasks"), ["00"]);
    // An error in such a trigger names the task, but not a field of it.
    let failure = Failure::of(create(client, "u1", &json!([{"title": "one"}, {"title": "longer"}])));
    assert_eq!((failure.fields(), failure.detail.as_deref()), (("22001", None, None), Some("tasks[1]")));
    client.batch_execute("ALTER TABLE audit ADD CHECK (who <> 'two')").unwrap();
    let failure = Failure::of(create(client, "u1", &json!([{"title": "one"}, {"title": "two"}])));
    assert_eq!(
        (&*failure.code, failure.table.as_deref(), failure.detail.as_deref()),
        ("23514", Some("audit"), Some("tasks[1]"))
    );
}
