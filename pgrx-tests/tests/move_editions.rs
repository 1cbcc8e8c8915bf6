//! `todo-admin move` loses nothing: it keeps what an application has made, or names it and changes nothing.

use postgres::Client;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use todo_tests::edition::script;
use todo_tests::{Database, Edition, Failure, Said, admin, said, strings};

const FOUND: &str = "SELECT name FROM todo_check() WHERE NOT ok";
const TO_SQL: [&str; 3] = ["--trust-owner", "move", "--to=sql"];
const TO_EXTENSION: [&str; 3] = ["--trust-owner", "move", "--to=extension"];

/// The SQL edition, user `u1`, and its owner.
fn sql_edition() -> (Database, String) {
    let mut database = Database::empty();
    let owner = Edition::Sql.owner(&database.name);
    database.client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    with_user(database, owner)
}

/// The extension, user `u1`, and a role that may own the SQL edition.
fn extension() -> (Database, String) {
    let mut database = Database::empty();
    let owner = database.role("owner");
    let name = &database.name;
    let prepare = format!("ALTER DATABASE {name} OWNER TO {owner}; CREATE EXTENSION todo");
    database.client.batch_execute(&prepare).unwrap();
    with_user(database, owner)
}

fn with_user(mut database: Database, owner: String) -> (Database, String) {
    database.client.batch_execute("INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A')").unwrap();
    (database, owner)
}

fn with_auth(edition: Edition) -> (Database, String) {
    let (mut database, owner) = match edition {
        Edition::Extension => extension(),
        Edition::Sql => sql_edition(),
    };
    database.client.batch_execute(&edition.install_auth(&database.name)).unwrap();
    (database, owner)
}

/// Runs a move as a superuser. One that waits for ever ends with code 124.
fn moved(database: &Database, arguments: &[&str]) -> Said {
    said(mover(database).args(arguments), "")
}

fn mover(database: &Database) -> Command {
    let mut command = Command::new("timeout");
    command.arg("60").arg(admin(&database.name).get_program());
    command.env("PGDATABASE", &database.name).env("PGUSER", "postgres").env_remove("DATABASE_URL");
    command
}

#[track_caller]
fn moves(database: &mut Database, arguments: &[&str]) -> Said {
    let said = moved(database, arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
    database.client = database.connect();
    said
}

/// All objects of a database, what they need, and who owns them and has rights on them.
fn state(client: &mut Client) -> Vec<String> {
    strings(
        client,
        "SELECT concat_ws(' ', pg_describe_object(classid, objid, objsubid), objid, deptype, refobjid, refobjsubid)
         FROM pg_depend WHERE objid >= 16384
         UNION ALL
         SELECT concat_ws(' ', classid, objid, objsubid, deptype, refobjid) FROM pg_shdepend
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         UNION ALL
         SELECT concat_ws(' ', 'description', classoid, objoid, objsubid, description) FROM pg_description
         WHERE objoid >= 16384
         UNION ALL
         SELECT concat_ws(' ', 'acl', oid, relacl) FROM pg_class WHERE oid >= 16384
         ORDER BY 1",
    )
}

/// A move that must be refused, with nothing changed: what it says.
#[track_caller]
fn refused(database: &mut Database, arguments: &[&str]) -> String {
    let before = state(&mut database.client);
    let Said { code, err, .. } = moved(database, arguments);
    assert_eq!(code, 1, "{arguments:?}: {err}");
    assert!(state(&mut database.client) == before, "changed by {arguments:?}: {err}");
    err
}

/// What an application has made, and a command would lose.
struct Addition<'a> {
    /// A word by which it is named; with `|`, one of several.
    name: &'a str,
    make: &'a str,
    undo: &'a str,
    /// A query that is true if the command has kept it, where that is as good as to name it.
    kept: Option<&'a str>,
}

const fn named<'a>(name: &'a str, make: &'a str, undo: &'a str) -> Addition<'a> {
    Addition { name, make, undo, kept: None }
}

const fn kept<'a>(name: &'a str, make: &'a str, undo: &'a str, query: &'a str) -> Addition<'a> {
    Addition { name, make, undo, kept: Some(query) }
}

