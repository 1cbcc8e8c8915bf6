-- The roles that own something in this database, have a right on something or a setting in it. CREATE EXTENSION makes todo_owner.
SELECT r.rolname::pg_catalog.text AS role
FROM pg_catalog.pg_database AS b
CROSS JOIN LATERAL (
    SELECT d.refobjid AS role
    FROM pg_catalog.pg_shdepend AS d
    WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass
      AND (
          d.dbid OPERATOR(pg_catalog.=) b.oid
          OR d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_database'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) b.oid
      )
    UNION
    SELECT s.setrole FROM pg_catalog.pg_db_role_setting AS s WHERE s.setdatabase OPERATOR(pg_catalog.=) b.oid
) AS u
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) u.role
WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
  AND r.rolname OPERATOR(pg_catalog.<>) 'todo_owner'
ORDER BY r.rolname
