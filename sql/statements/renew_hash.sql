-- A login never waits for a lock. If the row is locked, a later login renews the hash.
UPDATE ONLY @extschema@.users AS u
SET hashed_password = $3
FROM (
    SELECT v.id
    FROM ONLY @extschema@.users AS v
    WHERE v.id OPERATOR(pg_catalog.=) $1
      AND v.hashed_password OPERATOR(pg_catalog.=) $2
    FOR NO KEY UPDATE SKIP LOCKED
) AS free
WHERE u.id OPERATOR(pg_catalog.=) free.id
