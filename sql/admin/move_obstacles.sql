-- What would be lost if the tables of todo_auth were created again: what an application has added to them, and objects that need them.
SELECT pg_catalog.format('%s %s of table todo_auth.%I', c.kind, c.name, c.relation) AS obstacle
FROM todo_internal.compared() AS c
JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) c.relid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth' AND c.extension IS NULL AND c.found IS NOT NULL
UNION
SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
LEFT JOIN pg_catalog.pg_trigger AS t
    ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid OPERATOR(pg_catalog.=) d.objid
LEFT JOIN pg_catalog.pg_proc AS f ON f.oid OPERATOR(pg_catalog.=) t.tgfoid
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS i
WHERE d.deptype OPERATOR(pg_catalog.=) 'n'
  AND (
      d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
      AND EXISTS (
          SELECT FROM pg_catalog.pg_class AS c
          WHERE c.oid OPERATOR(pg_catalog.=) d.refobjid AND c.relnamespace OPERATOR(pg_catalog.=) n.oid
      )
      OR d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
      AND EXISTS (
          SELECT FROM pg_catalog.pg_proc AS p
          WHERE p.oid OPERATOR(pg_catalog.=) d.refobjid AND p.pronamespace OPERATOR(pg_catalog.=) n.oid
      )
      OR d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass
      AND EXISTS (
          SELECT FROM pg_catalog.pg_type AS y
          WHERE y.oid OPERATOR(pg_catalog.=) d.refobjid AND y.typnamespace OPERATOR(pg_catalog.=) n.oid
      )
  )
  -- Triggers of todo_auth on the table users.
  AND COALESCE(f.pronamespace OPERATOR(pg_catalog.<>) n.oid OR t.tgrelid OPERATOR(pg_catalog.<>) '@extschema@.users'::pg_catalog.regclass, true)
  AND COALESCE(i.schema OPERATOR(pg_catalog.<>) 'todo_auth', true)
  AND i.identity OPERATOR(pg_catalog.!~) '(^| on )todo_auth[.]'
ORDER BY obstacle
