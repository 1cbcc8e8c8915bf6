// The server of the example: users are Better Auth's, tasks are the functions of todo, and the rest is node:http.
//
//   PGHOST, PGDATABASE ...   where the database is; see setup.sql for the roles
//   PGUSER                   the role of Better Auth
//   TASKS_USER               the role that reads and writes tasks (default: example_web)
//   PORT                     where to listen, on 127.0.0.1
//   BETTER_AUTH_URL          what the browser shows, such as http://127.0.0.1:3000
//   BETTER_AUTH_SECRET       what cookies are signed with
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import pg from "pg";
import { auth, pool as authPool } from "./auth.mjs";

const { PORT, TASKS_USER = "example_web", BETTER_AUTH_URL, BETTER_AUTH_SECRET } = process.env;
if (!BETTER_AUTH_URL || !BETTER_AUTH_SECRET) throw new Error("set BETTER_AUTH_URL and BETTER_AUTH_SECRET");
const { origin } = new URL(BETTER_AUTH_URL);

pg.types.setTypeParser(pg.types.builtins.TIMESTAMP, (text) => new Date(`${text.replace(" ", "T")}Z`)); // timestamps are UTC
pg.types.setTypeParser(pg.types.builtins.INT8, Number); // counts

// Up to ten connections are kept and up to thirty opened. A request waits 30 s for one, and none lasts longer than an hour.
const pool = new pg.Pool({ user: TASKS_USER, min: 10, max: 30, connectionTimeoutMillis: 30_000, maxLifetimeSeconds: 3600 });

// A connection that breaks, as when the database restarts, must not end the process. The pool opens another one.
pool.on("error", ({ message }) => console.error(message));
pool.on("connect", (client) => client.on("error", () => {})); // if it is in use, its query fails

// An answer that says no, in words for the user. What has caused it is logged.
class Refusal extends Error {
  constructor(status, message, cause) {
    super(message, { cause });
    this.status = status;
  }
}

function unavailable(cause) {
  throw new Refusal(503, "The database is not available right now.", cause);
}

const rules = {
  title: "A title has 1 to 200 characters, and not only spaces.",
  description: "A description has at most 1000 characters.",
  completed: "A task is done or not.",
};

// What an error of PostgreSQL means to the user. The SQLSTATE and the column tell; messages are for developers.
function explain(error) {
  const { code, column } = error;
  if (error instanceof RangeError) return new Refusal(400, "This is nested too deeply."); // by JSON.stringify
  if (["23502", "23514", "22001"].includes(code) && rules[column]) return new Refusal(422, rules[column]);
  if (code === "23503") return new Refusal(401, "This account is gone.");
  if (["40001", "40P01"].includes(code)) return new Refusal(409, "This was changed somewhere else just now. Please try again.");
  if (["55P03", "57014"].includes(code)) return new Refusal(503, "The database is busy. Please try again.", error); // see setup.sql
  if (/^22|^54/.test(code)) return new Refusal(400, `The database does not take this: ${error.message}.`); // an argument, such as the search
  return error;
}

