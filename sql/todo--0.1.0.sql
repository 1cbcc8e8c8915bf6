-- Version 0.1.0: the table of users, as the specification's migration 001 makes it.
CREATE TABLE @extschema@.users (
    id VARCHAR(36) PRIMARY KEY,
    email VARCHAR(255) NOT NULL UNIQUE,
    name VARCHAR(100) NOT NULL,
    hashed_password VARCHAR(255) NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    updated_at TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    is_active BOOLEAN DEFAULT TRUE,
    email_verified BOOLEAN DEFAULT FALSE
);

CREATE UNIQUE INDEX ix_users_email ON @extschema@.users (email);

REVOKE ALL ON TABLE @extschema@.users FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('@extschema@.users', '');
