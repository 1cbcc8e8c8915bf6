CREATE TABLE @extschema@.tasks (
    id           serial       NOT NULL,
    user_id      varchar(36)  NOT NULL,
    title        varchar(200) NOT NULL,
    description  text,
    completed    boolean      NOT NULL DEFAULT false,
    created_at   timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    updated_at   timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    completed_at timestamp,
    CONSTRAINT tasks_pkey PRIMARY KEY (id),
    CONSTRAINT tasks_user_id_fkey FOREIGN KEY (user_id) REFERENCES @extschema@.users (id) ON DELETE CASCADE
);

CREATE INDEX ix_tasks_user_id ON @extschema@.tasks (user_id);
CREATE INDEX ix_tasks_user_completed ON @extschema@.tasks (user_id, completed);
CREATE INDEX ix_tasks_created_at ON @extschema@.tasks (created_at);

REVOKE ALL ON TABLE @extschema@.tasks FROM PUBLIC;
REVOKE ALL ON SEQUENCE @extschema@.tasks_id_seq FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('@extschema@.tasks', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.tasks_id_seq', '');
