// docs/example/: its server and its page, in headless Chromium. With UPDATE_FIXTURES=1, the pictures in docs/example/ are made anew.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atEnd, block, cluster, connect, endAll, makeDatabase, modules, require, startPgBouncer, top } from "./common.mjs";

const pg = require("pg");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const example = fileURLToPath(new URL("docs/example/", top));
const password = "correct horse";

let database, browser, server;

// Those of the test that is running.
const contexts = [];

// Errors of the pages. A test fails if it does not expect them.
const complaints = [];

function expected(pattern) {
  const found = complaints.splice(0);
  assert.ok(found.length > 0, `${pattern}`);
  for (const text of found) assert.match(text, pattern);
}

// Waits until `read` returns this.
async function becomes(read, expected) {
  const end = Date.now() + 60_000;
  for (;;) {
    const actual = await read();
    try {
      return assert.deepEqual(actual, expected);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await delay(50);
  }
}

async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  return port;
}

// The server of docs/example/, with roles of this test's own. It keeps its port when it starts again.
class Server {
  log = "";

  constructor(port, environment) {
    const { name, role, owner } = database;
    this.origin = `http://127.0.0.1:${port}`;
    this.environment = {
      ...cluster,
      ...environment,
      PGUSER: owner,
      PGDATABASE: name,
      TASKS_USER: role,
      PORT: port,
      BETTER_AUTH_URL: this.origin,
      BETTER_AUTH_SECRET: "a secret of the tests, which is long enough",
      TZ: "Asia/Tokyo",
    };
    this.dir = mkdtempSync(fileURLToPath(new URL("example-", modules)));
    symlinkSync(example, `${this.dir}/example`);
    process.on("exit", () => this.child.kill("SIGKILL"));
    atEnd(async () => {
      assert.equal(await this.stop(), 0);
      rmSync(this.dir, { recursive: true });
    });
  }

  async start() {
    const links = ["--preserve-symlinks", "--preserve-symlinks-main"];
    this.child = spawn(process.execPath, [...links, `${this.dir}/example/server.mjs`], { env: this.environment });
    this.ended = once(this.child, "exit");
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (text) => (this.log += text));
    await Promise.race([once(this.child.stdout, "data"), this.ended]);
    assert.match(this.log, new RegExp(`The example is at ${this.origin}\n$`));
    return this;
  }

  async stop(signal = "SIGTERM") {
    this.child.kill(signal);
    return (await this.ended)[0];
  }

  // A request that does not come from the page.
  fetch(path, { method = "GET", headers, body } = {}) {
    return fetch(`${this.origin}${path}`, { method, headers: { "content-type": "application/json", ...headers }, body });
  }
}

// A browser of a user, with cookies of its own. The user has been signed up, unless there is no name.
async function visit(name, { to = server, ...options } = {}) {
  const context = await browser.newContext({ baseURL: to.origin, timezoneId: "America/New_York", locale: "en-US", ...options });
  contexts.push(context);
  context.setDefaultTimeout(60_000);
  context.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  context.on("weberror", (error) => complaints.push(`${error.error()}`));
  context.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  const email = `user.${process.hrtime.bigint()}@example.com`;
  const visitor = { context, email, id: undefined };
  visitor.open = async () => {
    const page = await context.newPage();
    await page.goto("/");
    await page.locator(visitor.id ? "#app" : "#account").waitFor();
    return page;
  };
  if (name) {
    const response = await context.request.post("/api/auth/sign-up/email", {
      headers: { origin: to.origin },
      data: { name, email, password },
    });
    assert.equal(response.status(), 200);
    visitor.id = (await response.json()).user.id;
  }
  visitor.page = await visitor.open();
  visitor.tasks = async () =>
    (await database.rows("SELECT title FROM tasks WHERE user_id = $1 ORDER BY created_at DESC, id DESC", [visitor.id])).map(({ title }) => title);
  return visitor;
}

const titles = (page) => page.locator("#list .title").allTextContents();
const shows = (page, expected) => becomes(() => titles(page), expected);
const says = (page, expected) => becomes(() => page.locator("#notice p").textContent(), expected);
const counts = (page, expected) => becomes(() => page.locator("#counts").textContent(), expected);
const isConnected = (page, yes) => becomes(async () => (await page.locator("#connection").textContent()) === "", yes);
const hasFocus = (page, selector) => becomes(() => page.locator(`${selector}:focus`).count(), 1);
const item = (page, title) => page.locator("#list > li").filter({ has: page.getByText(title, { exact: true }) });
const editing = (page, label) => page.locator("#list form:visible").getByLabel(label);
const checkbox = (page, title) => item(page, title).getByRole("checkbox");

async function add(page, ...all) {
  for (const title of all) {
    await page.getByLabel("New task").fill(title);
    await page.getByRole("button", { name: "Add" }).click();
    await item(page, title).waitFor();
  }
}

// axe-core finds nothing, in the light and the dark scheme.
async function isAccessible(page) {
  await page.evaluate(axe);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations, passes } = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags }), tags);
    const found = violations.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]);
    assert.deepEqual(found, [], colorScheme);
    assert.ok(passes.some(({ id }) => id === "color-contrast") && passes.some(({ id }) => id === "label"));
  }
  await page.emulateMedia({ colorScheme: null });
}

before(async () => {
  database = await makeDatabase("example", { TimeZone: "Asia/Karachi" });
  const setUp = readFileSync(`${example}setup.sql`, "utf8");
  await database.admin.query(setUp.replaceAll("example_web", database.role).replaceAll("example_auth", database.owner));
  server = await new Server(await freePort()).start();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium" });
  atEnd(() => browser.close());
});

after(endAll);

afterEach(async () => {
  const found = complaints.splice(0);
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  complaints.splice(0);
  assert.deepEqual(found, []);
});

