-- The statement that creates an empty database $1 of the current role, with the encoding and locale of this one, to which nobody can
-- connect. The columns of pg_database that hold the locale differ between major versions.
SELECT pg_catalog.concat(
    pg_catalog.format(
        'CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L ALLOW_CONNECTIONS false',
        $1::pg_catalog.text, CURRENT_USER, pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype
    ),
    CASE
        WHEN j.columns OPERATOR(pg_catalog.->>) 'datlocprovider' OPERATOR(pg_catalog.=) 'i' THEN pg_catalog.format(
            ' LOCALE_PROVIDER icu ICU_LOCALE %L',
            COALESCE(j.columns OPERATOR(pg_catalog.->>) 'daticulocale', j.columns OPERATOR(pg_catalog.->>) 'datlocale')
        )
        WHEN j.columns OPERATOR(pg_catalog.->>) 'datlocprovider' OPERATOR(pg_catalog.=) 'b' THEN pg_catalog.format(
            ' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', j.columns OPERATOR(pg_catalog.->>) 'datlocale'
        )
    END
)
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(d) AS columns) AS j
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
