EXCEPTION
    -- If a constraint of the application fails, PostgreSQL shows the row, because the owner may read it. But the error goes to the caller.
    WHEN check_violation OR not_null_violation OR exclusion_violation OR with_check_option_violation THEN
        DECLARE
            message text;
            detail text;
            schema_name text;
            table_name text;
            column_name text;
            constraint_name text;
        BEGIN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, schema_name = SCHEMA_NAME,
                table_name = TABLE_NAME, column_name = COLUMN_NAME, constraint_name = CONSTRAINT_NAME;
            IF detail = '' THEN
                RAISE;
            ELSIF constraint_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, CONSTRAINT = constraint_name;
            ELSIF column_name <> '' THEN
                RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE, SCHEMA = schema_name,
                    TABLE = table_name, COLUMN = column_name;
            END IF;
            RAISE EXCEPTION USING MESSAGE = message, DETAIL = 'The row is not shown.', ERRCODE = SQLSTATE;
        END;