/// Runs a command until it succeeds, and takes back what it names each time. What it has not named, it must have kept.
#[track_caller]
fn lose_nothing(
    database: &mut Database,
    role: &str,
    additions: &[Addition],
    mut command: impl FnMut(&mut Database) -> Result<(), String>,
) {
    let run = |database: &Database, sql: &str| {
        let mut client = database.connect();
        client
            .batch_execute(&format!("SET client_min_messages = error; SET todo.guard = off; SET ROLE {role}"))
            .unwrap();
        client.batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    };
    let mut left: Vec<&Addition> = additions.iter().collect();
    for addition in additions {
        run(database, addition.make);
    }
    loop {
        let before = state(&mut database.client);
        let Err(error) = command(database) else { break };
        assert!(state(&mut database.client) == before, "changed: {error}");
        let (found, others): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|addition| addition.name.split('|').any(|word| error.contains(word)));
        assert!(!found.is_empty(), "{error}: not one of {:?}", others.iter().map(|a| a.name).collect::<Vec<_>>());
        left = others;
        for addition in found {
            run(database, addition.undo);
        }
    }
    database.client = database.connect();
    let lost: Vec<&str> = left
        .into_iter()
        .filter(|addition| {
            let query = addition.kept.map(|query| database.client.query_one(query, &[]));
            !query.is_some_and(|row| row.is_ok_and(|row| row.get::<_, Option<bool>>(0) == Some(true)))
        })
        .map(|addition| addition.make)
        .collect();
    assert_eq!(lost, [""; 0], "lost without a word");
}

/// A move, for [`lose_nothing`].
fn by<'a>(arguments: &'a [&'a str]) -> impl FnMut(&mut Database) -> Result<(), String> + 'a {
    move |database| match moved(database, arguments) {
        Said { code: 0, .. } => Ok(()),
        Said { code, err, .. } => {
            assert_eq!(code, 1, "{err}");
            Err(err)
        }
    }
}

/// The table `notes` of the application, with what needs `todo_internal`.
const NEEDS_INTERNALS: [Addition; 9] = [
    named(
        "doubled",
        "CREATE TABLE notes (x text, doubled text GENERATED ALWAYS AS (todo_internal.trimmed(x)) STORED)",
        "ALTER TABLE notes DROP doubled",
    ),
    named(
        "own_check",
        "ALTER TABLE notes ADD CONSTRAINT own_check CHECK (x = todo_internal.trimmed(x))",
        "ALTER TABLE notes DROP CONSTRAINT own_check",
    ),
    named(
        "column y",
        "ALTER TABLE notes ADD y text DEFAULT todo_internal.trimmed('a')",
        "ALTER TABLE notes ALTER y DROP DEFAULT",
    ),
    named(
        "own_policy",
        "CREATE POLICY own_policy ON notes USING (x = todo_internal.trimmed(x))",
        "DROP POLICY own_policy ON notes",
    ),
    named("own_view", "CREATE VIEW own_view AS SELECT extversion FROM todo_internal.extension", "DROP VIEW own_view"),
    named(
        "own_copy",
        "CREATE MATERIALIZED VIEW own_copy AS SELECT extversion FROM todo_internal.extension",
        "DROP MATERIALIZED VIEW own_copy",
    ),
    named(
        "own_title",
        "CREATE UNIQUE INDEX own_title ON tasks (user_id, todo_internal.trimmed(title))",
        "DROP INDEX own_title",
    ),
    named("own_index", "CREATE INDEX own_index ON notes (todo_internal.trimmed(x))", "DROP INDEX own_index"),
    named(
        "own_version",
        "CREATE FUNCTION own_version() RETURNS text LANGUAGE sql BEGIN ATOMIC
             SELECT extversion FROM todo_internal.extension WHERE extname = 'todo'; END",
        "DROP FUNCTION own_version",
    ),
];

/// `DROP ... CASCADE` would take columns with their data, constraints and views along.
#[test]
fn a_move_drops_nothing_that_needs_internals() {
    let (mut database, owner) = sql_edition();
    lose_nothing(&mut database, &owner, &NEEDS_INTERNALS, by(&TO_EXTENSION));
}

#[test]
fn a_release_drops_nothing_that_needs_internals() {
    let (mut database, owner) = sql_edition();
    lose_nothing(&mut database, &owner, &NEEDS_INTERNALS, |database| {
        let Err(error) = database.client.batch_execute(&format!("SET ROLE {owner}; SELECT todo_release_tables()"))
        else {
            return Ok(());
        };
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code().code(), "2BP01", "{error}");
        database.client.batch_execute("RESET ROLE").unwrap();
        Err(format!("{} {:?} {:?}", error.message(), error.detail(), error.hint()))
    });
}

