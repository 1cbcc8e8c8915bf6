-- The statement that makes a database $1 like this one, but empty.
SELECT pg_catalog.format(
    'CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L',
    $1::pg_catalog.text, pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype
)
FROM pg_catalog.pg_database AS d
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
