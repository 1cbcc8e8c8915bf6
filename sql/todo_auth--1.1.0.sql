-- Names and literals must mean the same here, whatever the session has set.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on;

-- Put together from the files in sql/auth/. From 16 on, PostgreSQL itself inserts the schema of another extension; for 15, this does.
DO $script$
BEGIN
    -- Names that cannot be inserted safely. PostgreSQL refuses the same ones.
    IF (
        SELECT n.nspname OPERATOR(pg_catalog.~) '["$''\\]'
        FROM pg_catalog.pg_extension AS e
        JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
    ) THEN
        RAISE EXCEPTION 'the schema of extension todo has a quote, a dollar sign or a backslash in its name'
            USING ERRCODE = 'invalid_object_definition';
    END IF;
    EXECUTE pg_catalog.replace($sql$
DO $$
BEGIN
    IF (
        SELECT e.extversion OPERATOR(pg_catalog.=) ANY (ARRAY['0.1.0', '0.2.0', 'adopt'])
        FROM pg_catalog.pg_extension AS e
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
    ) THEN
        RAISE EXCEPTION 'extension todo_auth needs version 1.0.0 of extension todo'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run ALTER EXTENSION todo UPDATE first.';
    END IF;
    -- Calls in this script would find what others have put into the schema, or can put there, and run it as a superuser.
    IF EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
          AND d.refobjid OPERATOR(pg_catalog.=) 'todo_auth'::pg_catalog.regnamespace
          AND d.deptype OPERATOR(pg_catalog.=) 'n'
          AND d.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_extension'::pg_catalog.regclass
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_extension AS e
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
          AND e.extnamespace OPERATOR(pg_catalog.=) 'todo_auth'::pg_catalog.regnamespace
    ) OR EXISTS (
        SELECT FROM pg_catalog.pg_namespace AS n
        JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
        LEFT JOIN pg_catalog.aclexplode(n.nspacl) AS a
            ON a.privilege_type OPERATOR(pg_catalog.=) 'CREATE' AND a.grantee OPERATOR(pg_catalog.<>) n.nspowner
        WHERE n.nspname OPERATOR(pg_catalog.=) 'todo_auth'
          AND (
              NOT r.rolsuper
              -- If this transaction or a part of it created the schema, no one has used what ALTER DEFAULT PRIVILEGES gave on it.
              OR (
                  a.grantee IS NOT NULL
                  AND CASE
                      WHEN pg_catalog.age(n.xmin) OPERATOR(pg_catalog.>) 0 THEN true
                      ELSE pg_catalog.pg_xact_status(
                          (
                              (pg_catalog.pg_current_xact_id()::pg_catalog.text::pg_catalog.int8 OPERATOR(pg_catalog.>>) 32
                                  OPERATOR(pg_catalog.<<) 32)
                                  OPERATOR(pg_catalog.|) n.xmin::pg_catalog.text::pg_catalog.int8
                          )::pg_catalog.text::pg_catalog.xid8
                      ) OPERATOR(pg_catalog.<>) 'in progress'
                  END
              )
          )
    ) THEN
        RAISE EXCEPTION 'schema todo_auth is not empty, or a role that is not a superuser can create objects in it'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Drop or rename the schema. CREATE EXTENSION creates it.';
    END IF;
END
$$;

SELECT todo_internal.reserve('todo_auth');
-- What Better Auth stores for a user, but the table users has no column for: a picture, and a hash that is not bcrypt.
CREATE TABLE todo_auth.user_data (
    user_id       varchar(36) NOT NULL,
    image         text,
    password_hash text,
    CONSTRAINT user_data_pkey PRIMARY KEY (user_id),
    CONSTRAINT user_data_user_id_fkey FOREIGN KEY (user_id) REFERENCES @extschema:todo@.users (id) ON DELETE CASCADE,
    -- scrypt as Better Auth writes it, or $name$..., and never plain text. bcrypt hashes belong to users.
    CONSTRAINT user_data_password_hash_check CHECK (
        password_hash OPERATOR(pg_catalog.~) '^([0-9a-f]{32}:[0-9a-f]{128}|[$][a-z][a-z0-9-]+[$].{40,})$'
    )
);