/// One index would do for another, but has its own name, and what refers to it.
const INDEXES: [Addition; 4] = [
    kept(
        "my_email",
        "CREATE INDEX my_email ON users (email)",
        "DROP INDEX my_email",
        "SELECT to_regclass('my_email') IS NOT NULL",
    ),
    kept(
        "my_uq",
        "CREATE UNIQUE INDEX my_uq ON users (email)",
        "DROP INDEX my_uq",
        "SELECT to_regclass('my_uq') IS NOT NULL",
    ),
    kept(
        "my_user",
        "CREATE INDEX my_user ON tasks (user_id)",
        "DROP INDEX my_user",
        "SELECT to_regclass('my_user') IS NOT NULL",
    ),
    // Nothing like it is there, so that it is never in the way.
    kept(
        "(never named)",
        "CREATE INDEX my_title ON tasks (title)",
        "DROP INDEX my_title",
        "SELECT to_regclass('my_title') IS NOT NULL",
    ),
];

#[test]
fn indexes_of_the_application() {
    let (mut database, owner) = sql_edition();
    lose_nothing(&mut database, &owner, &INDEXES, by(&TO_EXTENSION));
    let (mut database, owner) = extension();
    let to_sql = ["move", "--to=sql", "--owner", &owner];
    lose_nothing(&mut database, "postgres", &INDEXES, by(&to_sql));
}

/// The SQL edition does not use this role: a trigger on `users` that writes to `audit`, say, would fail.
#[test]
fn rights_of_todo_owner() {
    let (mut database, owner) = extension();
    let rights = [
        named(
            "audit",
            "CREATE TABLE audit (u text); GRANT INSERT ON audit TO todo_owner",
            "REVOKE ALL ON audit FROM todo_owner",
        ),
        named(
            "remarks",
            "CREATE TABLE remarks (u text); GRANT SELECT (u) ON remarks TO todo_owner",
            "REVOKE ALL (u) ON remarks FROM todo_owner",
        ),
        named(
            "numbers",
            "CREATE SEQUENCE numbers; GRANT USAGE ON SEQUENCE numbers TO todo_owner",
            "REVOKE ALL ON SEQUENCE numbers FROM todo_owner",
        ),
        named(
            "books",
            "CREATE SCHEMA books; GRANT USAGE ON SCHEMA books TO todo_owner",
            "REVOKE ALL ON SCHEMA books FROM todo_owner",
        ),
        named(
            "noted",
            "CREATE FUNCTION noted() RETURNS int LANGUAGE sql AS 'SELECT 1';
             GRANT EXECUTE ON FUNCTION noted TO todo_owner",
            "REVOKE ALL ON FUNCTION noted FROM todo_owner",
        ),
    ];
    lose_nothing(&mut database, "postgres", &rights, by(&["move", "--to=sql", "--owner", &owner]));
}

/// DROP EXTENSION drops them without CASCADE.
#[test]
fn what_depends_on_the_extension() {
    let (mut database, owner) = with_auth(Edition::Extension);
    let marked = [
        named(
            "own_function",
            "CREATE FUNCTION own_function() RETURNS int LANGUAGE sql AS 'SELECT 1';
             ALTER FUNCTION own_function DEPENDS ON EXTENSION todo",
            "DROP FUNCTION own_function",
        ),
        named(
            "own_index",
            "CREATE INDEX own_index ON tasks (title); ALTER INDEX own_index DEPENDS ON EXTENSION todo",
            "DROP INDEX own_index",
        ),
        named(
            "own_view",
            "CREATE MATERIALIZED VIEW own_view AS SELECT user_id FROM tasks;
             ALTER MATERIALIZED VIEW own_view DEPENDS ON EXTENSION todo",
            "DROP MATERIALIZED VIEW own_view",
        ),
        named(
            "own_trigger",
            "CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER own_trigger BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION fires();
             ALTER TRIGGER own_trigger ON tasks DEPENDS ON EXTENSION todo",
            "DROP TRIGGER own_trigger ON tasks",
        ),
        named(
            "own_auth",
            "CREATE FUNCTION own_auth() RETURNS int LANGUAGE sql AS 'SELECT 1';
             ALTER FUNCTION own_auth DEPENDS ON EXTENSION todo_auth",
            "DROP FUNCTION own_auth",
        ),
    ];
    lose_nothing(&mut database, "postgres", &marked, by(&["move", "--to=sql", "--owner", &owner]));
}

