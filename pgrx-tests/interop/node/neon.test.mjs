// docs/javascript.md, Neon: its driver with the SQL edition, over WebSockets and HTTP, each through a small proxy.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { inspect } from "node:util";
import { atEnd, block, blocks, connectOwner, endAll, load, makeDatabase, require, script, version } from "./common.mjs";

const pg = require("pg");
const { WebSocket, WebSocketServer, createWebSocketStream } = require("ws");
const { PGHOST: host, PGPORT: port = "5432" } = process.env;
const FIELDS = "severity code detail hint position where schema table column constraint".split(" ");

const [installation, application] = blocks("javascript.md", "js", "Neon");
process.env.TZ = "America/New_York";

let database;
let page;

// Stands in for Neon's proxy: a WebSocket carries PostgreSQL's protocol, and a POST runs one transaction.
async function proxy() {
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const client = new pg.Client({ host, port, ...credentials(request.headers["neon-connection-string"]) });
    await client.connect();
    const run = ({ query, params }) =>
      client.query({ text: query, values: params, rowMode: "array", types: { getTypeParser: () => (text) => text } });
    const answer = ({ command, rowCount, rows, fields }) => ({ command, rowCount, rows, fields });
    try {
      const work = JSON.parse(body);
      let result;
      if (work.queries) {
        await client.query("BEGIN");
        result = { results: [] };
        for (const one of work.queries) result.results.push(answer(await run(one)));
        await client.query("COMMIT");
      } else {
        result = answer(await run(work));
      }
      response.end(JSON.stringify(result));
    } catch (error) {
      response.statusCode = 400;
      response.end(JSON.stringify({ message: error.message, ...Object.fromEntries(FIELDS.map((field) => [field, error[field]])) }));
    } finally {
      await client.end();
    }
  });
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createWebSocketStream(webSocket);
      const postgres = connectSocket(`${host}/.s.PGSQL.${port}`);
      stream.pipe(postgres).pipe(stream);
      for (const end of [stream, postgres]) end.on("error", () => {}).on("close", () => stream.destroy() && postgres.destroy());
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => server.closeAllConnections());
  atEnd(() => server.close());
  return server.address().port;
}

function credentials(string) {
  const { username: user, pathname } = new URL(string);
  return { user, database: pathname.slice(1) };
}

before(async () => {
  database = await makeDatabase("neon", { TimeZone: "Asia/Karachi" });
  const { name, role, owner } = database;
  const { neonConfig } = await load('export { neonConfig } from "@neondatabase/serverless"');
  const at = await proxy();
  neonConfig.webSocketConstructor = WebSocket;
  neonConfig.wsProxy = () => `127.0.0.1:${at}/v2`;
  neonConfig.useSecureWebSocket = false;
  neonConfig.pipelineConnect = false;
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${at}/sql`;
  const url = (user) => `postgresql://${user}:none@neon.example.com/${name}`;
  Object.assign(process.env, { OWNER_URL: url(owner), DATABASE_URL: url(role) });

  const installer = await connectOwner(database);
  await database.admin.query(`CREATE ROLE ${role} LOGIN`);
  const dir = mkdtempSync(`${tmpdir()}/neon-`);
  atEnd(() => rmSync(dir, { recursive: true }));
  writeFileSync(`${dir}/todo-${version}.sql`, script("todo"));
  const here = process.cwd();
  process.chdir(dir);
  await load(installation.replace("'app'", `'${role}'`));
  process.chdir(here);
  await installer.query("SELECT todo_internal.set_bcrypt_cost(4)");
  page = await load(`${application}\nexport { sql };`);
  atEnd(() => page.pool.end());
});

after(endAll);

const near = (time) => assert.ok(Math.abs(time - Date.now()) < 60000, time);
const count = async (table) => (await database.rows(`SELECT count(*)::int FROM ${table}`))[0].count;

