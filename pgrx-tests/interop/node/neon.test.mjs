// Neon's own driver with the SQL edition: its Pool over WebSockets, and its queries over HTTP, each through a small proxy.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect as connectSocket } from "node:net";
import { after, before, test } from "node:test";
import { atEnd, endAll, makeDatabase, require, script } from "./common.mjs";

const pg = require("pg");
const { neon, neonConfig, Pool } = require("@neondatabase/serverless");
const { WebSocket, WebSocketServer, createWebSocketStream } = require("ws");
const { PGHOST: host, PGPORT: port = "5432" } = process.env;
const FIELDS = "severity code detail hint position where schema table column constraint".split(" ");

let url;

// What Neon's server does for its driver: a WebSocket carries PostgreSQL's protocol, and a POST is one transaction.
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
  const database = await makeDatabase("neon");
  await database.admin.query(`CREATE ROLE ${database.role} LOGIN; ALTER ROLE ${database.role} SET log_min_error_statement = panic`);
  await database.admin.query(`ALTER DATABASE ${database.name} OWNER TO ${database.role}; GRANT CREATE ON SCHEMA public TO ${database.role}`);
  const at = await proxy();
  neonConfig.webSocketConstructor = WebSocket;
  neonConfig.wsProxy = () => `127.0.0.1:${at}/v2`;
  neonConfig.useSecureWebSocket = false;
  neonConfig.pipelineConnect = false;
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${at}/sql`;
  url = `postgresql://${database.role}:none@neon.example.com/${database.name}`;
});

after(endAll);

test("a Pool over WebSockets", async () => {
  const pool = new Pool({ connectionString: url });
  try {
    await pool.query("CREATE EXTENSION pgcrypto");
    await pool.query(script("todo"));
    const { rows: [user] } = await pool.query("SELECT * FROM todo_create_user('ada@example.com', 'Ada', 'long enough')");
    const login = "SELECT id FROM todo_authenticate('ADA@example.com', $1)";
    assert.deepEqual((await pool.query(login, ["long enough"])).rows, [{ id: user.id }]);
    assert.deepEqual((await pool.query(login, ["wrong enough"])).rows, []);
    const { rows: [task] } = await pool.query("SELECT * FROM todo_create_task($1, ' Buy milk ')", [user.id]);
    assert.equal(task.title, "Buy milk");
    const { rows: [toggled] } = await pool.query("SELECT * FROM todo_toggle_task($1, $2)", [task.id, user.id]);
    assert.equal(toggled.completed, true);
    assert.equal((await pool.query("SELECT * FROM todo_list_tasks($1)", [user.id])).rows.length, 1);
    const taken = await pool.query("SELECT todo_create_user('Ada@Example.com', 'A', 'long enough')").then(assert.fail, (error) => error);
    assert.deepEqual([taken.code, taken.table, taken.constraint], ["23505", "users", "ix_users_email_folded"]);

    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT todo_delete_user($1)", [user.id]);
      await client.query("ROLLBACK");
    } finally {
      client.release();
    }
    assert.equal((await pool.query("SELECT * FROM todo_get_user($1)", [user.id])).rows.length, 1);
  } finally {
    await pool.end();
  }
});

test("queries over HTTP", async () => {
  const sql = neon(url);
  const [user] = await sql`SELECT * FROM todo_create_user(${"bob@example.com"}, ${"Bob"}, ${"long enough"})`;
  const [task] = await sql`SELECT * FROM todo_create_task(${user.id}, ${"Call mom"})`;
  assert.equal((await sql`SELECT * FROM todo_toggle_task(${task.id}, ${user.id})`)[0].completed, true);
  assert.deepEqual(await sql`SELECT title FROM todo_completed_tasks(${user.id})`, [{ title: "Call mom" }]);
  const bad = await sql`SELECT todo_create_task(${user.id}, ${"\t"})`.then(assert.fail, (error) => error);
  assert.deepEqual([bad.code, bad.table, bad.column, bad.constraint], ["23514", "tasks", "title", "tasks_title_check"]);

  // A transaction is all or nothing.
  const both = sql.transaction([
    sql`SELECT todo_create_task(${user.id}, ${"first"})`,
    sql`SELECT todo_create_task(${"nobody"}, ${"second"})`,
  ]);
  assert.equal((await both.then(assert.fail, (error) => error)).code, "23503");
  await sql.transaction([sql`SELECT todo_complete_all(${user.id}, false)`, sql`SELECT todo_create_task(${user.id}, ${"third"})`]);
  const titles = (await sql`SELECT title FROM todo_pending_tasks(${user.id}) ORDER BY id`).map(({ title }) => title);
  assert.deepEqual(titles, ["Call mom", "third"]);
});