/// What is made again has its comments and settings from the scripts. Some tools read comments.
#[test]
fn comments_and_settings_on_members() {
    let comments = [
        ("todo_auth.grant", "FUNCTION todo_auth.grant(text)", "'todo_auth.grant(text)'::regprocedure, 'pg_proc'"),
        ("todo_create_task", "FUNCTION todo_create_task", "'todo_create_task'::regproc, 'pg_proc'"),
        ("schema todo_auth", "SCHEMA todo_auth", "'todo_auth'::regnamespace, 'pg_namespace'"),
        ("todo_users", "VIEW todo_users", "'todo_users'::regclass, 'pg_class'"),
        (
            "session_token_key",
            "CONSTRAINT session_token_key ON todo_auth.session",
            "(SELECT oid FROM pg_constraint WHERE conname = 'session_token_key'), 'pg_constraint'",
        ),
        (
            "tasks_user_id_fkey",
            "CONSTRAINT tasks_user_id_fkey ON tasks",
            "(SELECT oid FROM pg_constraint WHERE conname = 'tasks_user_id_fkey'), 'pg_constraint'",
        ),
    ];
    for edition in [Edition::Sql, Edition::Extension] {
        let (mut database, owner) = with_auth(edition);
        let texts = comments.map(|(name, object, described)| {
            let text = format!("own text of {name}");
            let before = format!("SELECT quote_nullable(obj_description({described}))");
            let before = strings(&mut database.client, &before).remove(0);
            (
                format!("{name}|{text}"),
                format!("COMMENT ON {object} IS '{text}'"),
                format!("COMMENT ON {object} IS {before}"),
                format!("SELECT obj_description({described}) = '{text}'"),
            )
        });
        let mut additions: Vec<Addition> =
            texts.iter().map(|(name, make, undo, query)| kept(name, make, undo, query)).collect();
        additions.push(kept(
            "token",
            "ALTER TABLE todo_auth.session ALTER token SET COMPRESSION pglz",
            "ALTER TABLE todo_auth.session ALTER token SET COMPRESSION default",
            "SELECT attcompression = 'p' FROM pg_attribute
             WHERE attrelid = 'todo_auth.session'::regclass AND attname = 'token'",
        ));
        additions.push(kept(
            "verification",
            "ALTER TABLE todo_auth.verification CLUSTER ON verification_pkey",
            "ALTER TABLE todo_auth.verification SET WITHOUT CLUSTER",
            "SELECT indisclustered FROM pg_index WHERE indexrelid = 'todo_auth.verification_pkey'::regclass",
        ));
        match edition {
            Edition::Sql => lose_nothing(&mut database, &owner, &additions, by(&TO_EXTENSION)),
            Edition::Extension => {
                lose_nothing(&mut database, "postgres", &additions, by(&["move", "--to=sql", "--owner", &owner]));
            }
        }
    }
}

/// The schema is dropped with all that is in it, and what calls its functions.
#[test]
fn what_is_in_schema_todo_auth() {
    let (mut database, owner) = with_auth(Edition::Sql);
    let objects = [
        named(
            "own_collation",
            "CREATE COLLATION todo_auth.own_collation (locale = 'C')",
            "DROP COLLATION todo_auth.own_collation",
        ),
        named(
            "own_search",
            "CREATE TEXT SEARCH CONFIGURATION todo_auth.own_search (COPY = pg_catalog.simple)",
            "DROP TEXT SEARCH CONFIGURATION todo_auth.own_search",
        ),
        named(
            "===",
            "CREATE OPERATOR todo_auth.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
            "DROP OPERATOR todo_auth.=== (text, text)",
        ),
        named("own_sequence", "CREATE SEQUENCE todo_auth.own_sequence", "DROP SEQUENCE todo_auth.own_sequence"),
        named(
            "own_trigger",
            "CREATE TABLE notes (id text);
             CREATE TRIGGER own_trigger BEFORE INSERT ON notes FOR EACH ROW
                 EXECUTE FUNCTION todo_auth.refused_row('a', 'b')",
            "DROP TRIGGER own_trigger ON notes",
        ),
    ];
    lose_nothing(&mut database, &owner, &objects, by(&TO_EXTENSION));
}

