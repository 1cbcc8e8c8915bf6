-- The rights on the tables are the database's, and go into dumps. PostgreSQL takes the grants of an extension's script, and those
-- of an object that joins an extension, for the extension's own, and pg_dump would leave them out.
DELETE FROM pg_catalog.pg_init_privs AS p
WHERE p.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
  AND p.objoid OPERATOR(pg_catalog.=) ANY (ARRAY[
      '@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass,
      '@extschema@.tasks_id_seq'::pg_catalog.regclass
  ]);

-- From 17 on, it also notes the roles that they name.
DELETE FROM pg_catalog.pg_shdepend AS d
WHERE d.dbid OPERATOR(pg_catalog.=) (
      SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
  )
  AND d.deptype OPERATOR(pg_catalog.=) 'i'
  AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.objid OPERATOR(pg_catalog.=) ANY (ARRAY[
      '@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass,
      '@extschema@.tasks_id_seq'::pg_catalog.regclass
  ]);
