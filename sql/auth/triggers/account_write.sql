-- Writes of the view account: of a password, with store_password(), or of another provider's account, in linked_account. An
-- inserted password has the id and times of its user, whatever was given. With the caller's rights.
-- Errors: 0A000 a column that this kind of account has no place for, or that cannot be changed; 23502 a column is NULL;
-- 23503 no such user; 23505 the user has a password, or somebody the account, already; 23514 the password is no hash.
CREATE FUNCTION todo_auth.account_write()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    written CONSTANT todo_auth.account := CASE WHEN TG_OP = 'INSERT' THEN NEW ELSE OLD END;
    is_password CONSTANT boolean := (written."providerId" = 'credential') IS TRUE;
    fixed CONSTANT text[] := ARRAY['id', 'accountId', 'providerId', 'userId', 'createdAt'];
    tokens CONSTANT text[] := ARRAY[
        'accessToken', 'refreshToken', 'idToken', 'accessTokenExpiresAt', 'refreshTokenExpiresAt', 'scope'
    ];
    changes jsonb;
    refused text;
    has_password boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF is_password THEN
            RETURN CASE WHEN todo_auth.store_password(OLD."userId"::text, NULL::text) THEN OLD END;
        END IF;
        DELETE FROM todo_auth.linked_account AS l WHERE l.id = OLD.id;
        RETURN CASE WHEN FOUND THEN OLD END;
    END IF;

    changes := todo_auth.changes(
        CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END,
        to_jsonb(NEW)
    );
    SELECT c.name INTO refused
    FROM unnest(
        CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE fixed END
            || CASE WHEN is_password THEN tokens ELSE ARRAY['password'] END
    ) AS c (name)
    WHERE changes ? c.name
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% of this account cannot be written', refused
            USING ERRCODE = 'feature_not_supported', SCHEMA = 'todo_auth', TABLE = 'account', COLUMN = refused;
    END IF;

    -- Before the constraints, whose errors would show the row with its tokens.
    SELECT c.name INTO refused
    FROM unnest(fixed || ARRAY['updatedAt']) AS c (name)
    WHERE to_jsonb(NEW) -> c.name = 'null'
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% of an account is missing', refused
            USING ERRCODE = 'not_null_violation', SCHEMA = 'todo_auth', TABLE = 'account', COLUMN = refused;
    END IF;

    IF is_password AND TG_OP = 'INSERT' THEN
        SELECT u.hashed_password <> '!' INTO has_password
        FROM @extschema:todo@.users AS u
        WHERE u.id = NEW."userId"
        FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no such user' USING ERRCODE = 'foreign_key_violation',
                SCHEMA = 'todo_auth', TABLE = 'account', CONSTRAINT = 'account_userId_fkey';
        END IF;
        -- Once more, now that the row is locked.
        IF has_password OR EXISTS (
            SELECT FROM todo_auth.user_data AS d WHERE d.user_id = NEW."userId" AND d.password_hash IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'the user has a password' USING ERRCODE = 'unique_violation',
                SCHEMA = 'todo_auth', TABLE = 'account', CONSTRAINT = 'account_pkey';
        END IF;
        IF (NEW."accountId" = NEW."userId") IS NOT TRUE THEN
            RAISE EXCEPTION 'accountId of a password is the id of its user' USING ERRCODE = 'check_violation',
                SCHEMA = 'todo_auth', TABLE = 'account', COLUMN = 'accountId';
        END IF;
        IF NEW.password IS NULL THEN
            RAISE EXCEPTION 'password is missing' USING ERRCODE = 'not_null_violation',
                SCHEMA = 'todo_auth', TABLE = 'account', COLUMN = 'password';
        END IF;
        PERFORM todo_auth.store_password(NEW."userId"::text, NEW.password);
    ELSIF is_password THEN
        IF changes ? 'password' AND NOT todo_auth.store_password(OLD."userId"::text, NEW.password) THEN
            RETURN NULL;
        END IF;
        UPDATE @extschema:todo@.users AS u
        SET updated_at = NEW."updatedAt" AT TIME ZONE 'UTC'
        WHERE u.id = OLD."userId" AND changes ? 'updatedAt';
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO todo_auth.linked_account
        SELECT r.* FROM jsonb_populate_record(NULL::todo_auth.linked_account, changes) AS r;
    ELSE
        -- What the statement does not change is taken from the row as it is by now.
        UPDATE todo_auth.linked_account AS l
        SET (
            "accessToken", "refreshToken", "idToken", "accessTokenExpiresAt", "refreshTokenExpiresAt", scope, "updatedAt"
        ) = (
            SELECT
                r."accessToken", r."refreshToken", r."idToken", r."accessTokenExpiresAt", r."refreshTokenExpiresAt", r.scope,
                r."updatedAt"
            FROM jsonb_populate_record(l, changes) AS r
        )
        WHERE l.id = OLD.id;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END IF;

    -- As it is stored; nothing of a password that is locked, or not to be shown.
    IF is_password THEN
        SELECT a.* INTO NEW
        FROM todo_auth.account AS a
        WHERE a.id = written."userId"
          AND a."providerId" = 'credential';
    ELSE
        SELECT a.* INTO NEW
        FROM todo_auth.account AS a
        WHERE a.id = written.id AND a."providerId" = written."providerId";
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION todo_auth.account_write() IS
    'Writes of the view account become writes of users, user_data or linked_account';

REVOKE ALL ON FUNCTION todo_auth.account_write() FROM PUBLIC;

CREATE TRIGGER account_write
    INSTEAD OF INSERT OR UPDATE OR DELETE ON todo_auth.account
    FOR EACH ROW EXECUTE FUNCTION todo_auth.account_write();
