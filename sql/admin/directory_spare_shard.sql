-- Leaves the claims alone whose users belong to the shards $1 of $2.
DELETE FROM pg_temp.todo_stale AS s
WHERE (
    (
        (pg_catalog.hashtextextended(s.user_id, 8816678312871386365) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
        OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
    ) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
) OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.int8[])
