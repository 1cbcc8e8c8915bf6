-- Whether a router can use a role ($1) of this database: whether it may use todo, whether it may do more than an application, and whether
-- it is isolated. No row if there is no such role.
SELECT
    pg_catalog.has_table_privilege(r.oid, '@extschema@.todo_users', 'SELECT') AS has_grant,
    r.rolsuper OR pg_catalog.pg_has_role(
        r.oid,
        (
            SELECT c.relowner FROM pg_catalog.pg_class AS c
            WHERE c.oid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass
        ),
        'MEMBER'
    ) AS is_owner,
    EXISTS (
        SELECT
        FROM pg_catalog.pg_policy AS y
        WHERE y.polrelid OPERATOR(pg_catalog.=) '@extschema@.tasks'::pg_catalog.regclass
          AND r.oid OPERATOR(pg_catalog.=) ANY (y.polroles)
    ) AS is_isolated
FROM pg_catalog.pg_roles AS r
WHERE r.rolname OPERATOR(pg_catalog.=) $1
