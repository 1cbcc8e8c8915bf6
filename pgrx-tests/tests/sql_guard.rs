//! The guard of the SQL edition: what would lose users or tasks, or change what todo needs, is refused; all else goes on.

use postgres::Client;
use std::process::{Command, Stdio};
use todo_tests::attack::{Attack, outcome};
use todo_tests::edition::script;
use todo_tests::guarded::{ADDED_COLUMNS, CHANGES, changes_of_parts, to_change};
use todo_tests::{Database, EXTRAS, Edition, Failure, Server, current_version, rows, strings};

/// A database with a user and a task, whose SQL edition belongs to a role without any special right, and whose guard to a superuser.
fn todo() -> Database {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    client
        .batch_execute(
            "INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'); SELECT todo_create_task('u1', 'x', 'y')",
        )
        .unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    database
}

/// The same with todo_auth.
fn both() -> Database {
    let mut database = todo();
    let client = &mut database.client;
    client.batch_execute(&Edition::Sql.install_auth(&database.name)).unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    database
}

/// The owner of the SQL edition.
fn owner(database: &Database) -> String {
    format!("{}_installer", database.name)
}

/// All that todo and todo_auth are like, and the rows.
fn state(client: &mut Client) -> Vec<String> {
    let facts = strings(
        client,
        "SELECT format('%s %s %s.%s %s %s', d.kind, d.name, d.schema, d.relation, d.definition, d.weakness) AS line
         FROM todo_internal.described('public', ARRAY(
             SELECT c.oid FROM pg_class AS c WHERE c.relnamespace::regnamespace::text IN ('public', 'todo_internal', 'todo_auth')
         )) AS d
         UNION ALL
         SELECT pg_get_functiondef(p.oid)
         FROM pg_proc AS p
         WHERE p.pronamespace::regnamespace::text IN ('public', 'todo_internal', 'todo_auth') AND p.prokind = 'f'
         UNION ALL
         SELECT c.oid::regclass || pg_get_viewdef(c.oid)
         FROM pg_class AS c
         WHERE c.relnamespace::regnamespace::text IN ('public', 'todo_internal', 'todo_auth') AND c.relkind = 'v'
         ORDER BY line",
    );
    facts.into_iter().chain(rows(client)).collect()
}

/// Refused with 2BP01, by the guard.
#[track_caller]
fn is_refused(client: &mut Client, command: &str) {
    let Err(error) = client.batch_execute(command) else { panic!("the guard let it through: {command}") };
    let failure = Failure::from(&error);
    assert_eq!(failure.code, "2BP01", "{command}: {error:?}");
    let hint = failure.hint.unwrap_or_default();
    assert!(hint.contains("SET todo.guard = off"), "{command}: {error:?}");
}

#[track_caller]
fn goes_on(client: &mut Client, command: &str) {
    client.batch_execute(command).unwrap_or_else(|e| panic!("{command}: {e:?}"));
}

fn faults(client: &mut Client) -> Vec<String> {
    strings(client, "SELECT name FROM todo_check() WHERE NOT ok")
}

/// Commands that lose tables, functions or schemas.
fn losses(database: &Database) -> Vec<String> {
    [
        "DROP SCHEMA public CASCADE",
        "DROP SCHEMA todo_internal CASCADE",
        "DROP SCHEMA todo_auth CASCADE",
        "DROP SCHEMA todo_auth, todo_internal, public CASCADE",
        "DROP EXTENSION pgcrypto CASCADE",
        "DROP EXTENSION plpgsql CASCADE",
        "drop extension if exists pgcrypto, \"plpgsql\" cascade",
        "DO $$ BEGIN EXECUTE 'DROP EXTENSION plpgsql CASCADE'; END $$",
        "DROP TABLE users CASCADE",
        "DROP TABLE tasks CASCADE",
        "DROP TABLE users, tasks CASCADE",
        "DROP TABLE IF EXISTS public.tasks CASCADE",
        "DROP TABLE todo_internal.setting CASCADE",
        "DROP TABLE todo_internal.installed CASCADE",
        "DROP TABLE todo_auth.session CASCADE",
        "DROP TABLE todo_auth.verification",
        "DROP SEQUENCE tasks_id_seq CASCADE",
        "DROP VIEW todo_users CASCADE",
        "DROP VIEW todo_auth.account",
        "DROP FUNCTION todo_toggle_task(bigint, text)",
        "DROP FUNCTION todo_internal.users_before_row() CASCADE",
        "DROP FUNCTION todo_internal.bcrypt CASCADE",
        "DROP FUNCTION todo_auth.changes CASCADE",
        "DROP ROUTINE todo_list_tasks CASCADE",
        "DROP TRIGGER zz_todo_before_row ON tasks",
        "DROP TRIGGER todo_auth_deactivated ON users",
        "DO $$ BEGIN EXECUTE 'DROP TABLE users CASCADE'; END $$",
        "CREATE OR REPLACE FUNCTION todo_internal.users_before_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE OR REPLACE FUNCTION todo_internal.trimmed(value text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
        "ALTER FUNCTION todo_check() RENAME TO other",
        "ALTER FUNCTION todo_check() SET SCHEMA todo_auth",
        "ALTER FUNCTION todo_check() SECURITY INVOKER",
        "ALTER ROUTINE todo_authenticate(text, text) SET search_path = public",
        "CREATE OR REPLACE VIEW todo_users AS SELECT id, email, name, created_at, updated_at, is_active, false AS email_verified FROM users",
        "ALTER VIEW todo_users RENAME TO other",
        "ALTER VIEW todo_users RENAME COLUMN name TO nam",
        "ALTER TABLE todo_internal.setting DROP CONSTRAINT setting_check",
        "ALTER TABLE todo_auth.session DROP COLUMN token CASCADE",
        "ALTER TABLE todo_auth.session RENAME COLUMN token TO other",
        "ALTER SCHEMA todo_auth RENAME TO other",
        "ALTER TABLE users DISABLE TRIGGER zz_todo_before_row",
        "ALTER TABLE users DISABLE TRIGGER USER",
        "ALTER TABLE tasks DISABLE TRIGGER ALL",
        "ALTER TABLE tasks ENABLE REPLICA TRIGGER zz_todo_before_row",
        "DROP FUNCTION todo_guard.facts",
        "DROP FUNCTION todo_guard.known",
        &format!("DROP OWNED BY {} CASCADE", owner(database)),
        &format!("DO $$ BEGIN EXECUTE 'DROP OWNED BY {} CASCADE'; END $$", owner(database)),
    ]
    .map(str::to_owned)
    .into()
}

