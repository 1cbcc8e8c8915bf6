                  g.privileges @> ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']
