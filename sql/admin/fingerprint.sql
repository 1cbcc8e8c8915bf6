-- What is compared after a backup has been restored: numbers of rows, checksums that do not depend on the order of rows, and the last id.
SELECT
    (SELECT pg_catalog.count(*) FROM @extschema@.users) AS users,
    (SELECT pg_catalog.count(*) FROM @extschema@.tasks) AS tasks,
    (
        SELECT pg_catalog.concat(pg_catalog.sum(pg_catalog.hashtextextended(u::pg_catalog.text, 0)))
        FROM @extschema@.users AS u
    ) AS users_checksum,
    (
        SELECT pg_catalog.concat(pg_catalog.sum(pg_catalog.hashtextextended(t::pg_catalog.text, 0)))
        FROM @extschema@.tasks AS t
    ) AS tasks_checksum,
    (SELECT s.last_value FROM @extschema@.tasks_id_seq AS s) AS last_id