/// The extension runs as its own role, which runs no code of others: what its functions would fail at is named.
#[test]
fn code_on_tables_that_refer_to_users() {
    let (mut database, owner) = sql_edition();
    let app = database.role("app");
    let prepare = format!(
        "SELECT todo_grant('{app}'); SET ROLE {owner};
         CREATE TABLE settings (u varchar(36) REFERENCES users ON DELETE CASCADE);
         INSERT INTO settings VALUES ('u1');
         CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; RESET ROLE"
    );
    database.client.batch_execute(&prepare).unwrap();
    let code = [
        named(
            "rule of table settings",
            "CREATE RULE own_rule AS ON DELETE TO settings DO ALSO NOTIFY x",
            "DROP RULE own_rule ON settings",
        ),
        // It runs as the owner of the table.
        kept(
            "(never named)",
            "CREATE TRIGGER own_trigger AFTER DELETE ON settings FOR EACH ROW EXECUTE FUNCTION fires()",
            "",
            "SELECT count(*) = 1 FROM pg_trigger WHERE tgname = 'own_trigger'",
        ),
    ];
    lose_nothing(&mut database, &owner, &code, by(&TO_EXTENSION));
    assert_eq!(strings(&mut database.connect_as(&app), "SELECT id FROM todo_delete_user('u1')"), ["u1"]);
    assert_eq!(strings(&mut database.client, "SELECT u FROM settings"), [""; 0]);
}

/// What the role of an application sees of the users.
fn seen_by(database: &Database, role: &str) -> Vec<String> {
    let both = "SELECT id FROM todo_users UNION ALL SELECT id FROM todo_get_user('u1')";
    strings(&mut database.connect_as(role), both)
}

/// Row-level security on `users` that says nothing of todo_owner hides all users from the functions.
const CLOSED: &str = "ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON users TO ~ USING (true)";

#[test]
fn the_check_finds_policies_that_hide_users() {
    let (mut database, _) = extension();
    let (app, owner) = (database.role("app"), database.role("table_owner"));
    let client = &mut database.client;
    // As tables that were adopted have another owner.
    client
        .batch_execute(&format!(
            "ALTER TABLE users OWNER TO {owner}; GRANT SELECT ON users TO todo_owner; GRANT USAGE ON SCHEMA public TO {owner};
             SELECT todo_grant('{app}'); {}",
            CLOSED.replace('~', &app)
        ))
        .unwrap();
    // Dumps include neither policy nor owner, which are other findings.
    let found = "SELECT name FROM todo_check() WHERE NOT ok AND name NOT LIKE 'dump of %'";
    assert_eq!(strings(client, found), ["owner of todo_users"]);
    let fix = strings(client, "SELECT fix FROM todo_check() WHERE NOT ok AND name = 'owner of todo_users'").remove(0);
    assert!(fix.contains("CREATE POLICY") && fix.contains("todo_owner"), "{fix}");
    client.batch_execute(&fix).unwrap();
    assert_eq!(strings(client, found), [""; 0]);
    assert_eq!(seen_by(&database, &app), ["u1", "u1"]);
}

#[test]
fn a_move_hides_no_users() {
    let (mut database, owner) = sql_edition();
    let app = database.role("app");
    let prepare = format!("SET ROLE {owner}; SELECT todo_grant('{app}'); {}; RESET ROLE", CLOSED.replace('~', &app));
    database.client.batch_execute(&prepare).unwrap();
    assert_eq!(seen_by(&database, &app), ["u1", "u1"]);
    let error = refused(&mut database, &TO_EXTENSION);
    assert!(error.contains("CREATE POLICY") && error.contains("todo_owner"), "{error}");
    // The role is the cluster's. Another test may make it at the same time.
    let policy = "DO $$ BEGIN CREATE ROLE todo_owner NOLOGIN;
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         CREATE POLICY todo ON users TO todo_owner USING (true)";
    database.client.batch_execute(policy).unwrap();
    moves(&mut database, &TO_EXTENSION);
    assert_eq!(seen_by(&database, &app), ["u1", "u1"]);
}

