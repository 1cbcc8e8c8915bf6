//! A superuser runs `todo-admin` in databases of roles that try to become superuser by that.

use todo_tests::admin::Scratch;
use todo_tests::attack::{Attack, outcome};
use todo_tests::edition::script;
use todo_tests::{Database, Failure, Said, admin, said, strings};

/// The extension in schema public, user `u1`, and a role that tries to become superuser.
fn extension() -> Attack {
    let mut attack = Attack::on(Database::empty());
    attack.prepare("CREATE EXTENSION todo; INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')");
    attack
}

/// The SQL edition with user `u1`, owned by an ordinary role that also owns the database, and another role that tries to become superuser.
fn sql_edition() -> (Attack, String) {
    let mut attack = Attack::on(Database::empty());
    let owner = attack.database.role("owner");
    install(&mut attack, &owner);
    (attack, owner)
}

/// Installs the SQL edition with user `u1` for a role that then also owns the database.
fn install(attack: &mut Attack, owner: &str) {
    attack.prepare(&format!("ALTER DATABASE {} OWNER TO {owner}; CREATE EXTENSION pgcrypto", attack.database.name));
    let mut client = attack.database.connect_as(owner);
    client.batch_execute(script("todo")).unwrap();
    client.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
}

/// Runs a command as a role.
fn run_as(attack: &Attack, role: &str, arguments: &[&str]) -> Said {
    said(admin(&attack.database.name).env("PGUSER", role).args(arguments), "long enough\n")
}

/// Runs a command as a superuser.
fn run(attack: &Attack, arguments: &[&str]) -> Said {
    run_as(attack, "postgres", arguments)
}

/// Runs a command as a superuser, which must succeed.
#[track_caller]
fn works(attack: &Attack, arguments: &[&str]) -> Said {
    let said = run(attack, arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    said
}

/// Asserts that a command was refused because the operator has not said that this role is trusted.
#[track_caller]
fn asks_for_trust(said: &Said, role: &str) {
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("--trust-owner") && said.err.contains(role), "{}", said.err);
}

fn database_exists(attack: &mut Attack, name: &str) -> bool {
    let query = format!("SELECT datname::text FROM pg_database WHERE datname = '{name}'");
    !strings(&mut attack.database.client, &query).is_empty()
}

/// An archive that pg_dump has made.
fn dump(dir: &Scratch, database: &str) -> String {
    let archive = dir.file("all.dump");
    let dump = std::process::Command::new("pg_dump").args(["--format=custom", "--file", &archive, database]).status();
    assert!(dump.unwrap().success());
    archive
}

/// Objects of the role that a superuser's session would find by name if it searched the role's schema first: operators of common types, and
/// domains with the names of types.
const FIRST_IN_THE_PATH: &str = "
    CREATE FUNCTION ~.first() RETURNS bool LANGUAGE plpgsql SET search_path = pg_catalog AS
        $$ BEGIN PERFORM ~.strike(); RETURN true; END $$;
    DO $$
    DECLARE
        type text;
        sign text;
    BEGIN
        FOREACH type IN ARRAY string_to_array('oid name text int4 int8 bool varchar timestamp regclass', ' ') LOOP
            FOREACH sign IN ARRAY string_to_array('= <> < > <= >=', ' ') LOOP
                EXECUTE format(
                    'CREATE FUNCTION ~.%1$I(pg_catalog.%2$s, pg_catalog.%2$s) RETURNS bool
                         LANGUAGE plpgsql SET search_path = pg_catalog
                         AS ''BEGIN PERFORM ~.strike(); RETURN $1 OPERATOR(pg_catalog.%3$s) $2; END'';
                     CREATE OPERATOR ~.%3$s (LEFTARG = pg_catalog.%2$s, RIGHTARG = pg_catalog.%2$s, FUNCTION = ~.%1$I)',
                    type || sign, type, sign
                );
            END LOOP;
        END LOOP;
    END $$;
    CREATE TYPE ~.r AS (
        owner pg_catalog.text, is_guard bool, kind pg_catalog.text, identity pg_catalog.text, grantee pg_catalog.text
    );
    CREATE DOMAIN ~.record AS ~.r CHECK (~.first());
    CREATE DOMAIN ~.text AS pg_catalog.text CHECK (~.first());
    CREATE DOMAIN ~.regclass AS pg_catalog.regclass CHECK (~.first());
    CREATE DOMAIN ~.name AS pg_catalog.name CHECK (~.first());
    CREATE DOMAIN ~.oid AS pg_catalog.oid CHECK (~.first());
    CREATE DOMAIN ~.jsonb AS pg_catalog.jsonb CHECK (~.first())";