#[test]
fn what_todo_needs_is_not_dropped() {
    let mut database = both();
    let before = state(&mut database.client);
    assert!(before.len() > 200, "{}", before.len());
    for command in losses(&database) {
        let mut client = database.connect();
        if command.contains("todo_guard") {
            // It may fail without the function that is dropped.
            assert!(client.batch_execute(&command).is_err());
            is_refused(&mut client, "DROP TABLE users CASCADE");
        } else {
            is_refused(&mut client, &command);
            is_refused(&mut client, &format!("SET session_replication_role = replica; {command}"));
        }
        assert_eq!(state(&mut client), before, "{command}");
    }
    // PostgreSQL itself refuses these, whatever the guard says.
    for command in
        ["DROP TABLE users", "DROP TYPE users CASCADE", "DROP LANGUAGE plpgsql CASCADE", "DROP VIEW todo_users"]
    {
        assert_eq!(Failure::of(database.client.batch_execute(command)).code, "2BP01", "{command}");
    }
    assert_eq!(faults(&mut database.client), [""; 0]);
}

#[test]
fn the_tables_keep_their_shape() {
    let mut database = todo();
    let owner = owner(&database);
    let client = &mut database.client;
    client.batch_execute(&to_change(&owner)).unwrap();
    let parts = changes_of_parts(client);
    assert!(parts.len() > 40);
    let before = state(client);
    for change in CHANGES {
        is_refused(client, change);
    }
    // An index of a constraint, or a trigger of a view, may be PostgreSQL's to keep.
    for change in &parts {
        assert_eq!(outcome(client, change), "2BP01", "{change}");
    }
    assert_eq!(state(client), before);
    // Without the guard, each would have gone through, and it is not in the way afterwards.
    for change in CHANGES.iter().filter(|change| !change.contains("CONCURRENTLY")) {
        goes_on(client, &format!("BEGIN; SET LOCAL todo.guard = off; {change}; ROLLBACK"));
    }
}

