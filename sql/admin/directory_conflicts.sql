-- The users whose address another user has claimed, with the other user. It is certain if the other has this address, too. Otherwise, the
-- other may be about to be created, or may be in a shard that could not be read: all but the shards $1 of $2.
SELECT u.user_id::pg_catalog.text AS user_id,
    COALESCE(c.user_id, a.user_id::pg_catalog.text)::pg_catalog.text AS other,
    c.user_id IS NOT NULL OR COALESCE(
        a.claimed_at OPERATOR(pg_catalog.<) (SELECT t.cutoff FROM pg_temp.todo_cutoff AS t)
            AND (
                (
                    (pg_catalog.hashtextextended(a.user_id, 8816678312871386365) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
                    OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
                ) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
            ) OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.int8[])
        , false
    ) AS is_certain
FROM pg_temp.todo_unclaimed AS u
LEFT JOIN pg_temp.todo_claimed AS c ON c.address OPERATOR(pg_catalog.=) u.address
LEFT JOIN todo_directory.addresses AS a ON a.address OPERATOR(pg_catalog.=) u.address
WHERE COALESCE(c.user_id, a.user_id::pg_catalog.text) OPERATOR(pg_catalog.<>) u.user_id
ORDER BY u.user_id
