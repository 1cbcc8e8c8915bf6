//! A role that would be superuser, and the code with which it would be.

use crate::{Database, Edition, Failure, strings};
use postgres::Client;

/// A database, and a role that would be superuser.
pub struct Attack {
    pub database: Database,
    pub role: String,
}

impl Attack {
    /// With the extension, users `u1` and `u2`, and a schema of the role's own, where its code is.
    #[expect(clippy::new_without_default)]
    pub fn new() -> Self {
        Self::on(Database::with_users())
    }

    pub fn on(database: Database) -> Self {
        let role = format!("{}_evil", database.name);
        let code = [
            ("later() RETURNS int", "EXECUTE 'CREATE TABLE IF NOT EXISTS ~.ran (); ALTER ROLE ~ SUPERUSER'; RETURN 1"),
            // What an immutable function may not do itself, another one does.
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

    /// SQL of a superuser, with `~` for the role, and `~.` for its schema.
    #[track_caller]
    pub fn prepare(&mut self, sql: &str) {
        let sql = self.sql(sql);
        self.database.client.batch_execute(&sql).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }

    pub fn sql(&self, sql: &str) -> String {
        sql.replace("~.", "~_code.").replace('~', &self.role)
    }

    /// A session of the role's own.
    pub fn connect(&self) -> Client {
        self.database.connect_as(&self.role)
    }

    /// What the role's statement, in a session of its own, comes to: `ok` or an SQLSTATE.
    pub fn attempt(&self, sql: &str) -> String {
        outcome(&mut self.connect(), &self.sql(sql))
    }

    /// What a superuser's statement comes to.
    pub fn lure(&self, sql: &str) -> String {
        outcome(&mut self.database.connect(), &self.sql(sql))
    }

    /// The role is not a superuser, and nothing of it has run as one, not even in what was rolled back: a sequence
    /// tells.
    #[track_caller]
    pub fn failed(&self) {
        let state = format!(
            "SELECT concat_ws(' ', r.rolsuper, to_regclass('{role}_code.ran'),
                 (SELECT max(s.last_value) FROM pg_sequences AS s WHERE s.sequencename = 'strikes'))
             FROM pg_roles AS r WHERE r.rolname = '{role}'",
            role = self.role
        );
        // What the database has a session search is not looked at.
        let client = &mut self.database.connect();
        client.batch_execute("SET search_path = pg_catalog").unwrap();
        assert_eq!(strings(client, &state), ["f"]);
    }
}

/// A database with the SQL edition, user `u1` with a task, and a role that may log in and has a schema of its own.
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

/// What statements come to: `ok` or an SQLSTATE.
pub fn outcome(client: &mut Client, sql: &str) -> String {
    match client.batch_execute(sql) {
        Ok(()) => "ok".to_owned(),
        Err(error) => Failure::from(&error).code,
    }
}

/// Returns when the session `pid` waits for a lock.
pub fn waits(client: &mut Client, pid: i32) {
    // Not for a catalog, which autovacuum locks when it makes that smaller: then the session has not come to its work yet.
    let query =
        format!("SELECT count(*) FROM pg_locks WHERE pid = {pid} AND NOT granted AND (relation >= 16384) IS NOT FALSE");
    while client.query_one(&query, &[]).unwrap().get::<_, i64>(0) == 0 {}
}