/// Objects of its own, on the tables as well, and everything that is not about todo.
#[test]
fn the_application_goes_on() {
    let mut database = both();
    let role = database.role("app");
    let client = &mut database.client;
    let before = state(client);
    goes_on(client, &EXTRAS.replace("\"ROLE Odd", &format!("\"{role} Odd")));
    for command in ADDED_COLUMNS {
        goes_on(client, &format!("BEGIN; {command}; ROLLBACK"));
    }
    let commands = [
        "ALTER TABLE tasks ADD COLUMN due date NOT NULL DEFAULT now(), ADD COLUMN place text",
        "ALTER TABLE tasks ALTER due TYPE timestamp, ALTER due DROP NOT NULL, ALTER due DROP DEFAULT",
        "ALTER TABLE tasks RENAME COLUMN due TO due_at",
        "CREATE INDEX own_due ON tasks (due_at)",
        "ALTER INDEX own_due RENAME TO own_due_at",
        "REINDEX INDEX CONCURRENTLY own_due_at",
        "DROP INDEX CONCURRENTLY own_due_at",
        "CREATE INDEX CONCURRENTLY ix_users_name ON users (name)",
        "DROP INDEX ix_users_name",
        "ALTER TABLE tasks DROP COLUMN due_at, DROP COLUMN place",
        "ALTER TABLE tasks DISABLE TRIGGER own_b",
        "DROP TRIGGER own_b ON tasks",
        "DROP TRIGGER own_view ON todo_users",
        "ALTER TABLE tasks DROP CONSTRAINT own_check, DROP CONSTRAINT own_fk",
        "ALTER TABLE users DROP CONSTRAINT own_unique",
        "ALTER TABLE users ALTER is_active SET NOT NULL, ALTER id SET STATISTICS 100",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text, DROP COLUMN IF EXISTS nothing",
        "DROP POLICY own_2 ON tasks",
        "DROP RULE own_rule ON tasks",
        "ALTER SEQUENCE tasks_id_seq RESTART WITH 500",
        "CLUSTER tasks",
        "REINDEX TABLE users",
        "REINDEX TABLE CONCURRENTLY tasks",
        "VACUUM FULL users",
        "ANALYZE",
        "SELECT todo_grant('~', 'tables')",
        "GRANT SELECT ON users TO ~",
        "ALTER TABLE users OWNER TO ~",
        "ALTER TABLE users OWNER TO @",
        "REVOKE SELECT ON users FROM ~",
        "ALTER FUNCTION todo_check() OWNER TO ~",
        "ALTER FUNCTION todo_check() OWNER TO @",
        "CREATE TABLE own (id int PRIMARY KEY, user_id varchar(36) REFERENCES users, task_id int REFERENCES tasks ON DELETE CASCADE)",
        "CREATE TABLE copied (LIKE tasks INCLUDING ALL)",
        "CREATE TABLE child () INHERITS (copied)",
        "CREATE VIEW own_view AS SELECT * FROM users",
        "CREATE FUNCTION own_function() RETURNS SETOF users LANGUAGE sql AS 'SELECT * FROM users'",
        "CREATE OR REPLACE FUNCTION own_function() RETURNS SETOF users LANGUAGE sql AS 'SELECT * FROM users LIMIT 1'",
        "ALTER TABLE own RENAME COLUMN task_id TO task",
        "ALTER TABLE own DROP CONSTRAINT own_user_id_fkey",
        "DROP FUNCTION own_function()",
        "DROP VIEW own_view",
        "DROP TABLE own, child, copied",
        "CREATE SCHEMA other CREATE TABLE users (id text CONSTRAINT users_id_check CHECK (id <> '')) CREATE TABLE tasks (id text)",
        "CREATE INDEX ix_tasks_user_id ON other.tasks (id)",
        "DROP INDEX CONCURRENTLY other.ix_tasks_user_id",
        "CREATE INDEX \"an \"\"odd\"\" one\" ON other.tasks (id)",
        "DROP INDEX CONCURRENTLY other.\"an \"\"odd\"\" one\"",
        "ALTER TABLE other.users DROP CONSTRAINT users_id_check",
        "ALTER TABLE other.users RENAME TO people",
        "DROP SCHEMA other CASCADE",
        "DROP OWNED BY ~; DROP OWNED BY \"~ Odd\"",
        "CREATE EXTENSION hstore; CREATE FUNCTION own_function() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; DROP EXTENSION hstore",
        "DROP FUNCTION own_function()",
        "CREATE TEMP TABLE users (id int); ALTER TABLE pg_temp.users ADD x int; DROP TABLE pg_temp.users",
        "DROP TABLE IF EXISTS nothing_of_the_kind",
        "DROP PUBLICATION own_p, own_all",
        "DROP STATISTICS own_statistics, own_expression",
        "DROP INDEX own_index, \"Own \"\"ix\"",
        "DROP FUNCTION own_fn() CASCADE",
        "DROP TABLE own_side",
    ];
    let owner = format!("{}_installer", database.name);
    for command in commands {
        goes_on(client, &command.replace('~', &role).replace('@', &owner));
    }
    // What is left of these: a rule and policies. Nothing that todo needs has changed.
    let after = state(client);
    assert_eq!(before.iter().filter(|line| !after.contains(line)).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(faults(client), [""; 0]);
    goes_on(client, "TRUNCATE users CASCADE");
    goes_on(client, &format!("DROP OWNED BY \"{role} Odd\"; DROP ROLE \"{role} Odd\""));
}

/// A command may restore what it drops, or what was dropped without the guard, but only as it should be.
#[test]
fn the_same_again_is_no_change() {
    let mut database = both();
    let client = &mut database.client;
    let before = state(client);
    let again = "ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey, ADD CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)";
    goes_on(client, &format!("{again} ON DELETE CASCADE"));
    for other in ["", " ON DELETE SET NULL", " ON DELETE CASCADE DEFERRABLE", " ON UPDATE CASCADE ON DELETE CASCADE"] {
        is_refused(client, &format!("{again}{other}"));
    }
    is_refused(
        client,
        "ALTER TABLE users DROP CONSTRAINT users_name_check, ADD CONSTRAINT users_name_check CHECK (true)",
    );
    let function: String = client.query_one("SELECT pg_get_functiondef('todo_check'::regproc)", &[]).unwrap().get(0);
    goes_on(client, &function);
    assert_eq!(state(client), before);
}

#[test]
fn what_was_wrong_before_is_in_nobodys_way() {
    let mut database = both();
    let owner = owner(&database);
    let client = &mut database.client;
    goes_on(
        client,
        "CREATE TABLE parent (LIKE tasks);
         SET todo.guard = off; DROP INDEX ix_tasks_created_at; ALTER TABLE users DROP CONSTRAINT users_name_check;
         ALTER TABLE tasks SET UNLOGGED; ALTER SEQUENCE tasks_id_seq INCREMENT 2; ALTER TABLE tasks INHERIT parent;
         ALTER TABLE users DISABLE TRIGGER zz_todo_before_row; DROP FUNCTION todo_clear_completed(text); RESET todo.guard",
    );
    // A session of the owner, who may not lift the guard.
    client.batch_execute(&format!("ALTER ROLE {owner} LOGIN; ALTER TABLE parent OWNER TO {owner}")).unwrap();
    let client = &mut database.connect_as(&owner);
    for command in [
        "CREATE TABLE own (user_id varchar(36) REFERENCES users)",
        "CREATE INDEX own_index ON tasks (title)",
        "ALTER TABLE users ALTER name SET STATISTICS 100",
        "CREATE OR REPLACE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        goes_on(client, command);
    }
    for command in [
        "ALTER SEQUENCE tasks_id_seq INCREMENT 3",
        "ALTER TABLE users DROP CONSTRAINT users_email_check",
        "DROP INDEX ix_tasks_user_id",
        "DROP FUNCTION todo_check()",
    ] {
        is_refused(client, command);
    }
    for command in [
        "ALTER TABLE tasks SET LOGGED, NO INHERIT parent",
        "ALTER SEQUENCE tasks_id_seq INCREMENT 1",
        "ALTER TABLE users ENABLE TRIGGER zz_todo_before_row",
        "ALTER TABLE users ADD CONSTRAINT users_name_check CHECK (btrim(name) <> '') NOT VALID",
        "ALTER TABLE users VALIDATE CONSTRAINT users_name_check",
        "CREATE INDEX ix_tasks_created_at ON tasks (created_at)",
    ] {
        goes_on(client, command);
    }
    // And what is right again stays so.
    for command in [
        "DROP INDEX ix_tasks_created_at",
        "ALTER TABLE tasks SET UNLOGGED",
        "ALTER TABLE tasks INHERIT parent",
        "ALTER SEQUENCE tasks_id_seq INCREMENT 3",
        "ALTER TABLE users DISABLE TRIGGER zz_todo_before_row",
        "ALTER TABLE users DROP CONSTRAINT users_name_check",
    ] {
        is_refused(client, command);
    }
}

/// What PostgreSQL prints does not depend on the session, so nothing seems to have changed.
#[test]
fn settings_of_the_session_are_no_change() {
    let mut database = both();
    let owner = owner(&database);
    // In a schema whose name has to be quoted.
    database
        .client
        .batch_execute("SET todo.guard = off; ALTER SCHEMA public RENAME TO \"My App\"; RESET todo.guard")
        .unwrap();
    database.client.batch_execute(script("todo_guard")).unwrap();
    let same = format!(
        "DO $$
         DECLARE
             touched text;
         BEGIN
             FOR touched IN
                 SELECT format('FUNCTION %s', p.oid::regprocedure)
                 FROM pg_proc AS p JOIN pg_roles AS r ON r.oid = p.proowner AND r.rolname = '{owner}'
                 UNION ALL
                 SELECT format('%s %s', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid::regclass)
                 FROM pg_class AS c JOIN pg_roles AS r ON r.oid = c.relowner AND r.rolname = '{owner}'
                 WHERE c.relkind IN ('r', 'v')
                 UNION ALL
                 SELECT format('SCHEMA %s', n.oid::regnamespace)
                 FROM pg_namespace AS n JOIN pg_roles AS r ON r.oid = n.nspowner AND r.rolname = '{owner}'
             LOOP
                 EXECUTE format('ALTER %s OWNER TO {owner}', touched);
             END LOOP;
         END $$"
    );
    for setting in [
        "quote_all_identifiers = on",
        "standard_conforming_strings = off",
        "datestyle = 'SQL, DMY'",
        "intervalstyle = 'iso_8601'",
        "bytea_output = 'escape'",
        "extra_float_digits = 0",
        "timezone = 'Asia/Kathmandu'",
        "xmloption = 'document'",
        "lc_monetary = 'C.UTF-8'",
        "search_path = todo_internal, \"My App\"",
        "plan_cache_mode = force_custom_plan",
    ] {
        let client = &mut database.connect();
        goes_on(client, &format!("SET {setting}; {same}"));
        is_refused(client, "DROP INDEX CONCURRENTLY \"My App\".ix_users_email");
        goes_on(client, script("todo_guard"));
        goes_on(client, &same);
    }
    is_refused(&mut database.client, "DROP TABLE \"My App\".users CASCADE");
    is_refused(&mut database.client, "ALTER SCHEMA \"My App\" RENAME TO public");
}

/// Whatever runs a command, and whatever runs within it.
#[test]
fn commands_within_commands_are_judged_each() {
    let mut database = both();
    let client = &mut database.client;
    client
        .batch_execute(
            "CREATE TABLE own (id integer PRIMARY KEY); INSERT INTO own VALUES (1);
             CREATE FUNCTION refused() RETURNS integer LANGUAGE plpgsql AS
                 $$ BEGIN ALTER TABLE public.tasks RENAME COLUMN title TO name; RETURN 1; END $$;
             CREATE FUNCTION survives() RETURNS integer LANGUAGE plpgsql AS $$
             BEGIN
                 FOR i IN 1..3 LOOP
                     BEGIN
                         ALTER TABLE public.tasks RENAME COLUMN title TO name;
                     EXCEPTION WHEN dependent_objects_still_exist THEN NULL;
                     END;
                 END LOOP;
                 CREATE TABLE public.made (id integer);
                 DROP TABLE public.made;
                 RETURN 1;
             END $$",
        )
        .unwrap();
    let before = state(client);
    for command in [
        "SELECT refused()",
        "CREATE TABLE made AS SELECT refused()",
        "ALTER TABLE own ADD COLUMN extra integer DEFAULT refused()",
        "CREATE SCHEMA kids CREATE TABLE kid () INHERITS (public.users)",
        "DO $$ BEGIN PERFORM survives(); ALTER TABLE tasks DROP COLUMN title; END $$",
        "ALTER TABLE users DROP CONSTRAINT users_name_check, ADD CONSTRAINT own_check CHECK (survives() = 1)",
    ] {
        is_refused(client, command);
        assert_eq!(state(client), before, "{command}");
    }
    for command in [
        "SELECT survives()",
        "CREATE TABLE more AS SELECT survives(); DROP TABLE more",
        "BEGIN; SELECT survives(); ALTER TABLE own ADD COLUMN again integer; DROP TABLE own; COMMIT",
    ] {
        goes_on(client, command);
    }
}

/// Roles need no rights on the guard, and get none.
#[test]
fn a_role_without_rights_runs_its_commands() {
    let mut database = both();
    let [role, app] = ["plain", "app"].map(|name| database.role(name));
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE SCHEMA plain AUTHORIZATION {role}; REVOKE ALL ON SCHEMA public FROM PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {app};
             ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO {app}; ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO {app}"
        ))
        .unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    let mut plain = database.connect_as(&role);
    for command in [
        "CREATE TABLE plain.own (id serial PRIMARY KEY, note text CHECK (note <> ''))",
        "ALTER TABLE plain.own ADD COLUMN more int DEFAULT 1, DROP CONSTRAINT own_note_check",
        "ALTER TABLE plain.own RENAME COLUMN more TO less",
        "CREATE INDEX own_note ON plain.own (note)",
        "CREATE FUNCTION plain.own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER own BEFORE INSERT ON plain.own FOR EACH ROW EXECUTE FUNCTION plain.own()",
        "DROP TRIGGER own ON plain.own",
        "DROP INDEX CONCURRENTLY plain.own_note",
        "CREATE TEMP TABLE own (id int); DROP TABLE own",
        "DROP TABLE plain.own; DROP FUNCTION plain.own(); DROP OWNED BY CURRENT_USER",
    ] {
        goes_on(&mut plain, command);
    }
    for what in
        ["SELECT todo_guard.lifted()", "SELECT * FROM todo_guard.facts('public', '{}')", "SELECT todo_guard.remember()"]
    {
        for role in [&role, &app] {
            assert_eq!(outcome(&mut database.connect_as(role), what), "42501", "{role}: {what}");
        }
    }
    // PostgreSQL's own answer, to those who may not.
    assert_eq!(outcome(&mut database.connect_as(&role), "DROP TABLE public.users CASCADE"), "42501");
    let rights = "SELECT count(*)::text FROM pg_namespace AS n, aclexplode(n.nspacl) AS a WHERE n.nspname = 'todo_guard' AND a.grantee <> n.nspowner";
    assert_eq!(strings(&mut database.client, rights), ["0"]);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM {app}; ALTER DEFAULT PRIVILEGES REVOKE ALL ON SCHEMAS FROM {app};
             ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM {app}"
        ))
        .unwrap();
}