test("Better Auth is set up as its page says", () => {
  const [comment, ...code] = readFileSync(`${example}auth.mjs`, "utf8").split("\n");
  assert.match(comment, /^\/\/ /);
  assert.equal(code.join("\n"), block("better-auth.md", "js"));
});

test("a user signs up, signs out and signs in", async () => {
  const { page, email } = await visit();
  const error = page.locator("#account .error");
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("Name").fill("Ada");
  await page.getByLabel("E-mail address").fill(email);
  const submit = page.locator("#account .main");
  for (const [chosen, words] of [["short", "A password has at least 8 characters."], ["x".repeat(73), "This password is too long."]]) {
    await page.getByLabel("Password").fill(chosen);
    await submit.click();
    await becomes(() => error.textContent(), words);
    expected(/status of 400/);
  }
  await page.getByLabel("Password").fill(password);
  await page.getByLabel("Name").fill("  ");
  await submit.click();
  await becomes(() => error.textContent(), "The account could not be created. A name has 1 to 100 characters, and not only spaces.");
  expected(/status of 422/);
  await page.getByLabel("Name").fill("Ada");
  await submit.click();
  await page.getByRole("heading", { name: "Tasks of Ada" }).waitFor();
  await shows(page, []);
  assert.ok(await page.getByText("No tasks here.").isVisible());
  await add(page, "Of Ada");

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.deepEqual(await titles(page), []);
  await page.reload();
  await page.getByLabel("E-mail address").fill(email.toUpperCase());
  await page.getByLabel("Password").fill("wrong horse");
  await submit.click();
  await becomes(() => error.textContent(), "The address or the password is not right.");
  await page.getByLabel("Password").fill(password);
  await submit.click();
  await shows(page, ["Of Ada"]);
  expected(/status of 401/);
});

test("an address that is taken is refused, and nothing that was typed is gone", async () => {
  const { email } = await visit("Ada");
  const { page } = await visit();
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("Name").fill("Another");
  await page.getByLabel("E-mail address").fill(email.toUpperCase());
  await page.getByLabel("Password").fill("another horse");
  await page.locator("#account .main").click();
  const words = "There is an account with this address. Sign in, or use another address.";
  await becomes(() => page.locator("#account .error").textContent(), words);
  expected(/status of 422/);
  assert.equal(await page.getByLabel("Name").inputValue(), "Another");
  assert.equal(await page.getByLabel("E-mail address").inputValue(), email.toUpperCase());
  const same = await database.rows("SELECT name FROM users WHERE lower(email) = $1", [email]);
  assert.deepEqual(same, [{ name: "Ada" }]);
});

test("tasks are added, edited, completed, filtered, searched and deleted", async () => {
  const { page, tasks, id } = await visit("Ada");
  await add(page, "  Buy milk ", "Call mom", "Book a café");
  await shows(page, ["Book a café", "Call mom", "Buy milk"]);
  await counts(page, "3 open, 0 done");

  await item(page, "Buy milk").getByRole("button", { name: "Edit" }).click();
  await editing(page, "Title").fill("Buy bread");
  await editing(page, "Description").fill("Two loaves\nwhite");
  await page.getByRole("button", { name: "Save" }).click();
  await shows(page, ["Book a café", "Call mom", "Buy bread"]);
  assert.equal(await item(page, "Buy bread").locator(".description").textContent(), "Two loaves\nwhite");
  await item(page, "Buy bread").getByRole("button", { name: "Edit" }).click();
  await editing(page, "Title").fill("Not kept");
  await page.getByRole("button", { name: "Cancel" }).click();
  await item(page, "Buy bread").getByRole("button", { name: "Edit" }).click();
  assert.equal(await editing(page, "Title").inputValue(), "Buy bread");
  assert.equal(await editing(page, "Description").inputValue(), "Two loaves\nwhite");
  await editing(page, "Description").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await becomes(() => item(page, "Buy bread").locator(".description").textContent(), "");

  await checkbox(page, "Call mom").check();
  await counts(page, "2 open, 1 done");
  // The zones of the server, the database and the browser differ.
  const [{ epoch }] = await database.rows(
    "SELECT extract(epoch FROM completed_at AT TIME ZONE 'UTC')::float8 AS epoch FROM tasks WHERE user_id = $1 AND completed", [id],
  );
  const format = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", timeZone: "America/New_York" });
  const when = (await item(page, "Call mom").locator(".when").textContent()).replaceAll(/\s/g, " ");
  assert.equal(when, `Done ${format.format(epoch * 1000)}`.replaceAll(/\s/g, " "));
  await page.getByRole("radio", { name: "Open" }).check();
  await shows(page, ["Book a café", "Buy bread"]);
  await page.getByRole("radio", { name: "Done" }).check();
  await shows(page, ["Call mom"]);
  await checkbox(page, "Call mom").click();
  await shows(page, []);
  await hasFocus(page, "#title");
  await page.getByRole("radio", { name: "All" }).check();
  await shows(page, ["Book a café", "Call mom", "Buy bread"]);

  await page.getByLabel("Search").fill("CAFE boo");
  await shows(page, ["Book a café"]);
  await page.getByLabel("Search").fill("100% <b> 'x");
  await shows(page, []);
  await page.getByLabel("Search").fill("");
  await shows(page, ["Book a café", "Call mom", "Buy bread"]);

  await item(page, "Call mom").getByRole("button", { name: "Delete" }).click();
  await shows(page, ["Book a café", "Buy bread"]);
  assert.deepEqual(await tasks(), ["Book a café", "Buy bread"]);
});

