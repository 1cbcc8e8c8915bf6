//! Nobody sees a hash whom nobody let: by default privileges, by plans that are printed, by triggers that keep an old one, or by errors.

use postgres::types::{ToSql, Type};
use postgres::{Client, NoTls};
use std::sync::mpsc;
use todo_tests::attack::outcome;
use todo_tests::functions::{Effect, functions};
use todo_tests::passwords::set_cost;
use todo_tests::{Database, Failure, HASH, TO_ADOPT, server_log, strings};

/// What a role may do with objects of both extensions, or their schemas.
const RIGHTS: &str = "
    WITH member AS (
        SELECT d.classid, d.objid
        FROM pg_depend AS d
        JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid AND d.deptype = 'e'
        WHERE e.extname IN ('todo', 'todo_auth')
    )
    SELECT concat_ws(' ', a.privilege_type, c.oid::regclass) FROM member AS m
    JOIN pg_class AS c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
    CROSS JOIN LATERAL aclexplode(c.relacl) AS a WHERE a.grantee = 'ROLE'::regrole
    UNION ALL
    SELECT concat_ws(' ', a.privilege_type, p.oid::regprocedure) FROM member AS m
    JOIN pg_proc AS p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
    CROSS JOIN LATERAL aclexplode(p.proacl) AS a WHERE a.grantee = 'ROLE'::regrole
    UNION ALL
    SELECT concat_ws(' ', a.privilege_type, n.nspname) FROM pg_namespace AS n
    CROSS JOIN LATERAL aclexplode(n.nspacl) AS a WHERE a.grantee = 'ROLE'::regrole AND n.nspname IN ('todo_auth', 'todo_internal')
    UNION ALL
    SELECT 'noted for ' || p.objoid::text FROM pg_init_privs AS p
    JOIN member AS m ON m.classid = p.classoid AND m.objid = p.objoid
    CROSS JOIN LATERAL aclexplode(p.initprivs) AS a WHERE a.grantee = 'ROLE'::regrole";

/// Whatever ALTER DEFAULT PRIVILEGES gives, and whichever way the extensions come.
#[test]
fn default_privileges_give_no_rights() {
    const KINDS: [&str; 3] = ["TABLES", "SEQUENCES", "FUNCTIONS"];
    let ways: [(&str, String); 6] = [
        ("install", "CREATE EXTENSION todo; CREATE EXTENSION todo_auth".into()),
        ("another schema", "CREATE SCHEMA app; CREATE EXTENSION todo SCHEMA app; CREATE EXTENSION todo_auth".into()),
        ("0.2.0", "CREATE EXTENSION todo VERSION '0.2.0'; ALTER EXTENSION todo UPDATE; CREATE EXTENSION todo_auth".into()),
        ("0.1.0", "CREATE EXTENSION todo VERSION '0.1.0'; ALTER EXTENSION todo UPDATE TO '0.2.0'; ALTER EXTENSION todo UPDATE".into()),
        ("down and up", "CREATE EXTENSION todo; ALTER EXTENSION todo UPDATE TO '0.2.0'; ALTER EXTENSION todo UPDATE".into()),
        ("adopt", format!("{}; CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE; CREATE EXTENSION todo_auth", TO_ADOPT[0].1)),
    ];
    for (way, sql) in &ways {
        for scope in ["", "IN SCHEMA public", "FOR ROLE postgres"] {
            let mut database = Database::empty();
            let role = format!("{}_anon", database.name);
            let client = &mut database.client;
            client.batch_execute(&format!("CREATE ROLE {role}")).unwrap();
            // The tables that are adopted have the rights that they had.
            let early = *way == "adopt";
            let (before, after) = sql.split_at(if early { sql.find("CREATE EXTENSION").unwrap() } else { 0 });
            client.batch_execute(before).unwrap();
            for kind in KINDS {
                let option = if scope.is_empty() { "WITH GRANT OPTION" } else { "" };
                client
                    .batch_execute(&format!("ALTER DEFAULT PRIVILEGES {scope} GRANT ALL ON {kind} TO {role} {option}"))
                    .unwrap();
            }
            if scope != "IN SCHEMA public" {
                client
                    .batch_execute(&format!("ALTER DEFAULT PRIVILEGES {scope} GRANT ALL ON SCHEMAS TO {role}"))
                    .unwrap();
            }
            client.batch_execute(after).unwrap_or_else(|e| panic!("{way} {scope}: {e:?}"));
            assert_eq!(strings(client, &RIGHTS.replace("ROLE", &role)), [""; 0], "{way} {scope}");
            assert_eq!(
                strings(
                    client,
                    "SELECT name FROM todo_check() WHERE NOT ok"
                        .replace("todo_check", if *way == "another schema" { "app.todo_check" } else { "todo_check" })
                        .as_str()
                ),
                [""; 0],
                "{way} {scope}"
            );
            // Nothing holds it.
            client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
        }
    }
}

