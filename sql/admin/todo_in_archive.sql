-- How the list of an archive names the extensions: the OIDs of their schemas and tables, and the entry of the sequence.
WITH member AS (
    SELECT e.extnamespace, c.oid, c.relname, c.relkind, c.relowner, c.relnamespace
    FROM pg_catalog.pg_extension AS e
    JOIN pg_catalog.pg_depend AS d
        ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) e.oid
       AND d.deptype OPERATOR(pg_catalog.=) 'e'
    JOIN pg_catalog.pg_class AS c ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid OPERATOR(pg_catalog.=) d.objid
    WHERE e.extname OPERATOR(pg_catalog.=) ANY (ARRAY['todo', 'todo_auth'])
)
SELECT
    ARRAY(SELECT DISTINCT m.extnamespace FROM member AS m) AS schemas,
    ARRAY(SELECT m.oid FROM member AS m WHERE m.relkind OPERATOR(pg_catalog.=) 'r') AS tables,
    (
        SELECT pg_catalog.format('SEQUENCE SET %s %s %s', n.nspname, m.relname, pg_catalog.pg_get_userbyid(m.relowner))
        FROM member AS m
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) m.relnamespace
        WHERE m.relkind OPERATOR(pg_catalog.=) 'S'
    ) AS sequence