test("a deletion is undone, and everything is as it was", async () => {
  const { page, id } = await visit("Ada");
  await add(page, "one", "two", "three");
  await checkbox(page, "one").check();
  await checkbox(page, "two").check();
  await counts(page, "1 open, 2 done");
  const stored = () =>
    database.rows("SELECT title, description, completed, created_at, updated_at, completed_at FROM tasks WHERE user_id = $1 ORDER BY title", [id]);
  const before = await stored();

  await item(page, "two").getByRole("button", { name: "Delete" }).click();
  await shows(page, ["three", "one"]);
  await says(page, "Deleted: two");
  await hasFocus(page, "#undo");
  await page.getByRole("button", { name: "Undo" }).click();
  await shows(page, ["three", "two", "one"]);
  await says(page, "The task is back.");
  assert.deepEqual(await stored(), before);

  await page.getByRole("button", { name: "Delete all done" }).click();
  await shows(page, ["three"]);
  await says(page, "Deleted: 2 done");
  await page.getByRole("button", { name: "Undo" }).dblclick();
  await says(page, "2 tasks are back.");
  await shows(page, ["three", "two", "one"]);
  assert.deepEqual(await stored(), before);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await says(page, "");

  // What changes between the export and the deletion is not deleted.
  const admin = await connect(database.name);
  await admin.query("BEGIN");
  await admin.query("UPDATE tasks SET title = 'changed' WHERE user_id = $1 AND title = 'two'", [id]);
  await item(page, "two").getByRole("button", { name: "Delete" }).click();
  const waits = "SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'";
  await becomes(() => database.rows(waits, [database.role]), [{ count: 1 }]);
  await admin.query("COMMIT");
  await says(page, "This was changed somewhere else just now. Please try again.");
  expected(/status of 409/);
  await shows(page, ["three", "changed", "one"]);
});

test("what was read before a write does not hide it", async () => {
  const { page } = await visit("Ada");
  await add(page, "one");
  const held = { GET: [], PUT: [] };
  let holds = true;
  await page.route(/\/api\/tasks(\?|\/)/, async (route) => {
    const response = await route.fetch();
    if (holds) await new Promise((release) => held[route.request().method()].push(release));
    await route.fulfill({ response });
  });
  // Count the answers that the page has processed.
  await page.evaluate(() => {
    const { json } = Response.prototype;
    globalThis.answers = 0;
    Response.prototype.json = async function () {
      const value = await json.call(this);
      setTimeout(() => globalThis.answers++);
      return value;
    };
  });
  const answers = () => page.evaluate(() => globalThis.answers);
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await becomes(() => held.GET.length, 1);
  await checkbox(page, "one").check();
  await becomes(() => held.PUT.length, 1);
  const before = await answers();
  held.GET[0]();
  await becomes(answers, before + 1);
  assert.equal(await checkbox(page, "one").isChecked(), true);
  holds = false;
  held.PUT[0]();
  await counts(page, "0 open, 1 done");
  await page.unrouteAll({ behavior: "wait" });
});

test("rules of the database are told in words, and what was typed stays", async () => {
  const { page, tasks } = await visit("Ada");
  const rule = "A title has 1 to 200 characters, and not only spaces.";
  for (const title of ["   ", "x".repeat(201)]) {
    await page.getByLabel("New task").fill(title);
    await page.getByRole("button", { name: "Add" }).click();
    await says(page, rule);
    assert.equal(await page.getByLabel("New task").inputValue(), title);
    await page.getByRole("button", { name: "Dismiss" }).click();
    await says(page, "");
  }
  await add(page, "\u{1f600}".repeat(200), "Task");
  await item(page, "Task").getByRole("button", { name: "Edit" }).click();
  await editing(page, "Description").fill("x".repeat(1001));
  await page.getByRole("button", { name: "Save" }).click();
  await becomes(() => item(page, "Task").locator(".error").textContent(), "A description has at most 1000 characters.");
  await editing(page, "Title").fill("\t");
  await editing(page, "Description").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await becomes(() => item(page, "Task").locator(".error").textContent(), rule);
  assert.deepEqual(await tasks(), ["Task", "\u{1f600}".repeat(200)]);
  expected(/status of 422/);

  await page.getByLabel("Search").fill("x".repeat(201));
  await says(page, "The database does not take this: search is longer than 200 characters.");
  await page.getByLabel("Search").fill("task");
  await shows(page, ["Task"]);
  assert.equal(complaints.length, 1);
  expected(/status of 400/);
  await page.getByLabel("New task").fill("Another");
  await page.getByRole("button", { name: "Add" }).click();
  await says(page, "Added: Another");
});

test("markup in titles, descriptions, names and searches is text", async () => {
  const markup = [`<img src=x onerror="alert(1)">`, `<script>alert(2)</script>`, `"><svg onload=alert(3)>`, "{{7*7}}${7*7}", "</li><b>bold"];
  const { page, tasks } = await visit(markup[0]);
  await add(page, ...markup);
  await shows(page, markup.toReversed());
  assert.deepEqual(await tasks(), markup.toReversed());
  await item(page, markup[1]).getByRole("button", { name: "Edit" }).click();
  await editing(page, "Description").fill(markup[0]);
  await page.getByRole("button", { name: "Save" }).click();
  await becomes(() => item(page, markup[1]).locator(".description").textContent(), markup[0]);
  await page.getByLabel("Search").fill(markup[0]);
  await shows(page, [markup[1], markup[0]]);
  await item(page, markup[1]).getByRole("button", { name: "Delete" }).click();
  await says(page, `Deleted: ${markup[1]}`);
  assert.equal(await page.locator("#whose").textContent(), `of ${markup[0]}`);
  assert.equal(await page.locator("body :is(img, svg, script, b)").count(), 0);

  // Even if it were in the page, it would not run.
  await page.evaluate(() => document.body.insertAdjacentHTML("beforeend", `<b onclick="alert(4)">x</b>`));
  await page.locator("body > b").click();
  expected(/Content Security Policy/);
});

