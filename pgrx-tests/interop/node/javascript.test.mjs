// docs/javascript.md: the code of each section works, in its own database and directory. The guard refuses commands that would change the
// tables to fit the models.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { atEnd, block, blocks, cluster, endAll, load, makeDatabase, modules, require, top } from "./common.mjs";

const pg = require("pg");
const PAGE = "javascript.md";
const CATALOG = readFileSync(new URL("pgrx-tests/fixtures/catalog.sql", top), "utf8");
process.env.TZ = "America/New_York";

let database;

// A database without the extension, which the PG* variables name. The page's migrations run as a superuser.
async function makeEmpty() {
  database = await makeDatabase("javascript", { TimeZone: "Asia/Karachi", client_min_messages: "error" });
  Object.assign(process.env, { PGDATABASE: database.name, PGUSER: cluster.PGUSER });
  process.env.DATABASE_URL = `postgresql://${cluster.PGUSER}@localhost/${database.name}?host=${encodeURIComponent(cluster.PGHOST)}`;
}

async function fill(schema = "public") {
  await database.admin.query(
    `SET search_path = ${schema}; INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A'), ('u2', 'b@example.com', 'B');
     SELECT todo_create_task('u1', 'one'), todo_create_task('u1', 'two'), todo_create_task('u2', 'other')`,
  );
}

// All that must not change: rows of both tables, and the extension in the catalogs.
const state = async () => [
  await database.rows("SELECT u::text FROM users u ORDER BY id"),
  await database.rows("SELECT t::text FROM tasks t ORDER BY id"),
  await database.rows(CATALOG),
];

// A directory beside the installed packages.
function makeDir() {
  const dir = mkdtempSync(fileURLToPath(new URL("project-", modules)));
  atEnd(() => rmSync(dir, { recursive: true }));
  return dir;
}

// Runs a command of a package in a directory. Returns its status and output.
function run(dir, program, ...given) {
  const env = { ...process.env, CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1", NO_COLOR: "1" };
  // Prisma's lock would wait for itself, on another connection of the adapter.
  env.PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK = "1";
  const command = fileURLToPath(new URL(`node_modules/.bin/${program}`, modules));
  return new Promise((ended) => {
    const child = execFile(command, given, { cwd: dir, env, timeout: 60000 }, (error, out, err) =>
      ended({ status: error ? error.code : 0, text: out + err }),
    );
    child.stdin.end();
  });
}

async function succeeds(...given) {
  const { status, text } = await run(...given);
  assert.equal(status, 0, text);
  return text;
}

const day = (time) => Math.abs(new Date(time).getTime() - Date.now()) < 60000;

beforeEach(makeEmpty);
after(endAll);

test("node-postgres", async () => {
  await database.admin.query("CREATE EXTENSION todo");
  await fill();
  const { pool, addTask, counts } = await load(block(PAGE, "js", "node-postgres"));
  const { task } = await addTask("u1", " three ");
  assert.equal(task.title, "three");
  assert.ok(day(task.created_at));
  assert.deepEqual(await addTask("u1", " "), { refused: { column: "title", constraint: "tasks_title_check" } });
  await assert.rejects(addTask("nobody", "x"), { code: "23503" });
  assert.deepEqual(await counts("u1"), { total: 3, pending: 3, completed: 0 });
  assert.equal(typeof (await pool.query("SELECT * FROM todo_task_counts('u1')")).rows[0].total, "string");
  await pool.end();
});

test("Kysely", async () => {
  const { Kysely, PostgresDialect } = require("kysely");
  const { Migrator } = require("kysely/migration");
  const { migrations, pending, toggle } = await load(block(PAGE, "js", "Kysely"));
  const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool() }) });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const migrated = await migrator.migrateToLatest();
  assert.deepEqual([migrated.error, migrated.results.map(({ status }) => status)], [undefined, ["Success", "Success"]]);
  await fill();
  assert.deepEqual((await pending(db, "u1")).map(({ id }) => id), [1, 2]);
  assert.equal((await toggle(db, 1, "u1")).completed, true);
  assert.equal(await toggle(db, 1, "u2"), undefined);
  assert.deepEqual((await pending(db, "u1")).map(({ title }) => title), ["two"]);
  const { total } = (await db.selectFrom((e) => e.fn("todo_task_counts", [e.val("u1")]).as("c")).selectAll().execute())[0];
  assert.equal(total, "2");
  await database.rows("INSERT INTO task_details VALUES (2, now())");
  await db.deleteFrom("users").where("id", "=", "u1").execute();
  assert.deepEqual(await database.rows("SELECT * FROM task_details"), []);
  assert.equal((await migrator.migrateDown()).error, undefined);
  await migrator.migrateDown();
  assert.deepEqual(await database.rows("SELECT id FROM users"), [{ id: "u2" }]);
  await db.destroy();
});