/// Commands that an operator runs.
const USER_COMMANDS: [&[&str]; 11] = [
    &["user", "add", "b@b.cd", "--name", "B", "--locked"],
    &["user", "list"],
    &["user", "show", "u1"],
    &["user", "disable", "u1"],
    &["user", "enable", "u1"],
    &["user", "verify-email", "u1"],
    &["user", "passwd", "u1", "--password-stdin"],
    &["user", "delete", "u1", "--yes"],
    &["status"],
    &["stats"],
    &["doctor"],
];

/// Makes the role the owner of the database, and has the role put its schema first in the search_path of new sessions.
fn come_first(attack: &mut Attack) {
    let name = &attack.database.name;
    let (own, search) = (
        format!("ALTER DATABASE {name} OWNER TO ~"),
        format!("ALTER DATABASE {name} SET search_path = ~_code, pg_catalog, public"),
    );
    attack.prepare(&own);
    attack.connect().batch_execute(&attack.sql(FIRST_IN_THE_PATH)).unwrap();
    attack.connect().batch_execute(&attack.sql(&search)).unwrap();
}

/// A superuser's backup restores only the extension's own tables on trial, because a restore runs code of the owners of others.
#[test]
fn a_backup_runs_no_code_of_others() {
    // PostgreSQL does not record what a predefined role owns. Members of the role can give it tables.
    for owner in ["~", "pg_monitor"] {
        let mut attack = extension();
        attack.prepare(&format!(
            "CREATE EXTENSION todo_auth; GRANT pg_monitor TO ~; GRANT USAGE, CREATE ON SCHEMA ~_code TO pg_monitor;
             SET ROLE {owner}; CREATE TABLE ~.bait (x int CHECK (~.code() = 1)); INSERT INTO ~.bait VALUES (1); RESET ROLE;
             CREATE SCHEMA \"public tasks_id_seq\" AUTHORIZATION ~; CREATE SEQUENCE \"public tasks_id_seq\".s;
             CREATE INDEX own ON tasks (title)"
        ));
        attack.failed();
        let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &attack.database);
        let said = works(&attack, &["backup", dir.path()]);
        attack.failed();
        assert!(said.out.contains("1 user") && said.out.contains("users and tasks verified"), "{}", said.out);
        let files = dir.files();
        assert_eq!(files.len(), 2, "{files:?}");
        let extras = files.iter().find(|file| file.ends_with(".after-restore.sql")).expect("what dumps leave out");
        assert!(std::fs::read_to_string(dir.0.join(extras)).unwrap().contains("own"), "{files:?}");
        // The archive has everything, including what was not restored on trial.
        let list = std::process::Command::new("pg_restore").arg("--list").arg(dir.archive()).output().unwrap().stdout;
        let entry = attack.sql("TABLE DATA ~_code bait");
        assert!(String::from_utf8(list).unwrap().contains(&entry), "{entry}");
    }
}