REVOKE ALL ON TABLE todo_auth.user_data FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('todo_auth.user_data', '');
-- The table that Better Auth creates, except that userId has the type of users.id, and id has a default.
CREATE TABLE todo_auth.session (
    id          text                     NOT NULL DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    "expiresAt" timestamp with time zone NOT NULL,
    token       text                     NOT NULL,
    "createdAt" timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ipAddress" text,
    "userAgent" text,
    "userId"    varchar(36)              NOT NULL,
    CONSTRAINT session_pkey PRIMARY KEY (id),
    CONSTRAINT session_token_key UNIQUE (token),
    CONSTRAINT "session_userId_fkey" FOREIGN KEY ("userId") REFERENCES @extschema:todo@.users (id) ON DELETE CASCADE
);

CREATE INDEX "session_userId_idx" ON todo_auth.session ("userId");

REVOKE ALL ON TABLE todo_auth.session FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('todo_auth.session', '');
-- The rows of the view account that are not passwords: accounts with other providers, through which a user can sign in.
CREATE TABLE todo_auth.linked_account (
    id                      text                     NOT NULL,
    "accountId"             text                     NOT NULL,
    "providerId"            text                     NOT NULL,
    "userId"                varchar(36)              NOT NULL,
    "accessToken"           text,
    "refreshToken"          text,
    "idToken"               text,
    "accessTokenExpiresAt"  timestamp with time zone,
    "refreshTokenExpiresAt" timestamp with time zone,
    scope                   text,
    "createdAt"             timestamp with time zone NOT NULL,
    "updatedAt"             timestamp with time zone NOT NULL,
    CONSTRAINT linked_account_pkey PRIMARY KEY (id),
    CONSTRAINT "linked_account_providerId_accountId_key" UNIQUE ("providerId", "accountId"),
    CONSTRAINT "linked_account_userId_fkey" FOREIGN KEY ("userId") REFERENCES @extschema:todo@.users (id) ON DELETE CASCADE,
    CONSTRAINT "linked_account_providerId_check" CHECK ("providerId" OPERATOR(pg_catalog.<>) 'credential')
);

CREATE INDEX "linked_account_userId_idx" ON todo_auth.linked_account ("userId");

REVOKE ALL ON TABLE todo_auth.linked_account FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('todo_auth.linked_account', '');
-- The table that Better Auth creates, with a default for id. Better Auth's own ids here can be longer than users.id allows.
CREATE TABLE todo_auth.verification (
    id          text                     NOT NULL DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    identifier  text                     NOT NULL,
    value       text                     NOT NULL,
    "expiresAt" timestamp with time zone NOT NULL,
    "createdAt" timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT verification_pkey PRIMARY KEY (id)
);

CREATE INDEX verification_identifier_idx ON todo_auth.verification (identifier);

REVOKE ALL ON TABLE todo_auth.verification FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('todo_auth.verification', '');
-- The table that Better Auth creates for `rateLimit: { storage: "database" }`, with a default for id. It counts requests by key
-- (address and path). lastRequest is in milliseconds since 1970.
CREATE TABLE todo_auth."rateLimit" (
    id            text    NOT NULL DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    key           text    NOT NULL,
    count         integer NOT NULL,
    "lastRequest" bigint  NOT NULL,
    CONSTRAINT "rateLimit_pkey" PRIMARY KEY (id),
    CONSTRAINT "rateLimit_key_key" UNIQUE (key)
);

