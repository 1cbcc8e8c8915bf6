-- A checksum of everything that is defined in this database, of its rights and of its settings. Rows, temporary tables and the order in
-- which things are stored do not change it.
WITH lasting AS MATERIALIZED (
    SELECT c.oid
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relpersistence OPERATOR(pg_catalog.<>) 't'
      AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
      AND n.nspname OPERATOR(pg_catalog.<>) 'pg_toast'
), defined AS (
    SELECT 'pg_namespace' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_namespace AS x
    WHERE NOT pg_catalog.starts_with(x.nspname::pg_catalog.text, 'pg_') AND x.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['information_schema', 'todo_fence']::pg_catalog.name[])
    UNION ALL
    SELECT 'pg_class' AS catalog, pg_catalog.to_jsonb(x) OPERATOR(pg_catalog.-) ARRAY['relfilenode', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid', 'relhasindex', 'relhasrules', 'relhastriggers', 'relhassubclass', 'reltoastrelid', 'relrewrite'] AS item FROM pg_catalog.pg_class AS x
    WHERE EXISTS (SELECT FROM lasting AS l WHERE l.oid OPERATOR(pg_catalog.=) x.oid)
    UNION ALL
    SELECT 'pg_attribute' AS catalog, pg_catalog.to_jsonb(x) OPERATOR(pg_catalog.-) ARRAY['attcacheoff'] AS item FROM pg_catalog.pg_attribute AS x
    WHERE x.attnum OPERATOR(pg_catalog.>) 0 AND EXISTS (SELECT FROM lasting AS l WHERE l.oid OPERATOR(pg_catalog.=) x.attrelid)
    UNION ALL
    SELECT 'pg_attrdef' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_attrdef AS x
    WHERE EXISTS (SELECT FROM lasting AS l WHERE l.oid OPERATOR(pg_catalog.=) x.adrelid)
    UNION ALL
    SELECT 'pg_constraint' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_constraint AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND (x.conrelid OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR EXISTS (SELECT FROM lasting AS l WHERE l.oid OPERATOR(pg_catalog.=) x.conrelid))
    UNION ALL
    SELECT 'pg_index' AS catalog, pg_catalog.to_jsonb(x) OPERATOR(pg_catalog.-) ARRAY['indcheckxmin'] AS item FROM pg_catalog.pg_index AS x
    WHERE EXISTS (SELECT FROM lasting AS l WHERE l.oid OPERATOR(pg_catalog.=) x.indrelid)
    UNION ALL
    SELECT 'pg_trigger' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_trigger AS x
    WHERE NOT x.tgisinternal AND x.tgname OPERATOR(pg_catalog.<>) 'todo_fence' AND EXISTS (SELECT FROM lasting AS l WHERE l.oid OPERATOR(pg_catalog.=) x.tgrelid)
    UNION ALL
    SELECT 'pg_policy' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_policy AS x
    WHERE true
    UNION ALL
    SELECT 'pg_rewrite' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_rewrite AS x
    WHERE EXISTS (SELECT FROM lasting AS l WHERE l.oid OPERATOR(pg_catalog.=) x.ev_class)
    UNION ALL
    SELECT 'pg_type' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_type AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND x.typtype OPERATOR(pg_catalog.<>) 'c' AND x.typelem OPERATOR(pg_catalog.=) 0::pg_catalog.oid
      AND NOT EXISTS (
          SELECT
          FROM pg_catalog.pg_namespace AS n
          WHERE n.oid OPERATOR(pg_catalog.=) x.typnamespace AND pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_temp')
      )
    UNION ALL
    SELECT 'pg_proc' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_proc AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.oid OPERATOR(pg_catalog.=) x.pronamespace AND n.nspname OPERATOR(pg_catalog.<>) 'todo_fence' AND NOT pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_temp'))
    UNION ALL
    SELECT 'pg_inherits' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_inherits AS x
    WHERE EXISTS (SELECT FROM lasting AS l WHERE l.oid OPERATOR(pg_catalog.=) x.inhrelid)
    UNION ALL
    SELECT 'pg_partitioned_table' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_partitioned_table AS x
    WHERE true
    UNION ALL
    SELECT 'pg_sequence' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_sequence AS x
    WHERE EXISTS (SELECT FROM lasting AS l WHERE l.oid OPERATOR(pg_catalog.=) x.seqrelid)
    UNION ALL
    SELECT 'pg_statistic_ext' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_statistic_ext AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_enum' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_enum AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_range' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_range AS x
    WHERE x.rngtypid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_cast' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_cast AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_collation' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_collation AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_operator' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_operator AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_opclass' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_opclass AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_opfamily' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_opfamily AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_amop' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_amop AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_amproc' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_amproc AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_am' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_am AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_conversion' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_conversion AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_language' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_language AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_transform' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_transform AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_ts_config' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_ts_config AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_ts_dict' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_ts_dict AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_foreign_data_wrapper' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_foreign_data_wrapper AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_foreign_server' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_foreign_server AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_foreign_table' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_foreign_table AS x
    WHERE true
    UNION ALL
    SELECT 'pg_event_trigger' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_event_trigger AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_default_acl' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_default_acl AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_extension' AS catalog, pg_catalog.to_jsonb(x) AS item FROM pg_catalog.pg_extension AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_aggregate', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_aggregate AS x
    WHERE x.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_ts_config_map', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_ts_config_map AS x
    WHERE x.mapcfg OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_ts_parser', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_ts_parser AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_ts_template', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_ts_template AS x
    WHERE x.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'pg_user_mapping', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_user_mapping AS x
    UNION ALL
    SELECT 'pg_depend', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_depend AS x
    WHERE x.deptype OPERATOR(pg_catalog.=) 'e'
    UNION ALL
    -- Rights on PostgreSQL's own objects, and on the row types of tables.
    SELECT 'rights', pg_catalog.jsonb_build_array(x.oid, x.proacl) FROM pg_catalog.pg_proc AS x
    WHERE x.proacl IS NOT NULL AND x.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'rights', pg_catalog.jsonb_build_array(x.oid, x.relacl) FROM pg_catalog.pg_class AS x
    WHERE x.relacl IS NOT NULL AND x.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'rights', pg_catalog.jsonb_build_array(x.attrelid, x.attnum, x.attacl) FROM pg_catalog.pg_attribute AS x
    WHERE x.attacl IS NOT NULL AND x.attrelid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
    UNION ALL
    SELECT 'rights', pg_catalog.jsonb_build_array(x.oid, x.lanacl) FROM pg_catalog.pg_language AS x
    WHERE x.lanacl IS NOT NULL
    UNION ALL
    SELECT 'rights', pg_catalog.jsonb_build_array(x.oid, x.typacl) FROM pg_catalog.pg_type AS x
    WHERE x.typacl IS NOT NULL
    UNION ALL
    SELECT 'rights', pg_catalog.jsonb_build_array(x.oid, x.nspacl, x.nspowner) FROM pg_catalog.pg_namespace AS x
    WHERE x.nspname OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog', 'information_schema']::pg_catalog.name[])
    UNION ALL
    SELECT 'pg_publication', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_publication AS x
    WHERE x.pubname OPERATOR(pg_catalog.<>) 'todo_copy'
    UNION ALL
    SELECT 'pg_publication_rel', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_publication_rel AS x
    UNION ALL
    SELECT 'pg_publication_namespace', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_publication_namespace AS x
    UNION ALL
    SELECT 'pg_description', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_description AS x
    WHERE (
          x.objoid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
          OR x.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid
      )
      AND x.objoid OPERATOR(pg_catalog.<>) COALESCE(pg_catalog.to_regnamespace('todo_fence')::pg_catalog.oid, 0::pg_catalog.oid)
      AND NOT EXISTS (
          SELECT
          FROM pg_catalog.pg_publication AS p
          WHERE p.oid OPERATOR(pg_catalog.=) x.objoid
            AND p.tableoid OPERATOR(pg_catalog.=) x.classoid
            AND p.pubname OPERATOR(pg_catalog.=) 'todo_copy'
      )
    UNION ALL
    SELECT 'pg_seclabel', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_seclabel AS x
    UNION ALL
    SELECT 'pg_db_role_setting', pg_catalog.to_jsonb(x) FROM pg_catalog.pg_db_role_setting AS x
    JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) x.setdatabase
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
    UNION ALL
    SELECT 'pg_database', pg_catalog.jsonb_build_array(x.datdba, x.datacl, x.datconnlimit) FROM pg_catalog.pg_database AS x
    WHERE x.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
)
SELECT pg_catalog.concat(pg_catalog.count(*), '/', pg_catalog.sum(pg_catalog.hashtextextended(d.catalog OPERATOR(pg_catalog.||) d.item::pg_catalog.text, 0)))
FROM defined AS d
