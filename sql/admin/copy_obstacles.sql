-- What logical replication would not copy from this database, or what it would break: one row for each, in words.
SELECT pg_catalog.concat('wal_level is ', pg_catalog.current_setting('wal_level'), ' on its server') AS obstacle,
    'set wal_level to logical, and restart the server' AS fix
WHERE pg_catalog.current_setting('wal_level') OPERATOR(pg_catalog.<>) 'logical'
UNION ALL
SELECT pg_catalog.concat('table ', c.oid::pg_catalog.regclass, ' has no replica identity, so no row of it could be changed meanwhile'),
    'give it a primary key, or set REPLICA IDENTITY'
FROM pg_catalog.pg_class AS c
WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
  AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
  AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
  AND (
      c.relreplident OPERATOR(pg_catalog.=) 'n'
      OR c.relreplident OPERATOR(pg_catalog.=) 'd' AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisprimary
      )
      OR c.relreplident OPERATOR(pg_catalog.=) 'i' AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisreplident
      )
  )
UNION ALL
SELECT pg_catalog.concat('table ', c.oid::pg_catalog.regclass, ' is unlogged'), 'ALTER TABLE ... SET LOGGED, or drop it'
FROM pg_catalog.pg_class AS c
WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
  AND c.relpersistence OPERATOR(pg_catalog.=) 'u'
UNION ALL
SELECT 'it has large objects', 'keep them in a column of type bytea, or remove them'
WHERE EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
UNION ALL
SELECT pg_catalog.concat('it has subscription ', pg_catalog.quote_ident(s.subname::pg_catalog.text)), 'drop it, and create it again afterwards'
FROM pg_catalog.pg_subscription AS s
JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.subdbid
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
UNION ALL
SELECT pg_catalog.concat('transaction ', pg_catalog.quote_literal(x.gid), ' is prepared'), 'commit it or roll it back'
FROM pg_catalog.pg_prepared_xacts AS x
WHERE x.database OPERATOR(pg_catalog.=) pg_catalog.current_database()
UNION ALL
SELECT pg_catalog.format('trigger %s of table %s would fire for each row that is replicated', pg_catalog.quote_ident(t.tgname), t.tgrelid::pg_catalog.regclass),
    'disable it, or let it fire as other triggers do, until the copy is in use'
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
WHERE NOT t.tgisinternal
  AND t.tgenabled OPERATOR(pg_catalog.=) ANY (ARRAY['A', 'R']::pg_catalog."char"[])
  -- Those of todo change nothing then, or shall fire. Those of todo_fence have let writes pass since a split, and those of todo_placement
  -- let pass what is here.
  AND n.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['todo_internal', 'todo_auth', 'todo_fence', 'todo_placement']::pg_catalog.name[])
UNION ALL
SELECT pg_catalog.concat('it has a schema ', n.nspname, ' that todo-admin has not made'), 'rename it'
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
WHERE n.nspname OPERATOR(pg_catalog.=) ANY (ARRAY['todo_fence', 'todo_placement']::pg_catalog.name[])
  AND NOT (r.rolsuper AND pg_catalog.starts_with(COALESCE(pg_catalog.obj_description(n.oid, 'pg_namespace'), ''), 'Made by todo-admin shards:'))
