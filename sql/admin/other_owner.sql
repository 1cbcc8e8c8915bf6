-- A role that owns one of the tables, where a superuser asks, who would run what that role has put on it; else NULL. A superuser's
-- tables and those of todo_owner are nobody else's.
SELECT pg_catalog.min(r.rolname::pg_catalog.text) AS owner
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) c.relowner
WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY['@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass])
  AND NOT r.rolsuper
  AND r.rolname OPERATOR(pg_catalog.<>) 'todo_owner'
  AND (SELECT s.rolsuper FROM pg_catalog.pg_roles AS s WHERE s.rolname OPERATOR(pg_catalog.=) CURRENT_USER)
