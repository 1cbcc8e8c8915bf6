#!/bin/bash
# `make example`: sets up the database of docs/example/ and runs its server until that is interrupted. To be run by cluster.sh.
#
#   example.sh DIR   with the npm packages in DIR/node_modules
set -euo pipefail

example=$(cd "$(dirname "$0")/../../docs/example" && pwd)
cd "$1"

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --output=/dev/null --file="$example/setup.sql"

port=$(node -e 'const server = net.createServer().listen(0, "127.0.0.1", () => { console.log(server.address().port); server.close(); })')
export PGUSER=example_auth PORT=$port BETTER_AUTH_URL=http://127.0.0.1:$port
BETTER_AUTH_SECRET=$(od -An -N 32 -t x1 /dev/urandom | tr -d ' \n')
export BETTER_AUTH_SECRET

echo "Ctrl-C stops it, and removes the database."
# Packages are looked up from the link's place.
ln -sfn "$example" example
exec node --preserve-symlinks --preserve-symlinks-main example/server.mjs