/// Nobody else can connect to a new database before it is complete. A role could read rows that policies will hide, or put a table in the
/// place of one that a superuser is about to fill.
#[test]
fn nobody_connects_to_what_is_being_restored() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let mut attack = extension();
    attack.prepare("INSERT INTO tasks (user_id, title) SELECT 'u1', 'Task ' || i FROM generate_series(1, 20000) AS i");
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &attack.database);
    let into = format!("{}_restored", attack.database.name);
    let mut watcher = attack.database.connect();
    // The databases of other tests match, too. They are closed as well.
    let open = format!(
        "SELECT count(*) FILTER (WHERE d.datallowconn AND has_database_privilege('{}', d.oid, 'CONNECT')), count(*)
         FROM pg_database AS d WHERE d.datname LIKE 'todo\\_verify\\_%' OR d.datname = '{into}'",
        attack.role
    );
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut seen = 0;
            while !ended.load(Ordering::Relaxed) {
                let row = watcher.query_one(&open, &[]).unwrap();
                seen += row.get::<_, i64>(1);
                // The last step of a restore opens its database.
                if row.get::<_, i64>(0) > 0 {
                    return (seen, true);
                }
            }
            (seen, false)
        });
        works(&attack, &["backup", dir.path()]);
        ended.store(true, Ordering::Relaxed);
        let (seen, was_open) = watching.join().unwrap();
        assert!(seen > 0 && !was_open, "{seen} looks");
    });
    let archive = dir.archive().to_str().unwrap().to_owned();
    works(&attack, &["--trust-owner", "restore", &archive, "--into", &into, "--without-extras"]);
    assert_eq!(attack.database.client.query_one(&open, &[]).unwrap().get::<_, i64>(0), 1, "at the end");
    attack.prepare(&format!("DROP DATABASE {into}"));
}

/// A superuser who restores rows runs code of the tables' owner.
#[test]
fn a_restore_of_rows_of_others_needs_trust() {
    let mut attack = extension();
    attack.prepare(
        "SET ROLE ~; CREATE TABLE ~.bait (x int CHECK (~.code() = 1)); INSERT INTO ~.bait VALUES (1); RESET ROLE",
    );
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &attack.database);
    let into = format!("{}_restored", attack.database.name);
    let archive = dump(&dir, &attack.database.name);
    let said = run(&attack, &["restore", &archive, "--into", &into, "--without-extras"]);
    attack.failed();
    asks_for_trust(&said, &attack.role);
    assert!(!database_exists(&mut attack, &into));

    // Tables of an honest owner are restored if the operator trusts it.
    attack
        .prepare("DROP TABLE ~.bait; SET ROLE ~; CREATE TABLE ~.own (x int); INSERT INTO ~.own VALUES (1); RESET ROLE");
    let archive = dump(&dir, &attack.database.name);
    asks_for_trust(&run(&attack, &["restore", &archive, "--into", &into, "--without-extras"]), &attack.role);
    assert!(!database_exists(&mut attack, &into));
    works(&attack, &["--trust-owner", "restore", &archive, "--into", &into, "--without-extras"]);
    let mut restored = attack.database.config().dbname(&into).connect(postgres::NoTls).unwrap();
    assert_eq!(strings(&mut restored, &attack.sql("SELECT x::text FROM ~.own")), ["1"]);
    assert_eq!(strings(&mut restored, "SELECT id FROM users"), ["u1"]);
    attack.failed();
}

/// An archive of the SQL edition is known by a table, which the owner has replaced by a view.
#[test]
fn a_restore_of_a_disguised_sql_edition_needs_trust() {
    let mut attack = Attack::on(Database::empty());
    let role = attack.role.clone();
    install(&mut attack, &role);
    attack
        .connect()
        .batch_execute(&attack.sql(
            "ALTER TABLE users ADD CONSTRAINT own CHECK (~.code() = 1);
             ALTER TABLE todo_internal.installed RENAME TO installed_;
             CREATE VIEW todo_internal.installed AS SELECT * FROM todo_internal.installed_",
        ))
        .unwrap();
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &attack.database);
    let archive = dump(&dir, &attack.database.name);
    let into = format!("{}_restored", attack.database.name);
    let said = run(&attack, &["restore", &archive, "--into", &into, "--without-extras"]);
    attack.failed();
    asks_for_trust(&said, &role);
    assert!(!database_exists(&mut attack, &into));
}

/// The owner of a database can set the search_path of new sessions.
#[test]
fn commands_find_no_operators_of_others() {
    let mut attack = extension();
    come_first(&mut attack);
    for arguments in USER_COMMANDS {
        works(&attack, arguments);
        attack.failed();
    }
    let left = "SELECT u.email FROM public.users AS u";
    assert_eq!(strings(&mut attack.database.client, left), ["b@b.cd"]);
}

