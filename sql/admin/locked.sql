-- Whether no password can be right, as an expression of a user u. The hash stays in the database.
(
    SELECT h.hashed_password OPERATOR(pg_catalog.=) '!'
    FROM @extschema@.users AS h
    WHERE h.id OPERATOR(pg_catalog.=) u.id
)
