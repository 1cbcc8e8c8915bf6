-- Lets this database accept users of shard @number@ of @modulus@ only, by the hash with which PostgreSQL chooses a partition: see
-- misplaced_users.sql. While it still has users that have left it, it also refuses all changes of theirs, in each table that refers to
-- users: an application that does not know yet where they are gets an error, and no change that it has made here is lost. The triggers
-- fire for rows as other triggers have made them, and in every session; by their names, before those of foreign keys, whose error would
-- say less.
SET LOCAL client_min_messages = 'error';
DO $$
DECLARE
    -- Whether a user, whose id replaces the %s, belongs to another shard.
    is_foreign constant pg_catalog.text := pg_catalog.format(
        '((pg_catalog.hashtextextended(%%1$s::pg_catalog.text, 8816678312871386365) OPERATOR(pg_catalog.&) %1$s) '
        'OPERATOR(pg_catalog.+) %2$s OPERATOR(pg_catalog.&) %1$s) OPERATOR(pg_catalog.<>) %3$s',
        '@modulus@'::pg_catalog.int8 OPERATOR(pg_catalog.-) 1,
        5305509591434766563 OPERATOR(pg_catalog.&) ('@modulus@'::pg_catalog.int8 OPERATOR(pg_catalog.-) 1),
        '@number@'
    );
    refers pg_catalog.record;
    event pg_catalog.record;
BEGIN
    IF pg_catalog.to_regnamespace('todo_placement') IS NULL THEN
        CREATE SCHEMA todo_placement;
        CREATE FUNCTION todo_placement.refuse()
        RETURNS trigger
        LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp
        AS $body$
        BEGIN
            -- What todo-admin deletes when a shard has been split is in the other database.
            IF pg_catalog.current_setting('todo_admin.cleaning', true) OPERATOR(pg_catalog.=) 'on' THEN
                RETURN CASE WHEN TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN OLD ELSE NEW END;
            END IF;
            RAISE EXCEPTION USING
                ERRCODE = 'read_only_sql_transaction',
                MESSAGE = 'this user belongs to another database',
                HINT = 'Connect to where the list of databases says that the user is.',
                SCHEMA = TG_TABLE_SCHEMA,
                TABLE = TG_TABLE_NAME;
        END
        $body$;
        -- Nobody shall have another trigger call it.
        REVOKE ALL ON FUNCTION todo_placement.refuse() FROM PUBLIC;
    END IF;
    EXECUTE 'COMMENT ON SCHEMA todo_placement IS ''Made by todo-admin shards: this database is shard @number@ of @modulus@, and accepts no users of other shards''';
    EXECUTE pg_catalog.format(
        'CREATE OR REPLACE TRIGGER todo_placement_@modulus@ AFTER INSERT OR UPDATE ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION todo_placement.refuse()',
        '@extschema@.users'::pg_catalog.regclass, pg_catalog.format(is_foreign, 'NEW.id')
    );
    EXECUTE 'ALTER TABLE @extschema@.users ENABLE ALWAYS TRIGGER todo_placement_@modulus@';
    FOR refers IN
        SELECT '@extschema@.users'::pg_catalog.regclass AS relation, 'id'::pg_catalog.name AS key
        UNION
        SELECT c.conrelid::pg_catalog.regclass, a.attname
        FROM pg_catalog.pg_constraint AS c
        JOIN pg_catalog.pg_attribute AS a
            ON a.attrelid OPERATOR(pg_catalog.=) c.conrelid AND a.attnum OPERATOR(pg_catalog.=) c.conkey[1]
        WHERE c.contype OPERATOR(pg_catalog.=) 'f'
          AND c.confrelid OPERATOR(pg_catalog.=) '@extschema@.users'::pg_catalog.regclass::pg_catalog.oid
          AND c.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid
    LOOP
        FOR event IN
            SELECT e.name, e.condition
            FROM (
                VALUES
                ('INSERT', pg_catalog.format(is_foreign, 'NEW.%2$I')),
                ('DELETE', pg_catalog.format(is_foreign, 'OLD.%2$I')),
                ('UPDATE', pg_catalog.format('(%s) OR (%s)', pg_catalog.format(is_foreign, 'OLD.%2$I'), pg_catalog.format(is_foreign, 'NEW.%2$I')))
            ) AS e (name, condition)
        LOOP
            EXECUTE pg_catalog.format(
                'CREATE OR REPLACE TRIGGER %I AFTER %s ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION todo_placement.refuse()',
                pg_catalog.concat('0_todo_leaving_', pg_catalog.lower(event.name)), event.name, refers.relation,
                pg_catalog.format(event.condition, '', refers.key)
            );
            EXECUTE pg_catalog.format(
                'ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', refers.relation, pg_catalog.concat('0_todo_leaving_', pg_catalog.lower(event.name))
            );
        END LOOP;
        EXECUTE pg_catalog.format(
            'CREATE OR REPLACE TRIGGER "0_todo_leaving_truncate" BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION todo_placement.refuse()',
            refers.relation
        );
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "0_todo_leaving_truncate"', refers.relation);
    END LOOP;
END
$$
