-- All roles: name, and whether running their code gives them no right: superusers, those that can act as the role that has logged in, and
-- the extension's role todo_owner, as which nobody else can act. (Predefined roles have members.)
SELECT r.rolname::pg_catalog.text AS role,
    r.rolsuper OR pg_catalog.pg_has_role(r.oid, SESSION_USER, 'MEMBER')
    OR r.rolname OPERATOR(pg_catalog.=) 'todo_owner' AND NOT r.rolcanlogin AND NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_auth_members AS m
        JOIN pg_catalog.pg_roles AS o ON o.oid OPERATOR(pg_catalog.=) m.member
        WHERE m.roleid OPERATOR(pg_catalog.=) r.oid AND NOT o.rolsuper
    ) AS is_safe
FROM pg_catalog.pg_roles AS r
