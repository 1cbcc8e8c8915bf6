//! No role sees a hash without the right to do so: not by default privileges, printed plans, triggers that keep an old hash, or errors.

use postgres::types::{ToSql, Type};
use postgres::{Client, NoTls};
use std::process::Command;
use std::sync::mpsc;
use todo_tests::admin::Scratch;
use todo_tests::attack::outcome;
use todo_tests::edition::{older, script};
use todo_tests::functions::{Effect, functions};
use todo_tests::passwords::set_cost;
use todo_tests::{Database, Edition, Failure, HASH, TO_ADOPT, server_log, strings};

/// The rights of a role on all objects of the database, except for a schema `app`.
const RIGHTS: &str = "
    SELECT concat_ws(' ', a.privilege_type, c.oid::regclass)
    FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a WHERE a.grantee = 'ROLE'::regrole
    UNION ALL
    SELECT concat_ws(' ', a.privilege_type, t.attrelid::regclass, t.attname)
    FROM pg_attribute AS t CROSS JOIN aclexplode(t.attacl) AS a WHERE a.grantee = 'ROLE'::regrole
    UNION ALL
    SELECT concat_ws(' ', a.privilege_type, p.oid::regprocedure)
    FROM pg_proc AS p CROSS JOIN aclexplode(p.proacl) AS a WHERE a.grantee = 'ROLE'::regrole
    UNION ALL
    SELECT concat_ws(' ', a.privilege_type, n.nspname)
    FROM pg_namespace AS n CROSS JOIN aclexplode(n.nspacl) AS a WHERE a.grantee = 'ROLE'::regrole AND n.nspname <> 'app'
    UNION ALL
    SELECT 'noted for ' || pg_describe_object(p.classoid, p.objoid, p.objsubid)
    FROM pg_init_privs AS p CROSS JOIN aclexplode(p.initprivs) AS a WHERE a.grantee = 'ROLE'::regrole
    ORDER BY 1";

/// The ways to install this edition: the name, statements that run before, and those that install it.
fn ways() -> Vec<(&'static str, String, String)> {
    let adopted = TO_ADOPT[0].1;
    let app = "CREATE SCHEMA app";
    match Edition::current() {
        Edition::Extension => [
            ("install", "", "CREATE EXTENSION todo; CREATE EXTENSION todo_auth"),
            ("another schema", app, "CREATE EXTENSION todo SCHEMA app; CREATE EXTENSION todo_auth"),
            ("0.2.0", "", "CREATE EXTENSION todo VERSION '0.2.0'; ALTER EXTENSION todo UPDATE; CREATE EXTENSION todo_auth"),
            ("0.1.0", "", "CREATE EXTENSION todo VERSION '0.1.0'; ALTER EXTENSION todo UPDATE TO '0.2.0'; ALTER EXTENSION todo UPDATE"),
            ("down and up", "", "CREATE EXTENSION todo; ALTER EXTENSION todo UPDATE TO '0.2.0'; ALTER EXTENSION todo UPDATE"),
            ("adopt", adopted, "CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE; CREATE EXTENSION todo_auth"),
        ]
        .map(|(way, before, install)| (way, before.to_owned(), install.to_owned()))
        .to_vec(),
        Edition::Sql => [
            ("install", "", "", script("todo").to_owned()),
            ("another schema", app, "SET search_path = app", script("todo").to_owned()),
            ("an older version", "", "", format!("{}; {}", older(), script("todo"))),
            ("adopt", adopted, "SET todo.adopt = on", script("todo").to_owned()),
        ]
        .map(|(way, before, set, install)| (way, before.to_owned(), format!("{set}; {install}; RESET search_path; {}", script("todo_auth"))))
        .to_vec(),
    }
}

/// Creates the role that installs the edition, makes it the owner of the database, and acts as it.
fn become_owner(database: &mut Database, owner: &str) {
    if Edition::current() == Edition::Sql {
        let name = database.name.clone();
        database.client.batch_execute(&format!("ALTER DATABASE {name} OWNER TO {owner}; SET ROLE {owner}")).unwrap();
    }
}

/// Gives a role all rights on what the current role will create, and asserts that this works.
fn give_by_default(client: &mut Client, scope: &str, role: &str) {
    let mut kinds = vec!["TABLES", "SEQUENCES", "FUNCTIONS"];
    // Default privileges in a schema do not exist for schemas.
    if !scope.starts_with("IN SCHEMA") {
        kinds.push("SCHEMAS");
    }
    let option = if scope.is_empty() { "WITH GRANT OPTION" } else { "" };
    for kind in &kinds {
        let give = format!("ALTER DEFAULT PRIVILEGES {scope} GRANT ALL ON {kind} TO {role} {option}");
        client.batch_execute(&give).unwrap();
    }
    client
        .batch_execute(
            "BEGIN; CREATE TABLE public.plain (id serial); CREATE SCHEMA plain;
             CREATE FUNCTION public.plain() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        )
        .unwrap();
    let given = strings(client, &RIGHTS.replace("ROLE", role));
    for right in ["SELECT plain", "USAGE plain_id_seq", "EXECUTE plain()", "CREATE plain"] {
        assert_eq!(
            given.iter().any(|given| given == right),
            right != "CREATE plain" || kinds.len() == 4,
            "{scope} {right}: {given:?}"
        );
    }
    client.batch_execute("ROLLBACK").unwrap();
}

