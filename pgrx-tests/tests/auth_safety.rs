//! Rights on `todo_auth`, its guard, and attacks on it.

use postgres::Client;
use todo_tests::{AUTH_SESSION, Database, Edition, Failure, HASH, admin, said, scrypt, strings};

#[test]
fn rights_are_what_grant_gives() {
    let mut database = Database::with_auth();
    let role = format!("{}_app", database.name);
    let client = &mut database.client;
    let as_role = |client: &mut Client, statement: &str| {
        client.batch_execute(&format!("SET ROLE {role}")).unwrap();
        let outcome = client.batch_execute(statement);
        client.batch_execute("RESET ROLE").unwrap();
        outcome
    };
    client.batch_execute(&format!("CREATE ROLE {role}")).unwrap();
    let statements = [
        "SELECT * FROM todo_auth.\"user\", todo_auth.account, todo_auth.session, todo_auth.verification",
        "INSERT INTO todo_auth.\"user\" (id, name, email, image) VALUES ('u3', 'N', 'n@b.cd', 'i')",
        "UPDATE todo_auth.\"user\" SET name = 'M', image = NULL WHERE id = 'u3'",
        "INSERT INTO todo_auth.account (\"accountId\", \"providerId\", \"userId\") VALUES ('g', 'google', 'u3')",
        "UPDATE todo_auth.account SET scope = 's' WHERE \"accountId\" = 'g'",
        "DELETE FROM todo_auth.account WHERE \"accountId\" = 'g'",
        "INSERT INTO todo_auth.session (token, \"expiresAt\", \"userId\") VALUES ('t', now(), 'u3')",
        "INSERT INTO todo_auth.verification (identifier, value, \"expiresAt\") VALUES ('x', 'y', now())",
        "DELETE FROM todo_auth.account WHERE \"userId\" = 'u1'",
        "UPDATE users SET is_active = false WHERE id = 'u3'",
        "DELETE FROM todo_auth.\"user\" WHERE id = 'u3'",
        "DELETE FROM todo_auth.verification",
        "INSERT INTO todo_auth.\"rateLimit\" (key, count, \"lastRequest\") VALUES ('k', 1, 1)",
        "DELETE FROM todo_auth.\"rateLimit\"",
    ];
    for statement in statements {
        assert_eq!(Failure::of(as_role(client, statement)).code, "42501", "{statement}");
    }
    client.batch_execute(&format!("SELECT todo_auth.grant('{role}')")).unwrap();
    for statement in statements {
        as_role(client, statement).unwrap_or_else(|e| panic!("{statement}: {e}"));
    }
    for statement in ["SELECT * FROM tasks", "SELECT todo_auth.grant('x')", "SELECT todo_list_tasks('u1')"] {
        assert_eq!(Failure::of(as_role(client, statement)).code, "42501", "{statement}");
    }
    client.batch_execute(&format!("SELECT todo_auth.revoke('{role}')")).unwrap();
    for statement in statements {
        assert_eq!(Failure::of(as_role(client, statement)).code, "42501", "{statement}");
    }
    // A role that writes users needs no rights on sessions to end them.
    client
        .batch_execute(&format!(
            "SELECT todo_grant('{role}'); INSERT INTO todo_auth.session (token, \"expiresAt\", \"userId\") VALUES ('t', now(), 'u2')"
        ))
        .unwrap();
    as_role(client, "SELECT todo_set_active('u2', false)").unwrap();
    assert_eq!(strings(client, "SELECT id FROM todo_auth.session"), [""; 0]);

    for (call, code) in [("grant('no one')", "42704"), ("grant(NULL)", "23502"), ("revoke('public')", "42704")] {
        assert_eq!(Failure::of(client.batch_execute(&format!("SELECT todo_auth.{call}"))).code, code, "{call}");
    }
    client
        .batch_execute(&format!(
            "GRANT EXECUTE ON FUNCTION todo_auth.grant(text), todo_auth.schema_for_grants(text) TO {role};
             GRANT USAGE ON SCHEMA todo_auth TO {role}"
        ))
        .unwrap();
    let grant = format!("SELECT todo_auth.grant('{role}')");
    assert_eq!(Failure::of(as_role(client, &grant)).code, "42501", "not the owner");
}

