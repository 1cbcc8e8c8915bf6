-- Whether the current role, or the one that has logged in, is a superuser.
SELECT pg_catalog.bool_or(s.rolsuper)
FROM pg_catalog.pg_roles AS s
WHERE s.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[CURRENT_USER, SESSION_USER])
