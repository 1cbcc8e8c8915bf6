-- Whether this database is shard $1 of $2 by its own word, which a split gives it once its rows have been compared.
SELECT COALESCE(
    (
        SELECT pg_catalog.strpos(
            pg_catalog.obj_description(n.oid, 'pg_namespace'),
            pg_catalog.format('this database is shard %s of %s,', $1::pg_catalog.int8, $2::pg_catalog.int8)
        ) OPERATOR(pg_catalog.>) 0
        FROM pg_catalog.pg_namespace AS n
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_placement'
    ),
    false
)