describe("Drizzle", () => {
  const [todo, schema] = blocks(PAGE, "js", "Drizzle");
  const config = block(PAGE, "ts", "Drizzle");
  const { drizzle } = require("drizzle-orm/node-postgres");
  let dir;

  beforeEach(() => {
    dir = makeDir();
    writeFileSync(`${dir}/package.json`, '{"type": "module"}');
    writeFileSync(`${dir}/todo.js`, todo);
    writeFileSync(`${dir}/schema.js`, schema);
    writeFileSync(`${dir}/drizzle.config.ts`, config);
  });

  test("migrations, queries", async () => {
    for (const line of block(PAGE, "sh", "Drizzle").trim().split("\n")) {
      const [, text, file] = line.match(/^echo '(.*)' >(.*)$/) ?? [];
      if (file) writeFileSync(`${dir}/${file}`, text);
      else await succeeds(dir, ...line.replace(/^npx /, "").split(" "));
    }
    const written = readdirSync(`${dir}/drizzle`).filter((name) => name.endsWith(".sql"));
    assert.deepEqual(written, ["0000_todo.sql", "0001_task_details.sql"]);
    const own = readFileSync(`${dir}/drizzle/0001_task_details.sql`, "utf8");
    assert.deepEqual([...own.matchAll(/^(CREATE|ALTER|DROP) TABLE "(\w+)"/gm)].map(([, , table]) => table), ["task_details", "task_details"]);
    assert.match(await succeeds(dir, "drizzle-kit", "generate"), /No schema changes/);
    await fill();
    const { users, tasks } = await import(pathToFileURL(`${dir}/todo.js`));
    const { taskDetails } = await import(pathToFileURL(`${dir}/schema.js`));
    const { eq, sql } = require("drizzle-orm");
    const pool = new pg.Pool();
    const db = drizzle(pool);
    const [user] = await db.insert(users).values({ email: "c@example.com", name: "C" }).returning();
    assert.ok(day(user.createdAt) && user.hashedPassword === "!" && user.isActive);
    const [task] = await db.insert(tasks).values({ userId: user.id, title: " x " }).returning();
    assert.equal(task.title, "x");
    await db.insert(taskDetails).values({ taskId: task.id, dueDate: "2030-01-01" });
    const completedAt = new Date("2026-07-01T12:00:00.500Z");
    await db.update(tasks).set({ completed: true, completedAt, createdAt: completedAt }).where(eq(tasks.id, task.id));
    const [row] = await database.rows("SELECT completed_at::text AS time FROM tasks WHERE id = $1", [task.id]);
    assert.equal(row.time, "2026-07-01 12:00:00.5");
    assert.deepEqual((await db.select().from(tasks).where(eq(tasks.id, task.id)))[0].completedAt, completedAt);
    const counts = await db.execute(sql`SELECT * FROM todo_task_counts(${user.id})`);
    assert.deepEqual(counts.rows, [{ total: "1", pending: "0", completed: "1" }]);
    await db.delete(users).where(eq(users.id, user.id));
    assert.deepEqual(await db.select().from(taskDetails), []);
    await pool.end();
  });

  // Models that someone might try: of all tables, with a filter or not; with another column; of the application's own tables alone.
  const everything = `${todo}\n${schema.replace(/^import .*todo.js.*$/m, "")}`.replace(/^(import {)(.*)} from "drizzle-orm\/pg-core";$/m, "$1$2, integer, date } from \"drizzle-orm/pg-core\";").replace(/\nimport { date, integer, pgTable } .*\n/, "\n");
  const attempts = {
    "all models": [everything, ""],
    "a column more": [everything.replace("title: varchar", 'priority: text(), title: varchar'), ""],
    "a filter for all tables": [everything, 'tablesFilter: ["users", "tasks", "task_details"],'],
    "no models of the extension's tables": ["", ""],
    "a filter for one's own": [schema, 'tablesFilter: ["task_details"],'],
  };
  for (const [name, [models, filter]] of Object.entries(attempts)) {
    test(`push is refused: ${name}`, async () => {
      await database.admin.query("CREATE EXTENSION todo");
      await fill();
      const before = await state();
      writeFileSync(`${dir}/schema.js`, models || "export {};");
      writeFileSync(`${dir}/drizzle.config.ts`, config.replace('out: "./drizzle",', filter));
      const { text } = await run(dir, "drizzle-kit", "push", "--force");
      assert.match(text, /2BP01/, text);
      // PostgreSQL's own hint would be to drop the extension instead.
      assert.match(text, /hint: .*(superuser|migrations)/, text);
      assert.deepEqual(await state(), before);
    });
  }

  test("push works beside a schema of the extension's own", async () => {
    await database.admin.query("CREATE SCHEMA todo; CREATE EXTENSION todo SCHEMA todo");
    await fill("todo");
    const before = await state();
    writeFileSync(`${dir}/todo.js`, `${todo.replaceAll("pgTable(", 'pgSchema("todo").table(').replace("pgTable,", "pgSchema,")}`);
    writeFileSync(`${dir}/drizzle.config.ts`, config.replace('out: "./drizzle",', 'schemaFilter: ["public"],'));
    assert.match(await succeeds(dir, "drizzle-kit", "push", "--force"), /Changes applied/);
    assert.match(await succeeds(dir, "drizzle-kit", "push", "--force"), /No changes detected/);
    await database.rows("INSERT INTO public.task_details VALUES (1, '2030-01-01')");
    assert.deepEqual(await state(), before);
  });

  test("what pull writes can be read", async () => {
    await database.admin.query("CREATE EXTENSION todo");
    await succeeds(dir, "drizzle-kit", "pull");
    const written = readFileSync(`${dir}/drizzle/schema.ts`, "utf8");
    // It writes a default with a cast as JavaScript, which is a fault of its own.
    const text = written.replace(".default((gen_random_uuid()))", "");
    assert.notEqual(text, written);
    const { users, tasks } = await load(text);
    const { getTableConfig } = require("drizzle-orm/pg-core");
    assert.equal(getTableConfig(users).columns.length + getTableConfig(tasks).columns.length, 16);
    assert.ok(getTableConfig(users).checks.some(({ name }) => name === "users_email_check"));
  });
});

