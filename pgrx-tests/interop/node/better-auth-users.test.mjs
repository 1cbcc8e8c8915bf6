// docs/better-auth.md: what the functions of todo do with a user counts in Better Auth, and the other way round.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { bcrypt, Browser, google, near, password, start } from "./better-auth.mjs";
import { endAll } from "./common.mjs";

const second = "battery staple";
const third = "another horse";

let app;
let auth;
// Verification is required.
let strict;
// Without hash and verify: Better Auth's own, scrypt.
let scrypt;
let count = 0;

before(async () => {
  app = await start();
  await app.admin.query("SELECT todo_grant($1, 'tables')", [app.role]);
  auth = app.make();
  strict = app.make({ emailAndPassword: { requireEmailVerification: true } });
  scrypt = app.make({ emailAndPassword: { password: undefined } });
});

after(endAll);

afterEach(() => assert.deepEqual(app.errors(), []));

// An address in mixed case.
const address = () => `User.${++count}@Example.com`;
const browser = (server = auth) => new Browser(server);

// A function of todo, as the application calls it.
const call = async (name, ...values) =>
  (await app.pool.query(`SELECT * FROM ${name}(${values.map((_, i) => `$${i + 1}`)})`, values)).rows;

async function created() {
  const email = address();
  const [{ id }] = await call("todo_create_user", email, "Ada", password);
  return { id, email };
}

async function signedUp(server = auth) {
  const email = address().toLowerCase();
  const client = browser(server);
  const { user } = await client.signUp(email);
  return { id: user.id, email, client };
}

const setHash = (id, hash) => app.rows("SELECT FROM todo_set_password_hash($1, $2)", [id, hash]);
const authenticated = async (email, secret) => (await call("todo_authenticate", email, secret)).map(({ id }) => id);

async function counts(user, secret) {
  assert.deepEqual(await authenticated(user.email, secret), [user.id]);
  assert.equal((await browser().signIn(user.email, secret)).user.id, user.id);
}

async function countsNot(user, secret) {
  assert.deepEqual(await authenticated(user.email, secret), []);
  await refused(user, secret);
}

// What someone unknown is told, by server.
const unknown = new Map();

// Told the same, and no session made.
async function refused({ id, email }, secret, server = auth) {
  if (!unknown.has(server)) unknown.set(server, await browser(server).signIn("nobody@example.com", secret, 401));
  const before = await app.sessions(id);
  const client = browser(server);
  assert.deepEqual(await client.signIn(email, secret, 401), unknown.get(server));
  assert.equal(client.cookies.size, 0);
  assert.deepEqual(await app.sessions(id), before);
}

async function reset({ email }, newPassword, server = auth) {
  const client = browser(server);
  await client.post("/request-password-reset", { email, redirectTo: "/reset" });
  const token = new URL(await client.get(app.mails.pop().url, 302)).searchParams.get("token");
  await client.post("/reset-password", { token, newPassword });
}

test("a user of todo signs in, in any letter case", async () => {
  const { id, email } = await created();
  for (const spelling of [email, email.toLowerCase(), email.toUpperCase()]) {
    const client = browser();
    const { user } = await client.signIn(spelling);
    assert.deepEqual([user.id, user.email, user.name], [id, email.toLowerCase(), "Ada"]);
    near(user.createdAt);
    const session = await client.session();
    assert.deepEqual([session.user.id, session.user.email], [id, email.toLowerCase()]);
  }
  await refused({ id, email }, second);

  // What Better Auth writes leaves the address as it was given.
  const client = browser();
  await client.signIn(email);
  await client.post("/update-user", { name: "Lovelace", image: "https://example.com/a.png" });
  await client.post("/send-verification-email", { email: email.toLowerCase() });
  await client.get(app.mails.pop().url, 302);
  const stored = await app.stored(id);
  assert.deepEqual([stored.email, stored.name, stored.verified], [email, "Lovelace", true]);
  const [user] = await call("todo_find_user", email);
  assert.deepEqual([user.email, user.name, user.email_verified], [email, "Lovelace", true]);
});

test("who signed up through Better Auth is a user of todo", async () => {
  const { id, email } = await signedUp();
  assert.deepEqual(await authenticated(email.toUpperCase(), password), [id]);
  assert.deepEqual(await authenticated(email, second), []);
  const [user] = await call("todo_get_user", id);
  assert.deepEqual([user.email, user.is_active, user.email_verified], [email, true, false]);
  const [task] = await call("todo_create_task", id, "x");
  const stored = await app.stored(id);
  near(stored.createdAt);
  // Both sides' times are of one clock, to the millisecond of a JavaScript date.
  const [{ later }] = await app.rows(
    "SELECT t.created_at >= u.created_at AS later FROM tasks t JOIN users u ON u.id = t.user_id WHERE t.id = $1",
    [task.id],
  );
  assert.ok(later);
});

