//! No role gains rights by tables of the same name, triggers, casts, expressions or settings that it prepares for code that runs with
//! other rights than its own.

use std::thread;
use todo_tests::attack::{Attack, outcome};
use todo_tests::functions::{Access, Function, returning};
use todo_tests::waiting::until_it_waits;
use todo_tests::{AUTH_SESSION, Database, TO_ADOPT, admin, major, said, strings};

/// Calls that write with the owner's rights.
fn writes() -> Vec<String> {
    let writes = |function: &Function| function.access == Access::Api && function.effect.writes();
    let calls = returning("todo_users").into_iter().filter(writes);
    calls.map(|function| format!("SELECT {}", function.call())).collect()
}

/// Other tables get the names of ours while a call waits. A superuser does this here, because the guard keeps others from it.
#[test]
fn tables_that_are_swapped_in_are_not_taken_for_ours() {
    let mut attack = Attack::new();
    attack.prepare(
        "SELECT todo_grant('~'); ALTER SCHEMA public OWNER TO ~; GRANT CREATE ON DATABASE %d TO ~"
            .replace("%d", &attack.database.name)
            .as_str(),
    );
    assert_eq!(attack.attempt("ALTER SCHEMA public RENAME TO other"), "2BP01");
    attack.prepare(
        "SET todo.bcrypt_cost = 4; INSERT INTO tasks (user_id, title) VALUES ('u1', 'x');
         CREATE TABLE ~.users (LIKE public.users INCLUDING ALL); CREATE TABLE ~.tasks (LIKE public.tasks INCLUDING ALL);
         CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON ~.users FOR EACH ROW EXECUTE FUNCTION ~.fires();
         INSERT INTO ~.tasks (id, user_id, title) VALUES (1, 'u1', 'y');
         ALTER TABLE ~.users OWNER TO ~; ALTER TABLE ~.tasks OWNER TO ~",
    );
    for call in writes()
        .iter()
        .map(String::as_str)
        .chain(["SELECT todo_toggle_task(1, 'u1')", "SELECT todo_authenticate('a@b.cd', 'x')"])
    {
        let mut caller = attack.connect();
        // One call before, for a plan that is kept.
        caller.batch_execute(&format!("BEGIN; {call}; ROLLBACK")).unwrap();
        let pid: i32 = caller.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
        let role = attack.role.clone();
        let admin = &mut attack.database.client;
        admin.batch_execute("BEGIN; SET LOCAL todo.guard = off; LOCK TABLE users, tasks").unwrap();
        let code = thread::scope(|scope| {
            let waiting = scope.spawn(|| outcome(&mut caller, call));
            until_it_waits(admin, pid);
            admin
                .batch_execute(&format!(
                    "ALTER SCHEMA public RENAME TO home; ALTER SCHEMA {role}_code RENAME TO public; COMMIT"
                ))
                .unwrap();
            waiting.join().unwrap()
        });
        assert!(["ok", "55000"].contains(&code.as_str()), "{call}: {code}");
        assert_eq!(outcome(&mut caller, "SELECT 1"), "ok", "the session lives");
        attack.prepare("SET todo.guard = off; ALTER SCHEMA public RENAME TO ~_code; ALTER SCHEMA home RENAME TO public; RESET todo.guard");
        attack.failed();
    }
}

/// A role with the right TRIGGER cannot create triggers on the extension's tables and views.
#[test]
fn a_holder_of_trigger_makes_none() {
    let mut attack = Attack::on(Database::with_auth());
    attack.prepare(
        "SELECT todo_grant('~'), todo_auth.grant('~');
         GRANT ALL ON ALL TABLES IN SCHEMA public, todo_auth TO ~",
    );
    for (table, when) in [
        ("users", "BEFORE"),
        ("tasks", "BEFORE"),
        ("todo_users", "INSTEAD OF"),
        ("todo_auth.session", "AFTER"),
        ("todo_auth.user_data", "AFTER"),
        ("todo_auth.\"user\"", "INSTEAD OF"),
        ("todo_auth.account", "INSTEAD OF"),
    ] {
        for create in ["CREATE", "CREATE OR REPLACE"] {
            let trigger = format!(
                "{create} TRIGGER t {when} UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ~.fires()"
            );
            assert_eq!(attack.attempt(&trigger), "42501", "{trigger}");
        }
    }
    for call in writes() {
        assert_eq!(attack.attempt(&call), "ok", "{call}");
    }
    attack.failed();
}

