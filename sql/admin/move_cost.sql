-- The cost of new hashes in this database, for roles that have no cost of their own, once the library is loaded: as the database, all roles
-- or the configuration say, whatever the current session has. The server reads the value.
SELECT pg_catalog.set_config('todo.bcrypt_cost', COALESCE(
    (
        SELECT pg_catalog.substr(c.setting, pg_catalog.length('todo.bcrypt_cost=') OPERATOR(pg_catalog.+) 1)
        FROM pg_catalog.pg_db_role_setting AS s
        LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
        CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (setting)
        WHERE s.setrole OPERATOR(pg_catalog.=) 0
          AND COALESCE(d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database(), s.setdatabase OPERATOR(pg_catalog.=) 0)
          AND pg_catalog.starts_with(pg_catalog.lower(c.setting), 'todo.bcrypt_cost=')
        ORDER BY s.setdatabase DESC
        LIMIT 1
    ),
    (
        SELECT f.setting
        FROM pg_catalog.pg_file_settings AS f
        WHERE pg_catalog.lower(f.name) OPERATOR(pg_catalog.=) 'todo.bcrypt_cost' AND f.applied
        ORDER BY f.seqno DESC
        LIMIT 1
    ),
    (SELECT g.boot_val FROM pg_catalog.pg_settings AS g WHERE g.name OPERATOR(pg_catalog.=) 'todo.bcrypt_cost')
), true)::pg_catalog.int4
