-- Whether the current role is a superuser, and its name.
SELECT s.rolsuper, s.rolname::pg_catalog.text FROM pg_catalog.pg_roles AS s WHERE s.rolname OPERATOR(pg_catalog.=) CURRENT_USER
