IF pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool THEN
    RAISE EXCEPTION 'cannot execute @function@() in a read-only transaction' USING ERRCODE = 'read_only_sql_transaction';
END IF;
