-- The directory of addresses: which user has an address, where the users are spread over several databases. todo-admin shards init runs
-- this script in the directory's database in one transaction. It can run again: it creates what is missing, and replaces the functions.
-- An address is claimed before its user is created, and released after its user has been deleted. See docs/directory.md.

-- The schema belongs to the role that runs the script, and so does all that is in it. Otherwise, calls of applications could find functions
-- that another role has put there.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_directory'
          AND pg_catalog.pg_get_userbyid(n.nspowner) OPERATOR(pg_catalog.<>) CURRENT_USER
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_directory' AND c.relowner OPERATOR(pg_catalog.<>) n.nspowner
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_proc AS p ON p.pronamespace OPERATOR(pg_catalog.=) n.oid
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_directory' AND p.proowner OPERATOR(pg_catalog.<>) n.nspowner
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n
        CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_directory'
          AND a.privilege_type OPERATOR(pg_catalog.=) 'CREATE'
          AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner
    ) THEN
        RAISE EXCEPTION 'schema todo_directory or something in it belongs to another role, or another role can create objects in it'
            USING ERRCODE = 'insufficient_privilege', SCHEMA = 'todo_directory',
                HINT = 'Connect as the owner of the schema and take the other roles'' objects and rights away, or rename the schema.';
    END IF;
END
$$;

DO $$
DECLARE
    grantee pg_catalog.text;
BEGIN
    IF pg_catalog.to_regnamespace('todo_directory') IS NOT NULL THEN
        RETURN;
    END IF;
    CREATE SCHEMA todo_directory;
    -- What ALTER DEFAULT PRIVILEGES has just given.
    FOR grantee IN
        SELECT DISTINCT CASE
            WHEN a.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC'
            ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee))
        END
        FROM pg_catalog.pg_namespace AS n
        CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_directory' AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA todo_directory FROM %s', grantee);
    END LOOP;
END
$$;

COMMENT ON SCHEMA todo_directory IS 'Which user has an address, for users that are spread over several databases';

-- Addresses are folded as the index ix_users_email_folded does it: ASCII letters are small.
CREATE TABLE IF NOT EXISTS todo_directory.addresses (
    address    pg_catalog.varchar(255) COLLATE pg_catalog."C" NOT NULL,
    user_id    pg_catalog.varchar(36) COLLATE pg_catalog."C" NOT NULL,
    claimed_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT addresses_pkey PRIMARY KEY (address),
    CONSTRAINT addresses_address_check CHECK (
        address OPERATOR(pg_catalog.<>) ''
        AND address::pg_catalog.text OPERATOR(pg_catalog.=) pg_catalog.lower(address COLLATE pg_catalog."C")
    ),
    CONSTRAINT addresses_user_id_check CHECK (user_id OPERATOR(pg_catalog.<>) '')
);

CREATE INDEX IF NOT EXISTS ix_addresses_user_id ON todo_directory.addresses (user_id);

COMMENT ON TABLE todo_directory.addresses IS 'Claimed addresses, in small letters';

REVOKE ALL ON TABLE todo_directory.addresses FROM PUBLIC;

