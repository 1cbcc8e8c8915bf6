// What the tests share. The PG* variables name a test cluster and a superuser.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

export const top = new URL("../../../", import.meta.url);
export const modules = new URL("target/node/", top);
export const require = createRequire(modules);
const pg = require("pg");

// A test may set these for the code that it tests.
export const cluster = { ...process.env };
const { PGHOST: host, PGPORT: port = "5432", PGUSER: user, PGDATABASE: maintenance } = process.env;

const ends = [];

export function atEnd(action) {
  ends.push(action);
}

// The last one is undone first. If one fails, the others are still undone.
export async function endAll() {
  const errors = [];
  while (ends.length) await Promise.resolve().then(ends.pop()).catch((error) => errors.push(error));
  if (errors.length) throw errors.length > 1 ? new AggregateError(errors) : errors[0];
}

export const version = readFileSync(new URL("Cargo.toml", top), "utf8").match(/^version = "(.*)"$/m)[1];

// The script that installs a part of the SQL edition of this checkout.
export function script(part) {
  return execFileSync(fileURLToPath(new URL("sql/edition/build.sh", top)), [part, version], { encoding: "utf8" });
}

// The blocks of a language on a page of docs/, or in its section of this name.
export function blocks(page, language, section) {
  let text = readFileSync(new URL(`docs/${page}`, top), "utf8");
  if (section) [, text] = text.match(new RegExp(`^## ${section}\n(.*?)(?=^## |(?![^]))`, "ms")) ?? assert.fail(`no ${section}`);
  return [...text.matchAll(new RegExp("^```" + language + "\n(.*?)^```", "gms"))].map(([, code]) => code);
}

// The only block.
export function block(page, language, section) {
  const found = blocks(page, language, section);
  assert.equal(found.length, 1, `one block of ${language} in ${page} ${section ?? ""}`);
  return found[0];
}

// A module of this text. Its imports are looked up from where it lies.
export async function load(text) {
  const dir = mkdtempSync(fileURLToPath(new URL("module-", modules)));
  atEnd(() => rmSync(dir, { recursive: true }));
  writeFileSync(`${dir}/module.mjs`, text);
  return import(pathToFileURL(`${dir}/module.mjs`));
}

export async function connect(database, role = user) {
  const client = new pg.Client({ host, port, user: role, database });
  await client.connect();
  atEnd(() => client.end());
  return client;
}

// A database with these settings, and names for an application's role and an owner, which the test makes: roles are the
// cluster's, and neither a parallel run nor a page's own name may be met.
export async function makeDatabase(kind, settings = {}) {
  const name = `${kind}_${process.pid}_${Date.now()}`;
  const role = `app_${name}`;
  const owner = `owner_${name}`;
  const cluster = await connect(maintenance);
  await cluster.query(`CREATE DATABASE ${name}`);
  atEnd(async () => {
    // The rights of the role are dropped with the database. Only then can the role be dropped.
    await cluster.query(`DROP DATABASE ${name}`);
    await cluster.query(`DROP ROLE IF EXISTS ${role}, ${owner}`);
  });
  for (const [setting, value] of Object.entries(settings)) {
    await cluster.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
  }
  const admin = await connect(name);
  return { name, role, owner, admin, rows: async (sql, values) => (await admin.query(sql, values)).rows };
}

// Gives the database to an owner without any special right, and connects as this owner.
export async function connectOwner({ name, owner, admin }) {
  await admin.query(`CREATE ROLE ${owner} LOGIN; ALTER DATABASE ${name} OWNER TO ${owner}`);
  return connect(name, owner);
}

// Starts PgBouncer as in docs/pools.md, for these roles. Returns how to reach it.
export async function startPgBouncer(...roles) {
  const script = fileURLToPath(new URL("pgrx-tests/scripts/cluster.sh", top));
  const dir = `${cluster.TODO_CLUSTER}.pgbouncer-${roles[0]}`;
  const run = (...command) => promisify(execFile)(script, command, { env: cluster });
  atEnd(() => run("stop", dir));
  const { stdout } = await run("pgbouncer", dir, ...roles);
  return Object.fromEntries([...stdout.matchAll(/^(\w+)='?(.*?)'?$/gm)].map(([, name, value]) => [name, value]));
}
