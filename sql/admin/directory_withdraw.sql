-- Withdraws the claims that have just been made for users $1 of addresses $2, unless they have been renewed.
WITH gone AS (
    DELETE FROM pg_temp.todo_claimed AS c
    USING ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS p (user_id, address)
    WHERE c.user_id OPERATOR(pg_catalog.=) p.user_id AND c.address OPERATOR(pg_catalog.=) p.address
    RETURNING c.address, c.user_id, c.claimed_at
)
DELETE FROM todo_directory.addresses AS a
USING gone AS g
WHERE a.address OPERATOR(pg_catalog.=) g.address
  AND a.user_id OPERATOR(pg_catalog.=) g.user_id
  AND a.claimed_at OPERATOR(pg_catalog.=) g.claimed_at
