-- The roles whose code runs when users are deleted, and their rows in other tables with them: the owners of these tables and of their
-- triggers' functions. See roles.sql for those that need no trust.
SELECT DISTINCT r.rolname::pg_catalog.text AS role
FROM (
    SELECT '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid AS oid
    UNION
    SELECT c.conrelid
    FROM pg_catalog.pg_constraint AS c
    WHERE c.contype OPERATOR(pg_catalog.=) 'f'
      AND c.confrelid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid
) AS t
JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) t.oid
LEFT JOIN pg_catalog.pg_trigger AS g ON g.tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT g.tgisinternal
LEFT JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) ANY (ARRAY[c.relowner, p.proowner])
WHERE NOT r.rolsuper
  AND NOT (
      r.rolname OPERATOR(pg_catalog.=) 'todo_owner' AND NOT r.rolcanlogin AND NOT EXISTS (
          SELECT
          FROM pg_catalog.pg_auth_members AS m
          JOIN pg_catalog.pg_roles AS o ON o.oid OPERATOR(pg_catalog.=) m.member
          WHERE m.roleid OPERATOR(pg_catalog.=) r.oid AND NOT o.rolsuper
      )
  )
