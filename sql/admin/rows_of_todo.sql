-- The OIDs of the tables whose rows a backup compares or needs for that.
SELECT c.oid
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_depend AS d
    ON d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) e.oid
   AND d.deptype OPERATOR(pg_catalog.=) 'e'
JOIN pg_catalog.pg_class AS c ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid OPERATOR(pg_catalog.=) d.objid
WHERE e.extname OPERATOR(pg_catalog.=) ANY (ARRAY['todo', 'todo_auth']) AND c.relkind OPERATOR(pg_catalog.=) 'r'
