-- Triggers fire in the order of their names. This one fires after an application's own, and checks the row that they leave.
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON @extschema@.tasks
    FOR EACH ROW EXECUTE FUNCTION todo_internal.tasks_before_row();

-- No CHECK constraint repeats the rules: PostgreSQL reads the text of each one again in every statement. So this trigger also fires with
-- session_replication_role = replica, for example on the subscriber of a publication.
ALTER TABLE @extschema@.tasks ENABLE ALWAYS TRIGGER zz_todo_before_row;