REVOKE ALL ON TABLE todo_auth."rateLimit" FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('todo_auth."rateLimit"', '');
-- The table users as Better Auth's model "user". Better Auth looks up addresses in lower case, which uses the same index as
-- todo_authenticate.
CREATE VIEW todo_auth."user" AS
    SELECT
        u.id,
        u.name,
        pg_catalog.lower(u.email COLLATE pg_catalog."C") AS email,
        u.email_verified AS "emailVerified",
        d.image,
        u.created_at AT TIME ZONE 'UTC' AS "createdAt",
        u.updated_at AT TIME ZONE 'UTC' AS "updatedAt"
    FROM @extschema:todo@.users AS u
    LEFT JOIN todo_auth.user_data AS d ON d.user_id OPERATOR(pg_catalog.=) u.id;

ALTER VIEW todo_auth."user"
    ALTER COLUMN id SET DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    ALTER COLUMN "emailVerified" SET DEFAULT false,
    ALTER COLUMN "createdAt" SET DEFAULT CURRENT_TIMESTAMP,
    ALTER COLUMN "updatedAt" SET DEFAULT CURRENT_TIMESTAMP;

REVOKE ALL ON TABLE todo_auth."user" FROM PUBLIC;
-- Better Auth's model "account". The password of a user is not stored again, but read from users, or from user_data if users
-- cannot hold it. So there is nothing to keep in sync. Its id is the user's id. A locked password has no row. The password of an
-- inactive user is shown as NULL, which a login treats like a wrong password.
-- The parts of the UNION ALL have no WHERE, because a join with the view would then read all rows.
CREATE VIEW todo_auth.account AS
    SELECT
        a.id, a."accountId", a."providerId", a."userId", a."accessToken", a."refreshToken", a."idToken",
        a."accessTokenExpiresAt", a."refreshTokenExpiresAt", a.scope,
        CASE WHEN a.is_active THEN a.hash END AS password,
        a."createdAt", a."updatedAt"
    FROM (
        SELECT
            u.id::pg_catalog.text AS id,
            u.id::pg_catalog.text AS "accountId",
            'credential'::pg_catalog.text AS "providerId",
            u.id AS "userId",
            NULL::pg_catalog.text AS "accessToken",
            NULL::pg_catalog.text AS "refreshToken",
            NULL::pg_catalog.text AS "idToken",
            NULL::timestamp with time zone AS "accessTokenExpiresAt",
            NULL::timestamp with time zone AS "refreshTokenExpiresAt",
            NULL::pg_catalog.text AS scope,
            u.is_active,
            CASE
                WHEN u.hashed_password OPERATOR(pg_catalog.<>) '!' THEN u.hashed_password::pg_catalog.text
                ELSE (SELECT d.password_hash FROM todo_auth.user_data AS d WHERE d.user_id OPERATOR(pg_catalog.=) u.id)
            END AS hash,
            u.created_at AT TIME ZONE 'UTC' AS "createdAt",
            u.updated_at AT TIME ZONE 'UTC' AS "updatedAt"
        FROM @extschema:todo@.users AS u
        UNION ALL
        SELECT
            l.id, l."accountId", l."providerId", l."userId", l."accessToken", l."refreshToken", l."idToken",
            l."accessTokenExpiresAt", l."refreshTokenExpiresAt", l.scope, NULL::boolean AS is_active,
            NULL::pg_catalog.text AS hash, l."createdAt", l."updatedAt"
        FROM todo_auth.linked_account AS l
    ) AS a
    WHERE a.is_active IS NULL OR a.hash IS NOT NULL;

ALTER VIEW todo_auth.account
    ALTER COLUMN id SET DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    ALTER COLUMN "createdAt" SET DEFAULT CURRENT_TIMESTAMP,
    ALTER COLUMN "updatedAt" SET DEFAULT CURRENT_TIMESTAMP;

REVOKE ALL ON TABLE todo_auth.account FROM PUBLIC;
-- The columns of a new row that differ from the old one, with their new values. NULL is a value like any other.
CREATE FUNCTION todo_auth.changes(
    old_row jsonb,
    new_row jsonb
)
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(jsonb_object_agg(n.key, n.value), '{}')
    FROM jsonb_each(new_row) AS n
    WHERE n.value <> coalesce(old_row -> n.key, 'null')
