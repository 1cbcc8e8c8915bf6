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
