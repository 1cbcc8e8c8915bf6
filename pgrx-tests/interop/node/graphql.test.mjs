// docs/graphql.md: its SQL, server and operations run, over HTTP. PGHOST & co. name a test cluster and a superuser.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { atEnd, block, endAll, load, makeDatabase, require } from "./common.mjs";

const pg = require("pg");
const { postgraphile } = require("postgraphile");
const { getIntrospectionQuery } = require("graphql");

const operations = Object.fromEntries(
  block("graphql.md", "graphql").split(/^(?=query|mutation)/m).map((text) => [text.match(/^\w+ (\w+)/)[1], text]),
);

let name;
let role;
let admin;
let rows;
let handler;
let ask;

// What serves a request handler; ask(query, variables, user) gives status and body.
async function serve(requestHandler) {
  const server = createServer(requestHandler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });
  return async (query, variables = {}, user = "ada") => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(user && { Authorization: user }) },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, body: await response.json() };
  };
}

function poolOfTheRole() {
  const pool = new pg.Pool({ user: role, database: name });
  atEnd(() => pool.end());
  return pool;
}

// In place of the application's authentication, a header names the user.
function signedIn(request) {
  if (!request.headers.authorization) throw Object.assign(new Error("not signed in"), { status: 401 });
  return request.headers.authorization;
}

async function data(operation, variables, user) {
  const { status, body } = await ask(operation, variables, user);
  assert.equal(body.errors, undefined, JSON.stringify(body.errors));
  assert.equal(status, 200);
  return body.data;
}

const create = async (title, user) => (await data(operations.Create, { title }, user)).createTask.task;

before(async () => {
  ({ name, role, admin, rows } = await makeDatabase("graphql"));
  await admin.query("CREATE EXTENSION todo");
  await admin.query(block("graphql.md", "sql").replaceAll("app_graphql", role));
  await admin.query(`ALTER ROLE ${role} SET timezone = 'Asia/Tokyo'`);
  await admin.query("INSERT INTO users (id, email, name) VALUES ('ada', 'a@b.cd', 'Ada'), ('eve', 'e@b.cd', 'Eve')");

  handler = (await load(block("graphql.md", "js"))).default;
  ask = await serve(handler(poolOfTheRole(), signedIn));
});

after(endAll);

beforeEach(() => admin.query("TRUNCATE tasks"));

test("a task is created, renamed, toggled and deleted", async () => {
  const task = await create("  Buy milk ");
  assert.equal(task.title, "Buy milk");
  assert.equal(task.completed, false);
  assert.equal(typeof task.id, "number");
  assert.deepEqual(await rows("SELECT id, user_id, title, completed FROM tasks"), [
    { id: task.id, user_id: "ada", title: "Buy milk", completed: false },
  ]);

  const { updateTask } = await data(operations.Rename, { id: task.id, title: "Buy bread" });
  assert.deepEqual(updateTask.task, { id: task.id, title: "Buy bread" });

  const { toggleTask } = await data(operations.Toggle, { id: task.id });
  assert.equal(toggleTask.task.completed, true);
  const [stored] = await rows("SELECT title, completed, completed_at::text AS at FROM tasks");
  assert.deepEqual(stored, { title: "Buy bread", completed: true, at: toggleTask.task.completedAt.replace("T", " ") });
  assert.equal((await data(operations.Toggle, { id: task.id })).toggleTask.task.completedAt, null);

  const { deleteTask } = await data(operations.Delete, { id: task.id });
  assert.deepEqual(deleteTask.task, { id: task.id, title: "Buy bread" });
  assert.deepEqual(await rows("SELECT FROM tasks"), []);
  assert.equal((await data(operations.Delete, { id: task.id })).deleteTask.task, null);
});

