    -- A mark that comes back with the role's rights, where a restore brings these before any row, see complete_isolation().
    EXECUTE format('GRANT REFERENCES ON TABLE todo_internal.isolated_roles TO %I', role);