#[track_caller]
fn has_no_rights(client: &mut Client, role: &str, way: &str) {
    assert_eq!(strings(client, &RIGHTS.replace("ROLE", role)), [""; 0], "{way}");
    let check = strings(client, "SELECT oid::regproc::text FROM pg_proc WHERE proname = 'todo_check'").remove(0);
    assert_eq!(strings(client, &format!("SELECT name FROM {check}() WHERE NOT ok")), [""; 0], "{way}");
}

/// ALTER DEFAULT PRIVILEGES gives no rights on the edition, in whatever way it is installed. Then the role can be dropped, and a restore
/// gives other roles no rights either.
#[test]
fn default_privileges_give_no_rights() {
    for (way, before, install) in ways() {
        for scope in ["", "IN SCHEMA public", "FOR ROLE OWNER"] {
            let way = format!("{way} {scope}");
            let mut database = Database::empty();
            let (role, owner) = (database.role("anon"), Edition::current().owner(&database.name));
            let scope = scope.replace("OWNER", &owner);
            if Edition::current() == Edition::Sql {
                database
                    .client
                    .batch_execute(&format!("CREATE ROLE {owner} LOGIN; CREATE EXTENSION pgcrypto"))
                    .unwrap();
            }
            become_owner(&mut database, &owner);
            let client = &mut database.client;
            client.batch_execute(&before).unwrap();
            give_by_default(client, &scope, &role);
            client.batch_execute(&install).unwrap_or_else(|e| panic!("{way}: {e:?}"));
            client.batch_execute("RESET ROLE; RESET search_path").unwrap();
            has_no_rights(client, &role, &way);
            // Nothing depends on the role.
            client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
            has_no_rights_when_restored(&database, &owner, &scope, &way);
        }
    }
}

/// The SQL edition consists of ordinary objects, so default privileges apply when they are restored. The check finds all these rights, and
/// its statements revoke them.
fn take_back(client: &mut Client, role: &str, way: &str) {
    let check = strings(client, "SELECT oid::regproc::text FROM pg_proc WHERE proname = 'todo_check'").remove(0);
    let found = format!("SELECT DISTINCT name FROM {check}() WHERE NOT ok");
    let given = strings(client, &RIGHTS.replace("ROLE", role));
    let expected: &[String] = if given.is_empty() { &[] } else { &[format!("rights of {role}")] };
    assert_eq!(strings(client, &found), expected, "{way}");
    assert_eq!(given.is_empty(), way == "another schema IN SCHEMA public", "{way}");
    client.batch_execute(&format!("SELECT {}('{role}')", check.replace("check", "revoke"))).unwrap();
    for fix in strings(client, &format!("SELECT fix FROM {check}() WHERE NOT ok")) {
        client.batch_execute(&fix).unwrap_or_else(|e| panic!("{way}: {fix}: {e:?}"));
    }
}

/// The same for a restore into a database where another role has default privileges.
fn has_no_rights_when_restored(database: &Database, owner: &str, scope: &str, way: &str) {
    let scratch = Scratch::new(env!("CARGO_TARGET_TMPDIR"), database);
    let file = scratch.file("dump");
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).env("PGUSER", owner).output().unwrap();
        assert!(output.status.success(), "{way}: {program}: {}", String::from_utf8_lossy(&output.stderr));
    };
    run("pg_dump", &["-Fc", "--file", &file, &database.name]);
    let mut restored = Database::empty();
    let role = restored.role("anon");
    become_owner(&mut restored, owner);
    give_by_default(&mut restored.client, scope, &role);
    // todo_auth accepts a schema in which another role may create objects only if the same transaction has created the schema.
    let option = if scope.starts_with("IN SCHEMA") { "--exit-on-error" } else { "--single-transaction" };
    run("pg_restore", &[option, "--dbname", &restored.name, &file]);
    restored.client.batch_execute("RESET ROLE").unwrap();
    if Edition::current() == Edition::Sql {
        take_back(&mut restored.client, &role, way);
    }
    has_no_rights(&mut restored.client, &role, &format!("{way}, restored"));
}

/// No plan that is sent to the client by `client_min_messages`, or logged, shows a hash. Nor do logged parameters.
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

/// If a superuser has loaded auto_explain, it logs nested statements with their plans and, from 16 on, parameters. None shows a hash.
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

/// Runs everything that reads or writes a hash: passwords are created, renewed, changed and checked.
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

/// If a trigger of the application keeps the old hash, a login does not try forever to renew it, and a change of the password fails.
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

/// After a call has failed in a block that catches the error, the session has its old role and settings again.
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

/// Calls every function that writes, with each argument missing or invalid in turn. Returns how many calls failed.
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

/// The DETAIL of a bare NOT NULL or CHECK failure shows the whole row. Errors of our rules and functions have none, so they show no hash.
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
    // A hash has its cost after the prefix. Statements of the SQL edition have the prefix alone.
    let is_hash = |rest: &str| rest.as_bytes().first().is_some_and(u8::is_ascii_digit);
    let shown = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| log.split(prefix).skip(1).any(is_hash));
    assert!(!shown, "the server log shows a hash");
}