/// A former superuser who created the extension can add functions to it and replace some. Such functions never run with more rights.
#[test]
fn a_former_superuser_is_one_no_more() {
    let mut attack = Attack::on(Database::empty());
    attack.prepare(
        "ALTER ROLE ~ SUPERUSER; SET ROLE ~; CREATE EXTENSION todo; RESET ROLE; ALTER ROLE ~ NOSUPERUSER;
         INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'); SELECT todo_grant('~');
         CREATE TABLE side (u varchar(36) REFERENCES users ON DELETE CASCADE); INSERT INTO side VALUES ('u1');
         GRANT TRIGGER ON side TO ~",
    );
    assert_eq!(attack.attempt("SELECT todo_verify_email('u1')"), "ok", "what the extension has made still works");
    let add = "CREATE TRIGGER t BEFORE DELETE ON side FOR EACH ROW EXECUTE FUNCTION ~.fires(); ALTER EXTENSION todo ADD FUNCTION ~.fires()";
    assert_eq!(attack.attempt(add), "ok");
    assert_eq!(attack.attempt("SELECT todo_delete_user('u1')"), "55000");
    let replace = "CREATE OR REPLACE FUNCTION todo_internal.users_before_row() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM ~.later(); RETURN NEW; END'";
    assert_eq!(attack.attempt(replace), "ok");
    assert_eq!(attack.attempt("SELECT todo_verify_email('u1')"), "55000");
    attack.failed();
}

/// An existing trigger does not run either, on any table that is written with another role's rights.
#[test]
fn triggers_of_others_do_not_run() {
    const SIDE: &str =
        "CREATE TABLE side (u varchar(36) REFERENCES users ON DELETE CASCADE); INSERT INTO side VALUES ('u1');";
    const PARTED: &str = "CREATE TABLE side (u varchar(36) REFERENCES users ON DELETE CASCADE) PARTITION BY HASH (u);
         CREATE TABLE part PARTITION OF side FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO side VALUES ('u1');";
    let row = |table: &str, rest: &str| {
        format!(
            "SET todo.guard = off; CREATE TRIGGER t AFTER UPDATE OR DELETE ON {table} FOR EACH ROW {rest}; RESET todo.guard"
        )
    };
    let calls = ["SELECT todo_set_active('u1', true)", "SELECT todo_delete_user('u1')"];
    let delete = &calls[1..];
    for (what, sql, calls) in [
        ("function", row("users", "EXECUTE FUNCTION ~.fires()"), &calls[..]),
        ("condition", row("users", "WHEN (~.later() = 1) EXECUTE FUNCTION good()"), &calls[..]),
        ("of tasks", row("tasks", "EXECUTE FUNCTION ~.fires()"), delete),
        ("condition, of tasks", row("tasks", "WHEN (~.holds(OLD.title)) EXECUTE FUNCTION good()"), delete),
        ("of sessions", row("todo_auth.session", "EXECUTE FUNCTION ~.fires()"), delete),
        ("of sessions' condition", row("todo_auth.session", "WHEN (~.later() = 1) EXECUTE FUNCTION good()"), delete),
        // The owner of the function may replace it before the trigger fires.
        (
            "definer",
            format!("ALTER FUNCTION ~.fires() SECURITY DEFINER; {}", row("users", "EXECUTE FUNCTION ~.fires()")),
            &calls[..],
        ),
        ("superuser's side table", format!("{SIDE} {}", row("side", "EXECUTE FUNCTION ~.fires()")), delete),
        ("its condition", format!("{SIDE} {}", row("side", "WHEN (~.later() = 1) EXECUTE FUNCTION good()")), delete),
        ("its partition", format!("{PARTED} {}", row("part", "EXECUTE FUNCTION ~.fires()")), delete),
        // The foreign key acts with the rights of the partitioned table's owner.
        (
            "its partition, of another role",
            format!("{PARTED} {}; ALTER TABLE part OWNER TO ~", row("part", "EXECUTE FUNCTION ~.fires()")),
            delete,
        ),
        // A row that moves to another partition is inserted there.
        (
            "its partition, where a row comes",
            "CREATE TABLE side (u varchar(36) REFERENCES users ON DELETE SET NULL) PARTITION BY LIST (u);
                 CREATE TABLE part PARTITION OF side FOR VALUES IN ('u1'); CREATE TABLE other PARTITION OF side DEFAULT;
                 INSERT INTO side VALUES ('u1'); CREATE TRIGGER t BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION ~.fires()"
                .to_owned(),
            delete,
        ),
        ("a rule", format!("{SIDE} CREATE RULE r AS ON DELETE TO side DO ALSO SELECT ~.later()"), delete),
        (
            "of a key that changes",
            "CREATE TABLE side (e varchar(255) REFERENCES users (email) ON UPDATE CASCADE); INSERT INTO side VALUES ('a@b.cd');
             CREATE TRIGGER t BEFORE UPDATE ON side FOR EACH ROW EXECUTE FUNCTION ~.fires()"
                .to_owned(),
            &["SELECT todo_update_user('u1', 'other@b.cd')"],
        ),
        // The function belongs to a superuser, but runs what the trigger's arguments say.
        ("arguments", format!("{SIDE} {}", row("side", "EXECUTE FUNCTION runs('SELECT ~.later()')")), delete),
    ] {
        let mut attack = Attack::on(Database::with_auth());
        attack.prepare(
            "CREATE FUNCTION good() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(NEW, OLD); END';
             CREATE FUNCTION runs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN EXECUTE TG_ARGV[0]; RETURN coalesce(NEW, OLD); END';
             SELECT todo_grant('~'); INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')",
        );
        attack.database.client.execute(AUTH_SESSION, &[&"t", &"u1"]).unwrap();
        attack.prepare(&sql);
        for call in calls {
            assert_eq!(attack.attempt(call), "55000", "{what}: {call}");
            assert_eq!(attack.lure(call), "55000", "{what}: {call}, by a superuser");
        }
        attack.failed();
    }
}

