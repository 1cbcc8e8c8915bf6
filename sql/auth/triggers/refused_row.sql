-- Refuses a row that a NOT NULL or CHECK constraint would refuse. The constraint's own error would show the row, with its tokens
-- and hashes, to the client and in the log. The trigger's WHEN clause finds such rows, so that good rows cost no call. The
-- arguments are the table's CHECK constraint, if it has one, and the column of that constraint.
-- Errors: 23502 a column is NULL; 23514 the CHECK constraint is broken.
CREATE FUNCTION todo_auth.refused_row()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing text;
BEGIN
    SELECT a.attname INTO missing
    FROM pg_attribute AS a
    WHERE a.attrelid = TG_RELID AND a.attnotnull AND to_jsonb(NEW) -> a.attname::text = 'null'
    ORDER BY a.attnum
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% of % is missing', missing, TG_TABLE_NAME
            USING ERRCODE = 'not_null_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = missing;
    END IF;
    RAISE EXCEPTION '% of % is not valid', TG_ARGV[1], TG_TABLE_NAME
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,
            COLUMN = TG_ARGV[1], CONSTRAINT = TG_ARGV[0];
END
$$;

COMMENT ON FUNCTION todo_auth.refused_row() IS
    'Refuses a row that a constraint would refuse, without showing the row';

REVOKE ALL ON FUNCTION todo_auth.refused_row() FROM PUBLIC;

-- Triggers fire in the order of their names. These fire after an application's own.
CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth.user_data
    FOR EACH ROW
    WHEN (
        NEW.user_id IS NULL
        OR NEW.password_hash OPERATOR(pg_catalog.!~) '^([0-9a-f]{32}:[0-9a-f]{128}|[$][a-z][a-z0-9-]+[$].{40,})$'
    )
    EXECUTE FUNCTION todo_auth.refused_row('user_data_password_hash_check', 'password_hash');

CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth.session
    FOR EACH ROW
    WHEN (
        NEW.id IS NULL OR NEW."expiresAt" IS NULL OR NEW.token IS NULL OR NEW."createdAt" IS NULL OR NEW."updatedAt" IS NULL
        OR NEW."userId" IS NULL
    )
    EXECUTE FUNCTION todo_auth.refused_row();

CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth.linked_account
    FOR EACH ROW
    WHEN (
        NEW.id IS NULL OR NEW."accountId" IS NULL OR NEW."providerId" IS NULL OR NEW."userId" IS NULL
        OR NEW."createdAt" IS NULL OR NEW."updatedAt" IS NULL OR NEW."providerId" OPERATOR(pg_catalog.=) 'credential'
    )
    EXECUTE FUNCTION todo_auth.refused_row('linked_account_providerId_check', 'providerId');

CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth.verification
    FOR EACH ROW
    WHEN (
        NEW.id IS NULL OR NEW.identifier IS NULL OR NEW.value IS NULL OR NEW."expiresAt" IS NULL
        OR NEW."createdAt" IS NULL OR NEW."updatedAt" IS NULL
    )
    EXECUTE FUNCTION todo_auth.refused_row();

CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth."rateLimit"
    FOR EACH ROW
    WHEN (NEW.id IS NULL OR NEW.key IS NULL OR NEW.count IS NULL OR NEW."lastRequest" IS NULL)
    EXECUTE FUNCTION todo_auth.refused_row();
