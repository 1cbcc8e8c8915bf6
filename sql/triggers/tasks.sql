-- Triggers fire in the order of their names: this one after any of an application, whose row it judges.
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON @extschema@.tasks
    FOR EACH ROW EXECUTE FUNCTION todo_internal.tasks_before_row();