/// Others with a right on the tables or their schema.
#[test]
fn rights_on_the_tables_are_no_way_around() {
    let mut database = both();
    let role = database.role("app");
    let client = &mut database.client;
    client
        .batch_execute(&format!("GRANT TRIGGER ON users TO {role}; GRANT USAGE, CREATE ON SCHEMA public TO {role}; ALTER SCHEMA public OWNER TO {role}"))
        .unwrap();
    let before = state(client);
    let mut other = database.connect_as(&role);
    for command in [
        "DROP INDEX ix_users_email_folded",
        "DROP INDEX CONCURRENTLY ix_users_email_folded",
        "drop index concurrently if exists public . \"ix_users_email_folded\"",
        "CREATE OR REPLACE TRIGGER zz_todo_before_row BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "SET todo.guard = off; DROP INDEX ix_users_email_folded",
        "DROP SCHEMA public CASCADE",
        "DROP TABLE tasks CASCADE",
    ] {
        is_refused(&mut other, command);
    }
    assert_eq!(state(&mut database.client), before);
    database.client.batch_execute("ALTER SCHEMA public OWNER TO postgres").unwrap();
}

/// A superuser and the members of the role that owns the guard, but nobody else.
#[test]
fn who_may_lifts_it() {
    let mut database = both();
    let [main, member, stranger] = ["main", "member", "stranger"].map(|name| database.role(name));
    let todo = owner(&database);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "DROP SCHEMA todo_guard CASCADE; ALTER ROLE {main} SUPERUSER; ALTER ROLE {todo} LOGIN;
             GRANT {main} TO {member}; GRANT {todo} TO {main}, {member}, {stranger}"
        ))
        .unwrap();
    client
        .batch_execute(&format!("SET ROLE {main}; {}; RESET ROLE; ALTER ROLE {main} NOSUPERUSER", script("todo_guard")))
        .unwrap();
    let change = format!("SET ROLE {todo}; ALTER TABLE tasks DROP CONSTRAINT tasks_user_id_fkey");
    for (role, lifts) in [("postgres", true), (&main, true), (&member, true), (&stranger, false), (&todo, false)] {
        for setting in
            ["RESET todo.guard", "SET todo.guard = on", "SET todo.guard = off", "SET LOCAL todo.guard = 'off'"]
        {
            let mut client = database.connect_as(role);
            let expected = if lifts && setting.contains("off") { "ok" } else { "2BP01" };
            assert_eq!(outcome(&mut client, &format!("BEGIN; {setting}; {change}")), expected, "{role}: {setting}");
        }
    }
    // The setting may come from the connection.
    let mut client = database.config().user(&stranger).options("-c todo.guard=off").connect(postgres::NoTls).unwrap();
    assert_eq!(outcome(&mut client, &change), "2BP01");
    let mut client = database.config().user(&member).options("-c todo.guard=off").connect(postgres::NoTls).unwrap();
    assert_eq!(outcome(&mut client, &format!("{change}; DROP SCHEMA todo_internal CASCADE")), "ok");
    drop(client);
    database
        .client
        .batch_execute(&format!("DROP SCHEMA todo_guard CASCADE; REVOKE {todo} FROM {main}, {member}, {stranger}"))
        .unwrap();
}

