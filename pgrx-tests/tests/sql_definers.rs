//! Functions that run with the rights of the SQL edition's owner must not run code of other roles.

use postgres::Client;
use todo_tests::attack::{attacked, outcome};
use todo_tests::edition::script;
use todo_tests::waiting::until_it_waits;
use todo_tests::{Database, Edition, TO_ADOPT, strings};

/// A database with code of a role that leaves a trace if it runs with the rights of another role, even if that is rolled back.
fn trapped() -> (Database, String) {
    let (mut database, role) = attacked();
    database
        .client
        .batch_execute(&format!(
            "SELECT todo_internal.set_bcrypt_cost(4);
             SELECT todo_set_password_hash('u1', todo_hash_password('long enough'));
             SET ROLE {role}; CREATE SEQUENCE evil.hits; GRANT ALL ON SEQUENCE evil.hits TO PUBLIC;
             CREATE FUNCTION evil.strike() RETURNS bool LANGUAGE plpgsql SET search_path = pg_catalog AS
                 $$ BEGIN IF current_user <> '{role}' THEN PERFORM nextval('evil.hits'); END IF; RETURN true; END $$;
             CREATE FUNCTION evil.fires() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM evil.strike(); RETURN coalesce(NEW, OLD); END';
             RESET ROLE"
        ))
        .unwrap();
    (database, role)
}

#[track_caller]
fn nothing_ran(database: &Database, context: &str) {
    let hits = "SELECT last_value::text FROM pg_sequences WHERE sequencename = 'hits' AND last_value IS NOT NULL";
    assert_eq!(strings(&mut database.connect(), hits), [""; 0], "{context}");
}

fn found(database: &Database) -> Vec<String> {
    found_by(&mut database.connect(), "public")
}

fn found_by(client: &mut Client, schema: &str) -> Vec<String> {
    strings(client, &format!("SELECT name FROM {schema}.todo_check() WHERE NOT ok"))
}

/// Functions that write rows of users with the owner's rights.
const WRITES: [&str; 6] = [
    "SELECT todo_create_user('n@b.cd', 'N', 'long enough')",
    "SELECT todo_update_user('u1', name => 'N')",
    "SELECT todo_verify_email('u1')",
    "SELECT todo_set_active('u1', true)",
    "SELECT todo_change_password('u1', 'long enough', 'long also')",
    "SELECT todo_delete_user('u1')",
];

/// The outcomes of the calls in one transaction. Each call is rolled back before the next.
fn each(client: &mut Client, calls: &[&str]) -> Vec<String> {
    let mut one = |call: &&str| {
        client.batch_execute("SAVEPOINT one").unwrap();
        let outcome = outcome(client, call);
        client.batch_execute("ROLLBACK TO one").unwrap();
        outcome
    };
    calls.iter().map(&mut one).collect()
}

