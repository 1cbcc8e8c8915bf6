-- The tables with rows of users, and for each a statement that says whether it has rows of users $1.
SELECT r.relation::pg_catalog.text AS name,
    pg_catalog.format('SELECT EXISTS (SELECT FROM %s AS r WHERE r.%I::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1))', r.relation, r.key) AS statement
FROM (
    SELECT '@extschema@.users'::pg_catalog.regclass AS relation, 'id'::pg_catalog.name AS key
    UNION
    SELECT c.conrelid::pg_catalog.regclass, a.attname
    FROM pg_catalog.pg_constraint AS c
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) c.conkey[1]
    WHERE c.contype OPERATOR(pg_catalog.=) 'f'
      AND c.confrelid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid
      AND c.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid
) AS r
