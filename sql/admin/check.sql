-- The checks of the database. is_extra marks those that report what dumps leave out.
SELECT c.name, c.ok, c.detail, c.fix,
    c.name OPERATOR(pg_catalog.=) ANY (
        SELECT 'dump of ' OPERATOR(pg_catalog.||) d.object FROM @extschema@.todo_not_in_dumps() AS d
    ) AS is_extra
FROM @extschema@.todo_check() AS c
