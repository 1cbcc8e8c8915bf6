-- An expression: whether user u has no password. The hash itself is not returned.
(
    SELECT h.hashed_password OPERATOR(pg_catalog.=) '!'
    FROM @extschema@.users AS h
    WHERE h.id OPERATOR(pg_catalog.=) u.id
)