/// The script of todo refuses to run as a superuser, and runs nothing of others before it does.
#[test]
fn scripts_find_no_types_of_others() {
    let (mut attack, owner) = sql_edition();
    come_first(&mut attack);
    attack.prepare(&format!("ALTER SCHEMA public OWNER TO {owner}"));
    for (part, expected) in [("todo", "0LP01"), ("todo_guard", "ok")] {
        let outcome = outcome(&mut attack.database.connect(), script(part));
        attack.failed();
        assert_eq!(outcome, expected, "{part}");
    }
}

/// The same for todo-admin in a database without todo.
#[test]
fn installing_finds_no_types_of_others() {
    let mut attack = Attack::on(Database::empty());
    come_first(&mut attack);
    for arguments in [&["install", "--edition", "sql"][..], &["adopt", "--edition", "sql", "--dry-run"]] {
        let said = run(&attack, arguments);
        attack.failed();
        assert_eq!(said.code, 1, "{arguments:?}: {}", said.err);
    }
}

/// The owner of the SQL edition, too, runs no code of others.
#[test]
fn owners_find_nothing_of_others() {
    let (mut attack, owner) = sql_edition();
    attack.prepare(&format!(
        "ALTER SCHEMA public OWNER TO {owner}; SET ROLE ~;
         GRANT USAGE ON SCHEMA ~_code TO PUBLIC; GRANT ALL ON SEQUENCE ~.strikes TO PUBLIC;
         CREATE OR REPLACE FUNCTION ~.strike() RETURNS void LANGUAGE plpgsql AS
             $$ BEGIN IF current_user <> '~' THEN PERFORM nextval('~.strikes'); END IF; END $$; RESET ROLE"
    ));
    come_first(&mut attack);
    // It no longer owns the database, which allowed it to create schemas.
    attack.prepare(&format!("GRANT CREATE ON DATABASE {} TO {owner}", attack.database.name));
    for arguments in USER_COMMANDS {
        let said = run_as(&attack, &owner, arguments);
        attack.failed();
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    }
    for part in ["todo", "todo_auth", "todo"] {
        let outcome = outcome(&mut attack.database.connect_as(&owner), script(part));
        attack.failed();
        assert_eq!(outcome, "ok", "{part}");
    }
}

/// A schema todo_auth may be another role's.
#[test]
fn a_move_reads_no_views_of_others() {
    let mut attack = extension();
    attack.prepare(&format!(
        "GRANT CREATE ON DATABASE {} TO ~; GRANT CREATE ON SCHEMA public TO ~",
        attack.database.name
    ));
    let views: String = ["user_data", "session", "linked_account", "verification", "\"rateLimit\""]
        .map(|view| format!("CREATE VIEW todo_auth.{view} AS SELECT ~.code() AS x;"))
        .concat();
    assert_eq!(
        attack.attempt(&format!("CREATE SCHEMA todo_auth; GRANT USAGE ON SCHEMA todo_auth TO PUBLIC; {views}")),
        "ok"
    );
    let role = attack.role.clone();
    run(&attack, &["move", "--to", "sql", "--owner", &role, "--dry-run"]);
    attack.failed();
}

/// A schema todo_internal may be another role's, whatever role the database sets for sessions.
#[test]
fn an_adoption_reads_no_views_of_others() {
    // If the session only acts as the role, the role's code can make it superuser again.
    const AS_SUPERUSER: &str = "CREATE FUNCTION ~.rises() RETURNS text LANGUAGE plpgsql AS
        $$ BEGIN SET ROLE postgres; PERFORM ~.strike(); SET ROLE ~; RETURN 'public';
        EXCEPTION WHEN OTHERS THEN RETURN 'public'; END $$";
    const DISGUISE: &str = "CREATE SCHEMA todo_internal; GRANT USAGE ON SCHEMA todo_internal TO PUBLIC;
        CREATE TABLE todo_internal.installed (name text, version text);
        GRANT SELECT ON todo_internal.installed TO PUBLIC;
        CREATE VIEW todo_internal.extension AS
            SELECT 'todo' AS extname, ~.rises()::regnamespace AS extnamespace, ~.rises() AS extversion;
        GRANT SELECT ON todo_internal.extension TO PUBLIC;
        CREATE FUNCTION todo_internal.todo_check() RETURNS int LANGUAGE sql AS 'SELECT 1'";
    // The role owns the database and tables that can be adopted. The setting is one of its database.
    for setting in ["SET work_mem = '4MB'", "SET role = '~'"] {
        let mut attack = Attack::on(Database::empty());
        let role = attack.role.clone();
        install(&mut attack, &role);
        attack.connect().batch_execute("SELECT todo_release_tables()").unwrap();
        assert_eq!(attack.attempt(&format!("{AS_SUPERUSER}; {DISGUISE}")), "ok");
        let setting = format!("ALTER DATABASE {} {setting}", attack.database.name);
        assert_eq!(attack.attempt(&setting), "ok");
        for trust in [&[][..], &["--trust-owner"]] {
            for command in
                [&["adopt", "--edition", "sql", "--dry-run"][..], &["adopt", "--edition", "sql"], &["status"]]
            {
                let said = run(&attack, &[trust, command].concat());
                attack.failed();
                if command != ["status"] {
                    assert_eq!(said.code, 1, "{setting}: {trust:?} {command:?}: {}", said.err);
                }
            }
        }
    }
}

