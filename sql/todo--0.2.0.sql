-- Version 0.2.0: the tables of users and tasks, as the specification's migrations 001 and 002 make them.
CREATE TABLE @extschema@.users (
    id VARCHAR(36) PRIMARY KEY,
    email VARCHAR(255) NOT NULL UNIQUE,
    name VARCHAR(100) NOT NULL,
    hashed_password VARCHAR(255) NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    updated_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    is_active BOOLEAN DEFAULT TRUE,
    email_verified BOOLEAN DEFAULT FALSE
);

CREATE UNIQUE INDEX ix_users_email ON @extschema@.users (email);

REVOKE ALL ON TABLE @extschema@.users FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('@extschema@.users', '');

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