/// The snapshot of the transaction may not show the newest trigger to a function that looks for code of others. So the function fails.
#[test]
fn what_a_snapshot_does_not_show_is_not_run() {
    for (right, code) in [
        (
            "TRIGGER ON users",
            "CREATE TRIGGER zzz BEFORE INSERT OR UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        ),
        ("TRIGGER ON tasks", "CREATE TRIGGER zzz BEFORE DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION evil.fires()"),
        (
            "REFERENCES ON users",
            "ALTER TABLE evil.side ADD FOREIGN KEY (u) REFERENCES users ON DELETE CASCADE;
             CREATE TRIGGER zzz AFTER DELETE ON evil.side FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        ),
        (
            "REFERENCES (id) ON users",
            "ALTER TABLE evil.side ADD FOREIGN KEY (u) REFERENCES users ON DELETE CASCADE;
             CREATE TRIGGER zzz AFTER DELETE ON evil.side FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        ),
        (
            "REFERENCES ON tasks",
            "ALTER TABLE evil.side ADD FOREIGN KEY (t) REFERENCES tasks ON DELETE CASCADE;
             CREATE TRIGGER zzz AFTER DELETE ON evil.side FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        ),
    ] {
        for grantee in ["evil", "PUBLIC"] {
            let (mut database, role) = trapped();
            let grantee = if grantee == "evil" { role.as_str() } else { grantee };
            database.client.batch_execute(&format!("GRANT {right} TO {grantee}")).unwrap();
            let mut attacker = database.connect_as(&role);
            attacker
                .batch_execute("CREATE TABLE evil.side (u varchar(36), t int); INSERT INTO evil.side VALUES ('u1', 1)")
                .unwrap();
            let mut callers = ["REPEATABLE READ", "SERIALIZABLE"].map(|level| {
                let mut caller = database.connect_as(&role);
                caller
                    .batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM evil.side"))
                    .unwrap();
                caller
            });
            attacker.batch_execute(code).unwrap();
            for caller in &mut callers {
                let outcomes = each(caller, &WRITES);
                nothing_ran(&database, right);
                // Only a deletion of a user also writes tasks.
                let refused = |call: &str| right.ends_with("users") || call.contains("delete");
                let expected = WRITES.map(|call| if refused(call) { "25001" } else { "ok" });
                assert_eq!(outcomes, expected, "{right} to {grantee}");
            }
        }
    }
}

/// A login that cannot renew an old hash safely succeeds without renewing it.
#[test]
fn a_login_runs_nothing_that_a_snapshot_does_not_show() {
    let (mut database, role) = trapped();
    database
        .client
        .batch_execute(&format!("SELECT todo_internal.set_bcrypt_cost(5); GRANT TRIGGER ON users TO {role}"))
        .unwrap();
    let mut caller = database.connect_as(&role);
    caller.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").unwrap();
    database
        .connect_as(&role)
        .batch_execute("CREATE TRIGGER zzz BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION evil.fires()")
        .unwrap();
    assert_eq!(outcome(&mut caller, "SELECT todo_authenticate('a@b.cd', 'long enough')"), "ok");
    nothing_ran(&database, "a login");
}

/// If no other role has rights by which its code could run, functions work with any snapshot.
#[test]
fn snapshots_of_who_is_alone_are_fine() {
    let (mut database, role) = trapped();
    for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let mut caller = database.connect_as(&role);
        caller.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1")).unwrap();
        assert_eq!(each(&mut caller, &WRITES), ["ok"; WRITES.len()], "{level}");
        // The owner's rights on its own tables do not count.
        let mut owner = database.connect_as(&Edition::Sql.owner(&database.name));
        owner.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}; SELECT 1")).unwrap();
        assert_eq!(each(&mut owner, &WRITES), ["ok"; WRITES.len()], "{level}");
    }
    // At READ COMMITTED, a function sees all code, so rights of others do not matter.
    database.client.batch_execute(&format!("GRANT TRIGGER, REFERENCES ON users, tasks TO {role}")).unwrap();
    let mut caller = database.connect_as(&role);
    caller.batch_execute("BEGIN; SELECT 1").unwrap();
    assert_eq!(each(&mut caller, &WRITES), ["ok"; WRITES.len()]);
}

/// The script looks for code of others once, when it has locked the tables. So it needs READ COMMITTED.
#[test]
fn an_adoption_sees_all_that_is_there() {
    for (level, expected) in [("repeatable read", "25001"), ("serializable", "25001"), ("read committed", "ok")] {
        let mut database = Database::empty();
        let role = database.role("owner");
        let client = &mut database.client;
        client
            .batch_execute(&format!(
                "ALTER DATABASE {} OWNER TO {role}; CREATE EXTENSION pgcrypto; SET ROLE {role}; {};
                 SET default_transaction_isolation = '{level}'; SET todo.adopt = on",
                database.name, TO_ADOPT[1].1
            ))
            .unwrap();
        assert_eq!(outcome(client, script("todo")), expected, "{level}");
        let there = "SELECT nspname::text FROM pg_namespace WHERE nspname = 'todo_internal'";
        assert_eq!(strings(client, there).is_empty(), expected != "ok", "{level}");
    }
}

