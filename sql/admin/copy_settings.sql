-- The settings of this database: those for every role have no role. Some are lists of names, in quotes where that is needed.
SELECT CASE WHEN s.setrole OPERATOR(pg_catalog.<>) 0::pg_catalog.oid THEN pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(s.setrole)::pg_catalog.text) END AS role,
    pg_catalog.split_part(c.setting, '=', 1) AS name,
    pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') OPERATOR(pg_catalog.+) 1) AS value,
    pg_catalog.split_part(c.setting, '=', 1) OPERATOR(pg_catalog.=) ANY (
        ARRAY['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries']
    ) AS is_list
FROM pg_catalog.pg_db_role_setting AS s
JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (setting)
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
ORDER BY 1 NULLS FIRST, 2