/// Neither the client, by `client_min_messages`, nor the log shows a hash in a plan; nor do other parameters that are logged.
#[test]
fn plans_show_no_hash() {
    let mut database = Database::with_users();
    let role = format!("{}_api", database.name);
    database.client.batch_execute(&format!("CREATE ROLE {role} LOGIN; SELECT todo_grant('{role}')")).unwrap();
    let (send, messages) = mpsc::channel();
    let mut config = database.config();
    config.user(&role).notice_callback(move |notice| {
        let _ = send.send(format!("{notice:?}"));
    });
    let mut client = config.connect(NoTls).unwrap();
    client
        .batch_execute(
            "SET client_min_messages = log; SET plan_cache_mode = force_custom_plan;
             SET debug_print_parse = on; SET debug_print_rewritten = on; SET debug_print_plan = on",
        )
        .unwrap();
    use_passwords(&mut database.client, &mut client);
    let said: Vec<String> = messages.try_iter().collect();
    assert!(said.iter().any(|message| message.contains("PLANNEDSTMT")), "plans are printed");
    let spelt: String = HASH.bytes().take(12).map(|byte| format!("{byte} ")).collect();
    assert!(said.iter().all(|message| !message.contains("$2b$")
        && !message.contains(&spelt[..20])
        && !message.contains("36 50 98 36")));
}

/// auto_explain, which a superuser has loaded, logs nested statements with their plans and, from 16 on, parameters.
#[test]
fn auto_explain_shows_no_hash() {
    let mut database = Database::with_users();
    let (send, messages) = mpsc::channel();
    let mut config = database.config();
    config.notice_callback(move |notice| {
        let _ = send.send(format!("{notice:?}"));
    });
    let mut client = config.connect(NoTls).unwrap();
    client
        .batch_execute(
            "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; SET auto_explain.log_analyze = on;
             SET auto_explain.log_verbose = on; SET client_min_messages = log; SET plan_cache_mode = force_custom_plan;
             DO $$ BEGIN IF current_setting('server_version_num')::int >= 160000 THEN SET auto_explain.log_parameter_max_length = -1; END IF; END $$",
        )
        .unwrap();
    use_passwords(&mut database.client, &mut client);
    let said: Vec<String> = messages.try_iter().collect();
    assert!(
        said.iter().any(|message| message.contains("UPDATE ONLY") || message.contains("Update on")),
        "nested plans are logged"
    );
    assert!(said.iter().all(|message| !message.contains("$2b$")), "{said:?}");
    assert!(!server_log().lines().any(|line| line.contains("$2b$04$")));
}

/// Everything in which a hash comes or goes: passwords are made, renewed, changed and compared.
fn use_passwords(admin: &mut Client, client: &mut Client) {
    set_cost(admin, 4);
    let create = "SELECT todo_create_user('ada@b.cd', 'Ada', $1)";
    admin.query(create, &[&"long enough"]).unwrap();
    let login = "SELECT id FROM todo_authenticate('ada@b.cd', $1)";
    let id: String = client.query_one(login, &[&"long enough"]).unwrap().get(0);
    let change = "SELECT todo_change_password($1, $2, $3)";
    assert!(client.query_one(change, &[&id, &"long enough", &"longer still"]).unwrap().get::<_, bool>(0));
    assert_eq!(client.query(login, &[&"long enough"]).unwrap().len(), 0);
    assert_eq!(client.query(login, &[&"longer still"]).unwrap().len(), 1);
    client.query("SELECT id FROM todo_create_user('bob@b.cd', 'Bob', $1)", &[&"long enough"]).unwrap();
}

