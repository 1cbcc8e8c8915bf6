-- Whether the current role, or the one that has logged in, is a superuser or can become one by SET ROLE.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_roles AS s
    WHERE s.rolsuper AND (pg_catalog.pg_has_role(CURRENT_USER, s.oid, 'MEMBER') OR pg_catalog.pg_has_role(SESSION_USER, s.oid, 'MEMBER'))
)