test("two users see and reach their own tasks alone", async () => {
  const [ada, bob] = [await visit("Ada"), await visit("Bob")];
  await add(ada.page, "Of Ada");
  await add(bob.page, "Of Bob");
  await shows(ada.page, ["Of Ada"]);
  await shows(bob.page, ["Of Bob"]);
  const [{ id }] = await database.rows("SELECT id FROM tasks WHERE user_id = $1", [ada.id]);
  for (const [method, path, data] of [
    ["PATCH", `/api/tasks/${id}`, { title: "taken" }],
    ["PUT", `/api/tasks/${id}/completed`, { completed: true }],
    ["DELETE", `/api/tasks/${id}`],
  ]) {
    const response = await bob.context.request.fetch(path, { method, headers: { origin: server.origin }, data: { user_id: ada.id, ...data } });
    assert.deepEqual([response.status(), await response.json()], [404, { message: "This task is no longer there." }]);
  }
  const reads = [];
  ada.page.on("request", (request) => /\/api\/tasks/.test(request.url()) && reads.push(request.url()));
  const headers = { origin: server.origin };
  const created = await bob.context.request.post(`/api/tasks?user_id=${ada.id}`, { headers, data: { user_id: ada.id, title: "Mine" } });
  assert.equal(created.status(), 201);
  assert.deepEqual([await ada.tasks(), await bob.tasks()], [["Of Ada"], ["Mine", "Of Bob"]]);

  // Only pages of the same user get a notification.
  await shows(bob.page, ["Mine", "Of Bob"]);
  assert.equal((await ada.context.request.post("/api/tasks", { headers, data: { title: "Again" } })).status(), 201);
  await shows(ada.page, ["Again", "Of Ada"]);
  assert.equal(reads.length, 1);

  // The database alone keeps them apart: this role sees nothing without a user.
  const web = await connect(database.name, database.role);
  assert.deepEqual((await web.query("SELECT FROM tasks")).rows, []);
  await web.end();

  // Ada signs in where Bob was, and sees nothing of Bob.
  await bob.page.getByLabel("Search").fill("mine");
  await shows(bob.page, ["Mine"]);
  await bob.page.getByRole("button", { name: "Sign out" }).click();
  await bob.page.getByLabel("E-mail address").fill(ada.email);
  await bob.page.getByLabel("Password").fill(password);
  await bob.page.locator("#account .main").click();
  await shows(bob.page, ["Again", "Of Ada"]);
  assert.equal(await bob.page.getByLabel("Search").inputValue(), "");
  await ada.page.bringToFront();
  await add(ada.page, "Seen at once");
  await shows(bob.page, ["Seen at once", "Again", "Of Ada"]);

  // A page that still shows Bob writes nothing for Ada.
  const late = await bob.context.request.post("/api/tasks", { headers: { ...headers, "x-user": bob.id }, data: { title: "Of Bob" } });
  assert.equal(late.status(), 409);
  assert.equal((await ada.tasks()).length, 3);
});

test("two tabs show the same, and what is being typed stays", async () => {
  const { page, open } = await visit("Ada");
  const other = await open();
  await add(page, "one", "two");
  await shows(other, ["two", "one"]);
  await item(other, "one").getByRole("button", { name: "Edit" }).click();
  await editing(other, "Title").fill("being typed");
  await checkbox(page, "two").check();
  await becomes(() => checkbox(other, "two").isChecked(), true);
  await item(page, "two").getByRole("button", { name: "Delete" }).click();
  await shows(other, ["one"]);
  assert.equal(await editing(other, "Title").inputValue(), "being typed");
  await hasFocus(other, "li [name=title]");

  // What is deleted elsewhere stays as long as it is being edited.
  await item(page, "one").getByRole("button", { name: "Delete" }).click();
  await shows(page, []);
  await counts(other, "0 open, 0 done");
  await other.getByRole("button", { name: "Save" }).click();
  await becomes(() => other.locator("li .error").textContent(), "This task is no longer there.");
  assert.equal(await editing(other, "Title").inputValue(), "being typed");
  expected(/status of 404/);
  await other.getByRole("button", { name: "Cancel" }).click();
  await shows(other, []);

  // A click in a tab that is out of date does not undo what the other one did.
  await add(page, "three");
  await shows(other, ["three"]);
  await other.route("**/api/{tasks,summary}?*", (route) => route.abort());
  await checkbox(page, "three").check();
  await counts(page, "0 open, 1 done");
  await isConnected(other, false);
  assert.equal(await checkbox(other, "three").isChecked(), false);
  await checkbox(other, "three").click();
  await becomes(() => checkbox(other, "three").isChecked(), true);
  await other.unroute("**/api/{tasks,summary}?*");
  await isConnected(other, true);
  await counts(page, "0 open, 1 done");
  expected(/net::ERR_FAILED/);

  // Each changes another field of the same task, and both changes are kept.
  for (const tab of [page, other]) await item(tab, "three").getByRole("button", { name: "Edit" }).click();
  await editing(page, "Description").fill("described");
  await page.getByRole("button", { name: "Save" }).click();
  await becomes(() => item(page, "three").locator(".description").textContent(), "described");
  await editing(other, "Title").fill("four");
  await other.getByRole("button", { name: "Save" }).click();
  for (const tab of [page, other]) await becomes(() => item(tab, "four").locator(".description").textContent(), "described");

  // One signs out: the other asks to sign in.
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.locator("#account").waitFor();
  await other.evaluate(() => dispatchEvent(new Event("focus")));
  await other.locator("#account").waitFor();
  expected(/status of 401/);
});

test("what other programs write is seen when the page gets the focus", async () => {
  const { page, id } = await visit("Ada");
  await database.rows("SELECT FROM todo_create_task($1, 'by psql')", [id]);
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await shows(page, ["by psql"]);
});