/// A trigger keeps the old hash, of a lower cost: a login ends, and who changes the password is told.
#[test]
fn a_trigger_keeps_the_old_hash() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    set_cost(client, 4);
    client
        .batch_execute(
            "SELECT todo_create_user('ada@b.cd', 'Ada', 'long enough'); SET statement_timeout = '20s';
             CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.hashed_password := OLD.hashed_password; RETURN NEW; END';
             CREATE TRIGGER keep BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep()",
        )
        .unwrap();
    set_cost(client, 5);
    let login = "SELECT id FROM todo_authenticate('ada@b.cd', $1)";
    assert_eq!(client.query(login, &[&"long enough"]).unwrap().len(), 1);
    assert_eq!(client.query(login, &[&"wrong enough"]).unwrap().len(), 0);
    let change = "SELECT todo_change_password(id, 'long enough', 'longer still') FROM todo_find_user('ada@b.cd')";
    assert_eq!(Failure::of(client.query(change, &[])).code, "55000");
    let set = "SELECT todo_set_password_hash(id, $1) FROM todo_find_user('ada@b.cd')";
    assert_eq!(Failure::of(client.query(set, &[&HASH])).code, "55000");
    assert_eq!(client.query(login, &[&"long enough"]).unwrap().len(), 1);
    assert_eq!(outcome(client, "SELECT todo_set_password_hash('u1', '!')"), "ok", "what is there is stored");
}

/// A call in which something fails goes back to the caller's role and settings, in a block that goes on.
#[test]
fn a_failed_call_gives_no_rights() {
    let mut database = Database::with_users();
    let role = format!("{}_api", database.name);
    database.client.batch_execute(&format!("CREATE ROLE {role} LOGIN; SELECT todo_grant('{role}')")).unwrap();
    let mut client = database.connect_as(&role);
    for call in [
        "todo_update_user('u1', email => 'b@b.cd')",
        "todo_update_user('u1', name => '')",
        "todo_create_user('a@b.cd', 'A', 'long enough')",
        "todo_delete_user(NULL)",
        "todo_change_password('u1', 'long enough', 'x')",
    ] {
        client
            .batch_execute(&format!(
                "DO $$ DECLARE failed boolean := false; BEGIN
                     BEGIN PERFORM {call}; EXCEPTION WHEN OTHERS THEN failed := true; END;
                     ASSERT failed, 'no failure';
                     ASSERT current_user = '{role}', current_user;
                     BEGIN PERFORM hashed_password FROM users; ASSERT false, 'read'; EXCEPTION WHEN insufficient_privilege THEN NULL; END;
                     CREATE TEMP TABLE t (); DROP TABLE t;
                 END $$"
            ))
            .unwrap_or_else(|e| panic!("{call}: {e:?}"));
    }
    client.batch_execute("DISCARD ALL").unwrap();
    client.batch_execute("SELECT todo_verify_email('u1'); BEGIN READ ONLY").unwrap();
    assert_eq!(outcome(&mut client, "SELECT todo_verify_email('u1')"), "25006");
    client
        .batch_execute("ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT todo_verify_email('u1'); COMMIT")
        .unwrap();
}

