-- Whether the session acts as a role that the owner of the database has set.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_db_role_setting AS s
    JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
      AND s.setrole OPERATOR(pg_catalog.=) 0
      AND pg_catalog.concat('role=', CURRENT_USER) OPERATOR(pg_catalog.=) ANY (s.setconfig)
)
