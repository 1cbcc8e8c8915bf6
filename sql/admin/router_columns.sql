-- The columns of what a router shows, each as a row of VALUES: relation, name, type, default, whether it is NOT NULL, place. A default that
-- uses a sequence of this database is left out. Types and functions have their schemas, because search_path is empty.
SELECT pg_catalog.format(
    '(%L, %L, %L, %L, %L::boolean, %s)',
    c.relname,
    a.attname,
    pg_catalog.format_type(a.atttypid, a.atttypmod),
    CASE
        WHEN NOT EXISTS (
            SELECT
            FROM pg_catalog.pg_depend AS n
            WHERE n.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass
              AND n.objid OPERATOR(pg_catalog.=) d.oid
              AND n.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
              AND n.refobjid OPERATOR(pg_catalog.<>) c.oid
        ) THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    END,
    a.attnotnull,
    a.attnum
) AS line
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[
        '@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass,
        '@extschema@.todo_users'::pg_catalog.regclass
    ])
  AND a.attnum OPERATOR(pg_catalog.>) 0
  AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