/// The owner of a schema can put another one in its place. So the script refuses a schema that belongs to another role.
#[test]
fn the_owner_of_the_schema_is_no_stranger() {
    const APP: &str = "app";
    const OWN: &str = "\"$user\", app";
    for (search, schema, expected) in [
        (APP, "CREATE SCHEMA app AUTHORIZATION {owner}", "ok"),
        (APP, "CREATE SCHEMA app", "ok"),
        (APP, "CREATE SCHEMA app AUTHORIZATION {evil}", "42501"),
        // A member of the owner has its rights anyway. The reverse is not allowed.
        (APP, "CREATE SCHEMA app AUTHORIZATION {evil}; GRANT {owner} TO {evil}", "ok"),
        (APP, "CREATE SCHEMA app AUTHORIZATION {evil}; GRANT {evil} TO {owner}", "42501"),
        (APP, "CREATE SCHEMA app AUTHORIZATION pg_database_owner", "ok"),
        (APP, "CREATE SCHEMA app AUTHORIZATION pg_database_owner; ALTER DATABASE {name} OWNER TO {owner}", "ok"),
        (APP, "CREATE SCHEMA app AUTHORIZATION pg_database_owner; ALTER DATABASE {name} OWNER TO {evil}", "42501"),
        (
            APP,
            "CREATE SCHEMA app AUTHORIZATION pg_database_owner; ALTER DATABASE {name} OWNER TO {evil};
             GRANT {owner} TO {evil}",
            "ok",
        ),
        // The schema that is searched first belongs to another role.
        (OWN, "CREATE SCHEMA app AUTHORIZATION {owner}; CREATE SCHEMA {owner} AUTHORIZATION {evil}", "42501"),
    ] {
        let mut database = Database::empty();
        let (owner, evil) = (database.role("owner"), database.role("evil"));
        let name = database.name.clone();
        let schema = schema.replace("{owner}", &owner).replace("{evil}", &evil).replace("{name}", &name);
        database
            .client
            .batch_execute(&format!(
                "CREATE SCHEMA crypto; GRANT USAGE ON SCHEMA crypto TO PUBLIC; CREATE EXTENSION pgcrypto SCHEMA crypto;
                 GRANT CREATE ON DATABASE {name} TO {owner}, {evil}; {schema};
                 DO $$
                 DECLARE
                     name text;
                 BEGIN
                     FOR name IN SELECT n.nspname FROM pg_namespace AS n WHERE n.nspname IN ('app', '{owner}') LOOP
                         EXECUTE format('GRANT ALL ON SCHEMA %I TO PUBLIC', name);
                     END LOOP;
                 END $$"
            ))
            .unwrap();
        let mut client = database.connect_as(&owner);
        client.batch_execute(&format!("SET search_path = {search}")).unwrap();
        assert_eq!(outcome(&mut client, script("todo")), expected, "{schema}");
        let tables = "SELECT relname::text FROM pg_class WHERE relname = 'users'";
        assert_eq!(strings(&mut client, tables).is_empty(), expected != "ok", "{schema}");
    }
}