/// Harmless triggers are not refused: one of the owner with a plain condition, and one of a superuser on another table.
#[test]
fn triggers_of_the_owner_run() {
    let mut attack = Attack::new();
    attack.prepare(
        "CREATE TABLE seen (what text); GRANT ALL ON seen TO todo_owner; SELECT todo_grant('~');
         CREATE FUNCTION saw() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (tg_table_name || ' ' || tg_op); RETURN coalesce(NEW, OLD); END $$;
         CREATE TABLE side (u varchar(36) REFERENCES users ON DELETE CASCADE, n int); INSERT INTO side VALUES ('u1', 1);
         CREATE TRIGGER t AFTER UPDATE ON users FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION saw();
         CREATE TRIGGER t AFTER DELETE ON side FOR EACH ROW WHEN (OLD.n > 0) EXECUTE FUNCTION saw();
         CREATE TRIGGER i AFTER INSERT ON side FOR EACH ROW EXECUTE FUNCTION ~.fires()",
    );
    assert_eq!(attack.attempt("SELECT todo_update_user('u1', name => 'N'); SELECT todo_delete_user('u1')"), "ok");
    assert_eq!(
        strings(&mut attack.database.client, "SELECT what FROM seen ORDER BY what"),
        ["side DELETE", "users UPDATE"]
    );
    attack.failed();
}

/// The catalogs do not show a trigger that has not been committed. The call waits for that transaction.
#[test]
fn a_trigger_that_is_being_made_is_seen() {
    for (table, call) in [
        ("users", "SELECT todo_set_active('u1', false)"),
        ("tasks", "SELECT todo_delete_user('u1')"),
        ("todo_auth.session", "UPDATE users SET is_active = false WHERE id = 'u1'"),
    ] {
        let mut attack = Attack::on(Database::with_auth());
        attack.prepare("SELECT todo_grant('~', 'tables'); INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')");
        attack.database.client.execute(AUTH_SESSION, &[&"t", &"u1"]).unwrap();
        let mut caller = attack.connect();
        let pid: i32 = caller.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
        attack.prepare(&format!(
            "BEGIN; CREATE TRIGGER t BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION ~.fires()"
        ));
        let admin = &mut attack.database.client;
        let code = thread::scope(|scope| {
            let waiting = scope.spawn(|| outcome(&mut caller, call));
            until_it_waits(admin, pid);
            admin.batch_execute("COMMIT").unwrap();
            waiting.join().unwrap()
        });
        assert_eq!(code, "55000", "{table}");
        attack.failed();
    }
}

