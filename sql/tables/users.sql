-- Times are UTC. Tables and columns have no comments, because Alembic's autogenerate would report them as changes.
CREATE TABLE @extschema@.users (
    id              varchar(36)  NOT NULL DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text,
    email           varchar(255) NOT NULL,
    name            varchar(100) NOT NULL,
    hashed_password varchar(255) NOT NULL DEFAULT '!',
    created_at      timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    updated_at      timestamp    NOT NULL DEFAULT (pg_catalog.now() AT TIME ZONE 'UTC'),
    is_active       boolean      NOT NULL DEFAULT true,
    email_verified  boolean      NOT NULL DEFAULT false,
    CONSTRAINT users_pkey PRIMARY KEY (id)
);

-- For WHERE email = ..., with the address exactly as it was stored.
CREATE UNIQUE INDEX ix_users_email ON @extschema@.users (email);

REVOKE ALL ON TABLE @extschema@.users FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('@extschema@.users', '');