/// A role that can become superuser at any time has as much to lose as a superuser.
#[test]
fn members_of_superusers_are_asked_for_trust() {
    let mut attack = Attack::on(Database::empty());
    let (owner, operator) = (attack.role.clone(), attack.database.role("operator"));
    install(&mut attack, &owner);
    attack.prepare(&format!("ALTER ROLE {operator} NOINHERIT; GRANT postgres TO {operator}"));
    let grants = format!(
        "SELECT todo_grant('{operator}'); GRANT USAGE ON SCHEMA todo_internal, ~_code TO PUBLIC;
         GRANT ALL ON ALL TABLES IN SCHEMA todo_internal TO PUBLIC;
         CREATE FUNCTION ~.rises() RETURNS bool LANGUAGE plpgsql AS
             $$ BEGIN SET ROLE postgres; PERFORM ~.strike(); RESET ROLE; RETURN true;
             EXCEPTION WHEN OTHERS THEN RETURN true; END $$;
         CREATE OR REPLACE VIEW todo_users AS
             SELECT u.id, u.email, u.name, u.created_at, u.updated_at, u.is_active, u.email_verified
             FROM users AS u WHERE ~.rises()"
    );
    assert_eq!(attack.attempt(&grants), "ok");
    for command in [&["user", "list"][..], &["status"], &["stats"]] {
        let said = run_as(&attack, &operator, command);
        attack.failed();
        asks_for_trust(&said, &owner);
    }
}

/// --trust-owner=ROLE trusts no other role.
#[test]
fn trust_is_of_the_role_that_is_named() {
    let (attack, owner) = sql_edition();
    for command in [&["user", "list"][..], &["user", "show", "u1"], &["status"], &["upgrade"]] {
        for other in [attack.role.as_str(), "postgres"] {
            asks_for_trust(&run(&attack, &[&[format!("--trust-owner={other}").as_str()], command].concat()), &owner);
        }
        works(&attack, &[&[format!("--trust-owner={owner}").as_str()], command].concat());
        works(&attack, &[&["--trust-owner"], command].concat());
    }
}

/// The owner of a schema can put another schema in its place, so the operator has to trust this role, too.
#[test]
fn the_owner_of_the_schema_is_trusted_too() {
    let (mut attack, owner) = sql_edition();
    let dba = attack.database.role("dba");
    // Schema public belongs to the owner of the database.
    attack.prepare(&format!("ALTER DATABASE {} OWNER TO {dba}", attack.database.name));
    let (trust, to_extension) = (format!("--trust-owner={owner}"), ["move", "--to", "extension"]);
    asks_for_trust(&run(&attack, &[&[trust.as_str()], &to_extension[..]].concat()), &dba);
    let extensions = "SELECT extname::text FROM pg_extension WHERE extname LIKE 'todo%'";
    assert_eq!(strings(&mut attack.database.client, extensions), [""; 0]);
    attack.prepare(&format!("ALTER DATABASE {} OWNER TO {owner}", attack.database.name));
    works(&attack, &[&[trust.as_str()], &to_extension[..]].concat());
    assert_eq!(strings(&mut attack.database.client, extensions), ["todo"]);
}