// The engines of its packages, as WebAssembly. Its adapter knows no columns of type "name", which they read: they get text.
const PRISMA_CONFIG = `
  import { defineConfig } from "prisma/config";
  import { PrismaPg } from "@prisma/adapter-pg";
  import pg from "pg";
  const describe = pg.Query.prototype.handleRowDescription;
  pg.Query.prototype.handleRowDescription = function (message) {
    for (const field of message.fields) field.dataTypeID = { 19: 25, 1003: 1009 }[field.dataTypeID] ?? field.dataTypeID;
    return describe.call(this, message);
  };
  export default defineConfig({
    schema: "prisma/schema.prisma",
    experimental: { adapter: true },
    engine: "js",
    adapter: async () => new PrismaPg(new pg.Pool()),
  });`;

test("Prisma", async () => {
  const dir = makeDir();
  const migration = (name, text) => {
    mkdirSync(`${dir}/prisma/migrations/${name}`, { recursive: true });
    writeFileSync(`${dir}/prisma/migrations/${name}/migration.sql`, text);
  };
  migration("0001_todo", block(PAGE, "sql", "Prisma"));
  writeFileSync(`${dir}/prisma/migrations/migration_lock.toml`, 'provider = "postgresql"');
  writeFileSync(`${dir}/prisma/schema.prisma`, block(PAGE, "prisma", "Prisma"));
  writeFileSync(`${dir}/prisma.config.mjs`, PRISMA_CONFIG);
  await succeeds(dir, "prisma", "migrate", "deploy");
  await fill();
  const before = await state();
  migration("0002_priority", "ALTER TABLE tasks ADD COLUMN priority integer;");
  const refused = await run(dir, "prisma", "migrate", "deploy");
  assert.notEqual(refused.status, 0);
  assert.match(refused.text, /cannot change the columns of table tasks of extension todo\s+HINT: /);
  assert.deepEqual(await state(), before);
  // What `migrate resolve` does, which these engines cannot run.
  await database.rows("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '0002_priority'");
  rmSync(`${dir}/prisma/migrations/0002_priority`, { recursive: true });
  migration("0002_task_details", "CREATE TABLE task_details (task_id int PRIMARY KEY REFERENCES tasks ON DELETE CASCADE, due_date date);");
  await succeeds(dir, "prisma", "migrate", "deploy");
  await database.rows("INSERT INTO task_details VALUES (1, now())");

  await succeeds(dir, "prisma", "generate");
  const { prisma, pending, toggle, counts } = await load(block(PAGE, "js", "Prisma"));
  assert.deepEqual((await pending("u1")).map(({ title }) => title), ["one", "two"]);
  assert.equal((await toggle(1, "u1")).completed, true);
  assert.equal(await toggle(1, "u2"), undefined);
  assert.deepEqual(await counts("u1"), { total: 2, pending: 1, completed: 1 });
  const user = await prisma.user.create({ data: { email: "c@example.com", name: "C" } });
  assert.ok(day(user.createdAt) && user.hashedPassword === "!");
  const completedAt = new Date("2026-07-01T12:00:00.500Z");
  const task = await prisma.task.create({ data: { userId: user.id, title: " x ", completed: true, completedAt } });
  assert.deepEqual([task.title, task.completedAt], ["x", completedAt]);
  const [row] = await database.rows("SELECT completed_at::text AS time FROM tasks WHERE id = $1", [task.id]);
  assert.equal(row.time, "2026-07-01 12:00:00.5");
  await prisma.user.delete({ where: { id: "u1" } });
  assert.deepEqual(await database.rows("SELECT * FROM task_details"), []);
  await prisma.$disconnect();
});

