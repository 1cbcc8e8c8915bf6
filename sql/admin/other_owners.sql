-- Roles that own objects in this database and are neither superusers nor todo_owner: a restore of these objects runs their code.
SELECT DISTINCT r.rolname::pg_catalog.text AS role
FROM pg_catalog.pg_shdepend AS d
JOIN pg_catalog.pg_roles AS r
    ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass AND r.oid OPERATOR(pg_catalog.=) d.refobjid
JOIN pg_catalog.pg_database AS b ON b.oid OPERATOR(pg_catalog.=) d.dbid
WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
  AND d.deptype OPERATOR(pg_catalog.=) 'o'
  AND NOT r.rolsuper
  AND r.rolname OPERATOR(pg_catalog.<>) 'todo_owner'
ORDER BY role
