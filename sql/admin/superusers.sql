-- All roles: name, and whether it is a superuser, or todo_owner, as which nobody can log in. Predefined roles have members.
SELECT r.rolname::pg_catalog.text AS role, r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) 'todo_owner' AS is_safe
FROM pg_catalog.pg_roles AS r
