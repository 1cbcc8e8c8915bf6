\set id random(1, :tasks)
UPDATE tasks SET completed = false WHERE id = :id;
UPDATE sql_edition.tasks SET completed = false WHERE id = :id;
