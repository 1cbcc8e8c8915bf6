-- Turns a write of the view account into a write of a password, with store_password(), or of another provider's account in
-- linked_account. An inserted password gets the id and times of its user, no matter what the statement gives. Runs with the
-- caller's rights.
-- Errors: 0A000 this kind of account does not have the column, or it cannot be changed; 23502 a column is NULL; 23503 no such
-- user; 23505 the user already has a password, or the account already has a user; 23514 the password is not a hash.
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

    -- The constraints would refuse this, too, but their errors would show the row with its tokens.
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
        -- The user's row is locked now, so no one else can add a password after this check.
        IF has_password OR EXISTS (
            SELECT FROM todo_auth.user_data AS d WHERE d.user_id = NEW."userId" AND d.password_hash IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'the user already has a password' USING ERRCODE = 'unique_violation',
                SCHEMA = 'todo_auth', TABLE = 'account', CONSTRAINT = 'account_pkey';
        END IF;
        IF (NEW."accountId" = NEW."userId") IS NOT TRUE THEN
            RAISE EXCEPTION 'accountId of a password must be the id of its user' USING ERRCODE = 'check_violation',
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
        -- Columns that the statement does not change keep the value that the row has now.
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

    -- Return the row as it is stored. A locked password, or one that must not be shown, has no row.
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
    'Turns writes of the view account into writes of users, user_data or linked_account';

REVOKE ALL ON FUNCTION todo_auth.account_write() FROM PUBLIC;

CREATE TRIGGER account_write
    INSTEAD OF INSERT OR UPDATE OR DELETE ON todo_auth.account
    FOR EACH ROW EXECUTE FUNCTION todo_auth.account_write();