/// A superuser who trusts the owner does not trust other roles that may create triggers on the tables.
#[test]
fn triggers_of_others_do_not_run_as_superuser() {
    let (mut attack, owner) = sql_edition();
    attack.prepare(&format!("SET ROLE {owner}; GRANT TRIGGER ON users TO ~; RESET ROLE"));
    let trigger = "CREATE FUNCTION ~.strikes() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM ~.strike(); RETURN NEW; END $$;
         CREATE TRIGGER zzz BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION ~.strikes()";
    assert_eq!(attack.attempt(trigger), "ok");
    for command in [
        &["user", "passwd", "u1", "--password-stdin"][..],
        &["user", "add", "b@b.cd", "--name", "B", "--locked"],
        &["user", "add", "b@b.cd", "--name", "B", "--password-stdin"],
        &["user", "disable", "u1"],
    ] {
        let said = run(&attack, &[&["-v", "--trust-owner"], command].concat());
        attack.failed();
        assert!(said.code == 1 && said.err.contains("55000"), "{command:?}: {said:?}");
    }
    assert_eq!(strings(&mut attack.database.client, "SELECT id FROM users WHERE is_active"), ["u1"]);
}

/// The extension grants REFERENCES to applications. In the SQL edition, a role could run code with the owner's rights by it.
#[test]
fn a_move_to_sql_takes_references_and_trigger_away() {
    let mut attack = extension();
    let (app, owner) = (attack.database.role("app"), attack.database.role("owner"));
    attack.prepare(&format!(
        "SELECT todo_grant('{app}', 'tables'); GRANT TRIGGER ON users, tasks TO {app};
         GRANT REFERENCES (id) ON users TO {app}; GRANT REFERENCES ON tasks TO PUBLIC;
         GRANT CREATE ON DATABASE {} TO {owner}; GRANT CREATE ON SCHEMA public TO {owner}",
        attack.database.name
    ));
    works(&attack, &["move", "--to", "sql", "--owner", &owner]);
    let client = &mut attack.database.connect();
    let rights = "SELECT concat_ws(' ', t.name, a.grantee, a.privilege_type)
         FROM (
             SELECT c.relname AS name, c.relowner AS owner, c.relacl AS acl
             FROM pg_class AS c
             WHERE c.oid IN ('users'::regclass, 'tasks'::regclass)
             UNION ALL
             SELECT c.relname || '.' || r.attname, c.relowner, r.attacl
             FROM pg_attribute AS r JOIN pg_class AS c ON c.oid = r.attrelid
             WHERE c.oid IN ('users'::regclass, 'tasks'::regclass)
         ) AS t CROSS JOIN aclexplode(t.acl) AS a
         WHERE a.grantee <> t.owner AND a.privilege_type IN ('REFERENCES', 'TRIGGER')";
    assert_eq!(strings(client, rights), [""; 0]);
    // The other rights stay.
    let tasks = format!("SELECT has_table_privilege('{app}', 'tasks', 'SELECT, INSERT')::text");
    assert_eq!(strings(client, &tasks), ["true"]);
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
    client.batch_execute(&format!("CREATE SCHEMA app AUTHORIZATION {app}; SET ROLE {app}")).unwrap();
    let refer = "CREATE TABLE app.refers (x varchar(36) REFERENCES users (id))";
    assert_eq!(Failure::of(client.batch_execute(refer)).code, "42501");
}

/// A new database belongs to the operator, whatever role the old one sets for sessions. Its owner can connect while it is being restored.
#[test]
fn a_new_database_belongs_to_the_operator() {
    let mut attack = extension();
    let role = attack.role.clone();
    let name = attack.database.name.clone();
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &attack.database);
    works(&attack, &["backup", dir.path()]);
    attack.prepare(&format!("ALTER ROLE ~ CREATEDB; ALTER DATABASE {name} OWNER TO ~"));
    assert_eq!(attack.attempt(&format!("ALTER DATABASE {name} SET role = ~")), "ok");
    let into = format!("{name}_restored");
    // A connection option that only contains the word "role" chooses no role.
    let dsn = format!("dbname={name} options='-c session_replication_role=origin'");
    let archive = dir.archive().to_str().unwrap().to_owned();
    works(&attack, &["--dsn", &dsn, "--trust-owner", "restore", &archive, "--into", &into, "--without-extras"]);
    let owner = format!(
        "SELECT r.rolname::text FROM pg_database AS d JOIN pg_roles AS r ON r.oid = d.datdba WHERE d.datname = '{into}'"
    );
    assert_ne!(strings(&mut attack.database.client, &owner), [role]);
    attack.prepare(&format!("DROP DATABASE {into}"));
}

