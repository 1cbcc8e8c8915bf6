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
