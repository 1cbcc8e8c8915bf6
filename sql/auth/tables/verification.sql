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
