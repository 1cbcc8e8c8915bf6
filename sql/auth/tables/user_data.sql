-- What Better Auth stores for a user, but the table users has no column for: a picture, and a hash that is not bcrypt.
CREATE TABLE todo_auth.user_data (
    user_id       varchar(36) NOT NULL,
    image         text,
    password_hash text,
    CONSTRAINT user_data_pkey PRIMARY KEY (user_id),
    CONSTRAINT user_data_user_id_fkey FOREIGN KEY (user_id) REFERENCES @extschema:todo@.users (id) ON DELETE CASCADE,
    -- scrypt as Better Auth writes it, or $name$..., and never plain text. bcrypt hashes belong to users.
    CONSTRAINT user_data_password_hash_check CHECK (
        password_hash OPERATOR(pg_catalog.~) '^([0-9a-f]{32}:[0-9a-f]{128}|[$][a-z][a-z0-9-]+[$].{40,})$'
    )
);

REVOKE ALL ON TABLE todo_auth.user_data FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('todo_auth.user_data', '');