test("a lost connection is told, nothing typed is gone, and no write is repeated", async () => {
  const { page, tasks, context } = await visit("Ada");
  await add(page, "one");

  // The answer to a write is lost.
  const sent = [];
  await page.route("**/api/tasks", async (route) => {
    sent.push(route.request().method());
    await route.fetch();
    await route.abort();
  });
  await page.getByLabel("New task").fill("two");
  await page.getByRole("button", { name: "Add" }).click();
  const unknown = "No answer came, so it is not certain that this was saved. Look at the list before you try again.";
  await says(page, unknown);
  await shows(page, ["two", "one"]);
  await isConnected(page, true);
  assert.equal(await page.getByLabel("New task").inputValue(), "two");
  assert.deepEqual([sent, await tasks()], [["POST"], ["two", "one"]]);
  await page.unroute("**/api/tasks");

  // The server is gone, and comes back. The page notices without being touched.
  await server.stop("SIGKILL");
  await isConnected(page, false);
  await page.getByLabel("New task").fill("three");
  await page.getByRole("button", { name: "Add" }).click();
  await says(page, unknown);
  await checkbox(page, "one").click();
  await becomes(() => checkbox(page, "one").isChecked(), false);
  assert.deepEqual(await titles(page), ["two", "one"]);
  await server.start();
  await isConnected(page, true);
  assert.equal(await page.getByLabel("New task").inputValue(), "three");
  assert.deepEqual([await titles(page), await tasks()], [["two", "one"], ["two", "one"]]);
  await page.getByRole("button", { name: "Add" }).click();
  await shows(page, ["three", "two", "one"]);

  // If undoing a deletion fails, it can be tried again.
  await item(page, "two").getByRole("button", { name: "Delete" }).click();
  await shows(page, ["three", "one"]);
  await server.stop("SIGKILL");
  await page.getByRole("button", { name: "Undo" }).click();
  await says(page, unknown);
  await server.start();
  await isConnected(page, true);
  await shows(page, ["three", "one"]);
  await page.getByRole("button", { name: "Undo" }).click();
  await shows(page, ["three", "two", "one"]);

  // The browser is offline.
  await context.setOffline(true);
  await isConnected(page, false);
  await page.getByLabel("New task").fill("four");
  await page.getByRole("button", { name: "Add" }).click();
  await says(page, unknown);
  await context.setOffline(false);
  await isConnected(page, true);
  assert.equal(await page.getByLabel("New task").inputValue(), "four");
  assert.deepEqual(await tasks(), ["three", "two", "one"]);
  expected(/net::ERR_/);
});

test("the database may go and come back", async () => {
  const { page, tasks } = await visit("Ada");
  const { name, role, owner } = database;
  const admin = await connect(cluster.PGDATABASE);
  const terminate = () => admin.query("SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE usename IN ($1, $2)", [role, owner]);
  await add(page, "one");
  await terminate();
  await becomes(() => server.log.includes("terminating connection"), true);
  await add(page, "two");
  await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await terminate();
  await page.getByLabel("New task").fill("three");
  await page.getByRole("button", { name: "Add" }).click();
  await isConnected(page, false);
  await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  await isConnected(page, true);
  await page.getByRole("button", { name: "Add" }).click();
  await shows(page, ["three", "two", "one"]);
  assert.deepEqual(await tasks(), ["three", "two", "one"]);
  assert.equal(server.child.exitCode, null);
  expected(/status of 503/);
});

test("a connection that breaks in use ends one request, and a lock delays no others for long", async () => {
  const { page, context, id, tasks } = await visit("Ada");
  await add(page, "one");
  const admin = await connect(database.name);
  await admin.query("BEGIN");
  const { rows: [{ id: task }] } = await admin.query("UPDATE tasks SET title = 'locked' WHERE user_id = $1 RETURNING id", [id]);
  const change = () => context.request.patch(`/api/tasks/${task}`, { headers: { origin: server.origin }, data: { title: "changed" } });
  const answer = change();
  const end = "SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'";
  await becomes(() => database.rows(end, [database.role]), [{ ended: true }]);
  assert.equal((await answer).status(), 503);
  const late = await change();
  assert.deepEqual([late.status(), await late.json()], [503, { message: "The database is busy. Please try again." }]);
  await admin.query("ROLLBACK");
  await admin.end();
  await add(page, "two");
  assert.deepEqual(await tasks(), ["two", "one"]);
  assert.equal(server.child.exitCode, null);
});

test("what could not be undone is not deleted", async () => {
  const { context, id, tasks } = await visit("Ada");
  await database.rows(
    `INSERT INTO tasks (user_id, title, description, completed)
     SELECT $1, 'Task ' || i, repeat('字', 1000), true FROM generate_series(1, 5500) AS i`, [id],
  );
  const response = await context.request.post("/api/clear-completed", { headers: { origin: server.origin }, data: {} });
  assert.equal(response.status(), 413);
  assert.equal((await tasks()).length, 5500);
});

test("a time zone that the database does not know is taken for UTC", async () => {
  const { page, context } = await visit("Ada");
  await context.addInitScript(() => {
    Intl.DateTimeFormat.prototype.resolvedOptions = () => ({ timeZone: "Etc/Unknown" });
  });
  await page.reload();
  await add(page, "one");
  await shows(page, ["one"]);
  expected(/status of 400/);
});