/// Whatever search_path the database has: names in definitions are printed by it, and grants end where they were.
#[test]
fn search_paths() {
    let same_names = "CREATE TABLE public.session (i int); CREATE TABLE public.account (i int);
         CREATE TABLE public.\"user\" (i int)";
    let policies = "CREATE FUNCTION public.me() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_user::text';
         CREATE TABLE public.members (u varchar(36)); ALTER TABLE tasklist.tasks ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON tasklist.tasks USING (
             user_id = public.me() OR EXISTS (SELECT FROM public.members AS m WHERE m.u = user_id)
         );
         CREATE POLICY app ON tasklist.tasks TO ~ USING (true)";
    let mut problems = Vec::new();
    for (schema, path, prepare) in [
        ("public", "public", ""),
        ("tasklist", "\"$user\", public", ""),
        ("tasklist", "tasklist, public", policies),
        ("public", "todo_auth, public", ""),
        ("public", "todo_auth, public", same_names),
        ("public", "''", same_names),
    ] {
        let mut database = Database::empty();
        let (app, owner) = (database.role("app"), database.role("owner"));
        let name = &database.name;
        let statements = format!(
            "ALTER DATABASE {name} OWNER TO {owner}; CREATE SCHEMA IF NOT EXISTS {schema};
             GRANT USAGE, CREATE ON SCHEMA {schema} TO {owner};
             GRANT USAGE ON SCHEMA {schema} TO {app}; CREATE EXTENSION todo SCHEMA {schema}; CREATE EXTENSION todo_auth;
             SELECT {schema}.todo_grant('{app}'), todo_auth.grant('{app}');
             INSERT INTO {schema}.users (id, email, name) VALUES ('u1', 'a@b.cd', 'A'); {};
             ALTER DATABASE {name} SET search_path = {path}",
            prepare.replace('~', &app)
        );
        database.client.batch_execute(&statements).unwrap();
        let rights = "SELECT concat_ws(' ', c.oid::regclass, a.privilege_type)
             FROM pg_class AS c CROSS JOIN aclexplode(c.relacl) AS a
             WHERE pg_get_userbyid(a.grantee) LIKE '%_app' ORDER BY 1";
        let context = format!("{path} {prepare}");
        let before = strings(&mut database.client, rights);
        assert!(before.contains(&"todo_auth.session SELECT".to_owned()), "{before:?}");
        let said = moved(&database, &["move", "--to=sql", "--owner", &owner]);
        if said.code != 0 {
            problems.push(format!("{context}: {}", said.err));
            continue;
        }
        assert_eq!(strings(&mut database.client, rights), before, "{context}");
        let mut client = database.connect_as(&app);
        let call = format!("SELECT user_id FROM {schema}.todo_create_task('u1', 'x')");
        assert_eq!(strings(&mut client, &call), ["u1"], "{context}");
        assert_eq!(strings(&mut client, "SELECT id FROM todo_auth.\"user\""), ["u1"], "{context}");
        // And back.
        let said = moved(&database, &TO_EXTENSION);
        assert_eq!(said.code, 0, "{context}: {}", said.err);
        assert_eq!(strings(&mut database.client, rights), before, "{context}");
    }
    assert_eq!(problems, [""; 0]);
}

/// Its own rights are no rights of others, and there is nothing left of them that could be lost.
#[test]
fn the_owner_to_be_has_rights() {
    let (mut database, owner) = sql_edition();
    moves(&mut database, &TO_EXTENSION);
    database.client.batch_execute(&format!("SELECT todo_grant('{owner}')")).unwrap();
    moves(&mut database, &TO_SQL);
    owns(&database, &owner);

    for kind in ["api", "tables"] {
        let (mut database, owner) = extension();
        let grant =
            format!("SELECT todo_grant('{owner}', '{kind}'); GRANT SELECT ON todo_users TO {owner} WITH GRANT OPTION");
        database.client.batch_execute(&grant).unwrap();
        moves(&mut database, &["move", "--to=sql", "--owner", &owner]);
        owns(&database, &owner);
    }
}

