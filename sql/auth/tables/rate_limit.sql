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
