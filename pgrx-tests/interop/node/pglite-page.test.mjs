// docs/pglite.md: the files of the page work in a new project.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { atEnd, block, blocks, endAll, modules, script, top, version } from "./common.mjs";

const PAGE = "pglite.md";
process.env.TZ = "America/New_York";

let dir;
let db;

// Runs a program of the project, without the environment of this test runner, which would keep it from running tests.
function run(...given) {
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  return promisify(execFile)(process.execPath, given, { cwd: dir, env });
}

// Imports a module of the project, from its directory.
async function load(file) {
  const here = process.cwd();
  process.chdir(dir);
  try {
    return await import(pathToFileURL(`${dir}/${file}`));
  } finally {
    process.chdir(here);
  }
}

before(async () => {
  const [database, tests] = blocks(PAGE, "js", "Set-up");
  const [dump, copy] = blocks(PAGE, "js", "A faster start");
  dir = mkdtempSync(fileURLToPath(new URL("project-", modules)));
  atEnd(() => rmSync(dir, { recursive: true }));
  const files = { "database.js": database, "tasks.test.js": tests, "dump.js": dump, "copy.js": copy };
  for (const [name, text] of Object.entries(files)) writeFileSync(`${dir}/${name}`, text);
  writeFileSync(`${dir}/package.json`, '{"type": "module"}');
  writeFileSync(`${dir}/todo-${version}.sql`, script("todo"));
  ({ db } = await load("database.js"));
  atEnd(() => db.close());
});

beforeEach(() => db.exec("DELETE FROM users"));

after(endAll);

const rows = async (...given) => (await db.query(...given)).rows;
const refused = (text, values, error) => assert.rejects(db.query(text, values), error);

async function ada() {
  const [user] = await rows("SELECT * FROM todo_create_user('ada@example.com', 'Ada', 'correct horse')");
  const [task] = await rows("SELECT * FROM todo_create_task($1, ' Buy milk ')", [user.id]);
  return { user, task };
}

test("the page's own test", async () => {
  const { stdout } = await run("--test", "--test-reporter=tap");
  assert.match(stdout, /^ok 1 - a task needs a title$/m);
  assert.match(stdout, /^# pass 1$/m);
});

test("the versions that the page names", async () => {
  const text = readFileSync(new URL(`docs/${PAGE}`, top), "utf8");
  const [, pglite, postgres, node] = text.match(/PGlite ([\d.]+), which is PostgreSQL ([\d.]+), and with Node.js (\d+)/);
  const [{ version: installed }] = await rows("SELECT version()");
  assert.ok(installed.startsWith(`PostgreSQL ${postgres} (PGlite ${pglite})`), installed);
  assert.ok(parseInt(process.versions.node) >= node);
});

test("rules", async () => {
  const { user, task } = await ada();
  assert.equal(task.title, "Buy milk");
  const title = { code: "23514", schema: "public", table: "tasks", column: "title", constraint: "tasks_title_check" };
  await refused("SELECT * FROM todo_create_task($1, ' ')", [user.id], { ...title, message: "title is empty" });
  await refused("UPDATE tasks SET title = ' '", [], title);
  const taken = { code: "23505", table: "users", constraint: "ix_users_email_folded" };
  await refused("SELECT * FROM todo_create_user('ADA@example.com', 'A', 'correct horse')", [], taken);
  await refused("SELECT * FROM todo_create_task('nobody', 'x')", [], { code: "23503", table: "tasks" });
  assert.deepEqual(await rows("SELECT title FROM tasks"), [{ title: "Buy milk" }]);
});

test("login, at the cost that the page sets", async () => {
  const { user } = await ada();
  const login = (secret) => rows("SELECT id FROM todo_authenticate('ADA@example.com', $1)", [secret]);
  assert.deepEqual(await login("correct horse"), [{ id: user.id }]);
  assert.deepEqual(await login("wrong horse"), []);
  assert.match((await rows("SELECT hashed_password FROM users"))[0].hashed_password, /^\$2b\$04\$/);
});

test("toggle, with times in UTC both ways", async () => {
  const { user, task } = await ada();
  const [toggled] = await rows("SELECT * FROM todo_toggle_task($1, $2)", [task.id, user.id]);
  assert.equal(toggled.completed, true);
  for (const time of [user.created_at, toggled.completed_at]) assert.ok(Math.abs(time - Date.now()) < 60000, time);
  const sent = new Date("2030-01-02T03:04:05Z");
  const [{ text, ...stored }] = await rows("UPDATE tasks SET completed_at = $1 RETURNING completed_at, completed_at::text AS text", [sent]);
  assert.deepEqual([stored.completed_at, text], [sent, "2030-01-02 03:04:05"]);
});

test("DELETE FROM users deletes tasks, and ids are not reused", async () => {
  const { task } = await ada();
  await db.exec("DELETE FROM users");
  assert.deepEqual(await rows("SELECT id FROM tasks"), []);
  assert.equal((await ada()).task.id, task.id + 1);
  await db.exec("TRUNCATE users, tasks RESTART IDENTITY CASCADE");
  assert.equal((await ada()).task.id, 1);
});

test("counts are numbers, and a transaction is all or nothing", async () => {
  const { user } = await ada();
  const counts = () => rows("SELECT * FROM todo_task_counts($1)", [user.id]);
  const both = db.transaction(async (tx) => {
    await tx.query("SELECT todo_create_task($1, 'second')", [user.id]);
    await tx.query("SELECT todo_create_task($1, '')", [user.id]);
  });
  await assert.rejects(both, { code: "23514" });
  assert.deepEqual(await counts(), [{ total: 1, pending: 1, completed: 0 }]);
  assert.equal(db.connect, undefined);
});

test("a copy of the data directory, with the rights of an application", async () => {
  await ada();
  await run("dump.js");
  assert.equal(Math.round(statSync(`${dir}/todo.tar`).size / 1e6), 41);
  const { db: copy } = await load("copy.js");
  atEnd(() => copy.close());
  assert.deepEqual((await copy.query("SELECT id FROM users")).rows, []);
  assert.deepEqual((await copy.query("SELECT * FROM todo_check() WHERE NOT ok")).rows, []);
  await copy.exec(block(PAGE, "sql"));
  const { rows: [user] } = await copy.query("SELECT * FROM todo_create_user('ada@example.com', 'Ada', 'correct horse')");
  assert.ok(Math.abs(user.created_at - Date.now()) < 60000, user.created_at);
  await assert.rejects(copy.query("SELECT * FROM users"), { code: "42501" });
});
