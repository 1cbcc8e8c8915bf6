-- The users of a shard with their folded addresses, and whether they belong to one of the shards $1 of $2, as in misplaced_users.sql.
SELECT u.id::pg_catalog.text, pg_catalog.lower(u.email COLLATE pg_catalog."C"),
    (
        (
            (pg_catalog.hashtextextended(u.id, 8816678312871386365) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
            OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
        ) OPERATOR(pg_catalog.&) ($2::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
    ) OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.int8[])
FROM @extschema@.todo_users AS u
