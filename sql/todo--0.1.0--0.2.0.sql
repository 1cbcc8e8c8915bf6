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

-- Nobody but the owner has a right on the tables yet, whatever ALTER DEFAULT PRIVILEGES gives to others.
DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT
            c.oid::pg_catalog.regclass AS relation,
            CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
            CASE
                WHEN a.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee))
            END AS grantee
        FROM pg_catalog.pg_class AS c
        CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
        WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY['@extschema@.tasks'::pg_catalog.regclass, '@extschema@.tasks_id_seq'::pg_catalog.regclass])
          AND a.grantee OPERATOR(pg_catalog.<>) c.relowner
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON %s %s FROM %s', granted.kind, granted.relation, granted.grantee);
    END LOOP;
END
$$;