$$;

COMMENT ON FUNCTION todo_auth.changes(jsonb, jsonb) IS
    'The columns of a new row that differ from the old one, with their new values';

REVOKE ALL ON FUNCTION todo_auth.changes(jsonb, jsonb) FROM PUBLIC;
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
-- Turns a write of the view "user" into a write of users, whose rules apply, and of user_data. Runs with the caller's rights.
-- Errors: those of users; 0A000 id or createdAt was changed.
CREATE FUNCTION todo_auth.user_write()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changes jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM @extschema:todo@.users AS u WHERE u.id = OLD.id;
        RETURN CASE WHEN FOUND THEN OLD END;
    END IF;

    IF TG_OP = 'INSERT' THEN
        changes := todo_auth.changes('{}'::jsonb, to_jsonb(NEW));
        INSERT INTO @extschema:todo@.users (id, email, name, email_verified, created_at, updated_at)
        VALUES (
            NEW.id, NEW.email, NEW.name, NEW."emailVerified",
            NEW."createdAt" AT TIME ZONE 'UTC', NEW."updatedAt" AT TIME ZONE 'UTC'
        );
    ELSE
        changes := todo_auth.changes(to_jsonb(OLD), to_jsonb(NEW));
        IF changes ?| ARRAY['id', 'createdAt'] THEN
            RAISE EXCEPTION 'id and createdAt of a user cannot be changed'
                USING ERRCODE = 'feature_not_supported', SCHEMA = 'todo_auth', TABLE = 'user',
                    COLUMN = CASE WHEN changes ? 'id' THEN 'id' ELSE 'createdAt' END;
        END IF;
        -- Write only what the statement changes, because the row can have changed since the statement found it.
        UPDATE @extschema:todo@.users AS u
        SET name = CASE WHEN changes ? 'name' THEN NEW.name ELSE u.name END,
            email = CASE WHEN changes ? 'email' THEN NEW.email ELSE u.email END,
            email_verified = CASE
                WHEN changes ? 'emailVerified' THEN NEW."emailVerified"
                ELSE u.email_verified
            END,
            updated_at = CASE
                WHEN changes ? 'updatedAt' THEN NEW."updatedAt" AT TIME ZONE 'UTC'
                ELSE u.updated_at
            END
        WHERE u.id = OLD.id
          -- The statement verifies the address that it found, and no other.
          AND (
              NOT changes ? 'emailVerified'
              OR lower(u.email COLLATE pg_catalog."C") = OLD.email
          );
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        -- The trigger on users makes every new address unverified, even if the same UPDATE sets email_verified. But Better
        -- Auth changes the address of a verified user only when the new one has been confirmed.
        IF changes ? 'email' AND NEW."emailVerified" THEN
            UPDATE @extschema:todo@.users AS u
            SET email_verified = true,
                updated_at = CASE WHEN changes ? 'updatedAt' THEN NEW."updatedAt" AT TIME ZONE 'UTC' ELSE u.updated_at END
            WHERE u.id = OLD.id AND u.email = NEW.email;
        END IF;
    END IF;

    IF changes ? 'image' AND NEW.image IS NULL THEN
        UPDATE todo_auth.user_data AS d SET image = NULL WHERE d.user_id = NEW.id;
        DELETE FROM todo_auth.user_data AS d WHERE d.user_id = NEW.id AND d.password_hash IS NULL;
    ELSIF changes ? 'image' THEN
        INSERT INTO todo_auth.user_data (user_id, image)
        VALUES (NEW.id, NEW.image)
        ON CONFLICT (user_id) DO UPDATE SET image = EXCLUDED.image;
    END IF;

    -- Return the row as it is stored.
    SELECT v.* INTO NEW FROM todo_auth."user" AS v WHERE v.id = NEW.id;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION todo_auth.user_write() IS
    'Turns writes of the view "user" into writes of users and user_data';

REVOKE ALL ON FUNCTION todo_auth.user_write() FROM PUBLIC;