/// A foreign key from a column whose type is the role's would run a cast of the role with the rights of the owner of our table.
#[test]
fn references_from_columns_of_types_of_others_are_refused() {
    let mut attack = Attack::new();
    attack.prepare("SELECT todo_grant('~', 'tables')");
    let cast = "CREATE TYPE ~.t AS ENUM ('u1'); CREATE DOMAIN ~.d AS ~.t;
         CREATE FUNCTION ~.cast(~.t) RETURNS text LANGUAGE plpgsql AS
             $$ BEGIN CREATE TABLE ~.ran (); RETURN 'u1'; END $$;
         CREATE CAST (~.t AS text) WITH FUNCTION ~.cast(~.t) AS IMPLICIT;";
    assert_eq!(attack.attempt(cast), "ok");
    // From 18 on, PostgreSQL itself refuses a foreign key between these types.
    let refused = if major(&mut attack.connect()) < 18 { "42501" } else { "XX000" };
    for statement in [
        "CREATE TABLE ~.side (u ~.t REFERENCES users)",
        "CREATE TABLE ~.side (u ~.d REFERENCES users)",
        "CREATE TABLE ~.side (u ~.t); ALTER TABLE ~.side ADD FOREIGN KEY (u) REFERENCES users",
        "CREATE TABLE ~.side (u varchar REFERENCES users); ALTER TABLE ~.side ALTER u TYPE ~.t USING 'u1'",
        "CREATE TABLE ~.side (u ~.t REFERENCES users) PARTITION BY LIST (u)",
    ] {
        assert_eq!(attack.attempt(statement), refused, "{statement}");
        assert_ne!(attack.attempt("INSERT INTO ~.side VALUES ('u1')"), "ok", "{statement}");
        assert_eq!(attack.attempt("DROP TABLE IF EXISTS ~.side"), "ok");
    }
    assert_eq!(
        attack.attempt("CREATE DOMAIN ~.id AS varchar(36); CREATE TABLE ~.side (u ~.id REFERENCES users); INSERT INTO ~.side VALUES ('u1')"),
        "ok",
        "a domain of a built-in type has no cast of its own"
    );
    attack.failed();
}

/// The owner of a function can run code as everyone who calls it. So functions with the caller's rights belong to a superuser.
#[test]
fn the_owner_owns_no_function_with_rights_of_others() {
    let mut database = Database::with_auth();
    let owned = "SELECT p.proname FROM pg_proc AS p WHERE p.proowner = 'todo_owner'::regrole AND NOT p.prosecdef
         UNION ALL SELECT n.nspname FROM pg_namespace AS n WHERE n.nspowner = 'todo_owner'::regrole";
    assert_eq!(strings(&mut database.client, owned), [""; 0]);
}

/// A former owner has left code on the tables that runs by itself. An update or adoption runs none of it.
#[test]
fn updates_run_nothing_of_others() {
    let decorations = [
        "ALTER TABLE tasks ADD CONSTRAINT own CHECK (~.holds(title))",
        "ALTER TABLE users ADD CONSTRAINT users_email_check CHECK (~.holds(email))",
        "CREATE INDEX own ON tasks ((~.code()))",
        "CREATE INDEX own ON users (name) WHERE ~.holds(name)",
        "CREATE STATISTICS own ON (~.holds(title)), user_id FROM tasks",
        "CREATE TRIGGER own BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION ~.fires(); ALTER TABLE users ENABLE ALWAYS TRIGGER own",
        "CREATE TRIGGER own BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION ~.fires()",
        "CREATE TRIGGER own BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION runs('SELECT ~.later()')",
        "CREATE RULE own AS ON UPDATE TO users DO ALSO SELECT ~.code(); ALTER TABLE users ENABLE ALWAYS RULE own",
        "CREATE TABLE ~.other (u varchar PRIMARY KEY); INSERT INTO ~.other VALUES ('u1'); CREATE INDEX ON ~.other ((~.code()));
         ALTER TABLE tasks ADD CONSTRAINT own FOREIGN KEY (user_id) REFERENCES ~.other",
        "CREATE TYPE ~.t AS ENUM ('u1'); CREATE FUNCTION ~.cast(~.t) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM ~.later(); RETURN ''u1''; END';
         CREATE CAST (~.t AS text) WITH FUNCTION ~.cast(~.t) AS IMPLICIT; CREATE TABLE ~.side (u ~.t REFERENCES users)",
    ];
    for decoration in decorations {
        for adopts in [false, true] {
            let mut attack = Attack::on(Database::empty());
            attack.prepare(
                "GRANT CREATE ON SCHEMA public TO ~;
                 CREATE FUNCTION runs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN EXECUTE TG_ARGV[0]; RETURN coalesce(NEW, OLD); END'",
            );
            if adopts {
                attack.prepare(&format!("SET ROLE ~; {}; RESET ROLE", TO_ADOPT[0].1));
            } else {
                attack.prepare(
                    "CREATE EXTENSION todo VERSION '0.2.0'; ALTER TABLE users OWNER TO ~; ALTER TABLE tasks OWNER TO ~",
                );
            }
            attack.prepare(
                "INSERT INTO users (id, email, name, hashed_password) VALUES ('u1', 'x@b.cd', ' to be trimmed ', '!');
                 INSERT INTO tasks (user_id, title) VALUES ('u1', ' x ')",
            );
            if decoration.starts_with("CREATE TYPE") && major(&mut attack.connect()) >= 18 {
                assert_eq!(attack.attempt(decoration), "XX000", "from 18 on, there is no such key");
                continue;
            }
            assert_eq!(attack.attempt(decoration), "ok", "{decoration}");
            attack.prepare("ALTER TABLE users OWNER TO postgres; ALTER TABLE tasks OWNER TO postgres");
            let update = if adopts {
                "CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE"
            } else {
                "ALTER EXTENSION todo UPDATE"
            };
            assert_eq!(attack.lure(update), "55000", "{decoration}");
            attack.failed();
        }
    }
}

