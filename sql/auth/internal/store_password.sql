-- Stores a hash as the password of a user; NULL means no password. A bcrypt hash is stored in users. Another hash is stored in
-- user_data, and the password in users is locked. Returns false if there is no such user. Everyone who writes a password locks
-- the user's row first, so that writers wait for each other instead of deadlocking. Runs with the caller's rights.
-- Errors: 23514 the value is not a hash, or a bcrypt hash that users refuses.
CREATE FUNCTION todo_auth.store_password(
    user_id text,
    hash text
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    is_bcrypt CONSTANT boolean := (hash ~ '^[$]2[aby][$]') IS TRUE;
BEGIN
    -- The CHECK constraint would refuse this, too, but its error would show the value.
    IF NOT is_bcrypt AND hash !~ '^([0-9a-f]{32}:[0-9a-f]{128}|[$][a-z][a-z0-9-]+[$].{40,})$' THEN
        RAISE EXCEPTION 'password is not a hash' USING ERRCODE = 'check_violation', SCHEMA = 'todo_auth',
            TABLE = 'account', COLUMN = 'password', CONSTRAINT = 'user_data_password_hash_check';
    END IF;
    -- The trigger on users clears a hash in user_data.
    UPDATE @extschema:todo@.users AS u
    SET hashed_password = CASE WHEN is_bcrypt THEN store_password.hash ELSE '!' END,
        -- The hash in user_data can change while the one in users stays '!'.
        updated_at = clock_timestamp() AT TIME ZONE 'UTC'
    WHERE u.id = store_password.user_id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF hash IS NOT NULL AND NOT is_bcrypt THEN
        INSERT INTO todo_auth.user_data (user_id, password_hash)
        VALUES (store_password.user_id, store_password.hash)
        ON CONFLICT (user_id) DO UPDATE SET password_hash = EXCLUDED.password_hash;
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION todo_auth.store_password(text, text) IS
    'Stores a hash as the password of a user, in users or in user_data';

REVOKE ALL ON FUNCTION todo_auth.store_password(text, text) FROM PUBLIC;