/// A restore by an ordinary owner would run code of others with the owner's rights, even if the owner is a member of their role.
#[test]
fn a_backup_of_an_ordinary_owner_runs_no_code_of_others() {
    let (mut attack, owner) = sql_edition();
    attack.prepare(&format!(
        "GRANT ~ TO {owner}; ALTER ROLE {owner} CREATEDB; GRANT USAGE ON SCHEMA ~_code TO PUBLIC; GRANT ALL ON SEQUENCE ~.strikes TO PUBLIC;
         SET ROLE ~; CREATE FUNCTION ~.holds(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
             $$ BEGIN IF current_user <> '~' THEN PERFORM nextval('~.strikes'); END IF; RETURN true; END $$;
         CREATE TABLE ~.bait (x int CHECK (~.holds(x))); INSERT INTO ~.bait VALUES (1); RESET ROLE"
    ));
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &attack.database);
    let role = attack.role.clone();
    // A backup can be made whatever others have in the database, even objects whose owner only a superuser could set.
    attack.prepare(
        "CREATE FUNCTION supers() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PUBLICATION everything FOR ALL TABLES;
         CREATE TABLE supers (x int); GRANT SELECT ON supers, ~.bait TO PUBLIC; SELECT lo_create(7); GRANT SELECT ON LARGE OBJECT 7 TO PUBLIC",
    );
    let said = run_as(&attack, &owner, &["backup", dir.path()]);
    attack.failed();
    assert!(said.code == 0 && said.out.contains("users and tasks verified"), "{said:?}");
    let archive = dump(&dir, &attack.database.name);
    let into = format!("{}_restored", attack.database.name);
    asks_for_trust(&run_as(&attack, &owner, &["restore", &archive, "--into", &into]), &role);
    attack.failed();
    attack.prepare(
        "DROP TABLE ~.bait, supers; DROP FUNCTION supers(); DROP PUBLICATION everything; SELECT lo_unlink(7);
         CREATE TABLE ~.own (x int); ALTER TABLE ~.own OWNER TO ~",
    );
    let trusted = run_as(&attack, &owner, &[&format!("--trust-owner={role}"), "backup", dir.path()]);
    assert_eq!(trusted.code, 0, "{}", trusted.err);
    assert!(trusted.out.contains(", verified"), "{}", trusted.out);
}

/// A role that may read everything and create databases has no right to run the owner's code unless it says so. The owner needs
/// CREATEDB, and is told so.
#[test]
fn a_backup_by_another_role_than_the_owner() {
    let (mut attack, owner) = sql_edition();
    let main = attack.database.role("main");
    attack.prepare(&format!(
        "ALTER ROLE {main} LOGIN CREATEDB BYPASSRLS; GRANT {owner} TO {main}; DROP SCHEMA ~_code CASCADE"
    ));
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &attack.database);
    asks_for_trust(&run_as(&attack, &main, &["backup", dir.path()]), &owner);
    let trusted = run_as(&attack, &main, &[&format!("--trust-owner={owner}"), "backup", dir.path()]);
    assert!(trusted.code == 0 && trusted.out.contains(", verified"), "{trusted:?}");

    // The new database is its own, so it cannot give the tables in the schema public to their owner.
    let (archive, into) = (dump(&dir, &attack.database.name), format!("{}_restored", attack.database.name));
    let refused = run_as(&attack, &main, &[&format!("--trust-owner={owner}"), "restore", &archive, "--into", &into]);
    assert!(refused.code == 1 && refused.err.contains("connect as the role that owns"), "{refused:?}");
    assert!(!database_exists(&mut attack, &into));

    let refused = run_as(&attack, &owner, &["-v", "backup", dir.path()]);
    assert!(refused.code == 1 && refused.err.contains("42501") && refused.err.contains("CREATEDB"), "{refused:?}");
    attack.prepare(&format!("ALTER ROLE {owner} CREATEDB"));
    let made = run_as(&attack, &owner, &["backup", dir.path()]);
    assert!(made.code == 0 && made.out.contains(", verified"), "{made:?}");

    // Rights on what is left out are left out as well, and so are those that another role has given.
    attack.prepare(&format!(
        "GRANT USAGE ON SCHEMA public TO {main} WITH GRANT OPTION; SET ROLE {main}; GRANT USAGE ON SCHEMA public TO pg_monitor; RESET ROLE"
    ));
    let made = run_as(&attack, &owner, &["backup", dir.path()]);
    assert!(made.code == 0 && made.out.contains(", verified"), "{made:?}");
    attack.prepare("CREATE TABLE extra (); ALTER TABLE extra OWNER TO pg_database_owner; COMMENT ON TABLE extra IS 'x'; GRANT SELECT ON extra TO PUBLIC");
    let made = run_as(&attack, &owner, &["backup", dir.path()]);
    assert!(made.code == 0 && made.out.contains("users and tasks verified"), "{made:?}");
}

