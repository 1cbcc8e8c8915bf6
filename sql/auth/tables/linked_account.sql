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
