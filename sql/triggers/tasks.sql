-- Triggers fire in the order of their names. This one fires after an application's own, and checks the row that they leave.
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON @extschema@.tasks
    FOR EACH ROW EXECUTE FUNCTION todo_internal.tasks_before_row();