#[test]
fn the_guard_keeps_the_tables() {
    let mut database = Database::with_auth();
    let client = &mut database.client;
    client.execute(AUTH_SESSION, &[&"t", &"u1"]).unwrap();
    for statement in [
        "DROP EXTENSION todo_auth",
        "DROP EXTENSION todo_auth CASCADE",
        "DROP SCHEMA todo_auth CASCADE",
        "DROP EXTENSION todo CASCADE",
        "ALTER EXTENSION todo UPDATE TO '0.2.0'",
        "ALTER TABLE todo_auth.session ADD COLUMN \"impersonatedBy\" text",
        "ALTER TABLE todo_auth.user_data DROP COLUMN image",
        "ALTER TABLE todo_auth.verification RENAME COLUMN value TO secret",
        "ALTER TABLE todo_auth.session ALTER COLUMN \"userAgent\" SET NOT NULL",
        "ALTER TABLE todo_auth.session DROP CONSTRAINT \"session_userId_fkey\"",
        "DROP INDEX todo_auth.verification_identifier_idx",
        "ALTER TABLE todo_auth.\"rateLimit\" DROP CONSTRAINT \"rateLimit_key_key\"",
        "DROP TRIGGER zz_todo_before_row ON todo_auth.verification",
        "DROP TRIGGER session_before_write ON todo_auth.session",
        "DROP TRIGGER todo_auth_deactivated ON users",
        "DROP TRIGGER todo_auth_password_written ON users",
        "ALTER TABLE todo_auth.session RENAME TO sessions",
        "ALTER SCHEMA todo_auth RENAME TO auth",
    ] {
        assert_eq!(Failure::of(client.batch_execute(statement)).code, "2BP01", "{statement}");
    }
    // A picture that was removed leaves no row. The extension's own changes are not those of an application.
    client
        .batch_execute(
            "UPDATE todo_auth.\"user\" SET image = 'i' WHERE id = 'u1'; UPDATE todo_auth.\"user\" SET image = NULL WHERE id = 'u1'",
        )
        .unwrap();
    client.batch_execute("DELETE FROM todo_auth.session; DROP EXTENSION todo_auth").unwrap();
    assert_eq!(strings(client, "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'todo_auth%'"), [""; 0]);
    client.batch_execute("CREATE EXTENSION todo_auth").unwrap();
    client.execute(AUTH_SESSION, &[&"t", &"u1"]).unwrap();
    client.batch_execute("SET todo.guard = off; DROP EXTENSION todo_auth").unwrap();
    assert_eq!(strings(client, "SELECT id FROM users WHERE hashed_password <> '!'"), ["u1"]);
}

#[test]
fn it_wants_version_1_0_0_and_a_schema_of_its_own() {
    let mut database = Database::empty();
    let role = format!("{}_role", database.name);
    let client = &mut database.client;
    assert_eq!(Failure::of(client.batch_execute("CREATE EXTENSION todo_auth")).code, "42704");
    client.batch_execute("CREATE EXTENSION todo VERSION '0.2.0'").unwrap();
    assert_eq!(Failure::of(client.batch_execute("CREATE EXTENSION todo_auth")).code, "55000");
    client
        .batch_execute(&format!(
            "ALTER EXTENSION todo UPDATE; CREATE ROLE {role}; CREATE SCHEMA todo_auth AUTHORIZATION {role}"
        ))
        .unwrap();
    assert_eq!(Failure::of(client.batch_execute("CREATE EXTENSION todo_auth")).code, "55000");
    // A function that calls with other types would find.
    let planted =
        "CREATE FUNCTION todo_auth.store_password(varchar, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'";
    client.batch_execute(&format!("{planted}; ALTER SCHEMA todo_auth OWNER TO CURRENT_USER")).unwrap();
    assert_eq!(Failure::of(client.batch_execute("CREATE EXTENSION todo_auth")).code, "55000");
    client
        .batch_execute(&format!(
            "DROP FUNCTION todo_auth.store_password(varchar, text); GRANT CREATE ON SCHEMA todo_auth TO {role}"
        ))
        .unwrap();
    assert_eq!(Failure::of(client.batch_execute("CREATE EXTENSION todo_auth")).code, "55000");
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}; CREATE EXTENSION todo_auth")).unwrap();
    assert_eq!(Failure::of(client.batch_execute("ALTER EXTENSION todo_auth SET SCHEMA public")).code, "0A000");
}

