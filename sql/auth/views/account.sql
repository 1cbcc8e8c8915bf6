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
