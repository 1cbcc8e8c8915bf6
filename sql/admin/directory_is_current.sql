-- Whether this database is still what the list of shards says, shards $1 of $2. One that has been moved elsewhere has the function
-- todo_fence.refuse(). One that has been split says which shard it is in the comment of its schema todo_placement.
SELECT NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_proc AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_fence'
          AND p.proname OPERATOR(pg_catalog.=) 'refuse'
    )
    AND NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_namespace AS n
        CROSS JOIN LATERAL pg_catalog.regexp_match(
            pg_catalog.obj_description(n.oid, 'pg_namespace'), 'is shard ([0-9]+) of ([0-9]+)'
        ) AS m (found)
        CROSS JOIN pg_catalog.unnest($1::pg_catalog.int8[]) AS s (number)
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_placement'
          AND (
              m.found[2]::pg_catalog.int8 OPERATOR(pg_catalog.>) $2::pg_catalog.int8
              OR (s.number OPERATOR(pg_catalog.%) m.found[2]::pg_catalog.int8) OPERATOR(pg_catalog.<>) m.found[1]::pg_catalog.int8
          )
    )