test("it works behind PgBouncer in transaction mode", async () => {
  const way = await startPgBouncer(database.role, database.owner);
  const pooled = await new Server(await freePort(), way).start();
  const [ada, bob] = [await visit("Ada", { to: pooled }), await visit("Bob", { to: pooled })];
  const other = await ada.open();
  await Promise.all(Array.from({ length: 5 }, async (_, turn) => {
    for (const { context } of [ada, bob]) {
      const response = await context.request.post("/api/tasks", { headers: { origin: pooled.origin }, data: { title: `${turn}` } });
      assert.equal(response.status(), 201);
    }
  }));
  for (const page of [ada.page, other, bob.page]) await becomes(async () => (await titles(page)).sort(), ["0", "1", "2", "3", "4"]);
  const [{ count }] = await database.rows("SELECT count(DISTINCT user_id)::int FROM tasks WHERE user_id IN ($1, $2)", [ada.id, bob.id]);
  assert.equal(count, 2);
  await item(ada.page, "3").getByRole("button", { name: "Delete" }).click();
  await becomes(async () => (await titles(other)).length, 4);
  await ada.page.getByRole("button", { name: "Undo" }).click();
  await becomes(async () => (await titles(other)).length, 5);
  assert.equal((await bob.tasks()).length, 5);

  // No connection keeps the user of an earlier transaction.
  const web = new pg.Client({ host: way.PGHOST, port: way.PGPORT, user: database.role, database: database.name });
  await web.connect();
  const { rows } = await web.query("SELECT todo_current_user_id() AS id");
  await web.end();
  assert.deepEqual(rows, [{ id: null }]);
});

test("10,000 tasks", async () => {
  const { page, id, tasks } = await visit("Ada");
  await database.rows(
    `SELECT count(*) FROM todo_create_tasks($1, (
       SELECT jsonb_agg(jsonb_build_object('title', 'Task ' || n, 'completed', n % 2 = 0, 'created_at', timestamp '2026-01-01' + n * interval '1 minute'))
       FROM generate_series(1, 10000) AS n))`,
    [id],
  );
  const all = await tasks();
  await page.reload();
  await shows(page, all.slice(0, 100));
  await counts(page, "5000 open, 5000 done");

  // Not by labels: Playwright would look at those of all tasks.
  // Scroll to the end. A task that is added meanwhile shifts nothing.
  const rest = page.locator("#more");
  const number = () => page.locator("#list > li").count();
  // The height of the page is an estimate until it has been drawn.
  const scroll = () => page.evaluate(() => scrollTo(0, document.body.scrollHeight)).then(number);
  let added = false;
  async function scrollToTheEnd() {
    while (await rest.isVisible()) {
      const shown = await number();
      // One step of a busy machine can show several pages.
      if (shown >= 800 && !added) {
        await database.rows("SELECT FROM todo_create_task($1, 'New')", [id]);
        added = true;
      }
      await becomes(async () => (await scroll()) > shown || !(await rest.isVisible()), true);
    }
  }
  await scrollToTheEnd();
  await shows(page, all);

  // A task that is being edited stays when the list is shorter, and is there once when it is long again.
  await item(page, "Task 9800").getByRole("button", { name: "Edit" }).click();
  await page.locator("#search").fill("Task 10000");
  await shows(page, ["Task 10000", "Task 9800"]);
  await page.locator("#search").fill("");
  await becomes(number, 101);
  while ((await number()) < 400) {
    const shown = await number();
    await becomes(async () => (await scroll()) > shown, true);
  }
  const seen = await titles(page);
  assert.equal(new Set(seen).size, seen.length);
  await page.locator("#list .cancel").click();
  await scrollToTheEnd();
  await shows(page, ["New", ...all]);

  // The place stays when a task changes there, and all is read again.
  const last = page.locator("#list > li").last();
  await last.scrollIntoViewIfNeeded();
  await last.getByRole("checkbox").check();
  await counts(page, "5000 open, 5001 done");
  await shows(page, ["New", ...all]);
  assert.ok(await last.evaluate((element) => element.getBoundingClientRect().top < innerHeight));
  await hasFocus(page, "#list > li:last-child [type=checkbox]");

  await page.locator("#search").fill("777");
  await shows(page, ["Task 7779", "Task 7778", "Task 7777", "Task 7776", "Task 7775", "Task 7774", "Task 7773", "Task 7772", "Task 7771", "Task 7770", "Task 777"]);
  await page.locator("#search").fill("");
  await page.locator("#clear").click();
  await says(page, "Deleted: 5001 done");
  await counts(page, "5000 open, 0 done");
  await page.locator("#undo").click();
  await says(page, "5001 tasks are back.");
  await counts(page, "5000 open, 5001 done");
  assert.deepEqual(await tasks(), ["New", ...all]);
});

test("the keyboard is enough", async () => {
  const { page, email } = await visit();
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  // What has the focus, which can be seen.
  const at = async (selector) => {
    await hasFocus(page, selector);
    const outline = await page.locator(selector).evaluate((element) => getComputedStyle(element).outlineStyle);
    assert.equal(outline, "solid", selector);
  };
  const type = (text) => page.keyboard.type(text);
  await at("[name=email]");
  await press("Tab", "Tab", "Tab");
  await at("#other");
  await press("Enter");
  await at("[name=name]");
  await type("Ada");
  await press("Tab");
  await type(email);
  await press("Tab");
  await type(password);
  await press("Enter");
  await at("#title");
  await type("one");
  await press("Enter");
  await shows(page, ["one"]);
  await type("two");
  await press("Enter");
  await shows(page, ["two", "one"]);
  await press("Tab", "Tab");
  await at("#filter [value='']");
  await press("ArrowRight");
  await at("#filter [value=false]");
  await press("Tab");
  await at("#search");
  await press("Tab");
  await at("li:first-child [type=checkbox]");
  // Done, so it is no longer among the open ones: the focus is on the next one.
  await press("Space");
  await shows(page, ["one"]);
  await at("li:first-child [type=checkbox]");
  await press("Tab");
  await at(".edit");
  await press("Enter");
  await at("li [name=title]");
  await press("Control+A");
  await type("three");
  await press("Enter");
  await at(".edit");
  await shows(page, ["three"]);
  await press("Enter");
  await at("li [name=title]");
  await type("not kept");
  await press("Escape");
  await at(".edit");
  await shows(page, ["three"]);
  await press("Tab");
  await at(".delete");
  await press("Enter");
  await shows(page, []);
  await at("#undo");
  await press("Enter");
  await shows(page, ["three"]);
  await at("#title");
  await press("Shift+Tab");
  await at("#sign-out");
  await press("Enter");
  await at("[name=email]");
});

