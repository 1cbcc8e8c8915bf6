-- Whether a split has given this database another place than shard $1 of $2.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_placement'
      AND pg_catalog.strpos(
          pg_catalog.obj_description(n.oid, 'pg_namespace'),
          pg_catalog.format('this database is shard %s of %s,', $1::pg_catalog.int8, $2::pg_catalog.int8)
      ) OPERATOR(pg_catalog.=) 0
)