/// A superuser can give the schema to another role later. The check finds this, and functions refuse tables that are not ours.
#[test]
fn a_later_owner_of_the_schema_is_found() {
    let (mut database, role) = trapped();
    let (name, owner) = (database.name.clone(), Edition::Sql.owner(&database.name));
    assert_eq!(found(&database), [""; 0]);
    for (change, back) in [
        (format!("ALTER SCHEMA public OWNER TO {role}"), "ALTER SCHEMA public OWNER TO pg_database_owner".to_owned()),
        (format!("ALTER DATABASE {name} OWNER TO {role}"), format!("ALTER DATABASE {name} OWNER TO {owner}")),
    ] {
        database.client.batch_execute(&change).unwrap();
        assert_eq!(found(&database), ["owner of schema public"], "{change}");
        assert_eq!(outcome(&mut database.connect_as(&owner), script("todo")), "42501", "{change}");
        database.client.batch_execute(&back).unwrap();
        assert_eq!(found(&database), [""; 0], "{change}");
    }
    database.client.batch_execute("ALTER SCHEMA public OWNER TO postgres").unwrap();
    assert_eq!(found(&database), [""; 0]);

    // The new owner renames the schema, and puts another one with tables of its own in its place. They are not taken for ours.
    database
        .client
        .batch_execute(&format!("GRANT CREATE ON DATABASE {name} TO {role}; ALTER SCHEMA public OWNER TO {role}"))
        .unwrap();
    database
        .connect_as(&role)
        .batch_execute(
            "ALTER SCHEMA public RENAME TO home; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO PUBLIC;
             CREATE TABLE public.users (
                 id varchar(36), email varchar(255), name varchar(100), hashed_password varchar(255),
                 created_at timestamp, updated_at timestamp, is_active boolean, email_verified boolean
             );
             CREATE TABLE public.tasks ();
             INSERT INTO public.users VALUES ('u1', 'a@b.cd', 'A', '!', now(), now(), true, false);
             ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON public.users USING (evil.strike());
             GRANT ALL ON public.users, public.tasks TO PUBLIC",
        )
        .unwrap();
    // The check still answers.
    let mut caller = database.connect_as(&owner);
    caller.batch_execute("SET search_path = home").unwrap();
    assert!(found_by(&mut caller, "home").iter().any(|name| name == "sequence tasks_id_seq ahead of tasks"));
    nothing_ran(&database, "todo_check()");
    let login = "SELECT todo_authenticate('a@b.cd', 'long enough')";
    for call in WRITES.iter().chain([&login]) {
        let outcome = outcome(&mut database.connect_as(&role), &call.replace("todo_", "home.todo_"));
        nothing_ran(&database, call);
        assert_eq!(outcome, "55000", "{call}");
    }
    database.client.batch_execute("ALTER SCHEMA public RENAME TO other; ALTER SCHEMA home RENAME TO public").unwrap();
    assert_eq!(strings(&mut database.client, "SELECT name FROM public.users"), ["A"]);
}

/// While a function waits for a lock, the owner of the schema puts another table in the place of `users`.
#[test]
fn a_table_is_looked_at_when_it_is_locked() {
    for call in WRITES.iter().chain(&["SELECT todo_authenticate('a@b.cd', 'long enough')"]) {
        let (mut database, role) = trapped();
        let owner = Edition::Sql.owner(&database.name);
        let name = &database.name;
        let give = format!("GRANT CREATE ON DATABASE {name} TO {role}; ALTER SCHEMA public OWNER TO {role}");
        database.client.batch_execute(&give).unwrap();
        let mut attacker = database.connect_as(&role);
        attacker
            .batch_execute(
                "CREATE SCHEMA other; GRANT ALL ON SCHEMA other TO PUBLIC;
                 CREATE TABLE other.users (
                     id varchar(36), email varchar(255), name varchar(100), hashed_password varchar(255),
                     created_at timestamp, updated_at timestamp, is_active boolean, email_verified boolean
                 );
                 INSERT INTO other.users VALUES ('u1', 'a@b.cd', 'A', '!', now(), now(), true, false);
                 ALTER TABLE other.users ENABLE ROW LEVEL SECURITY;
                 CREATE POLICY own ON other.users USING (evil.strike()); GRANT ALL ON other.users TO PUBLIC",
            )
            .unwrap();
        attacker.batch_execute("BEGIN; DROP INDEX public.ix_users_email").unwrap();
        let mut caller = database.connect_as(&owner);
        let pid: i32 = caller.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
        let outcome = std::thread::scope(|scope| {
            let calling = scope.spawn(|| outcome(&mut caller, call));
            until_it_waits(&mut database.client, pid);
            let swap = "ALTER SCHEMA public RENAME TO home; ALTER SCHEMA other RENAME TO public";
            let swapped = database.connect_as(&role).batch_execute(swap);
            // Before anything can fail here, or the call would wait forever.
            attacker.batch_execute("ROLLBACK").unwrap();
            swapped.unwrap();
            calling.join().unwrap()
        });
        nothing_ran(&database, call);
        assert_eq!(outcome, "55000", "{call}");
    }
}