// Runs statements for one user, as the isolated role. The setting ends with the transaction, so the next one on this connection
// does not find it. For this role, rows of other users do not exist.
async function asUser(userId, work, level = "READ COMMITTED") {
  const client = await pool.connect().catch(unavailable);
  let broken;
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${level}`);
    await client.query("SELECT set_config('todo.user_id', $1, true)", [userId]);
    const result = await work(async (sql, values) => (await client.query(sql, values)).rows);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch((cause) => (broken = cause));
    throw broken ? new Refusal(503, "The connection to the database was lost.", error) : explain(error);
  } finally {
    client.release(broken); // a broken one is not used again
  }
}

const columns = "id, title, description, completed, completed_at";

// A route for one task, by a statement with its id and these fields of the body.
const one = (sql, ...fields) => async ({ rows, id, body }) => {
  const values = fields.map((field) => body[field]);
  if (values.some((value) => value instanceof Object)) throw new Refusal(400, "A field is a text, or true or false.");
  const [task] = await rows(sql, [...(id ? [id] : []), ...values]);
  if (!task) throw new Refusal(404, "This task is no longer there.");
  return task;
};

// A route that deletes tasks. It answers with what todo_import_tasks needs to bring them back. At REPEATABLE READ, a task that
// changes between the export and the deletion makes the deletion fail (40001), so that the export is what was deleted.
function deletion(sql) {
  const route = async ({ rows, id }) => {
    const [{ document }] = await rows("SELECT todo_export_user() AS document");
    const deleted = new Set((await rows(sql, id && [id])).map((task) => task.id));
    if (id && !deleted.size) throw new Refusal(404, "This task is no longer there.");
    const undo = { version: document.version, tasks: document.tasks.filter((task) => deleted.has(task.id)) };
    // Then nothing is deleted.
    if (Buffer.byteLength(JSON.stringify(undo)) > longest) throw new Refusal(413, "This could not be undone. Delete less at once.");
    return undo;
  };
  return Object.assign(route, { level: "REPEATABLE READ" });
}

const reads = {
  async "GET /api/tasks"({ rows, query }) {
    const size = query.get("size") ?? 100;
    const tasks = await rows(
      `SELECT ${columns}, todo_task_cursor(task) AS cursor
       FROM todo_filter_tasks(completed => $1, search => $2, page_size => $3, after => $4) AS task`,
      [query.get("completed") || null, query.get("search") || null, size, query.get("after") || null],
    );
    return { tasks, next: tasks.length === Number(size) ? tasks.at(-1).cursor : null };
  },

  async "GET /api/summary"({ rows, query, user }) {
    const timezone = query.get("timezone") ?? "UTC";
    const [counts] = await rows("SELECT pending, completed, longest_streak FROM todo_task_stats(timezone => $1)", [timezone]);
    const days = await rows(
      `SELECT day::text, completed
       FROM (SELECT (now() AT TIME ZONE $1)::date AS today) AS now, todo_completed_per_day(todo_current_user_id(), today - 13, today, $1)`,
      [timezone],
    );
    return { user: { id: user.id, name: user.name }, ...counts, days };
  },
};

const writes = {
  "POST /api/tasks": one(`SELECT ${columns} FROM todo_create_task(todo_current_user_id(), $1, $2)`, "title", "description"),
  "PATCH /api/tasks/:id": one(
    `SELECT ${columns} FROM todo_update_task($1, title => $2, description => $3)`, "title", "description",
  ),
  // Not todo_toggle_task: in a tab that is out of date, a click would undo what another tab has done.
  "PUT /api/tasks/:id/completed": one(`SELECT ${columns} FROM todo_complete_task($1, completed => $2)`, "completed"),
  "DELETE /api/tasks/:id": deletion("SELECT id FROM todo_delete_task($1)"),
  "POST /api/clear-completed": deletion("SELECT id FROM todo_clear_completed()"),
  async "POST /api/undo"({ rows, body }) {
    return { restored: (await rows("SELECT id FROM todo_import_tasks(todo_current_user_id(), $1)", [body])).length };
  },
};

// The open pages. After a write, the other pages of the same user are told to read again. They are told no more than that, so a
// page whose session has ended learns nothing. This reaches the pages of this process. What other processes and programs
// write is seen when a page gets the focus. LISTEN would find that as well, but it needs a trigger that notifies, and a connection
// past PgBouncer, which passes on no notifications in transaction mode.
const pages = new Set();

function follow(userId, tab, response) {
  if (response.destroyed) return; // the page was gone before we knew whose it is
  const page = { userId, tab, response };
  pages.add(page);
  const beat = setInterval(() => response.write(":\n\n"), 30_000); // proxies end connections that are silent
  response.on("close", () => {
    clearInterval(beat);
    pages.delete(page);
  });
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
  response.write("retry: 1000\n\n");
}

function tellOthers(userId, tab) {
  for (const page of pages) if (page.userId === userId && page.tab !== tab) page.response.write("data: changed\n\n");
}

function answer(response, status, value) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(value));
}

// An undo of many deletions is the largest body: 16 MB are about 50,000 usual tasks.
const longest = 16e6;

// Browsers say beforehand how long a body is, and node:http reads no more than that. What is refused is read to its end all the
// same, and dropped: if the connection were closed, a browser that is still sending would not see the answer.
function limit({ headers }, bytes) {
  const isTooLong = headers["transfer-encoding"] || Number(headers["content-length"] ?? 0) > bytes;
  if (isTooLong) throw new Refusal(413, "This is too much at once.");
}

async function readBody(request) {
  limit(request, longest);
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  try {
    return Object(JSON.parse(text || "{}"));
  } catch {
    throw new Refusal(400, "This is not JSON.");
  }
}

async function api(request, response, { pathname, searchParams: query }) {
  const { method, headers } = request;
  // A page of another site can send requests with our cookies, but not with our origin.
  if (method !== "GET" && headers.origin !== origin) throw new Refusal(403, "This comes from another site.");
  const session = await auth.api.getSession({ headers: fromNodeHeaders(headers) }).catch(unavailable);
  if (!session) throw new Refusal(401, "Please sign in.");
  // Who it is about comes from the session, and never from the request.
  const { user } = session;
  if (pathname === "/api/changes") return follow(user.id, query.get("tab"), response);

  const id = pathname.match(/^\/api\/tasks\/(\d{1,18})(?=\/|$)/)?.[1];
  const name = `${method} ${id ? pathname.replace(id, ":id") : pathname.replaceAll(":", "")}`;
  const route = reads[name] ?? writes[name];
  if (!route) throw new Refusal(404, "There is no such address.");
  // A page that still shows the user who was signed in before must not write for this one.
  if (writes[name] && (headers["x-user"] ?? user.id) !== user.id) throw new Refusal(409, "Someone else has signed in here.");
  const body = method === "GET" ? {} : await readBody(request);
  const result = await asUser(user.id, (rows) => route({ rows, id, query, body, user }), route.level);
  if (writes[name]) tellOthers(user.id, headers["x-tab"]);
  answer(response, method === "POST" ? 201 : 200, result);
}

const files = {};
for (const [path, name, type] of [
  ["/", "page.html", "text/html"],
  ["/page.js", "page.js", "text/javascript"],
  ["/api.js", "api.js", "text/javascript"],
  ["/style.css", "style.css", "text/css"],
]) {
  files[path] = { type: `${type}; charset=utf-8`, content: await readFile(new URL(name, import.meta.url)) };
}

const betterAuth = toNodeHandler(auth);

const server = createServer(async (request, response) => {
  // Even if a title got into the page as HTML, no script in it would run.
  response.setHeader(
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  try {
    if (!URL.canParse(request.url, origin)) throw new Refusal(404, "There is no such address.");
    const url = new URL(request.url, origin);
    const file = request.method === "GET" && files[url.pathname];
    if (file) response.writeHead(200, { "content-type": file.type, "cache-control": "no-cache" }).end(file.content);
    else if (url.pathname.startsWith("/api/auth/")) {
      limit(request, 100_000); // Better Auth would read any length
      await betterAuth(request, response);
    } else await api(request, response, url);
  } catch (error) {
    if (!(error instanceof Refusal) || error.cause) console.error(error.cause ?? error);
    if (response.headersSent) return response.destroy();
    if (error instanceof Refusal) answer(response, error.status, { message: error.message });
    else answer(response, 500, { message: "Something went wrong here. Please try again later." });
  }
});

server.listen(PORT, "127.0.0.1", () => console.log(`The example is at ${origin}`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    server.close();
    server.closeAllConnections();
    await Promise.all([pool.end(), authPool.end()]);
  });
}
