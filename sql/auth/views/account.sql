-- Better Auth's model "account". The password of a user is no row of its own, but the one of users (or, if users cannot
-- hold it, of user_data): there is nothing to keep equal. Its id is the user's. A locked password is no row; that of a user
-- who is not active is shown as none, which a login cannot tell from a wrong one.
CREATE VIEW todo_auth.account AS
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
        CASE
            WHEN NOT u.is_active THEN NULL
            WHEN u.hashed_password OPERATOR(pg_catalog.<>) '!' THEN u.hashed_password::pg_catalog.text
            ELSE d.password_hash
        END AS password,
        u.created_at AT TIME ZONE 'UTC' AS "createdAt",
        u.updated_at AT TIME ZONE 'UTC' AS "updatedAt"
    FROM @extschema:todo@.users AS u
    LEFT JOIN todo_auth.user_data AS d ON d.user_id OPERATOR(pg_catalog.=) u.id
    WHERE u.hashed_password OPERATOR(pg_catalog.<>) '!' OR d.password_hash IS NOT NULL
    UNION ALL
    SELECT
        l.id, l."accountId", l."providerId", l."userId", l."accessToken", l."refreshToken", l."idToken",
        l."accessTokenExpiresAt", l."refreshTokenExpiresAt", l.scope, NULL, l."createdAt", l."updatedAt"
    FROM todo_auth.linked_account AS l;

ALTER VIEW todo_auth.account
    ALTER COLUMN id SET DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    ALTER COLUMN "createdAt" SET DEFAULT CURRENT_TIMESTAMP,
    ALTER COLUMN "updatedAt" SET DEFAULT CURRENT_TIMESTAMP;

REVOKE ALL ON TABLE todo_auth.account FROM PUBLIC;
