-- todo_auth 1.1.0, SQL edition: lets Better Auth sign in the users of todo, with the same passwords.
-- Run it as the role that has installed todo. It creates schema todo_auth. Where an older version is installed, it updates that one.
-- It is one statement: either all of it takes effect, or nothing does.
DO $todo$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    strings CONSTANT pg_catalog.text := pg_catalog.current_setting('standard_conforming_strings');
    home pg_catalog.text;
    is_update boolean;
    present pg_catalog.text[];
    statement pg_catalog.text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('standard_conforming_strings', 'on', true);
    IF to_regclass('todo_internal.installed') IS NULL THEN
        RAISE EXCEPTION 'todo_auth needs the SQL edition of todo'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run its script first.';
    ELSIF NOT EXISTS (
        SELECT FROM pg_namespace AS n WHERE n.nspname = 'todo_internal' AND pg_get_userbyid(n.nspowner) = current_user
    ) THEN
        RAISE EXCEPTION 'must be the owner of todo to install todo_auth'
            USING ERRCODE = 'insufficient_privilege', HINT = 'SET ROLE to the owner of schema todo_internal.';
    END IF;
    SELECT e.extnamespace::regnamespace::text INTO STRICT home FROM todo_internal.extension AS e WHERE e.extname = 'todo';
    is_update := EXISTS (SELECT FROM todo_internal.extension AS e WHERE e.extname = 'todo_auth' AND pg_get_userbyid(e.extowner) = current_user);
    IF NOT is_update AND to_regnamespace('todo_auth') IS NOT NULL THEN
        RAISE EXCEPTION 'there is a schema todo_auth already' USING ERRCODE = 'duplicate_schema', HINT = 'Rename or drop it.';
    END IF;
    IF EXISTS (
        SELECT FROM todo_internal.installed AS i
        WHERE is_update AND i.name = 'todo_auth' AND string_to_array(i.version, '.')::integer[] > string_to_array('1.1.0', '.')::integer[]
    ) THEN
        RAISE EXCEPTION 'a newer version of todo_auth is installed' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    present := ARRAY(
        SELECT format('%s %s', d.classid, d.objid)
        FROM todo_internal.depend AS d
        JOIN todo_internal.extension AS e ON e.oid = d.refobjid AND e.extname = 'todo_auth'
        WHERE d.deptype = 'e'
    );
    FOREACH statement IN ARRAY ARRAY[
$statement$CREATE SCHEMA todo_auth$statement$,
$statement$INSERT INTO todo_internal.installed (name, version) VALUES ('todo_auth', '1.1.0')
ON CONFLICT ON CONSTRAINT installed_pkey DO UPDATE SET version = EXCLUDED.version$statement$,
$statement$CREATE TABLE todo_auth.user_data (
    user_id       varchar(36) NOT NULL,
    image         text,
    password_hash text,
    CONSTRAINT user_data_pkey PRIMARY KEY (user_id),
    CONSTRAINT user_data_user_id_fkey FOREIGN KEY (user_id) REFERENCES @extschema:todo@.users (id) ON DELETE CASCADE,
    -- scrypt as Better Auth writes it, or $name$..., and never plain text. bcrypt hashes belong to users.
    CONSTRAINT user_data_password_hash_check CHECK (
        password_hash OPERATOR(pg_catalog.~) '^([0-9a-f]{32}:[0-9a-f]{128}|[$][a-z][a-z0-9-]+[$].{40,})$'
    )
)$statement$,
$statement$REVOKE ALL ON TABLE todo_auth.user_data FROM PUBLIC$statement$,
$statement$CREATE TABLE todo_auth.session (
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
)$statement$,
$statement$CREATE INDEX "session_userId_idx" ON todo_auth.session ("userId")$statement$,
$statement$REVOKE ALL ON TABLE todo_auth.session FROM PUBLIC$statement$,
$statement$CREATE TABLE todo_auth.linked_account (
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
)$statement$,
$statement$CREATE INDEX "linked_account_userId_idx" ON todo_auth.linked_account ("userId")$statement$,
$statement$REVOKE ALL ON TABLE todo_auth.linked_account FROM PUBLIC$statement$,
$statement$CREATE TABLE todo_auth.verification (
    id          text                     NOT NULL DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    identifier  text                     NOT NULL,
    value       text                     NOT NULL,
    "expiresAt" timestamp with time zone NOT NULL,
    "createdAt" timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" timestamp with time zone NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT verification_pkey PRIMARY KEY (id)
)$statement$,
$statement$CREATE INDEX verification_identifier_idx ON todo_auth.verification (identifier)$statement$,
$statement$REVOKE ALL ON TABLE todo_auth.verification FROM PUBLIC$statement$,
$statement$CREATE TABLE todo_auth."rateLimit" (
    id            text    NOT NULL DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    key           text    NOT NULL,
    count         integer NOT NULL,
    "lastRequest" bigint  NOT NULL,
    CONSTRAINT "rateLimit_pkey" PRIMARY KEY (id),
    CONSTRAINT "rateLimit_key_key" UNIQUE (key)
)$statement$,
$statement$REVOKE ALL ON TABLE todo_auth."rateLimit" FROM PUBLIC$statement$,
$statement$CREATE VIEW todo_auth."user" AS
    SELECT
        u.id,
        u.name,
        pg_catalog.lower(u.email COLLATE pg_catalog."C") AS email,
        u.email_verified AS "emailVerified",
        d.image,
        u.created_at AT TIME ZONE 'UTC' AS "createdAt",
        u.updated_at AT TIME ZONE 'UTC' AS "updatedAt"
    FROM @extschema:todo@.users AS u
    LEFT JOIN todo_auth.user_data AS d ON d.user_id OPERATOR(pg_catalog.=) u.id$statement$,
$statement$ALTER VIEW todo_auth."user"
    ALTER COLUMN id SET DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    ALTER COLUMN "emailVerified" SET DEFAULT false,
    ALTER COLUMN "createdAt" SET DEFAULT CURRENT_TIMESTAMP,
    ALTER COLUMN "updatedAt" SET DEFAULT CURRENT_TIMESTAMP$statement$,
$statement$REVOKE ALL ON TABLE todo_auth."user" FROM PUBLIC$statement$,
$statement$CREATE VIEW todo_auth.account AS
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
    WHERE a.is_active IS NULL OR a.hash IS NOT NULL$statement$,
$statement$ALTER VIEW todo_auth.account
    ALTER COLUMN id SET DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    ALTER COLUMN "createdAt" SET DEFAULT CURRENT_TIMESTAMP,
    ALTER COLUMN "updatedAt" SET DEFAULT CURRENT_TIMESTAMP$statement$,
$statement$REVOKE ALL ON TABLE todo_auth.account FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_auth.changes(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.changes(jsonb, jsonb) IS
    'The columns of a new row that differ from the old one, with their new values'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.changes(jsonb, jsonb) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_auth.store_password(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.store_password(text, text) IS
    'Stores a hash as the password of a user, in users or in user_data'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.store_password(text, text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_auth.user_write()
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.user_write() IS
    'Turns writes of the view "user" into writes of users and user_data'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.user_write() FROM PUBLIC$statement$,
$statement$CREATE TRIGGER user_write
    INSTEAD OF INSERT OR UPDATE OR DELETE ON todo_auth."user"
    FOR EACH ROW EXECUTE FUNCTION todo_auth.user_write()$statement$,
$statement$CREATE FUNCTION todo_auth.account_write()
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.account_write() IS
    'Turns writes of the view account into writes of users, user_data or linked_account'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.account_write() FROM PUBLIC$statement$,
$statement$CREATE TRIGGER account_write
    INSTEAD OF INSERT OR UPDATE OR DELETE ON todo_auth.account
    FOR EACH ROW EXECUTE FUNCTION todo_auth.account_write()$statement$,
$statement$CREATE FUNCTION todo_auth.session_before_write()
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.session_before_write() IS
    'Keeps inactive users from getting a session'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.session_before_write() FROM PUBLIC$statement$,
$statement$CREATE TRIGGER session_before_write
    BEFORE INSERT OR UPDATE OF "userId" ON todo_auth.session
    FOR EACH ROW EXECUTE FUNCTION todo_auth.session_before_write()$statement$,
$statement$CREATE FUNCTION todo_auth.refused_row()
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.refused_row() IS
    'Refuses a row that a constraint would refuse, without showing the row'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.refused_row() FROM PUBLIC$statement$,
$statement$CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth.user_data
    FOR EACH ROW
    WHEN (
        NEW.user_id IS NULL
        OR NEW.password_hash OPERATOR(pg_catalog.!~) '^([0-9a-f]{32}:[0-9a-f]{128}|[$][a-z][a-z0-9-]+[$].{40,})$'
    )
    EXECUTE FUNCTION todo_auth.refused_row('user_data_password_hash_check', 'password_hash')$statement$,
$statement$CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth.session
    FOR EACH ROW
    WHEN (
        NEW.id IS NULL OR NEW."expiresAt" IS NULL OR NEW.token IS NULL OR NEW."createdAt" IS NULL OR NEW."updatedAt" IS NULL
        OR NEW."userId" IS NULL
    )
    EXECUTE FUNCTION todo_auth.refused_row()$statement$,
$statement$CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth.linked_account
    FOR EACH ROW
    WHEN (
        NEW.id IS NULL OR NEW."accountId" IS NULL OR NEW."providerId" IS NULL OR NEW."userId" IS NULL
        OR NEW."createdAt" IS NULL OR NEW."updatedAt" IS NULL OR NEW."providerId" OPERATOR(pg_catalog.=) 'credential'
    )
    EXECUTE FUNCTION todo_auth.refused_row('linked_account_providerId_check', 'providerId')$statement$,
$statement$CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth.verification
    FOR EACH ROW
    WHEN (
        NEW.id IS NULL OR NEW.identifier IS NULL OR NEW.value IS NULL OR NEW."expiresAt" IS NULL
        OR NEW."createdAt" IS NULL OR NEW."updatedAt" IS NULL
    )
    EXECUTE FUNCTION todo_auth.refused_row()$statement$,
$statement$CREATE TRIGGER zz_todo_before_row
    BEFORE INSERT OR UPDATE ON todo_auth."rateLimit"
    FOR EACH ROW
    WHEN (NEW.id IS NULL OR NEW.key IS NULL OR NEW.count IS NULL OR NEW."lastRequest" IS NULL)
    EXECUTE FUNCTION todo_auth.refused_row()$statement$,
$statement$CREATE FUNCTION todo_auth.users_deactivated()
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.users_deactivated() IS
    'Ends the sessions of a user who is deactivated'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.users_deactivated() FROM PUBLIC$statement$,
$statement$CREATE TRIGGER todo_auth_deactivated
    AFTER UPDATE ON @extschema:todo@.users
    FOR EACH ROW
    WHEN (OLD.is_active AND NOT NEW.is_active)
    EXECUTE FUNCTION todo_auth.users_deactivated()$statement$,
$statement$CREATE FUNCTION todo_auth.users_password_written()
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.users_password_written() IS
    'Removes the hash in user_data when a password is written to users'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.users_password_written() FROM PUBLIC$statement$,
$statement$CREATE TRIGGER todo_auth_password_written
    AFTER UPDATE OF hashed_password ON @extschema:todo@.users
    FOR EACH ROW EXECUTE FUNCTION todo_auth.users_password_written()$statement$,
$statement$SELECT todo_internal.expect('expected_todo_auth', 'todo_auth', 'todo_auth')$statement$,
$statement$CREATE FUNCTION todo_auth.schema_for_grants(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.schema_for_grants(text) IS
    'The schema of extension todo, if the caller may grant rights to the role'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.schema_for_grants(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_auth.grant(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.grant(text) IS
    'Lets a role run Better Auth, with the table users and its hashes'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.grant(text) FROM PUBLIC$statement$,
$statement$CREATE FUNCTION todo_auth.revoke(
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
$$$statement$,
$statement$COMMENT ON FUNCTION todo_auth.revoke(text) IS
    'Takes back what todo_auth.grant gave a role'$statement$,
$statement$REVOKE ALL ON FUNCTION todo_auth.revoke(text) FROM PUBLIC$statement$
    ]
    LOOP
        IF is_update THEN
            -- The tables are those of every version so far.
            CONTINUE WHEN statement ~ '^(CREATE (SCHEMA|TABLE|INDEX|UNIQUE INDEX)|ALTER TABLE)';
            statement := regexp_replace(statement, '^CREATE (FUNCTION|VIEW|TRIGGER)', 'CREATE OR REPLACE \1');
        END IF;
        EXECUTE replace(replace(statement, '@extschema@', home), '@extschema:todo@', home);
    END LOOP;
    UPDATE todo_internal.installed AS i
    SET functions = ARRAY(
        SELECT 'todo_auth.' || todo_internal.signature(p.oid) FROM pg_proc AS p WHERE p.pronamespace = 'todo_auth'::regnamespace
    )
    WHERE i.name = 'todo_auth';
    PERFORM todo_internal.own('todo_auth', present);
    PERFORM set_config('search_path', path, true), set_config('standard_conforming_strings', strings, true);
END
$todo$;
