-- These enforce the rules of src/rules.rs where triggers do not run.
ALTER TABLE @extschema@.users
    ADD CONSTRAINT users_id_check CHECK (id OPERATOR(pg_catalog.<>) ''),
    -- The rule of src/rules.rs: no space, control or invisible character; dot-atom, @, domain; no numeric top level. A
    -- backtick would end the template literal that drizzle-kit copies this into.
    ADD CONSTRAINT users_email_check CHECK (
        pg_catalog.char_length(email) OPERATOR(pg_catalog.>=) 5
        AND email OPERATOR(pg_catalog.!~) E'[\\u0001-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U00013430-\\U0001343f\\U00013441\\U00013442\\U00016fe4\\U0001bca0-\\U0001bca3\\U0001d159\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]'
        AND email OPERATOR(pg_catalog.~) E'^[A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+([.][A-Za-z0-9!#$%&''*+/=?^_\\u0060{|}~\\u0080-\\U0010ffff-]+)*@[A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?([.][A-Za-z0-9\\u0080-\\U0010ffff]([A-Za-z0-9\\u0080-\\U0010ffff-]*[A-Za-z0-9\\u0080-\\U0010ffff])?)+$'
        AND email OPERATOR(pg_catalog.!~) '[.][0-9]+$'
    ),
    ADD CONSTRAINT users_name_check CHECK (pg_catalog.btrim(name) OPERATOR(pg_catalog.<>) ''),
    ADD CONSTRAINT users_hashed_password_check CHECK (
        hashed_password OPERATOR(pg_catalog.=) '!'
        OR hashed_password OPERATOR(pg_catalog.~) '^[$]2[aby][$](0[4-9]|1[0-5])[$][./A-Za-z0-9]{53}$'
    );

-- No two users have addresses that differ only in ASCII letter case.
CREATE UNIQUE INDEX ix_users_email_folded ON @extschema@.users (pg_catalog.lower(email COLLATE pg_catalog."C"));
