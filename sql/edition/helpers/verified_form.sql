-- Tells from which form of a password a hash was made: 'nfc' for its NFC, which new_hash() hashes; 'given' for the text as it was typed,
-- which other programs hash; NULL for neither. A password with fewer than shortest characters, or more than 72 bytes, has no hash.
-- Takes the time of one hash, or of two if the password is not in NFC.
CREATE FUNCTION todo_internal.verified_form(
    password text,
    hash text,
    shortest integer
)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    nfc CONSTANT text := CASE WHEN octet_length(password) <= 4 * 72 THEN normalize(password, NFC) END;
BEGIN
    IF todo_internal.is_hash_of(hash, CASE WHEN octet_length(nfc) <= 72 AND char_length(nfc) >= shortest THEN nfc END) THEN
        RETURN 'nfc';
    END IF;
    IF (nfc <> password COLLATE "C") IS NOT TRUE THEN
        RETURN NULL;
    END IF;
    IF todo_internal.is_hash_of(hash, CASE WHEN octet_length(password) <= 72 AND char_length(password) >= shortest THEN password END) THEN
        RETURN 'given';
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION todo_internal.verified_form(text, text, integer) IS
    'Tells from which form of a password a hash was made';

REVOKE ALL ON FUNCTION todo_internal.verified_form(text, text, integer) FROM PUBLIC;
