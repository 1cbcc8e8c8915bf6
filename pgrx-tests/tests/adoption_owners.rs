//! Tables that are adopted with an owner of their own: they keep their owner, who becomes no more than it was.

use std::process::Command;
use todo_tests::{Database, Failure, TO_ADOPT, rows, strings, task};

#[test]
fn adopted_tables_keep_rows_owner_and_grants() {
    for (kind, tables) in TO_ADOPT {
        let mut database = Database::to_adopt(tables);
        let role = format!("{}_role", database.name);
        let client = &mut database.client;
        client
            .batch_execute(&format!(
                "CREATE ROLE {role}_owner; CREATE ROLE {role}; GRANT USAGE ON SCHEMA public TO {role}_owner, {role};
                 ALTER TABLE users OWNER TO {role}_owner; ALTER TABLE tasks OWNER TO {role}_owner;
                 GRANT SELECT, INSERT ON tasks TO {role}; GRANT SELECT (id, email) ON users TO {role};
                 GRANT USAGE ON SEQUENCE tasks_id_seq TO {role}"
            ))
            .unwrap();
        // The view of users does not belong to the tables' owner. The role that owns it may read the table.
        let acl = "SELECT format('%s %s %s', relname, relowner::regrole, replace(coalesce(relacl, acldefault('r', relowner))::text, ',todo_owner=r/' || relowner::regrole, '')) FROM pg_class WHERE relname IN ('users', 'tasks', 'tasks_id_seq')
             UNION ALL SELECT format('%s %s', attname, attacl) FROM pg_attribute WHERE attrelid = 'users'::regclass ORDER BY 1";
        let before = (rows(client), strings(client, acl));
        client.batch_execute("CREATE EXTENSION todo VERSION 'adopt'").unwrap();
        assert_eq!((rows(client), strings(client, acl)), before, "{kind}");
        client.batch_execute("ALTER EXTENSION todo UPDATE").unwrap();
        assert_eq!((rows(client), strings(client, acl)), before, "{kind}");

        // Both roles still work, and the rules apply to them.
        client.batch_execute(&format!("SET ROLE {role}")).unwrap();
        let insert = "INSERT INTO tasks (user_id, title) VALUES ('u1', ' x ') RETURNING *";
        assert_eq!((task(client, insert, &[]).id, task(client, insert, &[]).title.as_str()), (201, "x"), "{kind}");
        assert_eq!(Failure::of(client.batch_execute("SELECT * FROM users")).code, "42501");
        client.batch_execute(&format!("SET ROLE {role}_owner")).unwrap();
        assert_eq!(Failure::of(client.batch_execute("UPDATE users SET email = 'x'")).code, "23514");
        client.batch_execute("RESET ROLE").unwrap();

        // A dump includes the grants.
        let output = Command::new("pg_dump").arg("--dbname").arg(&database.name).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut restored = Database::empty();
        let dump = dump_statements(&String::from_utf8(output.stdout).unwrap());
        restored.client.batch_execute(&dump).unwrap();
        let grants: Vec<String> = strings(
            &mut restored.client,
            &format!(
                "SELECT format('%s %s', object, privilege_type) FROM (
                     SELECT relname AS object, relacl AS acl FROM pg_class WHERE relname IN ('users', 'tasks', 'tasks_id_seq')
                     UNION ALL SELECT attname, attacl FROM pg_attribute WHERE attrelid = 'users'::regclass
                 ) AS a, aclexplode(acl) WHERE grantee = '{role}'::regrole ORDER BY 1"
            ),
        );
        assert_eq!(
            grants,
            ["email SELECT", "id SELECT", "tasks INSERT", "tasks SELECT", "tasks_id_seq USAGE"],
            "{kind}, after a restore"
        );
    }
}

