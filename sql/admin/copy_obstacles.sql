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
