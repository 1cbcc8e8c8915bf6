-- Whether this database refuses all writes because it has moved: the triggers of fence_raise.sql are on the tables of users and tasks.
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 2
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) p.proowner
WHERE t.tgrelid OPERATOR(pg_catalog.=) ANY (
        ARRAY['@extschema@.users'::pg_catalog.regclass::pg_catalog.oid, '@extschema@.tasks'::pg_catalog.regclass::pg_catalog.oid]
    )
  AND t.tgname OPERATOR(pg_catalog.=) 'todo_fence'
  AND t.tgenabled OPERATOR(pg_catalog.=) 'A'
  -- BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE, for each statement.
  AND t.tgtype OPERATOR(pg_catalog.=) 62
  AND t.tgqual IS NULL
  AND p.proname OPERATOR(pg_catalog.=) 'refuse'
  AND n.nspname OPERATOR(pg_catalog.=) 'todo_fence'
  AND r.rolsuper