test("a description is kept by null and cleared by nothing in it", async () => {
  const change = (values) => `mutation { updateTask(input: { ${values} }) { task { title description } } }`;
  const created = await data('mutation { createTask(input: { title: "A", description: "b" }) { task { id } } }');
  const { id } = created.createTask.task;
  const kept = await data(change(`id: ${id}, title: "C", description: null`));
  assert.deepEqual(kept.updateTask.task, { title: "C", description: "b" });
  const cleared = await data(change(`id: ${id}, description: ""`));
  assert.deepEqual(cleared.updateTask.task, { title: "C", description: null });
});

test("the pending tasks come newest first, page by page", async () => {
  const titles = ["1", "2", "3", "4"];
  const ids = {};
  for (const title of titles) ids[title] = (await create(title)).id;
  await create("hers", "eve");
  await data(operations.Toggle, { id: ids[2] });
  // The same moment, to the microsecond: the id tells which is newer.
  await admin.query("UPDATE tasks SET created_at = '2026-01-01 00:00:00.123456' WHERE title IN ('1', '3')");

  const first = (await data(operations.Pending, { first: 2 })).allTasks;
  assert.deepEqual([first.totalCount, first.nodes.map((node) => node.title)], [3, ["4", "3"]]);
  assert.equal(first.nodes[1].createdAt, "2026-01-01T00:00:00.123456");
  assert.equal(first.pageInfo.hasNextPage, true);
  // A cursor is a place in the order, even if tasks have been added before it meanwhile.
  await create("5");
  const second = (await data(operations.Pending, { first: 2, after: first.pageInfo.endCursor })).allTasks;
  assert.deepEqual(second.nodes.map((node) => node.title), ["1"]);
  assert.equal(second.pageInfo.hasNextPage, false);
});

test("times are UTC in a session that is not", async () => {
  assert.deepEqual((await poolOfTheRole().query("SHOW timezone")).rows, [{ TimeZone: "Asia/Tokyo" }]);
  const { createdAt } = await create("now");
  assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/);
  assert.ok(Math.abs(new Date(`${createdAt}Z`) - Date.now()) < 60_000, createdAt);
});

test("another user's task is none", async () => {
  const { id } = await create("hers", "eve");
  await create("mine");
  const untouched = await rows("SELECT * FROM tasks ORDER BY id");
  for (const operation of ["Rename", "Toggle", "Delete"]) {
    const [payload] = Object.values(await data(operations[operation], { id, title: "stolen" }));
    assert.deepEqual(payload, { task: null }, operation);
  }
  const hers = await data("query ($id: Int!) { taskById(id: $id) { nodeId } }", { id }, "eve");
  const found = await data(
    `query ($id: Int!, $node: ID!) {
       taskById(id: $id) { title } task(nodeId: $node) { title } node(nodeId: $node) { nodeId }
     }`,
    { id, node: hers.taskById.nodeId },
  );
  assert.deepEqual(found, { taskById: null, task: null, node: null });
  const all = await data('{ allTasks(condition: { userId: "eve" }) { totalCount nodes { title } } }');
  assert.deepEqual(all.allTasks, { totalCount: 0, nodes: [] });
  assert.deepEqual(await rows("SELECT * FROM tasks ORDER BY id"), untouched);
});

test("nobody is somebody else, or nobody", async () => {
  const asEve = 'mutation { createTask(input: { title: "x", userId: "eve" }) { task { id } } }';
  assert.equal((await ask(asEve)).status, 400);
  for (const operation of ["{ allTasks { totalCount } }", operations.Create]) {
    const { status, body } = await ask(operation, { title: "x" }, null);
    assert.equal(status, 401);
    assert.deepEqual(body.errors.map((error) => error.message), ["not signed in"]);
  }
  // A signedIn that lets everyone in, on a connection that has had a user before.
  await create("mine");
  const lenient = await serve(handler(poolOfTheRole(), (request) => request.headers.authorization));
  assert.equal((await lenient("{ allTasks { totalCount } }")).body.data.allTasks.totalCount, 1);
  assert.equal((await lenient("{ allTasks { totalCount } }", {}, null)).body.data.allTasks.totalCount, 0);
  const { body } = await lenient(operations.Create, { title: "whose?" }, null);
  assert.match(body.errors[0].errcode, /^2350[23]$/);
  assert.deepEqual(await rows("SELECT title FROM tasks"), [{ title: "mine" }]);
});

