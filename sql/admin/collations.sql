-- Whether collations still have the version with which indexes were built: the collation of the database, and those of the
-- indexes on the extension's tables. C and POSIX have no version, as they never change.
SELECT v.name, v.recorded OPERATOR(pg_catalog.=) v.actual AS ok,
    CASE
        WHEN v.recorded OPERATOR(pg_catalog.=) v.actual THEN pg_catalog.concat('version ', v.actual)
        ELSE pg_catalog.concat('version ', v.recorded, ' when indexes were built, now ', v.actual, ': indexes may miss rows')
    END AS detail,
    CASE WHEN v.recorded OPERATOR(pg_catalog.<>) v.actual THEN v.fix END AS fix
FROM (
    SELECT
        'collation of the database' AS name, d.datcollversion AS recorded,
        pg_catalog.pg_database_collation_actual_version(d.oid) AS actual,
        pg_catalog.format('REINDEX DATABASE %1$I; ALTER DATABASE %1$I REFRESH COLLATION VERSION', d.datname) AS fix
    FROM pg_catalog.pg_database AS d
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
    UNION ALL
    SELECT
        pg_catalog.concat('collation ', c.oid::pg_catalog.regcollation), c.collversion, pg_catalog.pg_collation_actual_version(c.oid),
        pg_catalog.concat(
            (
                SELECT pg_catalog.string_agg(
                    pg_catalog.concat('REINDEX INDEX ', i.indexrelid::pg_catalog.regclass, '; '), '' ORDER BY i.indexrelid
                )
                FROM pg_catalog.pg_index AS i
                WHERE i.indrelid OPERATOR(pg_catalog.=) ANY (
                    ARRAY[pg_catalog.to_regclass('@extschema@.users'), pg_catalog.to_regclass('@extschema@.tasks')]
                )
                  AND c.oid OPERATOR(pg_catalog.=) ANY (i.indcollation::pg_catalog.oid[])
            ),
            'ALTER COLLATION ', c.oid::pg_catalog.regcollation, ' REFRESH VERSION'
        )
    FROM pg_catalog.pg_collation AS c
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (
        SELECT pg_catalog.unnest(i.indcollation::pg_catalog.oid[])
        FROM pg_catalog.pg_index AS i
        WHERE i.indrelid OPERATOR(pg_catalog.=) ANY (
            ARRAY[pg_catalog.to_regclass('@extschema@.users'), pg_catalog.to_regclass('@extschema@.tasks')]
        )
    )
) AS v
WHERE v.recorded IS NOT NULL AND v.actual IS NOT NULL
ORDER BY v.name