describe("TypeORM", () => {
  const page = block(PAGE, "js", "TypeORM");

  test("migration, queries", async () => {
    const { source, User, Task } = await load(`${block("times.md", "js", "node-postgres")}\n${page}`);
    await source.initialize();
    await source.runMigrations();
    await fill();
    const users = source.getRepository(User);
    const tasks = source.getRepository(Task);
    const user = await users.save({ id: "u3", email: "c@example.com", name: "C" });
    assert.ok(day(user.createdAt));
    const completedAt = new Date("2026-07-01T12:00:00.500Z");
    const task = await tasks.save({ userId: "u3", title: " x ", completed: true, completedAt });
    const found = await tasks.findOneBy({ id: task.id });
    assert.deepEqual([found.title, found.completedAt, day(found.createdAt)], ["x", completedAt, true]);
    const [row] = await database.rows("SELECT completed_at::text AS time FROM tasks WHERE id = $1", [task.id]);
    assert.equal(row.time, "2026-07-01 12:00:00.5");
    assert.equal((await users.findOneBy({ id: "u3" })).hashedPassword, undefined);
    assert.deepEqual(await source.query("SELECT total FROM todo_task_counts('u3')"), [{ total: "1" }]);
    await users.remove(user);
    assert.equal(await tasks.countBy({ userId: "u3" }), 0);
    const before = await state();
    await assert.rejects(source.undoLastMigration(), /would drop all users/);
    assert.deepEqual(await state(), before);
    await source.destroy();
  });

  test("synchronize is refused", async () => {
    await database.admin.query("CREATE EXTENSION todo");
    await fill();
    const before = await state();
    const { source } = await load(page.replace("synchronize: false", "synchronize: true"));
    await assert.rejects(source.initialize(), ({ code, driverError }) => code === "2BP01" && /superuser|migrations/.test(driverError.hint));
    if (source.isInitialized) await source.destroy();
    assert.deepEqual(await state(), before);
    const { source: forced } = await load(page.replace("synchronize: false", "dropSchema: true"));
    await assert.rejects(forced.initialize(), ({ code, driverError }) => code === "2BP01" && /migrations/.test(driverError.hint));
    if (forced.isInitialized) await forced.destroy();
    assert.deepEqual(await state(), before);
  });
});

describe("Sequelize", () => {
  const page = block(PAGE, "js", "Sequelize");

  test("queries", async () => {
    await database.admin.query("CREATE EXTENSION todo");
    await fill();
    const { sequelize, Task } = await load(page);
    const task = await Task.create({ userId: "u1", title: " x " });
    assert.deepEqual([task.title, task.completed, day(task.createdAt)], ["x", false, true]);
    const completedAt = new Date("2026-07-01T12:00:00.500Z");
    await task.update({ completed: true, completedAt });
    await task.reload();
    assert.deepEqual(task.completedAt, completedAt);
    const [row] = await database.rows("SELECT completed_at::text AS time FROM tasks WHERE id = $1", [task.id]);
    assert.equal(row.time, "2026-07-01 12:00:00.5");
    await sequelize.close();
  });

  for (const options of [{ alter: true }, { force: true }]) {
    test(`sync(${JSON.stringify(options)}) is refused`, async () => {
      await database.admin.query("CREATE EXTENSION todo");
      await fill();
      const before = await state();
      const { sequelize } = await load(page.replace("description: DataTypes", "priority: DataTypes.INTEGER, description: DataTypes"));
      await assert.rejects(sequelize.sync(options), ({ parent }) => parent.code === "2BP01" && /superuser|migrations/.test(parent.hint));
      assert.deepEqual(await state(), before);
      await sequelize.close();
    });
  }
});