test("an error says what is wrong, and no more", async () => {
  const { status, body } = await ask(operations.Create, { title: " \t" });
  assert.equal(status, 200);
  assert.deepEqual(body, JSON.parse(block("graphql.md", "json")));

  const failed = async (...request) => {
    const { body } = await ask(...request);
    assert.equal(body.errors.length, 1);
    assert.deepEqual(Object.keys(body.errors[0].extensions), ["exception"]);
    return body.errors[0].extensions.exception;
  };
  assert.deepEqual(await failed(operations.Create, { title: "x".repeat(201) }), { errcode: "22001", column: "title" });
  assert.deepEqual(await failed(operations.Create, { title: "x" }, "nobody"), {
    errcode: "23503",
    constraint: "tasks_user_id_fkey",
  });
  assert.equal((await ask("mutation { createTask(input: {}) { task { id } } }")).status, 400);
  assert.deepEqual(await rows("SELECT FROM tasks"), []);
});

test("of several mutations, one that fails undoes itself only", async () => {
  const add = (title) => `createTask(input: { title: "${title}" }) { task { title } }`;
  const { body } = await ask(`mutation { a: ${add("a")} b: ${add(" ")} c: ${add("c")} }`);
  assert.deepEqual(body.data, { a: { task: { title: "a" } }, b: null, c: { task: { title: "c" } } });
  assert.deepEqual(body.errors.map((error) => error.path), [["b"]]);
  assert.deepEqual(await rows("SELECT title FROM tasks ORDER BY id"), [{ title: "a" }, { title: "c" }]);
});

// The names of an introspected schema's fields, by type.
async function introspected(question) {
  const { body } = await question(getIntrospectionQuery());
  const { types } = body.data.__schema;
  const text = JSON.stringify(body);
  return {
    text,
    fields: (type) => types.find(({ name }) => name === type)?.fields.map(({ name }) => name).sort(),
    types: types.map(({ name }) => name),
  };
}

test("the role may do no more than the page says", async () => {
  const rights = await rows(`SELECT has_table_privilege('${role}', 'api.tasks', 'INSERT, UPDATE, DELETE') AS view,
    has_table_privilege('${role}', 'users', 'SELECT, INSERT, UPDATE, DELETE') AS users`);
  assert.deepEqual(rights, [{ view: false, users: false }]);
});

test("the schema holds the page's operations and no users", async () => {
  const schema = await introspected(ask);
  assert.deepEqual(schema.fields("Query"), ["allTasks", "node", "nodeId", "query", "task", "taskById"]);
  assert.deepEqual(schema.fields("Mutation"), ["createTask", "deleteTask", "toggleTask", "updateTask"]);
  assert.doesNotMatch(schema.text, /hash|password|e-?mail|todo_?user/i);

  // This holds even if the role has rights on users.
  await admin.query(`SELECT todo_grant('${role}', 'tables')`);
  const wider = await introspected(await serve(handler(poolOfTheRole(), signedIn)));
  await admin.query(`SELECT todo_grant('${role}')`);
  assert.equal(wider.text, schema.text);
});

test("of the application's own tables, what the role may read is shown", async () => {
  const served = await introspected(ask);
  await admin.query(`CREATE TABLE api.secrets (id int PRIMARY KEY); CREATE TABLE api.notes (id int PRIMARY KEY);
    GRANT ALL ON api.notes TO ${role}`);
  const schema = await introspected(await serve(handler(poolOfTheRole(), signedIn)));
  await admin.query("DROP TABLE api.secrets, api.notes");
  const more = schema.fields("Query").filter((field) => !served.fields("Query").includes(field));
  assert.deepEqual(more, ["allNotes", "note", "noteById"]);
  assert.deepEqual(schema.fields("Mutation"), served.fields("Mutation"));
});

