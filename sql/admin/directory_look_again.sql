-- Those of the users $1 who are in a shard, with their folded addresses.
SELECT u.id::pg_catalog.text AS user_id, pg_catalog.lower(u.email COLLATE pg_catalog."C") AS address
FROM @extschema@.todo_users AS u
WHERE u.id OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[])