-- Claims an address for a user, or renews the user's claim.
-- Errors: 23502 an argument is NULL; 23505 another user has the address; 23514 an argument is empty; 22001 address over 255 characters,
-- id over 36 characters.
-- Above READ COMMITTED, 23505 also stands for a claim of the same user that the transaction does not see yet.
-- Runs with the owner's rights: the caller must not list the addresses.
CREATE OR REPLACE FUNCTION todo_directory.claim(
    address text,
    user_id text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    folded CONSTANT text := lower(address COLLATE "C");
BEGIN
    IF address IS NULL THEN
        RAISE EXCEPTION 'argument address must not be null'
            USING ERRCODE = 'not_null_violation', SCHEMA = 'todo_directory', TABLE = 'addresses', COLUMN = 'address';
    END IF;
    IF user_id IS NULL THEN
        RAISE EXCEPTION 'argument user_id must not be null'
            USING ERRCODE = 'not_null_violation', SCHEMA = 'todo_directory', TABLE = 'addresses', COLUMN = 'user_id';
    END IF;
    IF address = '' THEN
        RAISE EXCEPTION 'address is empty'
            USING ERRCODE = 'check_violation', SCHEMA = 'todo_directory', TABLE = 'addresses', COLUMN = 'address',
                CONSTRAINT = 'addresses_address_check';
    END IF;
    IF user_id = '' THEN
        RAISE EXCEPTION 'id is empty'
            USING ERRCODE = 'check_violation', SCHEMA = 'todo_directory', TABLE = 'addresses', COLUMN = 'user_id',
                CONSTRAINT = 'addresses_user_id_check';
    END IF;
    IF char_length(address) > 255 THEN
        RAISE EXCEPTION 'address is longer than 255 characters'
            USING ERRCODE = 'string_data_right_truncation', SCHEMA = 'todo_directory', TABLE = 'addresses', COLUMN = 'address';
    END IF;
    IF char_length(user_id) > 36 THEN
        RAISE EXCEPTION 'id is longer than 36 characters'
            USING ERRCODE = 'string_data_right_truncation', SCHEMA = 'todo_directory', TABLE = 'addresses', COLUMN = 'user_id';
    END IF;
    -- Not ON CONFLICT: above READ COMMITTED, that fails with 40001 where another transaction has just claimed the address.
    BEGIN
        -- The clock, and not the start of the transaction: the age of a claim is that of its commit, or little more.
        INSERT INTO todo_directory.addresses VALUES (folded, $2, clock_timestamp());
    EXCEPTION WHEN unique_violation THEN
        UPDATE todo_directory.addresses AS a
        SET claimed_at = clock_timestamp()
        WHERE a.address = folded AND a.user_id = $2;
        IF NOT FOUND THEN
            RAISE;
        END IF;
    END;
END
$$;

COMMENT ON FUNCTION todo_directory.claim(text, text) IS
    'Claims an address for a user, or renews the user''s claim';

REVOKE ALL ON FUNCTION todo_directory.claim(text, text) FROM PUBLIC;

-- Returns the id of the user who has the address, in any letter case; NULL if nobody has.
-- Runs with the owner's rights: the caller must not list the addresses.
CREATE OR REPLACE FUNCTION todo_directory.find(
    address text
)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.user_id::text
    FROM todo_directory.addresses AS a
    WHERE a.address = lower($1 COLLATE "C")
$$;

COMMENT ON FUNCTION todo_directory.find(text) IS
    'Returns the id of the user who has the address, in any letter case';

REVOKE ALL ON FUNCTION todo_directory.find(text) FROM PUBLIC;

-- Releases an address that this user has claimed. Returns whether the user had it.
-- Runs with the owner's rights: the caller must not list the addresses.
CREATE OR REPLACE FUNCTION todo_directory.release(
    address text,
    user_id text
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM todo_directory.addresses AS a
    WHERE a.address = lower($1 COLLATE "C") AND a.user_id = $2;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION todo_directory.release(text, text) IS
    'Releases an address that this user has claimed, and returns whether the user had it';

REVOKE ALL ON FUNCTION todo_directory.release(text, text) FROM PUBLIC;

-- Returns the addresses that a user has claimed, in small letters. It is one, except while the address is being changed.
-- Runs with the owner's rights: the caller must not list the addresses of others.
CREATE OR REPLACE FUNCTION todo_directory.addresses(
    user_id text
)
RETURNS SETOF text
LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.address::text
    FROM todo_directory.addresses AS a
    WHERE a.user_id = $1
    ORDER BY a.address
$$;

COMMENT ON FUNCTION todo_directory.addresses(text) IS
    'Returns the addresses that a user has claimed';

REVOKE ALL ON FUNCTION todo_directory.addresses(text) FROM PUBLIC;

-- Lets a role call these functions. It gets no rights on the table.
-- Errors: 23502 role is NULL; 42704 no such role; 42501 the caller is not the owner.
CREATE OR REPLACE FUNCTION todo_directory.grant(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'argument role must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    -- GRANT and REVOKE would take the name public for all roles.
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = role) THEN
        RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA todo_directory TO %I', role);
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION todo_directory.claim(text, text), todo_directory.find(text), todo_directory.release(text, text),
             todo_directory.addresses(text) TO %I',
        role
    );
END
$$;

COMMENT ON FUNCTION todo_directory.grant(text) IS
    'Lets a role claim, find and release addresses';

REVOKE ALL ON FUNCTION todo_directory.grant(text) FROM PUBLIC;

-- Takes back what grant() gave to a role.
-- Errors: as in grant().
CREATE OR REPLACE FUNCTION todo_directory.revoke(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF role IS NULL THEN
        RAISE EXCEPTION 'argument role must not be null' USING ERRCODE = 'not_null_violation';
    END IF;
    -- GRANT and REVOKE would take the name public for all roles.
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = role) THEN
        RAISE EXCEPTION 'role "%" does not exist', role USING ERRCODE = 'undefined_object';
    END IF;
    EXECUTE format(
        'REVOKE ALL ON FUNCTION todo_directory.claim(text, text), todo_directory.find(text), todo_directory.release(text, text),
             todo_directory.addresses(text) FROM %I',
        role
    );
    EXECUTE format('REVOKE USAGE ON SCHEMA todo_directory FROM %I', role);
END
$$;

COMMENT ON FUNCTION todo_directory.revoke(text) IS
    'Takes back what grant gave to a role';

REVOKE ALL ON FUNCTION todo_directory.revoke(text) FROM PUBLIC;
