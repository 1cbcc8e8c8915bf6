-- The owner of the table users, if the current role can act as it and is not a superuser; otherwise no row. current: the role that the
-- session acts as.
SELECT r.rolname::pg_catalog.text AS owner, CURRENT_USER::pg_catalog.text AS current
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) c.relowner
JOIN pg_catalog.pg_roles AS me ON me.rolname OPERATOR(pg_catalog.=) CURRENT_USER AND NOT me.rolsuper
WHERE c.oid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass AND pg_catalog.pg_has_role(CURRENT_USER, r.oid, 'MEMBER')