CREATE TRIGGER user_write
    INSTEAD OF INSERT OR UPDATE OR DELETE ON todo_auth."user"
    FOR EACH ROW EXECUTE FUNCTION todo_auth.user_write();
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
-- An inactive user gets no session. The row is left out without an error, because Better Auth reports a missing row as a failed sign-in,
-- but an error as a failure of the server. The user's row is locked, so that no deactivation can happen at the same time. Runs with the
-- caller's rights.
-- Errors: 23502 userId is NULL; 23503 no such user.
CREATE FUNCTION todo_auth.session_before_write()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_active boolean;
BEGIN
    -- The constraint would refuse this, too, but its error would show the row with its token.
    IF NEW."userId" IS NULL THEN
        RAISE EXCEPTION 'userId of a session is missing' USING ERRCODE = 'not_null_violation',
            SCHEMA = 'todo_auth', TABLE = 'session', COLUMN = 'userId';
    END IF;
    SELECT u.is_active INTO is_active
    FROM @extschema:todo@.users AS u
    WHERE u.id = NEW."userId"
    FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such user' USING ERRCODE = 'foreign_key_violation',
            SCHEMA = 'todo_auth', TABLE = 'session', CONSTRAINT = 'session_userId_fkey';
    END IF;
    RETURN CASE WHEN is_active THEN NEW END;
END
$$;

COMMENT ON FUNCTION todo_auth.session_before_write() IS
    'Keeps inactive users from getting a session';

REVOKE ALL ON FUNCTION todo_auth.session_before_write() FROM PUBLIC;

CREATE TRIGGER session_before_write
    BEFORE INSERT OR UPDATE OF "userId" ON todo_auth.session
    FOR EACH ROW EXECUTE FUNCTION todo_auth.session_before_write();
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
-- Ends the sessions of a user who is deactivated. Runs with the owner's rights, because a role that writes users need not have
-- rights on sessions.
-- Errors: 25001 the transaction is not at READ COMMITTED. It would not see a session that another one has just created.
CREATE FUNCTION todo_auth.users_deactivated()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'users must be deactivated at READ COMMITTED' USING ERRCODE = 'active_sql_transaction';
    END IF;
    PERFORM todo_internal.refuse_foreign_code('todo_auth.session'::regclass);
    DELETE FROM todo_auth.session AS s WHERE s."userId" = NEW.id;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION todo_auth.users_deactivated() IS
    'Ends the sessions of a user who is deactivated';

REVOKE ALL ON FUNCTION todo_auth.users_deactivated() FROM PUBLIC;

CREATE TRIGGER todo_auth_deactivated
    AFTER UPDATE ON @extschema:todo@.users
    FOR EACH ROW
    WHEN (OLD.is_active AND NOT NEW.is_active)
    EXECUTE FUNCTION todo_auth.users_deactivated();

-- DROP EXTENSION todo_auth drops the trigger, as it drops the function.
ALTER TRIGGER todo_auth_deactivated ON @extschema:todo@.users DEPENDS ON EXTENSION todo_auth;
-- A password that is written to users replaces the one in user_data. This is so even if it is the same as before, or '!', with
-- which an administrator locks a password in user_data. Runs with the owner's rights, because a role that writes users need not
-- have rights on user_data.
CREATE FUNCTION todo_auth.users_password_written()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM todo_auth.user_data AS d WHERE d.user_id = NEW.id AND d.password_hash IS NOT NULL) THEN
        PERFORM todo_internal.refuse_foreign_code('todo_auth.user_data'::regclass);
        UPDATE todo_auth.user_data AS d SET password_hash = NULL WHERE d.user_id = NEW.id;
        DELETE FROM todo_auth.user_data AS d WHERE d.user_id = NEW.id AND d.image IS NULL;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION todo_auth.users_password_written() IS
    'Removes the hash in user_data when a password is written to users';

REVOKE ALL ON FUNCTION todo_auth.users_password_written() FROM PUBLIC;

