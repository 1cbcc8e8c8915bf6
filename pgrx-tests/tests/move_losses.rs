//! A move between the editions keeps what an application has created, or names it before it changes anything.

use todo_tests::moves::{Addition, TO_EXTENSION, by, extension, kept, lose_nothing, named, sql_edition, with_auth};
use todo_tests::{Edition, strings};

/// The application's table `notes`, and objects that need functions and views in `todo_internal`.
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

/// `DROP ... CASCADE` would also drop columns with their data, constraints and views.
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

/// Indexes that are like some of the extension's are kept, because the application may refer to them by name.
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
    // The extension has no such index, so it is never in the way.
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

/// The SQL edition does not use the role todo_owner. A trigger on `users` that needs rights of this role would fail.
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

/// DROP EXTENSION would drop objects that depend on the extension even without CASCADE.
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

/// Objects that a move creates again get their comments and settings from the scripts. Those of the application are named.
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

/// A move drops the schema todo_auth with everything in it, and triggers that call its functions.
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

/// The functions of the extension run as todo_owner, and refuse code of other roles. A move names code that they would refuse.
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
        // This trigger runs as the owner of the table, so it is not in the way.
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