test("the extension's own schema is not shown, unless all of it is", async () => {
  const plain = (options) => serve(postgraphile(poolOfTheRole(), "public", { disableQueryLog: true, ...options }));
  const hidden = await introspected(await plain({ ignoreRBAC: false }));
  assert.deepEqual([hidden.fields("Query"), hidden.fields("Mutation")], [["node", "nodeId", "query"], undefined]);

  const named = await introspected(await plain({ includeExtensionResources: true }));
  assert.ok(named.fields("User").includes("hashedPassword"));

  const question = await plain({ includeExtensionResources: true, ignoreRBAC: false, disableDefaultMutations: true });
  const shown = await introspected(question);
  assert.doesNotMatch(shown.text, /hashed_?password/i);
  assert.ok(!shown.types.includes("User"));
  assert.ok(shown.fields("Mutation").includes("todoDeleteUser"));
  assert.ok(!shown.fields("Mutation").includes("todoSetPasswordHash"));
  assert.ok(!shown.fields("Mutation").includes("createTask"));

  const { body } = await question(
    'mutation { todoCreateTask(input: { userId: "eve", title: "x" }) { tasks { id userId completed } } }',
  );
  const [task] = body.data.todoCreateTask.tasks;
  assert.deepEqual(task, { id: task.id, userId: "eve", completed: false });
  const step = async (field, user) => {
    const input = `input: { taskId: "${task.id}", userId: "${user}" }`;
    const { body } = await question(`mutation { ${field}(${input}) { tasks { completed } } }`);
    assert.equal(body.errors, undefined);
    return body.data[field].tasks;
  };
  assert.deepEqual(await step("todoToggleTask", "ada"), []);
  assert.deepEqual(await step("todoToggleTask", "eve"), [{ completed: true }]);
  const listed = await question(
    `{ todoListTasks(userId: "eve", first: 1) { totalCount nodes { title } }
       todoTaskCounts(userId: "eve") { nodes { total completed } }
       todoGetTask(taskId: "${task.id}", userId: "ada") { nodes { title } } }`,
  );
  assert.deepEqual(listed.body.data, {
    todoListTasks: { totalCount: 1, nodes: [{ title: "x" }] },
    todoTaskCounts: { nodes: [{ total: "1", completed: "1" }] },
    todoGetTask: { nodes: [] },
  });
  assert.deepEqual(await step("todoDeleteTask", "eve"), [{ completed: true }]);
  assert.deepEqual(await rows("SELECT FROM tasks"), []);
});

test("an isolated role is shown the current user's rows of the extension's own schema", async () => {
  await admin.query(`SELECT todo_grant('${role}', 'isolated')`);
  await admin.query("INSERT INTO tasks (user_id, title) VALUES ('ada', 'hers'), ('eve', 'not hers')");
  const options = { disableQueryLog: true, includeExtensionResources: true, ignoreRBAC: false };
  const question = await serve(
    postgraphile(poolOfTheRole(), "public", {
      ...options,
      pgSettings: async (request) => ({ "todo.user_id": await signedIn(request) }),
    }),
  );
  const { body } = await question(
    `{ allTasks { nodes { title } } allTodoUsers { nodes { id } }
       todoListTasks(userId: "eve") { nodes { title } } own: todoListTasks { nodes { title } } }`,
  );
  assert.deepEqual(body.data, {
    allTasks: { nodes: [{ title: "hers" }] },
    allTodoUsers: { nodes: [{ id: "ada" }] },
    todoListTasks: { nodes: [] },
    own: { nodes: [{ title: "hers" }] },
  });
});