/// The name of the schema becomes part of the script.
#[test]
fn a_schema_whose_name_is_sql_is_refused() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute("CREATE SCHEMA app; CREATE EXTENSION todo SCHEMA app; SET todo.guard = off").unwrap();
    let mut name = "app".to_owned();
    for other in ["$$;CREATE TABLE public.planted();$$", "a'b", "a\"b", "a\\b"] {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        client.batch_execute(&format!("ALTER SCHEMA {} RENAME TO {}", quoted(&name), quoted(other))).unwrap();
        name = other.to_owned();
        let failure = Failure::of(client.batch_execute("CREATE EXTENSION todo_auth"));
        // From 16 on, by PostgreSQL itself.
        assert!(["42P17", "22P02"].contains(&failure.code.as_str()), "{other}: {failure:?}");
        let status = said(admin(&database.name).arg("status"), "");
        assert_eq!(status.code, 1, "{other}: {status:?}");
    }
    assert_eq!(strings(client, "SELECT 'planted' WHERE to_regclass('public.planted') IS NOT NULL"), [""; 0]);
}

/// The triggers on users work with other rights than the caller's, so they must not call anything of other roles.
#[test]
fn nobody_becomes_superuser_by_a_trigger() {
    let mut database = Database::with_auth();
    let role = format!("{}_role", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE ROLE {role}; SELECT todo_grant('{role}', 'tables'); GRANT USAGE ON SCHEMA todo_auth TO {role};
             GRANT CREATE ON SCHEMA public TO {role}; GRANT TRIGGER ON todo_auth.session, todo_auth.user_data TO {role};
             SET ROLE {role};
             CREATE FUNCTION public.evil() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN EXECUTE 'ALTER ROLE {role} SUPERUSER'; RETURN NULL; END $$;
                "
        ))
        .unwrap();
    let triggers = [
        "CREATE TRIGGER evil AFTER DELETE ON todo_auth.session FOR EACH ROW EXECUTE FUNCTION public.evil()",
        "CREATE TRIGGER evil AFTER UPDATE OR DELETE ON todo_auth.user_data FOR EACH ROW EXECUTE FUNCTION public.evil()",
    ];
    for trigger in triggers {
        assert_eq!(Failure::of(client.batch_execute(trigger)).code, "42501", "{trigger}");
    }
    // They do not run either if a superuser has created them.
    client.batch_execute(&format!("RESET ROLE; {}", triggers.join("; "))).unwrap();
    client.execute(AUTH_SESSION, &[&"t", &"u1"]).unwrap();
    client.execute("INSERT INTO todo_auth.user_data VALUES ('u1', NULL, $1)", &[&scrypt()]).unwrap();
    let is_superuser = format!("SELECT rolsuper::text FROM pg_roles WHERE rolname = '{role}'");
    for statement in ["SELECT todo_set_active('u1', false)", "UPDATE users SET hashed_password = '!' WHERE id = 'u1'"] {
        client.batch_execute(&format!("SET ROLE {role}")).unwrap();
        assert_eq!(Failure::of(client.batch_execute(statement)).code, "55000", "{statement}");
        client.batch_execute("RESET ROLE").unwrap();
        assert_eq!(strings(client, &is_superuser), ["false"]);
    }
    client.batch_execute(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).unwrap();
    client.batch_execute("SELECT todo_set_active('u1', false)").unwrap();
}

#[test]
fn faults_are_found() {
    let mut database = Database::with_auth();
    let client = &mut database.client;
    let found = "SELECT name FROM todo_check() WHERE NOT ok ORDER BY 1";
    assert_eq!(strings(client, found), [""; 0]);
    client
        .batch_execute(
            "ALTER TABLE users DISABLE TRIGGER todo_auth_deactivated; DROP TRIGGER account_write ON todo_auth.account",
        )
        .unwrap();
    assert_eq!(strings(client, found), ["trigger account_write of account", "trigger todo_auth_deactivated of users"]);
}

