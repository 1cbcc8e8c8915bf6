-- The name of the schema that $1 quotes as an identifier.
SELECT (pg_catalog.parse_ident($1::pg_catalog.text))[1]