/// While an update waits for a lock on the tables, the owner of pgcrypto's schema puts another one in its place.
#[test]
fn passwords_are_hashed_by_pgcrypto_alone() {
    let (mut database, role) = trapped();
    let owner = Edition::Sql.owner(&database.name);
    database
        .client
        .batch_execute(&format!(
            "CREATE SCHEMA crypto AUTHORIZATION {role}; GRANT USAGE ON SCHEMA crypto TO PUBLIC;
             GRANT CREATE ON DATABASE {} TO {role}; ALTER EXTENSION pgcrypto SET SCHEMA crypto",
            database.name
        ))
        .unwrap();
    database.connect_as(&owner).batch_execute(script("todo")).unwrap();
    let hashers = "CREATE FUNCTION crypto.crypt(text, text) RETURNS text LANGUAGE plpgsql AS
             'BEGIN PERFORM evil.strike(); RETURN former.crypt($1, $2); END';
         CREATE FUNCTION crypto.gen_salt(text, int) RETURNS text LANGUAGE plpgsql AS
             'BEGIN PERFORM evil.strike(); RETURN former.gen_salt($1, $2); END'";
    let mut attacker = database.connect_as(&role);
    attacker.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS SHARE MODE").unwrap();
    let mut updater = database.connect_as(&owner);
    let pid: i32 = updater.query_one("SELECT pg_backend_pid()", &[]).unwrap().get(0);
    let code = std::thread::scope(|scope| {
        let updating = scope.spawn(|| outcome(&mut updater, script("todo")));
        until_it_waits(&mut database.client, pid);
        attacker
            .batch_execute(&format!(
                "ALTER SCHEMA crypto RENAME TO former; CREATE SCHEMA crypto; GRANT USAGE ON SCHEMA crypto TO PUBLIC;
                 {hashers}; COMMIT"
            ))
            .unwrap();
        updating.join().unwrap()
    });
    let call = "SELECT todo_create_user('n@b.cd', 'N', 'long enough')";
    assert_eq!(outcome(&mut database.connect_as(&role), call), "ok");
    nothing_ran(&database, &code);
    assert_eq!((code.as_str(), found(&database)), ("55000", vec![]));

    // The check finds other ways in which a function of another role could get passwords.
    let given = format!("ALTER FUNCTION former.crypt(text, text) OWNER TO {role}");
    for change in [
        given.as_str(),
        "ALTER EXTENSION pgcrypto DROP FUNCTION former.crypt(text, text)",
        "ALTER EXTENSION pgcrypto DROP FUNCTION former.gen_salt(text, int)",
        "DO $$ BEGIN
             EXECUTE replace(pg_get_functiondef('todo_internal.bcrypt'::regproc), 'former.crypt(', 'crypto.crypt(');
         END $$",
    ] {
        let client = &mut database.client;
        client.batch_execute(&format!("BEGIN; {change}")).unwrap();
        assert_ne!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0], "{change}");
        client.batch_execute("ROLLBACK").unwrap();
    }
}

/// Functions that an update creates are closed to others, whatever default privileges the owner has set.
#[test]
fn default_privileges_give_no_function() {
    let mut database = Database::empty();
    let (owner, anyone) = (Edition::Sql.owner(&database.name), database.role("anyone"));
    database.client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    database.client.batch_execute(&Edition::Sql.install_auth(&database.name)).unwrap();
    let mut client = database.connect_as(&owner);
    client
        .batch_execute(&format!(
            "ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO {anyone};
             DROP FUNCTION todo_delete_user(text), todo_set_password_hash(text, text), todo_list_tasks,
                 todo_internal.set_bcrypt_cost(int), todo_auth.grant(text), todo_auth.revoke(text),
                 todo_auth.store_password"
        ))
        .unwrap();
    for part in ["todo", "todo_auth"] {
        client.batch_execute(script(part)).unwrap();
    }
    let given = format!(
        "SELECT p.oid::regprocedure::text FROM pg_proc AS p CROSS JOIN aclexplode(p.proacl) AS a
         WHERE a.grantee = '{anyone}'::regrole
         ORDER BY 1"
    );
    assert_eq!(strings(&mut client, &given), [""; 0]);
    assert_eq!(found(&database), [""; 0]);
}