#[track_caller]
fn owns(database: &Database, owner: &str) {
    let client = &mut database.connect_as(owner);
    let owners = "SELECT DISTINCT relowner::regrole::text FROM pg_class
         WHERE relname IN ('users', 'tasks', 'tasks_id_seq', 'todo_users')";
    assert_eq!(strings(client, owners), [owner]);
    assert_eq!(strings(client, FOUND), [""; 0]);
    assert_eq!(strings(client, "SELECT id FROM todo_delete_user('u1')"), ["u1"]);
}

/// It is the extension's, whatever it has been granted.
#[test]
fn todo_owner_is_no_owner() {
    let (mut database, _) = extension();
    let grant =
        format!("GRANT CREATE ON DATABASE {} TO todo_owner; GRANT CREATE ON SCHEMA public TO PUBLIC", database.name);
    for prepare in ["", &grant] {
        database.client.batch_execute(prepare).unwrap();
        let before = state(&mut database.client);
        let Said { code, err, .. } = moved(&database, &["move", "--to=sql", "--owner=todo_owner"]);
        assert!(matches!(code, 1 | 2) && !err.contains("GRANT"), "{code} {err}");
        assert!(state(&mut database.client) == before, "{err}");
    }
}

#[test]
fn it_tells_that_there_is_no_guard() {
    let (mut database, owner) = extension();
    let said = moves(&mut database, &["move", "--to=sql", "--owner", &owner]);
    assert!(said.err.contains("todo_guard"), "{:?}", said.err);
    let said = moves(&mut database, &TO_EXTENSION);
    assert!(!said.err.contains("todo_guard"), "{:?}", said.err);
}

/// As if somebody had forgotten to commit. Whoever waits behind the move would wait as long.
#[test]
fn it_gives_up_waiting() {
    for edition in [Edition::Extension, Edition::Sql] {
        let (mut database, owner) = match edition {
            Edition::Extension => extension(),
            Edition::Sql => sql_edition(),
        };
        let name = &database.name;
        database.client.batch_execute(&format!("ALTER DATABASE {name} SET lock_timeout = '200ms'")).unwrap();
        let mut other = database.connect();
        other.batch_execute("BEGIN; SELECT FROM users").unwrap();
        let before = state(&mut database.client);
        let by_owner = ["-v", "move", "--to=sql", "--owner", &owner];
        let arguments: &[&str] = match edition {
            Edition::Extension => &by_owner,
            Edition::Sql => &["-v", "--trust-owner", "move", "--to=extension"],
        };
        let said = moved(&database, arguments);
        assert!(said.code == 1 && said.err.contains("55P03"), "{} {}", said.code, said.err);
        assert!(state(&mut database.client) == before, "{}", said.err);
        other.batch_execute("COMMIT").unwrap();
        let reset = format!("ALTER DATABASE {} RESET lock_timeout", database.name);
        database.client.batch_execute(&reset).unwrap();
        moves(&mut database, arguments);
    }
}

/// One does it. The other waits and finds it done, or says that somebody else is at it.
#[test]
fn two_moves_at_once() {
    let (mut database, _) = sql_edition();
    for (to, edition) in [(TO_EXTENSION, "extension"), (TO_SQL, "SQL edition")] {
        // Both begin before one can end.
        let mut other = database.connect();
        other.batch_execute("BEGIN; SELECT FROM users").unwrap();
        let start =
            || -> Child { mover(&database).args(to).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap() };
        let mut children = [start(), start()];
        let waiting = format!(
            "SELECT count(*)::text FROM pg_stat_activity
             WHERE datname = '{}' AND application_name = 'todo-admin' AND wait_event_type = 'Lock'",
            database.name
        );
        let deadline = Instant::now() + Duration::from_secs(20);
        while strings(&mut database.client, &waiting) != ["2"]
            && !children.iter_mut().any(|child| child.try_wait().unwrap().is_some())
        {
            assert!(Instant::now() < deadline, "both wait, or one has given up");
        }
        other.batch_execute("COMMIT").unwrap();
        let mut codes = Vec::new();
        for child in children {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            let unclear = ["deadlock", "does not exist", "concurrently", "cache lookup"];
            assert!(unclear.iter().all(|word| !text.contains(word)), "{text}");
            codes.push((output.status.code(), text));
        }
        codes.sort();
        assert_eq!(codes[0].0, Some(0), "{codes:?}");
        let [first, second] = codes.try_into().unwrap();
        assert!(second.0 == Some(1) || [&first.1, &second.1].iter().any(|text| text.contains("already")), "{second:?}");
        let there = "SELECT count(*)::text FROM pg_extension WHERE extname = 'todo'";
        let expected = if edition == "extension" { "1" } else { "0" };
        assert_eq!(strings(&mut database.connect(), there), [expected]);
    }
}

