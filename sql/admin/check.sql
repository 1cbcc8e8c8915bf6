-- The checks of the database, in its order. Those that are in order but not in dumps are notes.
SELECT c.name, c.ok, c.detail, c.fix,
    c.name OPERATOR(pg_catalog.=) ANY (
        SELECT 'dump of ' OPERATOR(pg_catalog.||) d.object FROM @extschema@.todo_not_in_dumps() AS d
    ) AS is_extra
FROM @extschema@.todo_check() AS c
