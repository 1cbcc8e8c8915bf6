-- Claims the addresses of users without a claim, unless another user has claimed it. Of several users with one address, the first by id
-- gets it.
WITH claimed AS (
    INSERT INTO todo_directory.addresses AS a (address, user_id, claimed_at)
    SELECT DISTINCT ON (u.address) u.address, u.user_id, pg_catalog.clock_timestamp()
    FROM pg_temp.todo_unclaimed AS u
    ORDER BY u.address, u.user_id
    ON CONFLICT (address) DO NOTHING
    RETURNING a.address, a.user_id, a.claimed_at
)
INSERT INTO pg_temp.todo_claimed (address, user_id, claimed_at)
SELECT c.address, c.user_id, c.claimed_at
FROM claimed AS c