test("a password that todo changes counts, and the old one does not", async () => {
  const user = await created();
  const client = browser();
  await client.signIn(user.email);
  assert.deepEqual(await call("todo_change_password", user.id, password, second), [{ todo_change_password: true }]);
  await counts(user, second);
  await countsNot(user, password);

  // A login of todo renews a hash of a lower cost.
  await app.setCost(5);
  await app.rows("SELECT FROM todo_authenticate($1, $2)", [user.email, second]);
  await app.setCost(4);
  assert.match((await app.stored(user.id)).hash, /^\$2b\$05\$/);
  await counts(user, second);

  for (const [prefix, secret] of [["$2a$", third], ["$2y$", password]]) {
    await setHash(user.id, (await bcrypt.hash(secret, 4)).replace("$2b$", prefix));
    await counts(user, secret);
    await countsNot(user, second);
  }
  assert.equal((await client.session()).user.id, user.id);
});

test("a password that Better Auth changes counts, and the old one does not", async () => {
  for (const user of [await created(), await signedUp()]) {
    const client = browser();
    await client.signIn(user.email);
    await client.post("/change-password", { currentPassword: password, newPassword: second });
    await counts(user, second);
    await countsNot(user, password);
    assert.deepEqual(await call("todo_change_password", user.id, password, third), [{ todo_change_password: false }]);
    await reset(user, third);
    await counts(user, third);
    await countsNot(user, second);
    assert.deepEqual(await call("todo_change_password", user.id, third, password), [{ todo_change_password: true }]);
    await counts(user, password);
    await countsNot(user, third);
  }
});

async function hasScrypt({ id, email }, secret) {
  const { hash, otherHash } = await app.stored(id);
  assert.equal(hash, "!");
  assert.match(otherHash, /^[0-9a-f]{32}:[0-9a-f]{128}$/);
  assert.equal((await browser(scrypt).signIn(email, secret)).user.id, id);
  await refused({ id, email }, "wrong password", scrypt);
  assert.deepEqual(await authenticated(email, secret), []);
  assert.deepEqual(await call("todo_change_password", id, secret, third), [{ todo_change_password: false }]);
  // An application with the page's functions finds a hash that is none of bcrypt's.
  await refused({ id, email }, secret);
}

test("with Better Auth's own hashes todo's side is locked, until a bcrypt hash is set", async (t) => {
  const user = await signedUp(scrypt);
  await hasScrypt(user, password);
  await user.client.post("/change-password", { currentPassword: password, newPassword: second });
  await hasScrypt(user, second);
  await reset(user, password, scrypt);
  await hasScrypt(user, password);

  const isBcrypt = async (secret) => {
    assert.equal((await app.stored(user.id)).otherHash, null);
    await counts(user, secret);
    await countsNot(user, password);
  };
  await setHash(user.id, await bcrypt.hash(second, 4));
  await isBcrypt(second);
  // Better Auth's own verify takes it for broken.
  const print = t.mock.method(console, "error", () => {});
  await browser(scrypt).signIn(user.email, password, 500);
  assert.equal(print.mock.callCount(), 1);
  assert.equal(app.errors().length, 1);

  await reset(user, password, scrypt);
  await hasScrypt(user, password);
  await reset(user, third);
  await isBcrypt(third);
  // What a scrypt hash replaces is forgotten, too.
  await reset(user, password, scrypt);
  await countsNot(user, third);
});

test("a locked password is none on both sides, and none comes back", async () => {
  for (const user of [await created(), await signedUp(), await signedUp(scrypt)]) {
    await setHash(user.id, "!");
    // Nor is one changed in a session that goes on.
    const change = { currentPassword: password, newPassword: second };
    if (user.client) await user.client.post("/change-password", change, 400);
    const { hash, otherHash } = await app.stored(user.id);
    assert.deepEqual([hash, otherHash ?? null], ["!", null]);
    for (const server of [auth, scrypt]) await refused(user, password, server);
    assert.deepEqual(await authenticated(user.email, password), []);

    await call("todo_set_active", user.id, false);
    await call("todo_set_active", user.id, true);
    for (const server of [auth, scrypt]) await refused(user, password, server);
  }
});

test("a user who is deactivated has no sessions, and gets none", async () => {
  for (const user of [await signedUp(), await signedUp(scrypt)]) {
    const server = user.client.auth;
    const other = await signedUp(server);
    const cookies = new Map(user.client.cookies);
    await call("todo_set_active", user.id, false);
    assert.deepEqual(await app.sessions(user.id), []);
    assert.equal(await user.client.session(), null);
    assert.equal((await other.client.session()).user.id, other.id);
    await refused(user, password, server);
    await refused(user, second, server);
    assert.deepEqual(await authenticated(user.email, password), []);

    // Still a user, so that the address is taken.
    await browser(server).post("/sign-up/email", { email: user.email, password, name: "X" }, 422);
    await reset(user, second, server);
    assert.equal((await app.stored(user.id)).active, false);
    for (const secret of [password, second]) await refused(user, secret, server);

    await call("todo_set_active", user.id, true);
    user.client.cookies = cookies;
    assert.equal(await user.client.session(), null);
    await refused(user, password, server);
    assert.equal((await browser(server).signIn(user.email, second)).user.id, user.id);
    assert.equal((await app.sessions(user.id)).length, 1);
  }
});

