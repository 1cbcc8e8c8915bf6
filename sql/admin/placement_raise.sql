-- Ends the fence around this database, and lets it accept users of shard @number@ of @modulus@ only, by the hash with which PostgreSQL chooses a
-- partition: see misplaced_users.sql. An application that does not know yet that the users of the other half have a database of their own gets
-- an error, and no change that it has made here is lost. The triggers todo_leaving go when those users are gone.
SET LOCAL client_min_messages = 'error';
DROP SCHEMA IF EXISTS todo_fence CASCADE;
DROP SCHEMA IF EXISTS todo_placement CASCADE;
CREATE SCHEMA todo_placement;
COMMENT ON SCHEMA todo_placement IS 'This database is shard @number@ of @modulus@, and accepts no users of other shards';

CREATE FUNCTION todo_placement.refuse()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
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
$$;

CREATE TRIGGER todo_placement BEFORE INSERT OR UPDATE ON @extschema@.users
FOR EACH ROW WHEN (
    (
        (
            (pg_catalog.hashtextextended(NEW.id, 8816678312871386365) OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
            OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
        ) OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
    ) OPERATOR(pg_catalog.<>) @number@::pg_catalog.int8
)
EXECUTE FUNCTION todo_placement.refuse();

CREATE TRIGGER todo_leaving BEFORE DELETE ON @extschema@.users
FOR EACH ROW WHEN (
    (
        (
            (pg_catalog.hashtextextended(OLD.id, 8816678312871386365) OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
            OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
        ) OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
    ) OPERATOR(pg_catalog.<>) @number@::pg_catalog.int8
)
EXECUTE FUNCTION todo_placement.refuse();

CREATE TRIGGER todo_leaving BEFORE INSERT OR UPDATE ON @extschema@.tasks
FOR EACH ROW WHEN (
    (
        (
            (pg_catalog.hashtextextended(NEW.user_id, 8816678312871386365) OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
            OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
        ) OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
    ) OPERATOR(pg_catalog.<>) @number@::pg_catalog.int8
)
EXECUTE FUNCTION todo_placement.refuse();

CREATE TRIGGER todo_leaving_deleted BEFORE DELETE ON @extschema@.tasks
FOR EACH ROW WHEN (
    (
        (
            (pg_catalog.hashtextextended(OLD.user_id, 8816678312871386365) OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
            OPERATOR(pg_catalog.+) (5305509591434766563 OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1))
        ) OPERATOR(pg_catalog.&) (@modulus@::pg_catalog.int8 OPERATOR(pg_catalog.-) 1)
    ) OPERATOR(pg_catalog.<>) @number@::pg_catalog.int8
)
EXECUTE FUNCTION todo_placement.refuse();
