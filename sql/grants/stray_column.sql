              t.attname = 'hashed_password'
