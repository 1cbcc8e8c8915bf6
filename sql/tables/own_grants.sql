-- The rights on the tables belong to the database, and dumps must include them. But PostgreSQL regards the grants in an extension's
-- script, and those on an object that joins an extension, as the extension's own, and pg_dump would leave them out.
DELETE FROM pg_catalog.pg_init_privs AS p
WHERE p.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
  AND p.objoid OPERATOR(pg_catalog.=) ANY (ARRAY[
      '@extschema@.users'::pg_catalog.regclass, '@extschema@.tasks'::pg_catalog.regclass,
      '@extschema@.tasks_id_seq'::pg_catalog.regclass
  ]);

-- From 17 on, PostgreSQL also records the roles that these grants name.
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
