-- Warns about additions that stay on the tables but are not in dumps.
DO $$
DECLARE
    lost text := (SELECT string_agg(d.object, ', ') FROM @extschema@.todo_not_in_dumps() AS d);
BEGIN
    IF lost IS NOT NULL THEN
        RAISE WARNING 'dumps leave out what was added to tables of extension todo: %', lost
            USING HINT = 'These additions stay in this database. todo_not_in_dumps() shows the statements that make them again after a restore.';
    END IF;
END
$$;
