-- How many users belong to none of the shards $1 of $2, by the hash with which PostgreSQL chooses a partition (PARTITION BY HASH), and the id of one
-- of them. The numbers are those of PostgreSQL: HASH_PARTITION_SEED, and what hash_combine64() adds.
SELECT pg_catalog.count(*) AS misplaced, pg_catalog.min(u.id)::pg_catalog.text AS example
FROM @extschema@.todo_users AS u
WHERE (
    (
        (pg_catalog.hashtextextended(u.id, 8816678312871386365) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
        OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
    ) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
) OPERATOR(pg_catalog.<>) ALL ($1::pg_catalog.int8[])
