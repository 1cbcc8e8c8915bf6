-- The users that have left this database are gone.
DROP TRIGGER todo_leaving ON @extschema@.users;
DROP TRIGGER todo_leaving ON @extschema@.tasks;
DROP TRIGGER todo_leaving_deleted ON @extschema@.tasks