/// A guard that guards nothing: what a restore leaves by a role that may not create event triggers.
fn with_a_broken_guard() -> Database {
    let (mut database, owner) = sql_edition();
    let client = &mut database.client;
    client.batch_execute(script("todo_guard")).unwrap();
    assert_eq!(strings(client, FOUND), [""; 0]);
    let drop = "SELECT string_agg(format('DROP EVENT TRIGGER %I', evtname), '; ') FROM pg_event_trigger";
    let drop = strings(client, drop).remove(0);
    let break_it = format!("SET todo.guard = off; {drop}; RESET todo.guard; ALTER SCHEMA todo_guard OWNER TO {owner}");
    client.batch_execute(&break_it).unwrap();
    database
}

#[test]
fn the_check_finds_a_guard_without_event_triggers() {
    let mut database = with_a_broken_guard();
    let client = &mut database.client;
    assert_eq!(strings(client, FOUND), ["guard"]);
    client.batch_execute("SET todo.guard = off; DROP SCHEMA todo_guard CASCADE; RESET todo.guard").unwrap();
    assert_eq!(strings(client, FOUND), [""; 0]);
}

/// Its owner may not create event triggers, so that SET ROLE would not help.
#[test]
fn the_guard_of_another_role_is_dropped_first() {
    let mut database = with_a_broken_guard();
    let client = &mut database.client;
    let failure = Failure::of(client.batch_execute(script("todo_guard")));
    assert_eq!(failure.code, "42P06");
    assert!(failure.hint.as_deref().unwrap_or_default().contains("DROP SCHEMA todo_guard CASCADE"), "{failure:?}");
    client.batch_execute("DROP SCHEMA todo_guard CASCADE").unwrap();
    client.batch_execute(script("todo_guard")).unwrap();
    assert_eq!(strings(client, FOUND), [""; 0]);
}

#[test]
fn a_move_removes_a_guard_without_event_triggers() {
    let mut database = with_a_broken_guard();
    moves(&mut database, &TO_EXTENSION);
    let left = "SELECT nspname::text FROM pg_namespace WHERE nspname = 'todo_guard'";
    assert_eq!(strings(&mut database.client, left), [""; 0]);
}

/// Nobody is to make pg_catalog writable.
#[test]
fn no_advice_to_open_pg_catalog() {
    let mut database = Database::empty();
    let role = database.role("owner");
    let name = &database.name;
    let prepare = format!(
        "CREATE EXTENSION pgcrypto; ALTER DATABASE {name} OWNER TO {role}; SET log_min_error_statement = panic;
         SET ROLE {role}; SET search_path = pg_catalog, public"
    );
    database.client.batch_execute(&prepare).unwrap();
    let error = database.client.batch_execute(script("todo")).unwrap_err();
    let error = error.as_db_error().unwrap();
    let said = format!("{} {:?} {:?}", error.message(), error.detail(), error.hint());
    assert!(!said.contains("ON SCHEMA pg_catalog"), "{said}");
    let made = "SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'todo%'";
    assert_eq!(strings(&mut database.client, made), ["0"]);
}

/// Schemas that todo makes for itself, or PostgreSQL.
#[test]
fn schemas_it_is_not_installed_in() {
    let mut problems = Vec::new();
    for schema in ["todo_guard", "todo_auth", "todo_internal", "pg_catalog", "pg_temp"] {
        let mut database = Database::empty();
        let owner = database.role("owner");
        database.client.batch_execute(&format!("ALTER DATABASE {} OWNER TO {owner}", database.name)).unwrap();
        let before = state(&mut database.client);
        let install = ["install", "--edition=sql", "--schema", schema];
        let Said { code, err, .. } = said(admin(&database.name).env("PGUSER", &owner).args(install), "");
        let is_clear = err.lines().count() == 1 && err.contains(schema) && !err.contains("GRANT");
        if !matches!(code, 1 | 2) || !is_clear || state(&mut database.client) != before {
            problems.push(format!("{schema}: {code} {err}"));
        }
    }
    assert_eq!(problems, [""; 0]);
}