CREATE TRIGGER todo_auth_password_written
    AFTER UPDATE OF hashed_password ON @extschema:todo@.users
    FOR EACH ROW EXECUTE FUNCTION todo_auth.users_password_written();

-- DROP EXTENSION todo_auth drops the trigger, as it drops the function.
ALTER TRIGGER todo_auth_password_written ON @extschema:todo@.users DEPENDS ON EXTENSION todo_auth;
-- The tables must stay as they are now. todo_check() and the guard of extension todo read this function.
SELECT todo_internal.expect('expected_todo_auth', 'todo_auth', 'todo_auth');
-- The schema of extension todo as SQL text, if the caller may grant rights to the role.
-- Errors: 23502 role is NULL; 42704 no such role (PUBLIC is not a role); 42501 not the owner of both extensions' tables.
CREATE FUNCTION todo_auth.schema_for_grants(
    role text
)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_class AS c
        WHERE c.relnamespace = 'todo_auth'::regnamespace AND c.relkind = 'r' AND NOT pg_has_role(c.relowner, 'USAGE')
    ) THEN
        RAISE EXCEPTION 'must be owner of the tables in schema todo_auth' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN todo_internal.schema_for_grants(role);
END
$$;

COMMENT ON FUNCTION todo_auth.schema_for_grants(text) IS
    'The schema of extension todo, if the caller may grant rights to the role';

REVOKE ALL ON FUNCTION todo_auth.schema_for_grants(text) FROM PUBLIC;
-- Lets a role run Better Auth: it can read and write the rows of this extension's tables and views, and of users, hashes
-- included. Rights on the rest of extension todo come from todo_grant.
-- Errors: 23502 role is NULL; 42704 no such role; 42501 not the owner of both extensions' tables.
CREATE FUNCTION todo_auth.grant(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text := todo_auth.schema_for_grants(role);
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA todo_auth, %s TO %I', app, role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA todo_auth TO %I', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s.users TO %I', app, role);
    -- The triggers call these with the role's rights.
    EXECUTE format('GRANT EXECUTE ON FUNCTION todo_auth.changes(jsonb, jsonb) TO %I', role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION todo_auth.store_password(text, text) TO %I', role);
END
$$;

COMMENT ON FUNCTION todo_auth.grant(text) IS
    'Lets a role run Better Auth, with the table users and its hashes';

REVOKE ALL ON FUNCTION todo_auth.grant(text) FROM PUBLIC;
-- Takes back what todo_auth.grant gave a role, including its rights on users, unless the role owns that table. Call todo_grant
-- again if the role should keep the rights on users. USAGE on the schema of users stays.
-- Errors: 23502 role is NULL; 42704 no such role; 42501 not the owner of both extensions' tables.
CREATE FUNCTION todo_auth.revoke(
    role text
)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    app text := todo_auth.schema_for_grants(role);
BEGIN
    EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA todo_auth FROM %I', role);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA todo_auth FROM %I', role);
    EXECUTE format('REVOKE ALL ON SCHEMA todo_auth FROM %I', role);
    IF role <> (SELECT pg_get_userbyid(c.relowner) FROM pg_class AS c WHERE c.oid = (app || '.users')::regclass) THEN
        EXECUTE format('REVOKE ALL ON TABLE %s.users FROM %I', app, role);
    END IF;
END
$$;

COMMENT ON FUNCTION todo_auth.revoke(text) IS
    'Takes back what todo_auth.grant gave a role';

REVOKE ALL ON FUNCTION todo_auth.revoke(text) FROM PUBLIC;
SELECT todo_internal.own('todo_auth');
SELECT todo_internal.grant_to_owner('todo_auth');
$sql$, '@extschema:' OPERATOR(pg_catalog.||) 'todo@', (
        SELECT e.extnamespace::pg_catalog.regnamespace::pg_catalog.text
        FROM pg_catalog.pg_extension AS e
        WHERE e.extname OPERATOR(pg_catalog.=) 'todo'
    ));
END
$script$;
