// docs/times.md: instants are the same on both sides, whatever the zones of client and session are.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { block, endAll, load, makeDatabase, require } from "./common.mjs";

const pg = require("pg");
const session = "Asia/Karachi";
const zones = ["Asia/Tokyo", "America/New_York", "UTC"];
const text = "2026-07-01 12:00:00.5";
const instant = new Date("2026-07-01T12:00:00.500Z");
const parser = pg.types.getTypeParser(1114);
let database;

before(async () => {
  database = await makeDatabase("times", { TimeZone: session });
  await database.admin.query(`CREATE EXTENSION todo; CREATE ROLE ${database.role} LOGIN;
    SELECT todo_grant('${database.role}', 'tables');
    INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A')`);
  Object.assign(process.env, { PGDATABASE: database.name, PGUSER: database.role });
});

after(endAll);

const made = () => database.rows("INSERT INTO tasks (user_id, title, created_at) VALUES ('u1', 'x', $1) RETURNING id", [text]);
const stored = async (id) => (await database.rows("SELECT created_at::text AS time FROM tasks WHERE id = $1", [id]))[0].time;

// The time of a task as a client reads it, a Date that it sends as it is stored, and the time of a new task.
async function judge({ read, write, create }) {
  const [{ id }] = await made();
  const seen = await read(id);
  await database.rows("UPDATE tasks SET created_at = 'epoch', updated_at = 'epoch' WHERE id = $1", [id]);
  await write(id, instant);
  const near = (await create()).getTime() - Date.now();
  return { read: seen - instant, sent: await stored(id), near: Math.abs(near) < 60000 };
}

const right = { read: 0, sent: text, near: true };

// By SQL with the driver.
const plain = (query) => ({
  read: async (id) => (await query("SELECT created_at FROM tasks WHERE id = $1", [id]))[0].created_at,
  write: (id, date) => query("UPDATE tasks SET created_at = $1 WHERE id = $2", [date, id]),
  create: async () => (await query("SELECT created_at FROM todo_create_task('u1', 'new')", []))[0].created_at,
});

// What the code of a section creates, and how to end it.
const clients = {
  "node-postgres": async () => {
    const { pool } = await load(block("times.md", "js", "node-postgres"));
    return [plain(async (...query) => (await pool.query(...query)).rows), () => pool.end()];
  },
  Sequelize: async () => {
    const { sequelize } = await load(block("times.md", "js", "Sequelize"));
    const { DataTypes } = require("sequelize");
    const Task = sequelize.define("Task", { user_id: DataTypes.STRING, title: DataTypes.STRING, created_at: DataTypes.DATE }, {
      tableName: "tasks",
      timestamps: false,
    });
    return [
      {
        read: async (id) => (await Task.findByPk(id)).created_at,
        write: (id, date) => Task.update({ created_at: date }, { where: { id } }),
        create: async () =>
          (await sequelize.query("SELECT created_at FROM todo_create_task('u1', 'new')"))[0][0].created_at,
      },
      () => sequelize.close(),
    ];
  },
  "postgres.js": async () => {
    const { sql } = await load(block("times.md", "js", "postgres.js"));
    return [plain((query, values) => sql.unsafe(query, values)), () => sql.end()];
  },
};

for (const zone of zones) describe(`TZ=${zone}`, () => {
  before(() => {
    process.env.TZ = zone;
    assert.equal(new Date(2026, 6, 1).getTimezoneOffset() === 0, zone === "UTC");
  });

  // Reset the driver, so that no section depends on another one.
  beforeEach(() => {
    pg.types.setTypeParser(1114, parser);
    pg.defaults.parseInputDatesAsUTC = false;
  });

  test("without the page, times are hours off", async () => {
    const off = zone !== "UTC";
    const pool = new pg.Pool();
    const judged = await judge(plain(async (...query) => (await pool.query(...query)).rows));
    await pool.end();
    assert.deepEqual([judged.read !== 0, judged.sent !== text, judged.near], [off, off, !off]);
    const sql = require("postgres")();
    const byPostgres = await judge(plain((query, values) => sql.unsafe(query, values)));
    await sql.end();
    assert.deepEqual([byPostgres.read !== 0, byPostgres.sent !== text], [off, true]);
  });

  for (const [name, make] of Object.entries(clients)) {
    test(name, async () => {
      const [client, end] = await make();
      try {
        assert.deepEqual(await judge(client), right);
      } finally {
        await end();
      }
    });
  }
});