/// A superuser can work on adopted tables, although their owner has put code on them wherever possible.
#[test]
fn a_superuser_is_safe_on_tables_of_others() {
    let mut attack = Attack::on(Database::empty());
    attack.prepare("GRANT CREATE ON SCHEMA public TO ~");
    attack.prepare(&format!(
        "SET ROLE ~; {}; RESET ROLE; CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE;
         INSERT INTO users (id, email, name) VALUES ('u1', 'x@b.cd', 'X'), ('u2', 'y@b.cd', 'Y')",
        TO_ADOPT[0].1
    ));
    let trigger = |function: &str| {
        format!(
            "CREATE OR REPLACE TRIGGER own AFTER UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION ~.{function}()"
        )
    };
    let constraint = "DROP TRIGGER own ON users; CREATE CONSTRAINT TRIGGER own AFTER UPDATE OR DELETE ON users
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ~.fires()";
    let calls = ["SELECT todo_set_active('u2', true)", "SELECT todo_delete_user('u2')"];
    for (what, code) in [
        (trigger("fires"), "55000"),
        (trigger("holding"), "42501"),
        (trigger("sets"), "ok"),
        (constraint.to_owned(), "42501"),
    ] {
        assert_eq!(attack.attempt(&what), "ok", "{what}");
        for call in calls {
            let mut client = attack.database.connect();
            let before = strings(&mut client, "SHOW search_path");
            let again =
                "INSERT INTO users (id, email, name) VALUES ('u2', 'y@b.cd', 'Y') ON CONFLICT DO NOTHING; BEGIN";
            client.batch_execute(again).unwrap();
            assert_eq!(outcome(&mut client, call), code, "{what}: {call}");
            assert_eq!(outcome(&mut client, "COMMIT"), "ok");
            assert_eq!(strings(&mut client, "SHOW search_path"), before, "{what}: {call}");
            client.batch_execute("SELECT now()").unwrap();
            attack.failed();
        }
    }
    attack.prepare("SET ROLE ~; DROP TRIGGER own ON users; RESET ROLE");
    // The planner runs an expression that uses no column.
    assert_eq!(
        attack.attempt(
            "CREATE INDEX own ON tasks ((~.setting())); CREATE INDEX also ON users ((~.setting())); INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')"
        ),
        "ok"
    );
    for call in [
        "SELECT todo_check()",
        "SELECT todo_set_active('u1', true)",
        "SELECT todo_authenticate('x@b.cd', 'x')",
        "SELECT todo_delete_user('u1')",
    ] {
        assert_eq!(attack.lure(&format!("{call}; SELECT now()")), "ok", "{call}");
        attack.failed();
    }
    assert_eq!(said(admin(&attack.database.name).arg("doctor"), "").code, 0);
    attack.failed();
}