/// A schema todo_auth of another role, where ours was, is not taken for ours.
#[test]
fn a_schema_todo_auth_of_others_is_no_part_of_todo() {
    let (mut database, role) = trapped();
    let owner = Edition::Sql.owner(&database.name);
    database.client.batch_execute(&Edition::Sql.install_auth(&database.name)).unwrap();
    database
        .client
        .batch_execute(&format!(
            "SELECT todo_auth.grant('{role}'); GRANT CREATE ON DATABASE {} TO {role}; SET ROLE {owner};
             DROP SCHEMA todo_auth CASCADE; RESET ROLE",
            database.name
        ))
        .unwrap();
    let rights = format!(
        "SELECT concat_ws(' ', c.oid::regclass, r.attname, a.privilege_type)
         FROM pg_class AS c LEFT JOIN pg_attribute AS r ON r.attrelid = c.oid
         CROSS JOIN aclexplode(CASE WHEN r.attnum = 1 THEN c.relacl || r.attacl ELSE r.attacl END) AS a
         WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = '{role}'::regrole
         UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc AS p CROSS JOIN aclexplode(p.proacl) AS a
         WHERE p.pronamespace = 'public'::regnamespace AND a.grantee = '{role}'::regrole
         ORDER BY 1"
    );
    let calls = [
        "SELECT 1".to_owned(),
        format!("SELECT todo_grant('{role}')"),
        format!("SELECT todo_grant('{role}', 'tables')"),
        format!("SELECT todo_revoke('{role}')"),
    ];
    // The checks, and the role's rights, after each call.
    let seen = |database: &Database| {
        let client = &mut database.connect_as(&owner);
        let after = |call: &String| {
            client.batch_execute(&format!("BEGIN; {call}")).unwrap_or_else(|e| panic!("{call}: {e:?}"));
            let checks = strings(client, "SELECT concat_ws('|', name, ok, detail, fix) FROM todo_check()");
            let rights = strings(client, &rights);
            client.batch_execute("ROLLBACK").unwrap();
            [checks, rights].concat().into_iter().map(|line| format!("{call}: {line}")).collect::<Vec<_>>()
        };
        calls.iter().flat_map(after).collect::<Vec<_>>()
    };
    let before = seen(&database);
    let passwords = format!("{}: users hashed_password", calls[1]);
    assert!(!before.iter().any(|line| line.starts_with(&passwords)), "{before:?}");
    database
        .connect_as(&role)
        .batch_execute(
            "CREATE SCHEMA todo_auth; CREATE TABLE todo_auth.session ();
             CREATE VIEW todo_auth.account AS SELECT 1 AS x",
        )
        .unwrap();
    let after = seen(&database);
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(new.is_empty() && after.len() == before.len(), "{new:?}");
    database.connect_as(&owner).batch_execute("SELECT todo_release_tables()").unwrap();
}

