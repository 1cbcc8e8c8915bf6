-- An owner of the tables, whose triggers and index expressions a superuser would run. Owners who are superusers do not count, nor does
-- todo_owner, as which nobody can log in. NULL if there is no such owner.
SELECT pg_catalog.min(r.rolname::pg_catalog.text) AS owner
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) c.relowner
WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY['@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass])
  AND NOT r.rolsuper
  AND (r.rolname OPERATOR(pg_catalog.<>) 'todo_owner' OR r.rolcanlogin)