/// Code on tables that refer to users runs with the rights of their owner. Nothing is left to run as the superuser who deletes a user.
#[test]
fn side_tables_leave_nothing_behind() {
    let mut attack = Attack::new();
    attack.prepare(
        "CREATE FUNCTION good() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN coalesce(NEW, OLD); END'; SELECT todo_grant('~', 'tables');
         SET ROLE ~; CREATE TABLE ~.side (u varchar(36) REFERENCES users ON DELETE CASCADE); RESET ROLE",
    );
    let made = [
        ("CREATE TRIGGER own BEFORE DELETE ON ~.side FOR EACH ROW EXECUTE FUNCTION ~.holding()", "42501"),
        ("CREATE TRIGGER own BEFORE DELETE ON ~.side FOR EACH ROW EXECUTE FUNCTION ~.sets()", "ok"),
        // AFTER triggers run when the statement ends, with the rights of the extension's owner.
        ("CREATE TRIGGER own AFTER DELETE ON ~.side FOR EACH ROW EXECUTE FUNCTION ~.sets()", "55000"),
        ("CREATE TRIGGER own AFTER DELETE ON ~.side EXECUTE FUNCTION ~.fires()", "55000"),
        (
            "CREATE CONSTRAINT TRIGGER own AFTER DELETE ON ~.side DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ~.fires()",
            "55000",
        ),
        // A superuser's function can reach code of the role: by the type of a column, or by the name of a table.
        ("CREATE TRIGGER own AFTER DELETE ON ~.side FOR EACH ROW EXECUTE FUNCTION good()", "55000"),
        // The action of a rule fires triggers of another table.
        ("CREATE RULE own AS ON DELETE TO ~.side DO ALSO SELECT 1", "55000"),
        // A command could create a trigger on a table that was checked already.
        (
            "CREATE FUNCTION ~.makes() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN CREATE TRIGGER t AFTER DELETE ON ~.side EXECUTE FUNCTION ~.sets(); RETURN OLD; END';
             CREATE TRIGGER own BEFORE DELETE ON ~.side FOR EACH ROW EXECUTE FUNCTION ~.makes()",
            "55000",
        ),
    ];
    for (trigger, code) in made {
        assert_eq!(attack.attempt(&format!("INSERT INTO ~.side VALUES ('u1'); {trigger}")), "ok", "{trigger}");
        let mut client = attack.database.connect();
        let before = strings(&mut client, "SHOW search_path");
        client.batch_execute("BEGIN").unwrap();
        assert_eq!(outcome(&mut client, "SELECT todo_delete_user('u1')"), code, "{trigger}");
        client.batch_execute("COMMIT").unwrap();
        assert_eq!(strings(&mut client, "SHOW search_path"), before, "{trigger}");
        client.batch_execute("SELECT now()").unwrap();
        attack.failed();
        attack.prepare("DROP TRIGGER IF EXISTS own ON ~.side; DROP RULE IF EXISTS own ON ~.side; INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A') ON CONFLICT DO NOTHING");
    }
}

/// A deferrable constraint is checked when the statement ends, with the rights of the extension's owner, and may have expressions.
#[test]
fn constraints_of_others_are_not_checked_with_the_owners_rights() {
    let mut attack = Attack::new();
    attack.prepare("SELECT todo_grant('~'); GRANT REFERENCES (id) ON users TO ~");
    let made = "CREATE TABLE ~.side (n int, u varchar(36) REFERENCES public.users ON DELETE SET NULL);
         ALTER TABLE ~.side ADD CONSTRAINT x EXCLUDE USING btree ((~.code() + n) WITH =) DEFERRABLE INITIALLY IMMEDIATE";
    assert_eq!(attack.attempt(made), "ok");
    assert_eq!(attack.attempt("SELECT todo_delete_user('u1')"), "55000");
    let plain = "ALTER TABLE ~.side DROP CONSTRAINT x, ADD UNIQUE (n, u) DEFERRABLE";
    assert_eq!(attack.attempt(plain), "ok");
    assert_eq!(attack.attempt("SELECT todo_delete_user('u1')"), "ok", "an ordinary key keeps no call from running");
    attack.failed();
}