/// The function of a trigger may belong to a superuser, but its arguments come from the role that created the trigger.
#[test]
fn arguments_of_triggers_are_code() {
    let keys = "(SELECT k FROM evil.v WHERE f OFFSET 0) AS q";
    for (table, trigger, calls) in [
        (
            "users",
            "CREATE TRIGGER zzz BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION
                 check_primary_key('name', 'KEYS', 'k')",
            &WRITES[..5],
        ),
        (
            "tasks",
            "CREATE TRIGGER zzz BEFORE DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION
                 check_foreign_key(1, 'restrict', 'title', 'KEYS', 'k')",
            &WRITES[5..],
        ),
    ] {
        let (mut database, role) = trapped();
        let client = &mut database.client;
        client.batch_execute(&format!("CREATE EXTENSION refint; GRANT TRIGGER ON {table} TO {role}")).unwrap();
        let mut attacker = database.connect_as(&role);
        attacker
            .batch_execute(&format!(
                "CREATE VIEW evil.v AS SELECT n AS k, evil.strike() AS f FROM unnest(ARRAY['A', 'N']::varchar[]) AS n;
                 GRANT ALL ON evil.v TO PUBLIC; {}",
                trigger.replace("KEYS", keys)
            ))
            .unwrap();
        attacker.batch_execute("BEGIN").unwrap();
        let outcomes = each(&mut attacker, calls);
        nothing_ran(&database, table);
        assert!(outcomes.iter().all(|outcome| outcome == "55000"), "{table}: {outcomes:?}");
        drop(attacker);

        // The trigger stays when the right is revoked, and does not run either.
        database.client.batch_execute(&format!("REVOKE TRIGGER ON {table} FROM {role}")).unwrap();
        let mut caller = database.connect_as(&role);
        caller.batch_execute("BEGIN").unwrap();
        let outcomes = each(&mut caller, calls);
        nothing_ran(&database, table);
        assert!(outcomes.iter().all(|outcome| outcome == "55000"), "{table}: {outcomes:?}");
    }
}

/// The check finds all rights by which another role's code could run: TRIGGER, and REFERENCES on a table or a single column.
#[test]
fn rights_by_which_code_runs_are_found() {
    let (mut database, role) = attacked();
    for (right, table) in [
        ("REFERENCES (id)", "users"),
        ("REFERENCES (email)", "users"),
        ("REFERENCES (id)", "tasks"),
        ("REFERENCES", "users"),
        ("TRIGGER", "users"),
        ("TRIGGER", "tasks"),
    ] {
        for grantee in [role.as_str(), "PUBLIC"] {
            database.client.batch_execute(&format!("GRANT {right} ON {table} TO {grantee}")).unwrap();
            let found = found(&database);
            assert!(
                found.len() == 1 && found[0].starts_with("rights of"),
                "{right} on {table} to {grantee}: {found:?}"
            );
            database.client.batch_execute(&format!("REVOKE {right} ON {table} FROM {grantee}")).unwrap();
        }
    }
    assert_eq!(found(&database), [""; 0]);
}

/// A table that the owner cannot lock could get a trigger after it was checked. So no other role may have the right to create one there.
#[test]
fn what_cannot_be_locked_is_nobody_elses() {
    let (mut database, role) = trapped();
    let mut owner = database.connect_as(&Edition::Sql.owner(&database.name));
    let name_of_owner = Edition::Sql.owner(&database.name);
    let client = &mut database.client;
    client
        .batch_execute("CREATE TABLE supers (user_id varchar(36) REFERENCES users ON DELETE CASCADE); INSERT INTO supers VALUES ('u1')")
        .unwrap();
    let attempt = |owner: &mut Client| outcome(owner, "BEGIN; SELECT todo_delete_user('u1'); ROLLBACK");
    assert_eq!(attempt(&mut owner), "ok");
    for right in ["TRIGGER", "REFERENCES", "REFERENCES (user_id)"] {
        for grantee in [role.as_str(), "PUBLIC"] {
            client.batch_execute(&format!("GRANT {right} ON supers TO {grantee}")).unwrap();
            assert_eq!(attempt(&mut owner), "55000", "{right} of {grantee}");
            owner.batch_execute("ROLLBACK").unwrap();
            client.batch_execute(&format!("REVOKE {right} ON supers FROM {grantee}")).unwrap();
            assert_eq!(attempt(&mut owner), "ok");
        }
    }
    // A table that the owner can lock is locked.
    client
        .batch_execute(&format!("GRANT TRIGGER ON supers TO {role}; GRANT DELETE ON supers TO {name_of_owner}"))
        .unwrap();
    assert_eq!(attempt(&mut owner), "ok");
}