/// On a database service, the owner of everything is not a superuser. Here it is one while the script runs.
fn of_one_role() -> (Database, String) {
    let mut database = both();
    let owner = owner(&database);
    let client = &mut database.client;
    client
        .batch_execute(&format!("DROP SCHEMA todo_guard CASCADE; ALTER ROLE {owner} LOGIN SUPERUSER; SET ROLE {owner}"))
        .unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    client.batch_execute(&format!("RESET ROLE; ALTER ROLE {owner} NOSUPERUSER")).unwrap();
    (database, owner)
}

#[test]
fn one_role_owns_todo_and_its_guard() {
    let (mut database, owner) = of_one_role();
    let other = database.role("other");
    database.client.batch_execute(&format!("GRANT {other} TO {owner}")).unwrap();
    let before = state(&mut database.client);
    let quoted = format!("\"{owner}\"");
    let client = &mut database.connect_as(&owner);
    for command in [
        &format!("DROP OWNED BY {owner} CASCADE"),
        &format!("drop  owned\nby {other}, {quoted}\ncascade"),
        "DROP OWNED BY CURRENT_USER CASCADE",
        "DROP OWNED BY session_user CASCADE",
        &format!("DROP OWNED BY {other}; DO $$ BEGIN EXECUTE 'DROP OWNED BY ' || current_user || ' CASCADE'; END $$"),
        "DO $$ BEGIN EXECUTE format('DROP OWNED BY %I CASCADE', current_user); END $$",
        "DROP OWNED BY /* all */ CURRENT_USER CASCADE",
        &format!(
            "CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE sql AS 'DROP OWNED BY {owner} CASCADE'; SELECT pg_temp.f()"
        ),
        "DROP EXTENSION pgcrypto CASCADE",
        "DROP SCHEMA todo_internal CASCADE",
        "DROP TABLE users CASCADE",
    ] as [&str; 11]
    {
        if command.contains("pgcrypto") {
            // It belongs to the superuser here.
            assert!(client.batch_execute(command).is_err());
            continue;
        }
        is_refused(client, command);
    }
    is_refused(&mut database.client, &format!("DROP OWNED BY {owner} CASCADE"));
    let client = &mut database.connect_as(&owner);
    goes_on(client, &format!("DROP OWNED BY {other} CASCADE; DROP OWNED BY \"{other}\""));
    goes_on(client, &format!("DO $$ BEGIN EXECUTE 'DROP OWNED BY {other}'; END $$"));
    assert_eq!(faults(client), [""; 0]);
    assert_eq!(state(&mut database.client), before);
    // It takes the guard away.
    let client = &mut database.connect_as(&owner);
    goes_on(client, "DROP SCHEMA todo_guard CASCADE; DROP SCHEMA todo_auth CASCADE; SELECT todo_release_tables()");
}

/// The owner of todo takes over nobody, and learns nothing, by what a superuser's guard reads.
#[test]
fn nobody_becomes_superuser_by_the_guard() {
    let mut attack = Attack::on(Database::empty());
    let name = attack.database.name.clone();
    attack.prepare("CREATE EXTENSION pgcrypto; ALTER SCHEMA public OWNER TO ~");
    attack.prepare(&format!("GRANT CREATE ON DATABASE {name} TO ~"));
    let install = format!("{}; {}", script("todo"), script("todo_auth"));
    attack.connect().batch_execute(&install).unwrap();
    attack.connect().batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    // Its own code wherever a careless guard would run it.
    let traps = "
        CREATE FUNCTION public.lower(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.strike(); RETURN $1; END $$;
        CREATE FUNCTION public.same(text, text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.strike(); RETURN true; END $$;
        CREATE FUNCTION public.same(oid, oid) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.strike(); RETURN true; END $$;
        CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.same);
        CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.same);
        CREATE FUNCTION public.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.strike(); RETURN $1; END $$;
        CREATE DOMAIN ~.word AS text CHECK (~.holds(VALUE));
        ALTER TABLE tasks ADD COLUMN own ~.word DEFAULT ~.code()::text, ADD CONSTRAINT own CHECK (~.holds(title));
        CREATE INDEX own ON users (~.holds(name));
        CREATE POLICY own ON users USING (~.holds(id)); ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE TRIGGER own BEFORE UPDATE ON users FOR EACH ROW WHEN (~.holds(NEW.name)) EXECUTE FUNCTION ~.fires();
        ALTER TABLE todo_internal.installed RENAME TO real;
        CREATE VIEW todo_internal.installed AS SELECT * FROM todo_internal.real WHERE ~.holds(name);
        ALTER TABLE todo_internal.setting ENABLE ROW LEVEL SECURITY;
        CREATE OR REPLACE FUNCTION todo_internal.described(home regnamespace, relations oid[]) RETURNS TABLE (
            relid oid, schema text, relation text, kind text, name text, definition text, weakness text, place bigint)
            LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.later(); END $$;
        CREATE AGGREGATE todo_internal.own(int) (SFUNC = int4pl, STYPE = int);
        CREATE OR REPLACE FUNCTION todo_internal.library() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.later(); END $$;
        CREATE OR REPLACE FUNCTION todo_internal.expected() RETURNS TABLE (
            extension text, schema text, relation text, kind text, name text, definition text)
            LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.later(); END $$;
        CREATE OR REPLACE FUNCTION todo_internal.users_before_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM ~.later(); RETURN NEW; END $$";
    let own = attack.sql(traps);
    attack.connect().batch_execute(&own).unwrap();
    // What the function holds is text to the guard, whatever it says.
    for body in [
        "BEGIN PERFORM ~.later(); END",
        "-- (''@'', ''users'', ''index'', ''odd \" , }'', ) (@, users, index, ix_users_email, )
         BEGIN PERFORM ~.later(); END",
        "-- (''@'', ''users'', ''column'', ''id'', ''x'') ('') (E''\\'', ''@'', ''users'', ''index'', ''); SELECT ~.later(); --'')
         BEGIN PERFORM ~.later(); END",
    ] {
        let replaced = format!(
            "CREATE OR REPLACE FUNCTION todo_internal.expected_todo() RETURNS TABLE (schema text, relation text, kind text, name text, definition text)
             LANGUAGE plpgsql AS '{body}'"
        );
        attack.prepare("DROP SCHEMA IF EXISTS todo_guard CASCADE");
        assert_eq!(attack.attempt(&replaced), "ok");
        for path in [format!("{}_code, public", attack.role), "public".to_owned()] {
            let install = format!("SET search_path = {path}; {}", script("todo_guard"));
            assert_eq!(outcome(&mut attack.database.connect(), &install), "ok");
        }
        attack.failed();
        for command in [
            "SET search_path = public, ~_code; CREATE TABLE bait (id int); ALTER TABLE bait ADD x int; DROP TABLE bait",
            "ALTER TABLE users ALTER name SET STATISTICS 100",
            "ALTER TABLE public.tasks ADD COLUMN other text; ALTER TABLE public.tasks DROP COLUMN other",
            "CREATE INDEX bait ON public.tasks (title); DROP INDEX public.bait",
            "DROP TABLE public.users CASCADE",
            "BEGIN; ALTER TABLE public.users RENAME COLUMN email TO mail; ROLLBACK",
            "SET todo.guard = off; BEGIN; ALTER TABLE public.users RENAME COLUMN email TO mail; ROLLBACK",
            "DROP OWNED BY ~ CASCADE",
        ] {
            let outcome = attack.lure(command);
            assert!(["ok", "2BP01"].contains(&outcome.as_str()), "{command}: {outcome}");
            attack.failed();
        }
    }
    // The guard's own objects are not the owner's to change.
    for command in [
        "CREATE OR REPLACE FUNCTION todo_guard.lifted() RETURNS bool LANGUAGE sql AS 'SELECT true'",
        "CREATE FUNCTION todo_guard.own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COMMENT ON FUNCTION todo_guard.known() IS '[]'",
        "SELECT todo_guard.remember()",
        "ALTER EVENT TRIGGER todo_guard_on_end DISABLE",
        "DROP EVENT TRIGGER todo_guard_on_drop",
        "DROP SCHEMA todo_guard CASCADE",
    ] {
        assert_eq!(attack.attempt(command), "42501", "{command}");
    }
    attack.failed();
    // Nor does a schema of this name wait for the superuser.
    attack.prepare("DROP SCHEMA todo_guard CASCADE");
    assert_eq!(
        attack.attempt(
            "CREATE SCHEMA todo_guard; CREATE FUNCTION todo_guard.judge() RETURNS int LANGUAGE sql AS 'SELECT 1'"
        ),
        "ok"
    );
    assert_eq!(outcome(&mut attack.database.connect(), script("todo_guard")), "42P06");
    attack.failed();
    attack.prepare("DROP SCHEMA todo_guard CASCADE");
}

