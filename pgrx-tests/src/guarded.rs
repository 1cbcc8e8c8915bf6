//! Commands that the guards of both editions refuse.

use crate::strings;
use postgres::Client;

/// Commands that change what both editions need. Run [`to_change`] before them.
pub const CHANGES: [&str; 36] = [
    "ALTER TABLE users ADD CONSTRAINT own UNIQUE USING INDEX ix_users_email",
    "ALTER TABLE tasks SET UNLOGGED",
    "CREATE TABLE another () INHERITS (kid, users)",
    "ALTER TABLE tasks OF of_tasks",
    "ALTER TABLE partitioned ATTACH PARTITION tasks DEFAULT",
    "ALTER INDEX users RENAME TO people",
    "ALTER VIEW users RENAME COLUMN name TO nam",
    "ALTER MATERIALIZED VIEW tasks RENAME COLUMN title TO t",
    "ALTER FOREIGN TABLE users RENAME COLUMN is_active TO q",
    "ALTER TYPE users RENAME ATTRIBUTE email TO mail",
    "ALTER INDEX ix_users_email DEPENDS ON EXTENSION plpgsql",
    "ALTER TRIGGER zz_todo_before_row ON users DEPENDS ON EXTENSION plpgsql",
    "ALTER SEQUENCE tasks_id_seq OWNED BY parent.id",
    "ALTER SEQUENCE tasks_id_seq RENAME TO q",
    "ALTER SEQUENCE tasks_id_seq AS smallint CYCLE",
    "ALTER SEQUENCE tasks_id_seq MINVALUE -2 RESTART",
    "ALTER TABLE public.tasks DROP COLUMN description",
    "ALTER TABLE users RENAME COLUMN email TO mail",
    "ALTER TABLE users RENAME email TO mail",
    "ALTER TABLE users RENAME TO people",
    "ALTER TABLE tasks SET SCHEMA pg_catalog",
    "ALTER TABLE tasks ALTER COLUMN title TYPE text",
    "ALTER TABLE users ALTER id DROP DEFAULT",
    "ALTER TABLE users ALTER name SET DEFAULT 'X'",
    "ALTER TABLE users ALTER is_active DROP NOT NULL",
    "ALTER TABLE tasks ALTER description SET NOT NULL",
    "ALTER TABLE tasks OWNER TO postgres, ALTER id DROP DEFAULT, ALTER id ADD GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE tasks ALTER CONSTRAINT tasks_user_id_fkey DEFERRABLE",
    "ALTER TABLE tasks INHERIT parent",
    "ALTER TABLE kid INHERIT users",
    "ALTER SCHEMA public RENAME TO other",
    "ALTER SCHEMA todo_internal RENAME TO other",
    "DROP INDEX other, ix_tasks_user_id",
    "ALTER TABLE users ADD CONSTRAINT ix_users_email UNIQUE USING INDEX ix_users_email",
    "ALTER TABLE users ADD CONSTRAINT own UNIQUE USING INDEX ix_users_email",
    "DROP INDEX CONCURRENTLY public.ix_tasks_user_id",
];

/// Commands that add columns, which dumps of the extension's tables would not include. The SQL edition allows them.
pub const ADDED_COLUMNS: [&str; 5] = [
    "ALTER TABLE users ADD COLUMN image text",
    "ALTER TABLE users ADD COLUMN IF NOT EXISTS image text",
    "SET session_replication_role = replica; ALTER TABLE users ADD COLUMN image text",
    "ALTER TABLE ONLY tasks ADD COLUMN due timestamp",
    "DO $$ BEGIN EXECUTE 'ALTER TABLE users ADD image text'; END $$",
];

/// Creates objects that these commands need. Pass the owner of the tables.
pub fn to_change(owner: &str) -> String {
    format!(
        "CREATE TABLE parent (LIKE tasks); ALTER TABLE parent OWNER TO {owner}; CREATE TABLE kid (LIKE users INCLUDING ALL); CREATE INDEX other ON parent (id); CREATE TABLE partitioned (LIKE tasks) PARTITION BY RANGE (id);
         CREATE TYPE of_tasks AS (id integer, user_id varchar(36), title varchar(200), description text, completed boolean,
             created_at timestamp, updated_at timestamp, completed_at timestamp)"
    )
}

/// Commands that drop and rename each constraint, index and trigger of the tables.
pub fn changes_of_parts(client: &mut Client) -> Vec<String> {
    let changes = strings(
        client,
        "SELECT format(change, r.relname, k.conname)
         FROM pg_constraint AS k JOIN pg_class AS r ON r.oid = k.conrelid AND r.relname IN ('users', 'tasks'),
             unnest(ARRAY['ALTER TABLE %s DROP CONSTRAINT %s CASCADE', 'ALTER TABLE %s RENAME CONSTRAINT %s TO renamed']) AS change
         -- PostgreSQL 18 has NOT NULL constraints, and itself refuses to drop that of a primary key.
         WHERE k.contype <> 'n' OR change ~ 'RENAME'
         UNION ALL
         SELECT format(change, i.indexrelid::regclass)
         FROM pg_index AS i JOIN pg_class AS r ON r.oid = i.indrelid AND r.relname IN ('users', 'tasks'),
             unnest(ARRAY['DROP INDEX %s', 'ALTER INDEX %s RENAME TO q', 'ALTER TABLE %s RENAME TO q']) AS change
         UNION ALL
         SELECT format(change, t.tgname, t.tgrelid::regclass)
         FROM pg_trigger AS t,
             unnest(ARRAY['DROP TRIGGER %s ON public.%s', 'DROP TRIGGER IF EXISTS %s ON %s', 'ALTER TRIGGER %s ON %s RENAME TO q']) AS change
         WHERE NOT t.tgisinternal AND t.tgrelid IN ('users'::regclass, 'tasks'::regclass)",
    );
    for part in [
        "ALTER TABLE users DROP CONSTRAINT users_pkey",
        "ALTER TABLE tasks RENAME CONSTRAINT tasks_user_id_fkey",
        "DROP INDEX ix_users_email_folded",
        "ALTER INDEX ix_tasks_user_id RENAME",
        "DROP TRIGGER zz_todo_before_row ON public.users",
        "ALTER TRIGGER zz_todo_before_row ON tasks RENAME",
    ] {
        assert!(changes.iter().any(|change| change.starts_with(part)), "{part}: {changes:?}");
    }
    changes
}