// A list with some of everything.
async function fill({ id, page }) {
  await database.rows(
    `SELECT FROM todo_create_tasks($1, (
       SELECT jsonb_agg(jsonb_build_object('title', title, 'description', description, 'completed', days IS NOT NULL,
         'created_at', timestamp '2026-01-01' + n * interval '1 minute',
         'completed_at', (now() AT TIME ZONE 'UTC') - days * interval '1 day') ORDER BY n)
       FROM (VALUES (1, 'Water the plants', NULL, 3), (2, 'Renew the passport', 'Two photographs, and the old one', NULL), (3, 'Call mom', NULL, 1),
         (4, 'Book a table for Saturday', 'For six, by the window', NULL), (5, 'Buy milk', NULL, NULL)) AS t (n, title, description, days)))`,
    [id],
  );
  const done = [3, 1, 0, 2, 5, 0, 1, 4, 2, 0, 3, 6];
  await database.rows(
    `SELECT FROM todo_create_tasks($1, (
       SELECT jsonb_agg(jsonb_build_object('title', ($3::text[])[1 + (day + number) % 5], 'completed', true, 'created_at', timestamp '2025-12-01' - day * interval '1 day',
         'completed_at', (now() AT TIME ZONE 'UTC') - (day + 1) * interval '1 day'))
       FROM unnest($2::int[]) WITH ORDINALITY AS d (number, day), generate_series(1, number)))`,
    [id, done, ["Take out the bins", "Bake bread", "Run five kilometres", "Read a chapter", "Answer the landlord"]],
  );
  await page.reload();
  await counts(page, "3 open, 29 done");
}

test("figures are those of the user's days", async () => {
  const { page, id } = await visit("Ada", { timezoneId: "Pacific/Kiritimati" });
  const chart = () => page.locator("#chart li").allTextContents();
  await becomes(async () => (await chart()).length, 14);
  // A minute before midnight there, and a minute after it.
  const [{ midnight }] = await database.rows(
    "SELECT (date_trunc('day', now() AT TIME ZONE 'Pacific/Kiritimati') AT TIME ZONE 'Pacific/Kiritimati' AT TIME ZONE 'UTC')::text AS midnight",
  );
  await database.rows(
    `SELECT FROM todo_create_tasks($1, (SELECT jsonb_agg(jsonb_build_object('title', 'x', 'completed', true, 'created_at', '2026-01-01T00:00:00',
       'completed_at', $2::timestamp + m * interval '1 minute')) FROM unnest(ARRAY[-1, 0, 1]) AS m))`,
    [id, midnight],
  );
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await becomes(async () => (await chart()).slice(-3).map((text) => text.split(": ")[1]), ["0", "1", "2"]);
  const format = new Intl.DateTimeFormat("en-US", { timeZone: "Pacific/Kiritimati", day: "numeric", month: "long" });
  assert.equal((await chart()).at(-1), `${format.format(new Date())}: 2`);
  assert.equal(await page.locator("#streak").textContent(), "Longest streak: 2 days in a row");
});

test("it is accessible, and made for phones, too", async () => {
  const stranger = await visit();
  await isAccessible(stranger.page);
  await stranger.page.getByRole("button", { name: "Create an account" }).click();
  await isAccessible(stranger.page);

  const desktop = { viewport: { width: 1000, height: 860 } };
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
  const small = { ...phone, viewport: { width: 320, height: 568 } };
  for (const [name, options] of Object.entries({ desktop, phone, small })) {
    const visitor = await visit("Ada", options);
    const { page } = visitor;
    await fill(visitor);
    if (process.env.UPDATE_FIXTURES === "1" && name !== "small") {
      await page.evaluate(() => document.activeElement.blur());
      await page.screenshot({ path: `${example}${name}.png`, animations: "disabled" });
    }
    await isAccessible(page);
    await add(page, `${"long".repeat(49)}word`);
    await item(page, "Call mom").getByRole("button", { name: "Delete" }).click();
    await item(page, "Buy milk").getByRole("button", { name: "Edit" }).click();
    await isAccessible(page);
    const right = (all) => Math.max(...all.map((element) => element.getBoundingClientRect().right));
    const ends = await page.locator("body *:visible:not(.for-readers)").evaluateAll(right);
    assert.ok(ends <= options.viewport.width, `${name}: ${ends}`);
    const low = await page.locator("button:visible, label:visible:has([type])").evaluateAll((all) =>
      all.filter((element) => element.getBoundingClientRect().height < 43).map((element) => element.outerHTML),
    );
    assert.deepEqual(low, [], name);
    const { height } = await page.locator("#notice").boundingBox();
    assert.ok(height < 160, `${name}: ${height}`);
  }
});

