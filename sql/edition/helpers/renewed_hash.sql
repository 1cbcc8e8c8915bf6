-- Stores a new hash after a correct login, and returns it, if the old one has a lower cost or was not made from the password's NFC.
-- A later login does it where this one would have to wait or could fail: in a transaction that must not write or has one snapshot, when
-- the table or the row is locked, or when the UPDATE fails. (new_hash is a variable. It is NULL in a call.)
CREATE FUNCTION todo_internal.renewed_hash(
    user_id text,
    old_hash text,
    new_hash text,
    password text,
    form text
)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF form = 'nfc' AND substr(old_hash, 5, 2)::integer >= todo_internal.bcrypt_cost()
        OR current_setting('transaction_read_only')::boolean
        OR current_setting('transaction_isolation') NOT IN ('read uncommitted', 'read committed')
    THEN
        RETURN NULL;
    END IF;
    LOCK TABLE ONLY @extschema@.users IN ROW EXCLUSIVE MODE NOWAIT;
    new_hash := todo_internal.new_hash(password);
    PERFORM todo_internal.refuse_foreign_code_at('@extschema@.users', 'UPDATE', '{hashed_password}');
    \i statements/renew_hash.sql
    ;
    RETURN CASE WHEN FOUND THEN new_hash END;
EXCEPTION
    WHEN OTHERS THEN RETURN NULL;
END
$$;

COMMENT ON FUNCTION todo_internal.renewed_hash(text, text, text, text, text) IS
    'Stores a new hash after a correct login, if the old one is outdated';

REVOKE ALL ON FUNCTION todo_internal.renewed_hash(text, text, text, text, text) FROM PUBLIC;
