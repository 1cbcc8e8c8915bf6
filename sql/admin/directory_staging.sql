-- What a repair of the directory has found out. The tables last as long as the session, because reading all shards may take longer than a
-- transaction should.
-- The users of the shards that could be read, with their folded addresses, and whether the user belongs to the shard.
CREATE TEMPORARY TABLE pg_temp.todo_present (
    user_id pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    address pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    belongs pg_catalog.bool NOT NULL
);

-- Claims without a user.
CREATE TEMPORARY TABLE pg_temp.todo_stale (
    address    pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    user_id    pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    claimed_at pg_catalog.timestamptz NOT NULL
);

-- Users without a claim.
CREATE TEMPORARY TABLE pg_temp.todo_unclaimed (
    user_id pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    address pg_catalog.text COLLATE pg_catalog."C" NOT NULL
);

-- The claims that are made for them.
CREATE TEMPORARY TABLE pg_temp.todo_claimed (
    address    pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    user_id    pg_catalog.text COLLATE pg_catalog."C" NOT NULL,
    claimed_at pg_catalog.timestamptz NOT NULL
);

-- Claims from before this time are old.
CREATE TEMPORARY TABLE pg_temp.todo_cutoff (
    cutoff pg_catalog.timestamptz NOT NULL
)
