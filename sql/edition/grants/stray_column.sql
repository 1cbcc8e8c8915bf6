              t.attname = 'hashed_password' OR a.privilege_type = 'REFERENCES'