test("users, over HTTP", async () => {
  const { user } = await page.signUp("ada@example.com", " Ada ", "correct horse");
  near(user.created_at);
  assert.deepEqual([user.email, user.name], ["ada@example.com", "Ada"]);
  assert.equal((await page.logIn("ADA@example.com", "correct horse")).id, user.id);
  assert.equal(await page.logIn("ada@example.com", "wrong horse"), undefined);

  const wrong = {
    "Ada@Example.com": { code: "23505", table: "users", column: undefined, constraint: "ix_users_email_folded" },
    "no address": { code: "23514", table: "users", column: "email", constraint: "users_email_check" },
  };
  for (const [email, refused] of Object.entries(wrong)) assert.deepEqual(await page.signUp(email, "A", "correct horse"), { refused });
  const { refused } = await page.signUp("b@example.com", "B", "short");
  assert.deepEqual([refused.code, refused.table, refused.column], ["22023", "users", "hashed_password"]);
  await assert.rejects(page.signUp(null, "B", "correct horse"), { code: "23502" });
});

test("tasks, over HTTP, all or none", async () => {
  const { user } = await page.signUp("bob@example.com", "Bob", "correct horse");
  const { tasks } = await page.createTasks(user.id, [" Buy milk ", "Call mom"]);
  assert.deepEqual(tasks.map(({ title, completed }) => [title, completed]), [["Buy milk", false], ["Call mom", false]]);
  const toggled = await page.toggle(tasks[0].id, user.id);
  assert.equal(toggled.completed, true);
  near(toggled.completed_at);
  assert.equal(await page.toggle(tasks[0].id, "nobody"), undefined);
  const title = { code: "23514", table: "tasks", column: "title", constraint: "tasks_title_check" };
  assert.deepEqual(await page.createTasks(user.id, ["first", "\t"]), { refused: title });
  await assert.rejects(page.createTasks("nobody", ["x"]), { code: "23503" });
  const titles = (await database.rows("SELECT title FROM tasks WHERE user_id = $1 ORDER BY id", [user.id])).map((row) => row.title);
  assert.deepEqual(titles, ["Buy milk", "Call mom"]);
});

test("a transaction over WebSockets", async () => {
  const { user, task } = await page.signUpWithTask("eve@example.com", "Eve", "correct horse", "Look around");
  near(task.created_at);
  assert.deepEqual([task.user_id, task.title], [user.id, "Look around"]);
  const before = await count("users");
  const answer = await page.signUpWithTask("zoe@example.com", "Zoe", "correct horse", " ");
  assert.equal(`${inspect(answer)}\n`, block("javascript.md", "text", "Neon"));
  assert.equal(await count("users"), before);
  const taken = await page.signUpWithTask("EVE@example.com", "Eve", "correct horse", "Look around");
  assert.equal(taken.refused.code, "23505");
  assert.equal((await page.pool.query("SELECT * FROM todo_list_tasks($1)", [user.id])).rows.length, 1);
});

test("times and counts are the same over HTTP and WebSockets", async () => {
  const { user } = await page.signUp("times@example.com", "T", "correct horse");
  const { tasks: [{ id }] } = await page.createTasks(user.id, ["x"]);
  const sent = new Date("2030-01-02T03:04:05Z");
  const queries = [(text, values) => page.sql.query(text, values), async (text, values) => (await page.pool.query(text, values)).rows];
  for (const query of queries) {
    await query("UPDATE tasks SET completed = true, completed_at = $1 WHERE id = $2", [sent, id]);
    const [stored] = await query("SELECT completed_at, completed_at::text AS text FROM tasks WHERE id = $1", [id]);
    assert.deepEqual(stored, { completed_at: sent, text: "2030-01-02 03:04:05" });
    assert.equal((await query("SELECT * FROM todo_task_counts($1)", [user.id]))[0].total, "1");
    await database.rows("UPDATE tasks SET completed = false WHERE id = $1", [id]);
  }
});
