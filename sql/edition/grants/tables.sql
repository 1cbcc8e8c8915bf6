        -- Not REFERENCES: to look up a value, PostgreSQL casts it with the rights of these tables' owner, and the cast could be a function of
        -- the role. The owner makes tables that refer to these.
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s.users TO %I', app, role);