/// Every function that writes, with each of its arguments missing or not fitting: how many calls failed.
fn no_function_shows_a_hash() -> usize {
    let mut database = Database::with_sample();
    let client = &mut database.client;
    set_cost(client, 4);
    client.execute("UPDATE users SET hashed_password = $1", &[&HASH]).unwrap();
    let values = ["", "x", "u2", "a\u{7}", "A@B.cd", "{}", &"x".repeat(300)].map(str::to_owned);
    let mut failures = 0;
    for function in functions().iter().filter(|function| function.effect != Effect::Reads) {
        for &(argument, _) in &function.arguments {
            let mut fails = |client: &mut Client, call: &str, parameters: &[&(dyn ToSql + Sync)]| {
                let mut transaction = client.transaction().unwrap();
                if let Err(error) = transaction.execute(&format!("SELECT {call}"), parameters) {
                    assert!(!format!("{error:?}").contains("$2b$"), "{call}");
                    failures += 1;
                }
            };
            fails(client, &function.call_with(&[(argument, "NULL")]), &[]);
            let call = function.call_with(&[(argument, "$1")]);
            let kind = client.prepare(&format!("SELECT {call}")).unwrap().params()[0].clone();
            for value in values.iter().filter(|_| kind == Type::TEXT) {
                fails(client, &call, &[value]);
            }
        }
    }
    failures
}

/// A row that a bare NOT NULL or CHECK constraint refuses is shown whole in the error's DETAIL, hash included.
#[test]
fn no_error_shows_a_hash() {
    let mut database = Database::with_users();
    let client = &mut database.client;
    set_cost(client, 4);
    let long = "x".repeat(300);
    let mut failures = 0;
    for _ in 0..15 {
        let bad: [(&str, &[&(dyn ToSql + Sync)]); 17] = [
            ("INSERT INTO users (email, name, hashed_password) VALUES (NULL, 'N', $1)", &[&HASH]),
            ("INSERT INTO users (email, name, hashed_password) VALUES ('n@b.cd', NULL, $1)", &[&HASH]),
            ("INSERT INTO users (email, name, hashed_password) VALUES ('bad', 'N', $1)", &[&HASH]),
            ("INSERT INTO users (email, name, hashed_password) VALUES ('n@b.cd', ' ', $1)", &[&HASH]),
            ("INSERT INTO users (email, name, hashed_password) VALUES ('n@b.cd', $2, $1)", &[&HASH, &long]),
            ("INSERT INTO users (email, name, hashed_password, is_active) VALUES ('n@b.cd', 'N', $1, NULL)", &[&HASH]),
            ("INSERT INTO users (id, email, name, hashed_password) VALUES ('', 'n@b.cd', 'N', $1)", &[&HASH]),
            ("INSERT INTO users (id, email, name, hashed_password) VALUES ('u1', 'n@b.cd', 'N', $1)", &[&HASH]),
            ("INSERT INTO users (email, name, hashed_password) VALUES ('A@B.CD', 'N', $1)", &[&HASH]),
            ("UPDATE users SET hashed_password = $1, email_verified = NULL", &[&HASH]),
            ("UPDATE users SET hashed_password = $1, created_at = NULL", &[&HASH]),
            ("SELECT todo_create_user('bad', 'N', $1)", &[&"long enough"]),
            ("SELECT todo_create_user('A@B.CD', 'N', $1)", &[&"long enough"]),
            ("SELECT todo_create_user('n@b.cd', $1, 'long enough')", &[&long]),
            ("SELECT todo_update_user('u1', email => $1)", &[&"bad"]),
            ("SELECT todo_update_user('u1', email => $1)", &[&"B@B.CD"]),
            ("SELECT todo_set_password_hash('u1', $1 || '=')", &[&HASH]),
        ];
        for (statement, parameters) in bad {
            let error = client.execute(statement, parameters).expect_err(statement);
            assert!(!format!("{error:?}").contains("$2b$"), "{statement}");
            failures += 1;
        }
    }
    assert!(failures >= 200);
    failures += no_function_shows_a_hash();
    assert!(failures >= 300, "{failures}");
    let log = server_log();
    assert!(
        log.contains("users_email_check") || log.contains("is not a valid e-mail address"),
        "the log has the errors"
    );
    // A hash has its cost after the prefix. What follows the prefix in a statement of the SQL edition is no cost.
    let is_hash = |rest: &str| rest.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let shown = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| log.split(prefix).skip(1).any(is_hash));
    assert!(!shown, "the server log shows a hash");
}
