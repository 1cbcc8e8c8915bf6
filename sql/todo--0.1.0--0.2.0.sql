-- From 0.1.0 to 0.2.0: the table of tasks, as the specification's migration 002 makes it.

-- Rather fail than make everybody wait behind a lock; a caller's own setting counts.
SELECT pg_catalog.set_config('lock_timeout', '10s', true)
WHERE pg_catalog.current_setting('lock_timeout') OPERATOR(pg_catalog.=) '0';

CREATE TABLE @extschema@.tasks (
    id SERIAL PRIMARY KEY,
    user_id VARCHAR(36) NOT NULL REFERENCES @extschema@.users(id) ON DELETE CASCADE,
    title VARCHAR(200) NOT NULL,
    description TEXT,
    completed BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    updated_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    completed_at TIMESTAMP
);

CREATE INDEX ix_tasks_user_id ON @extschema@.tasks (user_id);
CREATE INDEX ix_tasks_user_completed ON @extschema@.tasks (user_id, completed);
CREATE INDEX ix_tasks_created_at ON @extschema@.tasks (created_at);

REVOKE ALL ON TABLE @extschema@.tasks FROM PUBLIC;
REVOKE ALL ON SEQUENCE @extschema@.tasks_id_seq FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('@extschema@.tasks', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.tasks_id_seq', '');
