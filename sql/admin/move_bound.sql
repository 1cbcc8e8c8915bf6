-- Objects and rights that depend on the extension or on its role todo_owner, and would be lost without them.
SELECT pg_catalog.concat(pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid), ', which depends on extension ', e.extname) AS bound
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_extension AS e
    ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND e.oid OPERATOR(pg_catalog.=) d.refobjid
LEFT JOIN pg_catalog.pg_trigger AS t
    ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid OPERATOR(pg_catalog.=) d.objid
LEFT JOIN pg_catalog.pg_proc AS f ON f.oid OPERATOR(pg_catalog.=) t.tgfoid
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) f.pronamespace
WHERE d.deptype OPERATOR(pg_catalog.=) 'x' AND e.extname OPERATOR(pg_catalog.=) ANY (ARRAY['todo', 'todo_auth'])
  -- Leave out the extensions' own triggers.
  AND COALESCE(n.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['todo_internal', 'todo_auth']), true)
UNION
SELECT pg_catalog.concat('rights of role todo_owner on ', pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid))
FROM pg_catalog.pg_shdepend AS d
JOIN pg_catalog.pg_roles AS r
    ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass AND r.oid OPERATOR(pg_catalog.=) d.refobjid
JOIN pg_catalog.pg_database AS b ON b.oid OPERATOR(pg_catalog.=) d.dbid
WHERE r.rolname OPERATOR(pg_catalog.=) 'todo_owner'
  AND b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
  AND d.deptype OPERATOR(pg_catalog.=) 'a'
  -- USAGE on the schemas, SELECT on users, and what it needs of the extensions' own objects.
  AND d.objid OPERATOR(pg_catalog.<>) ALL (ARRAY[
      '@extschema@'::pg_catalog.regnamespace::pg_catalog.oid, COALESCE(pg_catalog.to_regnamespace('todo_auth')::pg_catalog.oid, 0),
      '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid
  ])
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_depend AS m
      JOIN pg_catalog.pg_extension AS e
          ON m.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND e.oid OPERATOR(pg_catalog.=) m.refobjid
      WHERE m.classid OPERATOR(pg_catalog.=) d.classid AND m.objid OPERATOR(pg_catalog.=) d.objid AND m.deptype OPERATOR(pg_catalog.=) 'e'
        AND e.extname OPERATOR(pg_catalog.=) ANY (ARRAY['todo', 'todo_auth'])
  )
ORDER BY bound
