        -- REFERENCES is for tables of the application's own that belong to a user or a task.
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES ON TABLE %s.users TO %I', app, role);
        EXECUTE format('GRANT REFERENCES ON TABLE %s.tasks TO %I', app, role);
