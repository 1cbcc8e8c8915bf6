//! The guard of the SQL edition refuses commands that would lose users or tasks, or change what todo needs, and allows all others.

use todo_tests::attack::outcome;
use todo_tests::edition::script;
use todo_tests::guarded::{ADDED_COLUMNS, CHANGES, changes_of_parts, to_change};
use todo_tests::sql_guard::{both, faults, goes_on, is_refused, owner, state, todo};
use todo_tests::{Database, EXTRAS, Failure, strings};

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
            // The command may fail with another error, because the guard itself needs the function.
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
    // PostgreSQL itself refuses some of these. The names of NOT NULL constraints, which 18 has, do not matter.
    for change in parts.iter().filter(|change| !change.contains("_not_null")) {
        assert_eq!(outcome(client, change), "2BP01", "{change}");
    }
    assert_eq!(state(client), before);
    // With the guard lifted, each command is allowed.
    for change in CHANGES.iter().filter(|change| !change.contains("CONCURRENTLY")) {
        goes_on(client, &format!("BEGIN; SET LOCAL todo.guard = off; {change}; ROLLBACK"));
    }
}

/// The application can change objects of its own, also on the tables, and everything that has nothing to do with todo.
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
    // A rule and policies are left. Nothing that todo needs has changed.
    let after = state(client);
    assert_eq!(before.iter().filter(|line| !after.contains(line)).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(faults(client), [""; 0]);
    goes_on(client, "TRUNCATE users CASCADE");
    goes_on(client, &format!("DROP OWNED BY \"{role} Odd\"; DROP ROLE \"{role} Odd\""));
}

/// A command may drop something and create it again, but only as it was.
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
         ALTER TABLE tasks SET UNLOGGED; ALTER SEQUENCE tasks_id_seq CYCLE; ALTER TABLE tasks INHERIT parent;
         ALTER TABLE users DISABLE TRIGGER zz_todo_before_row; DROP FUNCTION todo_clear_completed(text); RESET todo.guard",
    );
    // The owner may not lift the guard.
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
        "ALTER SEQUENCE tasks_id_seq MINVALUE -3",
        "ALTER TABLE users DROP CONSTRAINT users_email_check",
        "DROP INDEX ix_tasks_user_id",
        "DROP FUNCTION todo_check()",
    ] {
        is_refused(client, command);
    }
    for command in [
        "ALTER TABLE tasks SET LOGGED, NO INHERIT parent",
        "ALTER SEQUENCE tasks_id_seq NO CYCLE",
        "ALTER TABLE users ENABLE TRIGGER zz_todo_before_row",
        "ALTER TABLE users ADD CONSTRAINT users_name_check CHECK (btrim(name) <> '') NOT VALID",
        "ALTER TABLE users VALIDATE CONSTRAINT users_name_check",
        "CREATE INDEX ix_tasks_created_at ON tasks (created_at)",
    ] {
        goes_on(client, command);
    }
    // What is right again is guarded again.
    for command in [
        "DROP INDEX ix_tasks_created_at",
        "ALTER TABLE tasks SET UNLOGGED",
        "ALTER TABLE tasks INHERIT parent",
        "ALTER SEQUENCE tasks_id_seq MINVALUE -3",
        "ALTER TABLE users DISABLE TRIGGER zz_todo_before_row",
        "ALTER TABLE users DROP CONSTRAINT users_name_check",
    ] {
        is_refused(client, command);
    }
}

/// Settings of the session that change how PostgreSQL prints definitions do not look like changes.
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

/// Commands are judged whether they run by themselves, in functions, or within other commands.
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

/// Roles that run DDL need no rights on the guard, and have none.
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
    // A role without rights on the table gets PostgreSQL's own error.
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

/// Other roles with rights on the tables or their schema are bound by the guard as well.
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

/// Superusers and members of the role that owns the guard can lift it, and nobody else.
#[test]
fn superusers_and_members_lift_the_guard() {
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
    // The setting can also come with the connection.
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
