// docs/lists.md: pages of tasks with node-postgres.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { block, endAll, load, makeDatabase, require } from "./common.mjs";

const pg = require("pg");
let database;
let pool;

before(async () => {
  database = await makeDatabase("lists");
  await database.admin.query(`CREATE EXTENSION todo; CREATE ROLE ${database.role} LOGIN; SELECT todo_grant('${database.role}');
    INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A');
    SELECT todo_create_task('u1', 'Task ' || i) FROM generate_series(1, 25) AS i`);
  pool = new pg.Pool({ database: database.name, user: database.role });
});

after(async () => {
  await pool.end();
  await endAll();
});

test("pages are the whole list", async () => {
  const { taskPage } = await load(block("lists.md", "js"));
  for (const [sort, order] of Object.entries({ created: "created_at DESC, id DESC", title: "title, id" })) {
    const found = [];
    let next = null;
    do {
      const page = await taskPage(pool, "u1", { sort, pageSize: 10, after: next });
      found.push(...page.tasks.map(({ id }) => id));
      next = page.next;
    } while (next);
    const all = await database.rows(`SELECT id FROM tasks ORDER BY ${order}`);
    assert.deepEqual(found, all.map(({ id }) => id));
  }
  const { tasks, next } = await taskPage(pool, "u1", { completed: false, search: "TASK 2", pageSize: 50 });
  assert.deepEqual([tasks.map(({ title }) => title), next], [["Task 25", "Task 24", "Task 23", "Task 22", "Task 21", "Task 20", "Task 2"], null]);
  await assert.rejects(taskPage(pool, "u1", { after: "1abc" }), { code: "22023" });
});