/// The statements of a dump without the rows, because batch_execute cannot run COPY.
fn dump_statements(dump: &str) -> String {
    let lines = dump.lines().filter(|line| line.starts_with("CREATE EXTENSION") || line.starts_with("GRANT"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The owner of the tables may have triggers and constraints on them. They never run with a superuser's rights.
#[test]
fn the_tables_owner_does_not_become_superuser() {
    let mut database = Database::empty();
    let role = format!("{}_owner", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!("CREATE ROLE {role}; GRANT CREATE, USAGE ON SCHEMA public TO {role}; SET ROLE {role}"))
        .unwrap();
    client.batch_execute(TO_ADOPT[1].1).unwrap();
    client
        .batch_execute(
            "CREATE TABLE trace (caller text);
             CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.trace VALUES (current_user); RETURN NEW; END';
             CREATE FUNCTION spied(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.trace VALUES (current_user); RETURN true; END';
             INSERT INTO users VALUES ('u1', 'a@b.cd', ' A ', '!', now(), now());
             ALTER TABLE users ADD CONSTRAINT spying CHECK (spied(name));
             RESET ROLE; CREATE EXTENSION todo VERSION 'adopt'",
        )
        .unwrap();
    client.batch_execute("TRUNCATE trace").unwrap();
    let refused = |client: &mut postgres::Client| Failure::of(client.batch_execute("ALTER EXTENSION todo UPDATE"));
    assert_eq!(refused(client).code, "55000", "a constraint");
    client
        .batch_execute("ALTER TABLE users DROP CONSTRAINT spying; CREATE INDEX spying ON users (spied(name))")
        .unwrap_err();
    client
        .batch_execute("ALTER TABLE users DROP CONSTRAINT spying; CREATE TRIGGER spying BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION spy(); ALTER TABLE users ENABLE ALWAYS TRIGGER spying")
        .unwrap();
    assert_eq!(refused(client).code, "55000", "a trigger that fires always");
    client.batch_execute("ALTER TABLE users ENABLE TRIGGER spying; ALTER EXTENSION todo UPDATE").unwrap();
    assert_eq!(strings(client, "SELECT caller FROM trace"), [""; 0]);

    let triggers = "CREATE TRIGGER spying_too BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION spy();
         CREATE TRIGGER spying_last AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION spy();
         SET todo.bcrypt_cost = 4";
    client.batch_execute(triggers).unwrap();
    for call in [
        "todo_create_user('new@b.cd', 'New', 'correct horse')",
        "todo_update_user('u1', name => 'Other')",
        "todo_verify_email('u1')",
        "todo_set_active('u1', false)",
        "todo_authenticate('new@b.cd', 'correct horse')",
        "todo_change_password((SELECT id FROM users WHERE name = 'New')::text, 'correct horse', 'battery staple')",
        "todo_delete_user('u1')",
    ] {
        assert_eq!(client.query(&format!("SELECT * FROM {call}"), &[]).unwrap().len(), 1, "{call}");
    }
    assert_eq!(strings(client, "SELECT DISTINCT caller FROM trace"), [role]);
    assert!(strings(client, "SELECT caller FROM trace").len() >= 6);
    assert_eq!(strings(client, "SELECT current_user::text"), ["postgres"]);
}

/// The owner of adopted tables cannot change the view todo_users, because everyone who reads it runs what is in it.
#[test]
fn the_view_is_not_the_tables_owners() {
    let mut database = Database::to_adopt(TO_ADOPT[1].1);
    let role = format!("{}_owner", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE ROLE {role}; ALTER TABLE users OWNER TO {role}; ALTER TABLE tasks OWNER TO {role};
             CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE; GRANT CREATE ON SCHEMA public TO {role}; SET ROLE {role}"
        ))
        .unwrap();
    for change in [
        "CREATE OR REPLACE VIEW todo_users AS SELECT id, email, name, created_at, updated_at, is_active, email_verified FROM users",
        "ALTER VIEW todo_users RENAME TO other",
        "DROP VIEW todo_users",
    ] {
        assert_eq!(Failure::of(client.batch_execute(change)).code, "42501", "{change}");
    }
    client.batch_execute("RESET ROLE").unwrap();
    assert_eq!(strings(client, "SELECT name FROM todo_get_user('u1')"), ["User 1"]);
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}

/// todo_grant() and todo_revoke() leave the owner of a table the rights with which PostgreSQL checks its foreign keys.
#[test]
fn the_owner_keeps_its_rights() {
    let mut database = Database::to_adopt(TO_ADOPT[1].1);
    let role = format!("{}_owner", database.name);
    let client = &mut database.client;
    client
        .batch_execute(&format!(
            "CREATE ROLE {role}; ALTER TABLE users OWNER TO {role}; ALTER TABLE tasks OWNER TO {role};
             CREATE EXTENSION todo VERSION 'adopt'; ALTER EXTENSION todo UPDATE"
        ))
        .unwrap();
    for change in ["todo_grant('{}')", "todo_revoke('{}')", "todo_grant('{}', 'tables')"] {
        client.batch_execute(&format!("SELECT {}", change.replace("{}", &role))).unwrap();
        client.batch_execute("SELECT todo_create_task('u1', 'x')").unwrap_or_else(|e| panic!("{change}: {e}"));
    }
    client
        .batch_execute(&format!(
            "SET ROLE {role}; SELECT todo_create_task('u1', 'x'); DELETE FROM users WHERE id = 'u1'"
        ))
        .unwrap();
    assert_eq!(strings(client, "SELECT name FROM todo_check() WHERE NOT ok"), [""; 0]);
}