#[test]
fn grants_of_both_extensions_go_together() {
    let mut database = Database::with_auth();
    let role = format!("{}_role", database.name);
    let client = &mut database.client;
    let may = format!(
        "SELECT concat_ws(' ', has_table_privilege('{role}', 'users', 'UPDATE'), has_table_privilege('{role}', 'todo_auth.session', 'INSERT'),
             has_table_privilege('{role}', 'tasks', 'INSERT'))"
    );
    client
        .batch_execute(&format!("CREATE ROLE {role}; SELECT todo_auth.grant('{role}'), todo_grant('{role}')"))
        .unwrap();
    assert_eq!(strings(client, &may), ["t t t"]);
    client.batch_execute(&format!("SELECT todo_revoke('{role}')")).unwrap();
    assert_eq!(strings(client, &may), ["f f f"]);
    client.batch_execute(&format!("SELECT todo_grant('{role}', 'tables'); SELECT todo_grant('{role}')")).unwrap();
    assert_eq!(strings(client, &may), ["f f t"]);
}

#[test]
fn whatever_the_schema_of_todo_is_called() {
    let mut database = Database::empty();
    let client = &mut database.client;
    client.batch_execute(&Edition::current().install_in(r#""My App; Größe""#, &database.name)).unwrap();
    client.batch_execute(&Edition::current().install_auth(&database.name)).unwrap();
    client.batch_execute("SET search_path = nowhere; SET TimeZone = 'Asia/Karachi'").unwrap();
    let insert = r#"INSERT INTO todo_auth."user" (id, name, email, image) VALUES ('u', 'U', 'u@b.cd', 'i')"#;
    client.batch_execute(insert).unwrap();
    let account = r#"INSERT INTO todo_auth.account ("accountId", "providerId", "userId", password)
         VALUES ('u', 'credential', 'u', $1)"#;
    client.execute(account, &[&HASH]).unwrap();
    client.execute(AUTH_SESSION, &[&"t", &"u"]).unwrap();
    let stored = r#"SELECT concat_ws(' ', u.hashed_password = a.password, d.image, v.image,
                        now() - v."createdAt" < interval '1 min' AND v."createdAt" <= now())
         FROM "My App; Größe".users AS u, todo_auth.account AS a, todo_auth.user_data AS d, todo_auth."user" AS v"#;
    assert_eq!(strings(client, stored), ["t i i t"]);
    client.batch_execute(r#"SELECT "My App; Größe".todo_set_active('u', false)"#).unwrap();
    assert_eq!(strings(client, "SELECT id FROM todo_auth.session"), [""; 0]);
}

/// Rights on schemas from ALTER DEFAULT PRIVILEGES are revoked, also within a savepoint, and no dump names who gave them.
#[test]
fn default_privileges_on_schemas_leave_nothing() {
    let mut database = Database::empty();
    let [creator, other] = ["creator", "other"].map(|name| database.role(name));
    database
        .client
        .batch_execute(&format!(
            "ALTER ROLE {creator} SUPERUSER; ALTER DEFAULT PRIVILEGES FOR ROLE {creator} GRANT ALL ON SCHEMAS TO {other}"
        ))
        .unwrap();
    let mut client = database.connect_as(&creator);
    client.batch_execute("BEGIN; SAVEPOINT a; CREATE EXTENSION todo_auth CASCADE; COMMIT").unwrap();
    let rights = format!(
        "SELECT n.nspname::text FROM pg_namespace AS n
         WHERE n.nspname LIKE 'todo%' AND (has_schema_privilege('{other}', n.oid, 'USAGE') OR has_schema_privilege('{other}', n.oid, 'CREATE'))"
    );
    assert_eq!(strings(&mut client, &rights), [""; 0]);
    let noted = "SELECT p.initprivs::text FROM pg_init_privs AS p
         WHERE p.classoid = 'pg_namespace'::regclass AND p.objoid = 'todo_auth'::regnamespace";
    assert_eq!(strings(&mut client, noted), [""; 0]);
}

/// If the schema existed before, rights that roles have granted each other on it are revoked, too.
#[test]
fn rights_on_the_schema_are_taken_from_all() {
    let mut database = Database::new();
    let [one, other] = ["one", "other"].map(|name| database.role(name));
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE SCHEMA todo_auth; GRANT USAGE ON SCHEMA todo_auth TO {one} WITH GRANT OPTION;
             SET ROLE {one}; GRANT USAGE ON SCHEMA todo_auth TO {other}; RESET ROLE; CREATE EXTENSION todo_auth"
        ))
        .unwrap();
    let rights = format!(
        "SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname IN ('{one}', '{other}') AND has_schema_privilege(r.oid, 'todo_auth', 'USAGE')"
    );
    assert_eq!(strings(client, &rights), [""; 0]);
}
