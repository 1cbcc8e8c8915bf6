-- Leaves the claims alone that users $1 have of addresses $2.
DELETE FROM pg_temp.todo_stale AS s
USING ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS p (user_id, address)
WHERE s.user_id OPERATOR(pg_catalog.=) p.user_id AND s.address OPERATOR(pg_catalog.=) p.address
