-- Statements that give again what roles may do with the functions and views of the API, and with todo_auth. Rights on users and tasks
-- stay with these tables.
SELECT pg_catalog.format(
    'GRANT %s ON %s %s TO %s%s', a.privilege_type, o.kind, o.identity,
    CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END
) AS statement
FROM (
    SELECT 'FUNCTION' AS kind, p.oid::pg_catalog.regprocedure::pg_catalog.text AS identity, p.proowner AS owner, p.proacl AS acl
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
       OR p.pronamespace OPERATOR(pg_catalog.=) '@extschema@'::pg_catalog.regnamespace
          AND p.oid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT todo_internal.member_functions()))
    UNION ALL
    SELECT 'TABLE', c.oid::pg_catalog.regclass::pg_catalog.text, c.relowner, c.relacl
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'v']::pg_catalog."char"[])
      AND (
          n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
          OR c.oid OPERATOR(pg_catalog.=) '@extschema@.todo_users'::pg_catalog.regclass
      )
    UNION ALL
    SELECT 'SCHEMA', n.oid::pg_catalog.regnamespace::pg_catalog.text, n.nspowner, n.nspacl
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
) AS o
CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) AS a
WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner
  -- The extension's own role.
  AND pg_catalog.pg_get_userbyid(a.grantee) OPERATOR(pg_catalog.<>) 'todo_owner'
ORDER BY statement