test("requests that are not the page's are refused", async () => {
  const { context, tasks, email } = await visit("Ada");
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const headers = { cookie, origin: server.origin };
  const status = async (path, options) => (await server.fetch(path, options)).status;
  const title = JSON.stringify({ title: "x" });
  assert.equal(await status("/api/tasks", { method: "POST", headers, body: title }), 201);
  for (const origin of ["http://evil.example", "null", `${server.origin}.evil.example`]) {
    assert.equal(await status("/api/tasks", { method: "POST", headers: { cookie, origin }, body: title }), 403);
  }
  assert.equal(await status("/api/tasks", { method: "POST", headers: { cookie }, body: title }), 403);
  for (const path of ["/api/tasks", "/api/summary", "/api/changes"]) assert.equal(await status(path), 401);
  assert.equal(await status("/api/tasks", { method: "POST", headers: { origin: server.origin }, body: title }), 401);
  for (const body of ["{", "x".repeat(10)]) assert.equal(await status("/api/tasks", { method: "POST", headers, body }), 400);
  for (const body of ["", "null", "[]", "7", '{"title": null}']) assert.equal(await status("/api/tasks", { method: "POST", headers, body }), 422);
  assert.equal(await status("/api/tasks", { method: "POST", headers, body: '{"title": "\\u0000"}' }), 400);
  assert.equal(await status("/api/tasks", { method: "POST", headers, body: " ".repeat(16e6 + 1) }), 413);
  for (const path of ["/api/tasks", "/api/auth/sign-in/email"]) {
    // Of a length that is not known before.
    const body = new Blob([" ".repeat(1000)]).stream();
    const response = await fetch(`${server.origin}${path}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body, duplex: "half" });
    assert.equal(response.status, 413, path);
  }
  assert.equal(await status("/api/auth/sign-in/email", { method: "POST", headers, body: " ".repeat(100_001) }), 413);
  // A browser reads the answer when it has sent everything. The connection lasts until then.
  const { hostname, port, host } = new URL(server.origin);
  const socket = createConnection({ host: hostname, port });
  const ended = once(socket, "end");
  let answers = "";
  socket.on("data", (data) => (answers += data));
  socket.write(`POST /api/tasks HTTP/1.1\r\nhost: ${host}\r\ncookie: ${cookie}\r\norigin: ${server.origin}\r\ncontent-length: 20000000\r\n\r\n`);
  await becomes(() => answers.split("\r\n")[0], "HTTP/1.1 413 Payload Too Large");
  socket.end(`${" ".repeat(20e6)}GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  await ended;
  assert.match(answers, /HTTP\/1\.1 200 OK\r\n/);
  for (const body of ['{"title": ["a"]}', '{"title": {"a": 1}}']) {
    assert.equal(await status("/api/tasks", { method: "POST", headers, body }), 400, body);
  }
  const [{ id }] = await database.rows("SELECT t.id FROM tasks AS t JOIN users AS u ON u.id = t.user_id WHERE u.email = $1", [email]);
  assert.equal(await status(`/api/tasks/${id}/completed`, { method: "PUT", headers, body: "{}" }), 422);
  assert.equal(await status("/api/tasks/:id", { method: "DELETE", headers }), 404);
  assert.equal(await status("/api/undo", { method: "POST", headers, body: `{"tasks": ${"[".repeat(5000)}${"]".repeat(5000)}}` }), 400);
  assert.equal(await status("/api/undo", { method: "POST", headers, body: '{"version": 1, "tasks": [{"title": ""}]}' }), 422);
  for (const query of ["size=0", "size=x", "after=x", "completed=x", `search=${"x".repeat(201)}`]) {
    assert.equal(await status(`/api/tasks?${query}`, { headers }), 400, query);
  }
  assert.equal(await status("/api/summary?timezone=Nowhere", { headers }), 400);
  for (const path of ["/api/tasks/1", "/api/nothing", "//", "/server.mjs", "/../setup.sql", "/__proto__", "/api/tasks/999999999999999999999"]) {
    assert.equal(await status(path, { headers }), 404, path);
  }
  assert.equal(await status("/api/tasks/2147483648", { method: "DELETE", headers }), 404);
  assert.deepEqual(await tasks(), ["x"]);

  const page = await server.fetch("/");
  assert.match(page.headers.get("content-security-policy"), /default-src 'none'; script-src 'self';/);
  for (const path of ["/", "/api/tasks"]) assert.equal((await server.fetch(path)).headers.get("x-content-type-options"), "nosniff");
  const [session] = await context.cookies();
  assert.deepEqual([session.httpOnly, session.sameSite], [true, "Lax"]);
});

test("make example starts it, and leaves nothing behind", async () => {
  const script = (name) => fileURLToPath(new URL(`pgrx-tests/scripts/${name}.sh`, top));
  const dir = mkdtempSync(fileURLToPath(new URL("example-", modules)));
  atEnd(() => rmSync(dir, { recursive: true }));
  // With a group of processes of its own, as a terminal gives it to a command.
  const child = spawn(script("cluster"), ["exec", script("example"), dir], { env: cluster, detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  atEnd(() => child.exitCode ?? process.kill(-child.pid, "SIGTERM"));
  let printed = "";
  child.stdout.on("data", (text) => (printed += text));
  await becomes(() => /The example is at http:\S+\n/.test(printed), true);
  const [origin] = printed.match(/http:\S+/);
  assert.match(await (await fetch(origin)).text(), /<title>Tasks/);
  const post = (path, body, cookie = "") =>
    fetch(`${origin}${path}`, { method: "POST", headers: { "content-type": "application/json", origin, cookie }, body: JSON.stringify(body) });
  const signedUp = await post("/api/auth/sign-up/email", { name: "Ada", email: "ada@example.com", password });
  assert.equal(signedUp.status, 200);
  const [cookie] = signedUp.headers.getSetCookie()[0].split(";");
  assert.equal((await post("/api/tasks", { title: "one" }, cookie)).status, 201);

  // The shell has become the server.
  const pid = execFileSync("ps", ["-o", "pid=", "--ppid", child.pid], { encoding: "utf8" }).trim();
  const [, its] = readFileSync(`/proc/${pid}/environ`, "utf8").match(/(?:^|\0)TODO_CLUSTER=([^\0]*)/);
  assert.ok(its !== cluster.TODO_CLUSTER && existsSync(its));
  process.kill(-child.pid, "SIGINT");
  assert.deepEqual(await ended, [0, null]);
  assert.equal(existsSync(its), false);
  await assert.rejects(fetch(origin));
});
