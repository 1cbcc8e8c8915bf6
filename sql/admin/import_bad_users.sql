-- Removes the users that the table would refuse from the staging table, and returns their lines, names, and what is wrong.
WITH judged AS (
    SELECT
        s.line,
        pg_catalog.concat_ws(
            '; ',
            todo_internal.broken_rule('users.id', s.id),
            CASE WHEN pg_catalog.char_length(s.id) OPERATOR(pg_catalog.>) 36 THEN 'id is longer than 36 characters' END,
            todo_internal.broken_rule('users.email', s.email),
            todo_internal.broken_rule('users.name', s.name),
            CASE
                WHEN s.hashed_password IS NOT NULL THEN todo_internal.broken_rule('users.hashed_password', s.hashed_password)
            END,
            todo_internal.broken_time('users.created_at', s.created_at),
            todo_internal.broken_time('users.updated_at', s.updated_at),
            CASE
                WHEN pg_catalog.row_number() OVER (PARTITION BY s.id ORDER BY s.line) OPERATOR(pg_catalog.>) 1
                    THEN 'the id is on an earlier line already'
                WHEN EXISTS (SELECT FROM @extschema@.users AS u WHERE u.id OPERATOR(pg_catalog.=) s.id) THEN 'the id is taken'
            END,
            CASE
                WHEN pg_catalog.row_number() OVER (
                    PARTITION BY pg_catalog.lower(s.email COLLATE pg_catalog."C") ORDER BY s.line
                ) OPERATOR(pg_catalog.>) 1 THEN 'the address is on an earlier line already'
                WHEN EXISTS (
                    SELECT
                    FROM @extschema@.users AS u
                    WHERE pg_catalog.lower(u.email COLLATE pg_catalog."C")
                        OPERATOR(pg_catalog.=) pg_catalog.lower(s.email COLLATE pg_catalog."C")
                ) THEN 'the address is taken'
            END
        ) AS reason
    FROM pg_temp.todo_import_users AS s
)
DELETE FROM pg_temp.todo_import_users AS s
USING judged AS j
WHERE j.line OPERATOR(pg_catalog.=) s.line
  AND j.reason OPERATOR(pg_catalog.<>) ''
RETURNING s.line, pg_catalog.concat('user ', s.id) AS name, j.reason, s.raw
