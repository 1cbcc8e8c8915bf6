-- 1,000 users with 100 tasks each, half of them completed; user ids are numbers, which pgbench can draw.
CREATE EXTENSION pgcrypto;

-- The SQL edition beside the extension. Its schema of helpers needs another name for that.
CREATE ROLE sql_owner;
CREATE SCHEMA sql_edition AUTHORIZATION sql_owner;
SELECT format('GRANT CREATE ON DATABASE %I TO sql_owner', current_database()) \gexec
\set script `sql/edition/build.sh todo bench | sed 's/todo_internal/todo_sql_internal/g'`
SET ROLE sql_owner;
SET search_path = sql_edition;
:script
RESET search_path;
RESET ROLE;

CREATE EXTENSION todo;
INSERT INTO users (id, email, name)
    SELECT i::text, 'user' || i || '@example.com', 'User ' || i FROM generate_series(1, 1000) AS i;
INSERT INTO tasks (user_id, title, description, completed, created_at)
    SELECT (i % 1000 + 1)::text, 'Task ' || i, repeat('word ', i % 40), i / 1000 % 2 = 0,
        timestamp '2026-01-01' + i * interval '1 second'
    FROM generate_series(1, 100000) AS i;

-- The same without rules: the specification's tables as plain SQL makes them.
CREATE SCHEMA bare;
CREATE TABLE bare.users (LIKE users INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE bare.tasks (LIKE tasks INCLUDING DEFAULTS INCLUDING INDEXES);
ALTER TABLE bare.tasks ADD FOREIGN KEY (user_id) REFERENCES bare.users (id) ON DELETE CASCADE;
INSERT INTO bare.users TABLE users;
INSERT INTO bare.tasks TABLE tasks;
INSERT INTO sql_edition.users TABLE users;
INSERT INTO sql_edition.tasks TABLE tasks;
SELECT setval('sql_edition.tasks_id_seq', 100000);

-- And without the indexes that the specification does not name.
CREATE SCHEMA lean;
CREATE TABLE lean.users (LIKE users INCLUDING DEFAULTS INCLUDING INDEXES);
CREATE TABLE lean.tasks (LIKE tasks INCLUDING DEFAULTS);
INSERT INTO lean.users TABLE users;
INSERT INTO lean.tasks TABLE tasks;
ALTER TABLE lean.tasks ADD PRIMARY KEY (id), ADD FOREIGN KEY (user_id) REFERENCES lean.users (id) ON DELETE CASCADE;
CREATE INDEX ON lean.tasks (user_id);
CREATE INDEX ON lean.tasks (user_id, completed);
CREATE INDEX ON lean.tasks (created_at);

-- One user with a password, and the same password's hash for the bcrypt crate alone and for pgcrypto, all at cost 12.
SELECT FROM todo_create_user('login@example.com', 'Login', 'correct horse');
CREATE TABLE hash AS SELECT todo_hash_password('correct horse') AS ours, crypt('correct horse', gen_salt('bf', 12)) AS theirs;

VACUUM (FREEZE, ANALYZE) users, tasks, bare.users, bare.tasks, lean.users, lean.tasks, sql_edition.users, sql_edition.tasks;
CHECKPOINT;

-- So that session_replication_role = replica leaves the guard out, for a baseline in the same session.
ALTER EVENT TRIGGER todo_guard ENABLE;
ALTER EVENT TRIGGER todo_guard_end ENABLE;
