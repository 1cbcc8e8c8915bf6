// The SQL edition on every major version that it supports, and in PGlite, as an application's owner runs it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { basename } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { atEnd, endAll, modules, require, script, top } from "./common.mjs";

const pg = require("pg");
const path = (file) => fileURLToPath(new URL(file, top));
const sample = readFileSync(path("pgrx-tests/fixtures/sample.sql"), "utf8").replaceAll("@extschema@", "public");

// The calls of pgrx-tests/functions.txt. todo_release_tables() is refused while todo_auth is installed.
const calls = readFileSync(path("pgrx-tests/functions.txt"), "utf8")
  .split("\n")
  .filter((line) => line && !line.startsWith("#"))
  .slice(1)
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter(([name]) => name !== "todo_release_tables")
  .map(([name, args]) => ({ name, call: `${name}(${args})` }));

after(endAll);

// A server of npm's own PostgreSQL, as the user that servers run as.
function start(major) {
  const root = new URL(`node_modules/postgres-${major}/`, modules);
  const bin = fileURLToPath(new URL("native/bin/", root));
  // npm keeps no symbolic links. The package would make them by a script, which is not run.
  for (const { source, target } of JSON.parse(readFileSync(new URL("native/pg-symlinks.json", root), "utf8"))) {
    const link = fileURLToPath(new URL(target, root));
    rmSync(link, { force: true });
    symlinkSync(basename(source), link);
  }
  const clusters = path("target/clusters");
  mkdirSync(clusters, { recursive: true });
  const dir = mkdtempSync(`${clusters}/npm-${major}-`);
  const as = (command, ...args) =>
    execFileSync(path("pgrx-tests/scripts/cluster.sh"), ["as", `${bin}${command}`, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  if (process.getuid() === 0) execFileSync("chown", ["postgres", dir]);
  atEnd(() => rmSync(dir, { recursive: true, force: true }));
  as("initdb", "--pgdata", `${dir}/data`, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync");
  const options = `-c listen_addresses='' -c unix_socket_directories='${dir}' -c unix_socket_permissions=0777 -c fsync=off`;
  as("pg_ctl", "start", "--pgdata", `${dir}/data`, "--log", `${dir}/server.log`, "--wait", "--silent", "--options", options);
  atEnd(() => as("pg_ctl", "stop", "--pgdata", `${dir}/data`, "--mode=immediate", "--silent"));
  return async (user, database) => {
    const client = new pg.Client({ host: dir, user, database });
    await client.connect();
    atEnd(() => client.end());
    return client;
  };
}

// Both parts work for an owner without any special right. query runs one statement, and exec any number.
async function works({ exec, query }) {
  await exec(script("todo"));
  await exec(script("todo_auth"));
  assert.deepEqual((await query("SELECT * FROM todo_check() WHERE NOT ok")).rows, []);
  await exec("SELECT todo_internal.set_bcrypt_cost(4)");
  await exec(sample);
  assert.ok(calls.length > 25);
  for (const { name, call } of calls) {
    await exec("BEGIN");
    const { rows } = await query(`SELECT * FROM ${call}`);
    assert.equal(rows.length > 0, name !== "todo_not_in_dumps", call);
    await exec("ROLLBACK");
  }
  const bad = await query("UPDATE users SET email = 'no address'").then(assert.fail, (error) => error);
  assert.deepEqual([bad.code, bad.table, bad.column, bad.constraint], ["23514", "users", "email", "users_email_check"]);
}

// The guard, which a superuser adds.
async function guards({ exec, query }) {
  await exec(script("todo_guard"));
  await exec("CREATE TABLE own (id int PRIMARY KEY, user_id varchar(36) REFERENCES users)");
  await exec("ALTER TABLE own RENAME COLUMN id TO own_id; ALTER TABLE tasks ADD COLUMN own date; CREATE INDEX own_ix ON tasks (own)");
  await exec("ALTER TABLE tasks DROP COLUMN own; DROP TABLE own; CREATE TEMP TABLE own (id int); DROP TABLE own");
  const refused = [
    "DROP TABLE users CASCADE",
    "DROP SCHEMA todo_internal CASCADE",
    "DROP EXTENSION pgcrypto CASCADE",
    "DROP EXTENSION plpgsql CASCADE",
    "DROP INDEX ix_tasks_user_id",
    "DROP INDEX CONCURRENTLY ix_tasks_user_id",
    "DROP FUNCTION todo_check()",
    "ALTER TABLE tasks ALTER title TYPE text",
    "ALTER TABLE tasks RENAME TO other",
    "ALTER TABLE tasks DISABLE TRIGGER ALL",
    "ALTER TABLE users DROP CONSTRAINT users_name_check",
    "ALTER TABLE users ALTER name DROP NOT NULL",
    "ALTER INDEX ix_users_email RENAME TO other",
    "ALTER SEQUENCE tasks_id_seq OWNED BY NONE",
    "ALTER FUNCTION todo_check() RENAME TO other",
    "CREATE TABLE kid () INHERITS (users)",
    "CREATE OR REPLACE FUNCTION todo_internal.users_before_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
  ];
  for (const sql of refused) {
    const error = await query(sql).then(() => assert.fail(sql), (error) => error);
    assert.deepEqual([error.code, /todo needs/.test(error.message)], ["2BP01", true], `${sql}: ${error.message}`);
  }
  assert.deepEqual((await query("SELECT * FROM todo_check() WHERE NOT ok")).rows, []);
  await exec("SET todo.guard = off; ALTER TABLE tasks RENAME TO other; ALTER TABLE other RENAME TO tasks; RESET todo.guard");
  await exec("DROP SCHEMA todo_guard CASCADE");
}

for (const major of [14, 15, 16, 17, 18]) {
  test(`PostgreSQL ${major}`, async () => {
    const connect = start(major);
    const admin = await connect("postgres", "postgres");
    await admin.query("CREATE ROLE app_owner LOGIN; CREATE ROLE app LOGIN; CREATE ROLE auth LOGIN");
    await admin.query("CREATE DATABASE app OWNER app_owner");
    const owner = await connect("app_owner", "app");
    assert.match((await owner.query("SHOW server_version")).rows[0].server_version, new RegExp(`^${major}[.]`));
    await owner.query("CREATE EXTENSION pgcrypto");
    await works({ exec: (sql) => owner.query(sql), query: (sql) => owner.query(sql) });
    const superuser = await connect("postgres", "app");
    await guards({ exec: (sql) => superuser.query(sql), query: (sql) => superuser.query(sql) });
  });
}

test("PGlite", async () => {
  const { PGlite } = await import(pathToFileURL(require.resolve("@electric-sql/pglite")));
  const { pgcrypto } = await import(pathToFileURL(require.resolve("@electric-sql/pglite/contrib/pgcrypto")));
  const db = await PGlite.create({ extensions: { pgcrypto } });
  atEnd(() => db.close());
  await db.exec("CREATE EXTENSION pgcrypto; CREATE ROLE app; CREATE ROLE auth; CREATE ROLE app_owner");
  await db.exec("GRANT CREATE ON DATABASE postgres TO app_owner; GRANT CREATE ON SCHEMA public TO app_owner; SET ROLE app_owner");
  await works({ exec: (sql) => db.exec(sql), query: (sql) => db.query(sql) });
  await db.exec("RESET ROLE");
  await guards({ exec: (sql) => db.exec(sql), query: (sql) => db.query(sql) });
});