/// One clear error, and nothing changed.
#[test]
fn where_it_cannot_be_made_nothing_is_changed() {
    let mut database = Database::empty();
    let client = &mut database.client;
    assert_eq!(outcome(client, script("todo_guard")), "55000", "without todo");
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    let objects = "SELECT n.nspname::text FROM pg_namespace AS n UNION ALL SELECT t.evtname FROM pg_event_trigger AS t ORDER BY 1";
    let before = strings(client, objects);
    let owner = format!("{}_installer", database.name);
    for role in [&owner, &format!("{owner}_2")] {
        if role != &owner {
            client.batch_execute(&format!("CREATE ROLE {role}")).unwrap();
        }
        let failure = Failure::of(client.batch_execute(&format!("SET ROLE {role}; {}", script("todo_guard"))));
        assert_eq!(
            (failure.code.as_str(), failure.hint.is_some_and(|hint| hint.contains("event triggers"))),
            ("42501", true)
        );
        client.batch_execute("RESET ROLE").unwrap();
        assert_eq!(strings(client, objects), before);
    }
    client.batch_execute("CREATE SCHEMA todo_guard").unwrap();
    assert_eq!(outcome(client, script("todo_guard")), "42P06");
    client.batch_execute("DROP SCHEMA todo_guard").unwrap();
    // The settings of the session are as before.
    client.batch_execute(&format!("BEGIN; {}", script("todo_guard"))).unwrap();
    for (setting, value) in [("search_path", "\"$user\", public"), ("client_min_messages", "notice")] {
        assert_eq!(strings(client, &format!("SHOW {setting}")), [value]);
    }
    client.batch_execute("ROLLBACK").unwrap();
}

/// Again after an update: until then, todo_check() says so. Only the owner does it.
#[test]
fn it_is_replaced() {
    let guard = "SELECT concat_ws('|', ok, detail, fix) FROM todo_check() WHERE name = 'guard'";
    let (mut database, owner) = of_one_role();
    let client = &mut database.client;
    let on = format!("t|todo_guard {}, on", current_version());
    assert_eq!(strings(client, guard), [on.as_str()]);
    assert_eq!(outcome(client, script("todo_guard")), "42P06", "another role's");
    client.batch_execute(&format!("ALTER ROLE {owner} SUPERUSER; SET ROLE {owner}")).unwrap();
    for _ in 0..2 {
        client.batch_execute(script("todo_guard")).unwrap();
        is_refused(client, "DROP TABLE users CASCADE");
        assert_eq!(strings(client, guard), [on.as_str()]);
    }
    for (change, found) in [
        (
            "ALTER EVENT TRIGGER todo_guard_on_end DISABLE",
            "f|an event trigger is disabled, or not always enabled|ALTER EVENT TRIGGER todo_guard_on_end ENABLE ALWAYS",
        ),
        (
            "ALTER EVENT TRIGGER todo_guard_on_end ENABLE REPLICA",
            "f|an event trigger is disabled, or not always enabled|ALTER EVENT TRIGGER todo_guard_on_end ENABLE ALWAYS",
        ),
        ("DROP EVENT TRIGGER todo_guard_on_drop", "f|an event trigger is missing|run the script of todo_guard ~"),
        ("COMMENT ON SCHEMA todo_guard IS 'todo_guard 0.9.0'", "f|todo_guard 0.9.0, on|run the script of todo_guard ~"),
        ("DROP SCHEMA todo_guard CASCADE", "t|none"),
    ] {
        client.batch_execute(&format!("BEGIN; {change}")).unwrap();
        assert_eq!(strings(client, guard), [found.replace('~', current_version())], "{change}");
        client.batch_execute("ROLLBACK").unwrap();
    }
    client.batch_execute(&format!("RESET ROLE; ALTER ROLE {owner} NOSUPERUSER")).unwrap();
}