test("deactivation by UPDATE ends sessions, other updates do not", async () => {
  const { id, client } = await signedUp();
  await app.pool.query("UPDATE users SET name = 'X', is_active = true WHERE id = $1", [id]);
  assert.equal((await client.session()).user.name, "X");
  await app.pool.query("UPDATE users SET is_active = false WHERE id = $1", [id]);
  assert.equal(await client.session(), null);
  assert.deepEqual(await app.sessions(id), []);
});

test("nothing else signs an inactive user in", async () => {
  const eager = app.make({ emailVerification: { autoSignInAfterVerification: true } });
  const { id, email, client } = await signedUp(eager);
  await client.post("/link-social", google("inactive", email));
  await client.post("/send-verification-email", { email });
  const { url } = app.mails.pop();
  await call("todo_set_active", id, false);

  const other = browser(eager);
  await other.get(url, 500);
  await other.post("/sign-in/social", google("inactive", email), 401);
  await other.post("/sign-in/social", google("inactive too", email), 401);
  assert.equal(other.cookies.size, 0);
  assert.deepEqual(await app.sessions(id), []);
  assert.equal((await app.stored(id)).active, false);
});

test("where verification is required, nobody signs in without, and only the password's owner learns it", async () => {
  for (const user of [await created(), await signedUp(strict)]) {
    if (user.client) assert.equal(user.client.cookies.size, 0);
    assert.deepEqual(await app.sessions(user.id), []);
    await refused(user, second, strict);
    const { code } = await browser(strict).signIn(user.email, password, 403);
    assert.equal(code, "EMAIL_NOT_VERIFIED");
    assert.deepEqual(await app.sessions(user.id), []);
    await call("todo_verify_email", user.id);
    await refused(user, second, strict);
    assert.equal((await browser(strict).signIn(user.email)).user.emailVerified, true);
  }
  app.mails.length = 0;
});

test("an address that todo changes is the one that counts, and not verified", async () => {
  const { id, email, client } = await signedUp();
  await call("todo_verify_email", id);
  const changed = address();
  await call("todo_update_user", id, changed);
  const { user } = await client.session();
  assert.deepEqual([user.email, user.emailVerified], [changed.toLowerCase(), false]);
  await browser().signIn(email, password, 401);
  await browser().signIn(changed);
});

test("a link for an address that has been changed since verifies nothing", async () => {
  const { id, email, client } = await signedUp();
  await client.post("/send-verification-email", { email });
  const { url } = app.mails.pop();
  await call("todo_update_user", id, address());
  await client.send("GET", url);
  assert.equal((await app.stored(id)).verified, false);
});

test("an address is one user's, whoever made the user, in any letter case", async () => {
  for (const { id, email } of [await created(), await signedUp()]) {
    const users = await app.users();
    for (const spelling of [email, email.toLowerCase(), email.toUpperCase()]) {
      const sent = { email: spelling, password: second, name: "X" };
      const { code } = await browser().post("/sign-up/email", sent, 422);
      assert.equal(code, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
      // Not to be told from a new user, where the address has to be verified.
      const client = browser(strict);
      assert.equal((await client.post("/sign-up/email", sent)).token, null);
      assert.equal(client.cookies.size, 0);
      await assert.rejects(call("todo_create_user", spelling, "X", second), { code: "23505" });
    }
    assert.equal(await app.users(), users);
    await counts({ id, email }, password);
  }
  assert.deepEqual(app.mails, []);
});

test("the rules of users hold", async (t) => {
  const users = await app.users();
  const { id, client } = await signedUp();
  for (const name of [" ", "", "\u200b", "x".repeat(101)]) {
    const sent = { email: address(), password, name };
    assert.equal((await browser().post("/sign-up/email", sent, 422)).code, "FAILED_TO_CREATE_USER");
    assert.equal(app.errors().length, 1);
  }
  assert.equal(await app.users(), users + 1);

  const print = t.mock.method(console, "error", () => {});
  const before = await app.stored(id);
  const names = [" ", "", "\u200b", "x".repeat(101)];
  for (const name of names) {
    await client.post("/update-user", { name, image: "https://example.com/x.png" }, 500);
    assert.equal(app.errors().length, 1);
    assert.deepEqual(await app.stored(id), before);
  }
  assert.equal(print.mock.callCount(), names.length);
  await client.post("/update-user", { email: "new@example.com" }, 400);
  await client.post("/update-user", { emailVerified: true }, 400);
  assert.deepEqual(await app.stored(id), before);
  assert.equal((await client.session()).user.name, "Somebody");
});

test("a user whom todo deletes is gone from Better Auth", async () => {
  const { id, email, client } = await signedUp();
  await client.post("/update-user", { image: "https://example.com/a.png" });
  await client.post("/link-social", google("deleted", email));
  await call("todo_delete_user", id);
  assert.equal(await client.session(), null);
  assert.deepEqual([await app.sessions(id), await app.linked(id)], [[], []]);
  await browser().signIn(email, password, 401);
  const again = await browser().signUp(email);
  assert.equal(again.user.image, null);
});