/// Where todo-admin writes by plain SQL, it refuses triggers of others, as the functions do.
#[test]
fn an_owner_runs_no_triggers_of_others() {
    let (mut attack, owner) = sql_edition();
    let member = attack.database.role("member");
    attack.prepare(&format!("ALTER ROLE {member} LOGIN; GRANT {owner} TO {member}"));
    attack.prepare(
        "GRANT TRIGGER ON users TO ~; GRANT USAGE ON SCHEMA ~_code TO PUBLIC; GRANT ALL ON SEQUENCE ~.strikes TO PUBLIC; SET ROLE ~;
         CREATE FUNCTION ~.counts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('~.strikes'); RETURN NEW; END $$;
         CREATE TRIGGER counts BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION ~.counts(); RESET ROLE"
    );
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &attack.database);
    let file = dir.file("users.jsonl");
    std::fs::write(&file, "{\"format\":\"todo\",\"version\":1,\"users\":0,\"tasks\":0}\n").unwrap();
    for command in [
        &["user", "add", "b@b.cd", "--name", "B", "--locked"][..],
        &["user", "passwd", "u1", "--password-stdin"],
        &["import", &file],
    ] {
        for role in [owner.as_str(), member.as_str(), "postgres"] {
            let said = run_as(&attack, role, &[&["-v", &format!("--trust-owner={owner}")], command].concat());
            attack.failed();
            assert!(said.code == 1 && said.err.contains("55000"), "{role}: {command:?}: {}", said.err);
        }
    }
    // Without the trigger, the commands work.
    attack.prepare("DROP TRIGGER counts ON users");
    for (role, email) in [(&owner, "b@b.cd"), (&member, "c@b.cd")] {
        let said = run_as(&attack, role, &["user", "add", email, "--name", "B", "--locked"]);
        assert_eq!(said.code, 0, "{role}: {}", said.err);
    }
}

/// A role that the database sets is accepted, unless the operator is a superuser.
#[test]
fn roles_of_the_database() {
    let mut attack = Attack::on(Database::empty());
    let (group, operator) = (attack.database.role("group"), attack.database.role("operator"));
    install(&mut attack, &group);
    let name = attack.database.name.clone();
    attack.prepare("DROP SCHEMA ~_code CASCADE");
    attack.prepare(&format!(
        "ALTER ROLE {operator} LOGIN CREATEDB; GRANT {group} TO {operator}; ALTER ROLE {group} CREATEDB; ALTER DATABASE {name} SET role = {group};
         ALTER DATABASE {name} SET client_encoding = latin1; ALTER DATABASE {name} SET statement_timeout = '2s';
         UPDATE users SET name = 'Łódź'"
    ));
    let dir = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &attack.database);
    for (role, trust) in [(operator.as_str(), "--trust-owner=nobody"), ("postgres", "--trust-owner")] {
        for command in [&["upgrade"][..], &["user", "list"], &["backup", dir.path()]] {
            let said = run_as(&attack, role, &[&[trust], command].concat());
            assert_eq!(said.code, 0, "{role}: {command:?}: {}", said.err);
        }
    }
}
