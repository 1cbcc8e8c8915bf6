-- As Better Auth makes it for `rateLimit: { storage: "database" }`: requests by key (address and path), the last one in
-- milliseconds since 1970. With an id where the application gives none.
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
