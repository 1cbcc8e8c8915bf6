//! A role that tries to become superuser, and the code with which it tries.

use crate::{Database, Edition, Failure, strings};
use postgres::Client;

/// A database, and a role that tries to become superuser.
pub struct Attack {
    pub database: Database,
    pub role: String,
}

impl Attack {
    /// With the extension, users `u1` and `u2`, and a schema that belongs to the role and holds its code.
    #[expect(clippy::new_without_default)]
    pub fn new() -> Self {
        Self::on(Database::with_users())
    }

    pub fn on(database: Database) -> Self {
        let role = format!("{}_evil", database.name);
        let code = [
            ("later() RETURNS int", "EXECUTE 'CREATE TABLE IF NOT EXISTS ~.ran (); ALTER ROLE ~ SUPERUSER'; RETURN 1"),
            // An immutable function must not write, but it can call one that does.
            (
                "strike() RETURNS void",
                "IF (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user) THEN
                     PERFORM nextval('~.strikes'); PERFORM ~.later();
                 END IF",
            ),
            ("code() RETURNS int IMMUTABLE", "PERFORM ~.strike(); RETURN 1"),
            ("holds(text) RETURNS bool IMMUTABLE", "PERFORM ~.strike(); RETURN true"),
            ("fires() RETURNS trigger", "PERFORM ~.later(); RETURN coalesce(NEW, OLD)"),
            (
                "sets() RETURNS trigger",
                "PERFORM set_config('search_path', '~_code, pg_catalog', false); RETURN coalesce(NEW, OLD)",
            ),
            (
                "setting() RETURNS int IMMUTABLE",
                "PERFORM set_config('search_path', '~_code, pg_catalog', false); PERFORM ~.strike(); RETURN 1",
            ),
            (
                "holding() RETURNS trigger",
                "EXECUTE 'DECLARE c CURSOR WITH HOLD FOR SELECT ~.later()'; RETURN coalesce(NEW, OLD)",
            ),
            ("now() RETURNS timestamptz", "PERFORM ~.later(); RETURN NULL"),
        ];
        let code: String = code
            .iter()
            .map(|(head, body)| format!("CREATE FUNCTION ~.{head} LANGUAGE plpgsql AS $$ BEGIN {body}; END $$;"))
            .collect();
        let mut attack = Self { database, role };
        attack.prepare(&format!(
            "CREATE ROLE ~ LOGIN; CREATE SCHEMA ~_code AUTHORIZATION ~; SET ROLE ~;
             CREATE SEQUENCE ~.strikes; {code} RESET ROLE"
        ));
        attack.failed();
        attack
    }

    /// Runs SQL as a superuser. `~` stands for the role, and `~.` for its schema.
    #[track_caller]
    pub fn prepare(&mut self, sql: &str) {
        let sql = self.sql(sql);
        self.database.client.batch_execute(&sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }

    pub fn sql(&self, sql: &str) -> String {
        sql.replace("~.", "~_code.").replace('~', &self.role)
    }

    /// A new session of the role.
    pub fn connect(&self) -> Client {
        self.database.connect_as(&self.role)
    }

    /// Runs a statement in a new session of the role. Returns `ok` or an SQLSTATE.
    pub fn attempt(&self, sql: &str) -> String {
        outcome(&mut self.connect(), &self.sql(sql))
    }

    /// Runs a statement in a new session of a superuser. Returns `ok` or an SQLSTATE.
    pub fn lure(&self, sql: &str) -> String {
        outcome(&mut self.database.connect(), &self.sql(sql))
    }

    /// Asserts that the role is not a superuser, and that none of its code has run as one. A sequence tells, because no rollback takes back
    /// what it has given.
    #[track_caller]
    pub fn failed(&self) {
        let state = format!(
            "SELECT concat_ws(' ', r.rolsuper, to_regclass('{role}_code.ran'),
                 (SELECT max(s.last_value) FROM pg_sequences AS s WHERE s.sequencename = 'strikes'))
             FROM pg_roles AS r WHERE r.rolname = '{role}'",
            role = self.role
        );
        // The role may have set a search_path for the database.
        let client = &mut self.database.connect();
        client.batch_execute("SET search_path = pg_catalog").unwrap();
        assert_eq!(strings(client, &state), ["f"]);
    }
}

/// A database with the SQL edition and user `u1` with a task, and a role that may log in and owns the schema `evil`.
pub fn attacked() -> (Database, String) {
    let mut database = Database::empty();
    let role = database.role("evil");
    let client = &mut database.client;
    client.batch_execute(&Edition::Sql.install(&database.name)).unwrap();
    client
        .batch_execute(&format!(
            "ALTER ROLE {role} LOGIN; CREATE SCHEMA evil AUTHORIZATION {role}; GRANT USAGE ON SCHEMA evil TO PUBLIC;
             SELECT todo_grant('{role}', 'tables'); INSERT INTO users (id, email, name) VALUES ('u1', 'a@b.cd', 'A');
             INSERT INTO tasks (user_id, title) VALUES ('u1', 'x')"
        ))
        .unwrap();
    (database, role)
}

/// Runs statements. Returns `ok` or an SQLSTATE.
pub fn outcome(client: &mut Client, sql: &str) -> String {
    match client.batch_execute(sql) {
        Ok(()) => "ok".to_owned(),
        Err(error) => Failure::from(&error).code,
    }
}
