-- Takes todo_current_user_id() out of the defaults of arguments. PostgreSQL has no command for that, and a function that was dropped and
-- created anew would lose its grants and break the application's views. So each function gets the defaults of a copy that is made without
-- this one.
DO $$
DECLARE
    changed record;
    copy oid;
BEGIN
    FOR changed IN
        SELECT p.oid, 'CREATE FUNCTION todo_internal.todo_copy' || replace(
                substr(
                    pg_get_functiondef(p.oid), length(format('CREATE OR REPLACE FUNCTION %s.%I', p.pronamespace::regnamespace, p.proname)) + 1
                ),
                format(' DEFAULT %s.todo_current_user_id()', p.pronamespace::regnamespace), ''
            ) AS definition
        FROM pg_proc AS p
        JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
        WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = '@extschema@.todo_current_user_id()'::regprocedure
          AND p.oid IN (SELECT todo_internal.member_functions()) AND p.pronargdefaults > 0
    LOOP
        EXECUTE changed.definition;
        copy := (SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = 'todo_internal'::regnamespace AND p.proname = 'todo_copy');
        UPDATE pg_proc AS p
        SET pronargdefaults = c.pronargdefaults, proargdefaults = c.proargdefaults
        FROM pg_proc AS c
        WHERE p.oid = changed.oid AND c.oid = copy;
        EXECUTE format('DROP FUNCTION %s', copy::regprocedure);
        DELETE FROM pg_depend AS d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = changed.oid
          AND d.refclassid = 'pg_proc'::regclass AND d.refobjid = '@extschema@.todo_current_user_id()'::regprocedure;
    END LOOP;
END
$$;
