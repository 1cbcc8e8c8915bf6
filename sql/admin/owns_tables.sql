-- Whether the tables belong to the current role.
SELECT pg_catalog.bool_and(r.rolname OPERATOR(pg_catalog.=) CURRENT_USER)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) c.relowner
WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY['@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass])