/// The scripts of the same version run as ever. Those of another one do with the guard lifted, as releasing the tables does.
#[test]
fn updates_and_release_need_it_lifted() {
    let (database, owner) = of_one_role();
    let client = &mut database.connect_as(&owner);
    let before = state(client);
    client.batch_execute(&format!("{}; {}", script("todo"), script("todo_auth"))).unwrap();
    assert_eq!(state(client), before);
    let older = |text: &str| {
        text.replace("'the name is too short'", "''")
            .replace("ORDER BY task.completed_at DESC, task.created_at DESC, task.id DESC", "ORDER BY task.id")
    };
    let other = older(script("todo"));
    assert_ne!(other, script("todo"));
    is_refused(client, &other);
    assert_eq!(state(client), before);
    client.batch_execute(&format!("SET todo.guard = off; {other}; RESET todo.guard")).unwrap();
    assert_ne!(state(client), before);
    is_refused(client, "DROP TABLE users CASCADE");
    // The way back is open: that is how it should be.
    client.batch_execute(script("todo")).unwrap();
    assert_eq!(state(client), before);

    is_refused(client, "DROP SCHEMA todo_auth CASCADE");
    client.batch_execute("SET todo.guard = off; DROP SCHEMA todo_auth CASCADE; RESET todo.guard").unwrap();
    is_refused(client, "SELECT todo_release_tables()");
    client.batch_execute("SET todo.guard = off; SELECT todo_release_tables(); RESET todo.guard").unwrap();
    // Nothing is left to be guarded, and the extension can take over.
    goes_on(client, "BEGIN; ALTER TABLE users RENAME TO people; DROP TABLE tasks; DROP TABLE people; ROLLBACK");
    let client = &mut database.connect();
    goes_on(client, "CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE");
    assert_eq!(faults(client), [""; 0]);
    goes_on(client, "COMMENT ON FUNCTION todo_guard.judge() IS NULL; CREATE TABLE own (); DROP TABLE own");
    assert_eq!(
        strings(client, "SELECT name FROM todo_guard.known() WHERE object <> ALL (SELECT oid FROM pg_proc)"),
        [""; 0]
    );
    goes_on(client, "DROP SCHEMA todo_guard CASCADE");
}

/// In a restored database, it guards again. Any owner can make a dump, and can restore one without the guard's entries.
#[test]
fn dumps_have_it_or_not() {
    let mut database = both();
    let owner = owner(&database);
    database.client.batch_execute(&format!("ALTER ROLE {owner} LOGIN")).unwrap();
    let run = |command: &str, arguments: &[&str], input: &[u8]| {
        let mut child = Command::new(command)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || std::io::Write::write_all(&mut stdin, &input));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().ok();
        output
    };
    let before = state(&mut database.client);
    let triggers = "SELECT evtname || evtenabled::text FROM pg_event_trigger ORDER BY 1";
    let all = strings(&mut database.client, triggers);
    assert_eq!(all, ["todo_guard_on_dropA", "todo_guard_on_endA", "todo_guard_on_startA"]);
    let from = format!("--dbname={}", database.name);
    // The role, and whether it restores all entries, or those that are not the guard's.
    for (format, user, whole) in
        [("plain", "postgres", true), ("custom", "postgres", true), ("custom", &owner, true), ("custom", &owner, false)]
    {
        let dump = run("pg_dump", &["--format", format, "--username", user, &from], b"");
        assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
        let mut restored = Database::empty();
        restored.client.batch_execute(&format!("ALTER DATABASE {} OWNER TO {owner}", restored.name)).unwrap();
        let into = format!("--dbname={}", restored.name);
        let list = std::env::temp_dir().join(format!("{}.list", restored.name));
        let entries = String::from_utf8(run("pg_restore", &["--list"], &dump.stdout).stdout).unwrap();
        let ours: String = entries
            .lines()
            .filter(|line| whole || !line.contains("todo_guard"))
            .map(|line| format!("{line}\n"))
            .collect();
        std::fs::write(&list, &ours).unwrap();
        let chosen = format!("--use-list={}", list.display());
        let output = match format {
            "plain" => {
                run("psql", &["-X", "--quiet", "-v", "ON_ERROR_STOP=1", "--username", user, &into], &dump.stdout)
            }
            _ => run("pg_restore", &["--exit-on-error", "--username", user, &chosen, &into], &dump.stdout),
        };
        std::fs::remove_file(&list).unwrap();
        let restores = user == "postgres" || !whole;
        assert_eq!(output.status.success(), restores, "{format} {user}: {}", String::from_utf8_lossy(&output.stderr));
        let client = &mut restored.client;
        if !restores {
            continue;
        }
        let after = state(client);
        // PostgreSQL prints a body that it has parsed from its own print in other words.
        let is_body = |line: &str| line.starts_with("CREATE OR REPLACE FUNCTION");
        let missing: Vec<&String> = before.iter().filter(|line| !is_body(line) && !after.contains(line)).collect();
        assert!(missing.is_empty() && after.len() == before.len(), "{format} {user}: {missing:?}");
        assert_eq!(faults(client), [""; 0]);
        assert_eq!(strings(client, triggers), if whole { all.clone() } else { vec![] });
        if whole {
            goes_on(client, "CREATE TABLE first (id int)");
        } else {
            goes_on(client, script("todo_guard"));
        }
        is_refused(client, "DROP TABLE users CASCADE");
        is_refused(client, "DROP FUNCTION todo_check()");
        goes_on(client, "DROP TABLE IF EXISTS first");
    }
}

/// Functions have other OIDs then.
#[test]
fn pg_upgrade_keeps_it() {
    let server = Server::start();
    let mut client = server.connect("postgres");
    client.batch_execute(&Edition::Sql.install("postgres")).unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    client.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    drop(client);
    let server = server.upgrade();
    let client = &mut server.connect("postgres");
    goes_on(client, "CREATE TABLE first (id int)");
    is_refused(client, "DROP TABLE users CASCADE");
    is_refused(client, "DROP FUNCTION todo_check()");
    goes_on(
        client,
        "DROP TABLE first; CREATE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION own()",
    );
    assert_eq!(faults(client), [""; 0]);
}

/// Two sessions at once.
#[test]
fn a_change_that_waits_is_judged_by_what_it_finds() {
    let mut database = both();
    let mut other = database.connect();
    let client = &mut database.client;
    client.batch_execute("CREATE SCHEMA a; CREATE TABLE a.tasks (LIKE tasks); SET search_path = a, public").unwrap();
    other.batch_execute("BEGIN; DROP TABLE a.tasks").unwrap();
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    std::thread::scope(|scope| {
        let altering = scope.spawn(|| outcome(client, "ALTER TABLE tasks DROP COLUMN description"));
        todo_tests::attack::waits(&mut other, pid);
        other.batch_execute("COMMIT").unwrap();
        assert_eq!(altering.join().unwrap(), "2BP01");
    });
    // A transaction that began before a change without the guard.
    client
        .batch_execute("RESET search_path; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")
        .unwrap();
    other.batch_execute("SET todo.guard = off; DROP INDEX ix_tasks_created_at").unwrap();
    goes_on(client, "CREATE TABLE own (); DROP TABLE own; COMMIT");
    is_refused(client, "DROP INDEX ix_tasks_user_id");

    // Two changes without the guard at once: both are known afterwards.
    goes_on(client, "SET todo.guard = off; BEGIN; ALTER TABLE users DROP CONSTRAINT users_name_check");
    let pid: i32 = other.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    std::thread::scope(|scope| {
        let dropping = scope.spawn(|| outcome(&mut other, "DROP FUNCTION todo_clear_completed(text)"));
        todo_tests::attack::waits(client, pid);
        goes_on(client, "COMMIT; RESET todo.guard");
        assert_eq!(dropping.join().unwrap(), "ok");
    });
    goes_on(client, "ALTER TABLE users ALTER name SET STATISTICS 100");
    let gone = "SELECT name FROM todo_guard.known() WHERE found IS NULL ORDER BY name";
    assert_eq!(strings(client, gone), ["ix_tasks_created_at", "public.todo_clear_completed(text)", "users_name_check"]);
}

