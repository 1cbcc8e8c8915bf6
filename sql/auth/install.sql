-- Names and literals must mean the same here, whatever the session has set.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;

-- Put together from the files in sql/auth/. From 16 on, PostgreSQL itself inserts the schema of another extension; for 15, this does.
DO $script$
BEGIN
    -- Names that cannot be inserted safely. PostgreSQL refuses the same ones.
    IF (
        SELECT n.nspname OPERATOR(pg_catalog.~) '["$''\\]'
        FROM pg_catalog.pg_extension AS e
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
    ) THEN
        RAISE EXCEPTION 'the schema of extension todo has a quote, a dollar sign or a backslash in its name'
            USING ERRCODE = 'invalid_object_definition';
    END IF;
    EXECUTE pg_catalog.replace($sql$
\i auth/preflight.sql
\i auth/tables/user_data.sql
\i auth/tables/session.sql
\i auth/tables/linked_account.sql
\i auth/tables/verification.sql
\i auth/tables/rate_limit.sql
\i auth/views/user.sql
\i auth/views/account.sql
\i auth/internal/changes.sql
\i auth/internal/store_password.sql
\i auth/triggers/user_write.sql
\i auth/triggers/account_write.sql
\i auth/triggers/session_before_write.sql
\i auth/triggers/refused_row.sql
\i auth/triggers/users_deactivated.sql
\i auth/triggers/users_password_written.sql
\i auth/expected.sql
\i auth/internal/schema_for_grants.sql
\i auth/functions/grant.sql
\i auth/functions/revoke.sql
SELECT todo_internal.own('todo_auth');
SELECT todo_internal.grant_to_owner('todo_auth');
$sql$, '@extschema:' OPERATOR(pg_catalog.||) 'todo@', (
        SELECT e.extnamespace::pg_catalog.regnamespace::pg_catalog.text
        FROM pg_catalog.pg_extension AS e
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
    ));
END
$script$;
