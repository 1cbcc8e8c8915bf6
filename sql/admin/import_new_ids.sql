-- Gives the tasks new ids in the order of their old ones, by which lists order tasks of the same time.
ALTER TABLE pg_temp.todo_import_tasks ADD COLUMN old_id pg_catalog.int4;

UPDATE pg_temp.todo_import_tasks AS s
SET old_id = s.id, id = n.id
FROM (
    SELECT o.line, pg_catalog.nextval('@extschema@.tasks_id_seq') AS id
    FROM (SELECT t.line FROM pg_temp.todo_import_tasks AS t ORDER BY t.id) AS o
) AS n
WHERE n.line OPERATOR(pg_catalog.=) s.line