/// To a transaction that began before the guard was there, what it remembers is not to be seen.
#[test]
fn a_snapshot_older_than_the_guard() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    client.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    for (level, command) in [
        ("REPEATABLE READ", "DROP TABLE users, tasks CASCADE"),
        ("SERIALIZABLE", "DROP TABLE users, tasks CASCADE"),
        ("REPEATABLE READ", "DO $$ BEGIN DROP TABLE users, tasks CASCADE; END $$"),
        ("REPEATABLE READ", "ALTER TABLE tasks DROP COLUMN description"),
        ("REPEATABLE READ", "ALTER TABLE users DISABLE TRIGGER USER"),
        ("REPEATABLE READ", "DROP INDEX ix_tasks_user_id"),
        ("REPEATABLE READ", "DROP FUNCTION todo_check()"),
        ("REPEATABLE READ", "DROP SCHEMA todo_internal CASCADE"),
    ] {
        let mut earlier = database.connect_as(&format!("{}_installer", database.name));
        earlier.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1")).unwrap();
        database.client.batch_execute(script("todo_guard")).unwrap();
        let outcome = outcome(&mut earlier, command);
        assert!(["25001", "2BP01"].contains(&outcome.as_str()), "{level}, {command}: {outcome}");
        drop(earlier);
        database.client.batch_execute("DROP SCHEMA todo_guard CASCADE").unwrap();
    }
    assert_eq!(strings(&mut database.client, "SELECT id FROM users"), ["u1"]);
}

/// A view is a rule, which can be replaced as one.
#[test]
fn views_are_not_replaced_by_rules() {
    let mut database = both();
    let before = state(&mut database.client);
    let client = &mut database.connect_as(&owner(&database));
    for rule in [
        "CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO todo_users DO INSTEAD
             SELECT id, email, name, created_at, updated_at, true AS is_active, email_verified FROM users",
        "DO $$ BEGIN
             CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO public.todo_users DO INSTEAD
                 SELECT id, email, name, created_at, updated_at, true AS is_active, email_verified FROM public.users;
         END $$",
        "CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO todo_auth.account DO INSTEAD
             SELECT a.* FROM (SELECT (NULL::todo_auth.account).*) AS a",
        // Nor with the rights of others.
        "ALTER VIEW todo_users SET (security_invoker = on)",
    ] {
        is_refused(client, rule);
    }
    // Those of others are theirs.
    goes_on(
        client,
        "CREATE VIEW own AS SELECT 1 AS x;
         CREATE OR REPLACE RULE \"_RETURN\" AS ON SELECT TO own DO INSTEAD SELECT 2 AS x; ALTER VIEW own SET (security_invoker = on);
         DROP VIEW own",
    );
    assert_eq!(state(&mut database.client), before);
}

/// What CONCURRENTLY drops is gone when other commands are judged, so the guard reads this one's text, as PostgreSQL
/// reads it.
#[test]
fn comments_hide_no_index() {
    let mut database = todo();
    let before = state(&mut database.client);
    let client = &mut database.connect_as(&owner(&database));
    // It is marked first, in a transaction of its own.
    let damaged = "SELECT i.indexrelid::regclass::text FROM pg_index AS i
         WHERE NOT (i.indisvalid AND i.indislive AND i.indisready)";
    for command in [
        "DROP INDEX /**/ CONCURRENTLY ix_tasks_user_id",
        "DROP INDEX/**/CONCURRENTLY/**/ix_tasks_user_id",
        "DROP /* x */ INDEX CONCURRENTLY ix_tasks_user_id",
        "/* x */ DROP INDEX CONCURRENTLY ix_tasks_user_id",
        "-- x\nDROP INDEX CONCURRENTLY ix_tasks_user_id",
        "DROP INDEX -- x\n CONCURRENTLY ix_tasks_user_id",
        "DROP -- /*\n INDEX -- */\n CONCURRENTLY ix_tasks_user_id",
        "DROP INDEX /* a /* b */ c */ CONCURRENTLY ix_tasks_user_id",
        "DROP INDEX /* a /* b */ DROP INDEX own; */ CONCURRENTLY /* /**/ */ ix_tasks_user_id",
        "DROP INDEX /* ' \" $$ -- */ CONCURRENTLY ix_tasks_user_id -- ' \" $$ /*",
        "drop index concurrently /**/ if /**/ exists /**/ public /**/ . /**/ ix_tasks_user_id /**/ restrict",
        "DROP INDEX CONCURRENTLY IF EXISTS -- own\n ix_tasks_user_id",
        "DROP INDEX\u{c}CONCURRENTLY\r\n\tix_tasks_user_id",
        "DROP INDEX /**/ CONCURRENTLY \"ix_tasks_user_id\"",
        "DROP INDEX CONCURRENTLY U&\"ix\\005ftasks_user_id\"",
        "DROP INDEX /**/ CONCURRENTLY U&\"ix!005ftasks_user_id\" /**/ UESCAPE /**/ '!'",
    ] {
        is_refused(client, command);
        assert_eq!(strings(client, damaged), [""; 0], "{command}");
    }
    for command in [
        "CREATE INDEX own ON tasks (title)",
        "DROP INDEX /**/ CONCURRENTLY own",
        "CREATE INDEX own ON tasks (title)",
        "DROP INDEX CONCURRENTLY /* ix_tasks_user_id */ own -- ix_tasks_user_id",
        "CREATE INDEX own ON tasks (title)",
        "DROP INDEX /* CONCURRENTLY ix_tasks_user_id */ own",
    ] {
        goes_on(client, command);
    }
    assert_eq!(state(&mut database.client), before);
}

/// The superuser is not led to become the role whose schema has the name of the guard's.
#[test]
fn a_schema_of_its_name_is_not_taken_for_the_guard() {
    for contents in [
        "SELECT 1",
        "CREATE FUNCTION todo_guard.judge() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COMMENT ON SCHEMA todo_guard IS 'todo_guard 1.1.0'",
    ] {
        let mut attack = Attack::on(todo());
        attack.prepare(&format!(
            "DROP SCHEMA todo_guard CASCADE; GRANT CREATE ON DATABASE {} TO ~",
            attack.database.name
        ));
        assert_eq!(attack.attempt(&format!("CREATE SCHEMA todo_guard; {contents}")), "ok");
        let failure = Failure::of(attack.database.client.batch_execute(script("todo_guard")));
        assert_eq!(failure.code, "42P06", "{contents}");
        assert!(!failure.hint.as_deref().unwrap_or_default().contains("SET ROLE"), "{contents}: {failure:?}");
        attack.failed();
    }
}
