-- PostgreSQL takes the grants of an object that joins an extension for the extension's own, and pg_dump would leave
-- them out: they are the database's.
DELETE FROM pg_init_privs AS p
WHERE p.classoid = 'pg_class'::regclass
  AND p.objoid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass, '@extschema@.tasks_id_seq'::regclass);

-- From 17 on it notes the roles that they name.
DELETE FROM pg_shdepend AS d
WHERE d.dbid = (SELECT b.oid FROM pg_database AS b WHERE b.datname = current_database())
  AND d.deptype = 'i'
  AND d.classid = 'pg_class'::regclass
  AND d.objid IN ('@extschema@.users'::regclass, '@extschema@.tasks'::regclass, '@extschema@.tasks_id_seq'::regclass);
