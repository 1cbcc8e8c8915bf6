-- How many users belong to none of the shards $1 of $2, by the hash with which PostgreSQL chooses a partition (PARTITION BY HASH), and up
-- to 20 of them with the shards where they belong. The numbers are those of PostgreSQL: HASH_PARTITION_SEED, and what hash_combine64()
-- adds.
SELECT pg_catalog.count(*) AS misplaced,
    COALESCE(
        pg_catalog.array_agg(pg_catalog.concat(m.id, ' (', m.shard, ')') ORDER BY m.place) FILTER (WHERE m.place OPERATOR(pg_catalog.<=) 20),
        ARRAY[]::pg_catalog.text[]
    ) AS examples
FROM (
    SELECT s.id, s.shard, pg_catalog.row_number() OVER (ORDER BY s.id) AS place
    FROM (
        SELECT u.id, (
            (pg_catalog.hashtextextended(u.id, 8816678312871386365) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
            OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
        ) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1) AS shard
        FROM @extschema@.todo_users AS u
    ) AS s
    WHERE s.shard OPERATOR(pg_catalog.<>) ALL ($1::pg_catalog.int8[])
) AS m