/// Deactivating a user deletes sessions with the owner's rights. It is refused if a table of another role refers to them.
#[test]
fn tables_of_others_do_not_refer_to_sessions() {
    let mut attack = Attack::on(Database::with_auth());
    attack.prepare(
        "SELECT todo_grant('~', 'tables'); GRANT REFERENCES (id) ON todo_auth.session TO ~; GRANT USAGE ON SCHEMA todo_auth TO ~;
         CREATE TABLE side (s text REFERENCES todo_auth.session ON DELETE CASCADE); GRANT TRIGGER ON side TO ~",
    );
    attack.database.client.execute(AUTH_SESSION, &[&"t", &"u1"]).unwrap();
    for action in ["CASCADE", "NO ACTION"] {
        let refer = format!("CREATE TABLE ~.own (s text REFERENCES todo_auth.session ON DELETE {action})");
        assert_eq!(attack.attempt(&refer), "ok");
        assert_eq!(attack.attempt("UPDATE users SET is_active = false WHERE id = 'u1'"), "55000", "{action}");
        attack.prepare("DROP TABLE ~.own");
    }
    assert_eq!(attack.attempt("UPDATE users SET is_active = false WHERE id = 'u1'"), "ok");
    attack.failed();
}

/// A foreign key to columns that a function does not change is not in its way. After a call has failed, all commands run again.
#[test]
fn calls_are_not_in_the_way_of_others() {
    let mut attack = Attack::new();
    attack.prepare(
        "SELECT todo_grant('~', 'tables'); CREATE MATERIALIZED VIEW seen AS SELECT 1 AS a; CREATE UNIQUE INDEX ON seen (a);
         SET ROLE ~; CREATE TABLE ~.side (u varchar(36) REFERENCES users ON UPDATE CASCADE);
         CREATE TRIGGER own AFTER UPDATE ON ~.side FOR EACH ROW EXECUTE FUNCTION ~.fires(); RESET ROLE; SET todo.bcrypt_cost = 4",
    );
    for call in writes().iter().filter(|call| !call.contains("delete")) {
        assert_eq!(attack.attempt(&format!("BEGIN; {call}; ROLLBACK")), "ok", "{call}");
    }
    let taken = "SELECT todo_create_user('a@b.cd', 'A', 'long enough')";
    let refresh = "REFRESH MATERIALIZED VIEW CONCURRENTLY seen";
    let client = &mut attack.database.client;
    assert_eq!(outcome(client, taken), "23505");
    assert_eq!(outcome(client, refresh), "ok");
    let caught = format!(
        "DO $$ BEGIN BEGIN PERFORM {}; EXCEPTION WHEN unique_violation THEN NULL; END; {refresh}; END $$",
        &taken[7..]
    );
    assert_eq!(outcome(client, &caught), "ok");
    assert_eq!(outcome(client, &format!("BEGIN; SAVEPOINT a; {taken}")), "23505");
    assert_eq!(outcome(client, &format!("ROLLBACK TO a; {refresh}; COMMIT")), "ok");
}

/// A superuser has let tables inherit from ours, without the guard. With the owner's rights, no trigger of a child table runs.
#[test]
fn children_of_the_tables_are_left_alone() {
    let mut attack = Attack::new();
    attack.prepare(
        "SELECT todo_grant('~'); CREATE TABLE ~.kid (LIKE users INCLUDING ALL); SET todo.guard = off; ALTER TABLE ~.kid INHERIT users;
         RESET todo.guard; ALTER TABLE ~.kid OWNER TO ~; INSERT INTO ~.kid (id, email, name) VALUES ('k', 'k@b.cd', 'K');
         CREATE FUNCTION ~.ran() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN CREATE TABLE ~.ran (); RETURN NULL; END'; GRANT CREATE ON SCHEMA ~_code TO todo_owner;
         CREATE TRIGGER t BEFORE UPDATE OR DELETE ON ~.kid FOR EACH ROW EXECUTE FUNCTION ~.ran()",
    );
    for call in [
        "todo_set_active('k', false)",
        "todo_update_user('k', name => 'N')",
        "todo_verify_email('k')",
        "todo_delete_user('k')",
    ] {
        assert_eq!(attack.attempt(&format!("SELECT {call}")), "ok", "{call}");
    }
    attack.failed();
}

/// todo_grant() and todo_revoke() refuse the role todo_owner, which keeps its rights.
#[test]
fn todo_owner_is_granted_and_revoked_nothing() {
    let mut database = Database::with_auth();
    for call in [
        "todo_grant('todo_owner')",
        "todo_revoke('todo_owner')",
        "todo_auth.grant('todo_owner')",
        "todo_auth.revoke('todo_owner')",
    ] {
        assert_eq!(outcome(&mut database.client, &format!("SELECT {call}")), "0LP01", "{call}");
    }
    assert_eq!(strings(&mut database.client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}
