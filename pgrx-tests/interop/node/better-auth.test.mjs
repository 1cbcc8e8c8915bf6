// docs/better-auth.md: all that Better Auth does with users, through its handler, with each kind of ids and connection.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { bcrypt, Browser, google, near, password, start, week } from "./better-auth.mjs";
import { endAll, require } from "./common.mjs";

const pg = require("pg");
const second = "battery staple";
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const own = /^[A-Za-z0-9]{32}$/;

const variants = [
  { name: "Better Auth's ids", ids: own },
  { name: "UUIDs, todo in a schema of its own", ids: uuid, options: { generateId: "uuid" }, setup: { schema: "apps" } },
  { name: "the database's ids", ids: uuid, options: { generateId: false } },
  { name: "joins", ids: own, options: { joins: true } },
  { name: "PgBouncer", ids: own, setup: { pgbouncer: true } },
  { name: "Better Auth 1.7.7", ids: own, setup: { betterAuth: "better-auth-1.7.7" } },
];

for (const { name, ids, options = {}, setup } of variants) describe(name, () => flows(ids, options, setup));

function flows(ids, database, setup) {
  let app;
  let auth;
  let count = 0;

  before(async () => {
    app = await start(setup);
    auth = make();
  });

  after(endAll);

  afterEach(() => assert.deepEqual(app.errors(), []));

  const make = (options) => app.make({ advanced: { database }, ...options });
  const address = () => `user${++count}@example.com`;

  // A browser in which a new user has signed in.
  async function newUser(more, server = auth) {
    const browser = new Browser(server);
    const email = address();
    const { user, token } = await browser.signUp(email, more);
    return { browser, email, id: user.id, token };
  }

  async function hasPassword(id, secret) {
    const { hash, otherHash } = await app.stored(id);
    assert.match(hash, /^\$2b\$04\$/);
    assert.equal(otherHash ?? null, null);
    assert.ok(await bcrypt.compare(secret, hash));
  }

  const tokens = async (id) => (await app.sessions(id)).map(({ token }) => token).sort();
  const verifications = () => app.rows("SELECT * FROM todo_auth.verification");

  test("the page's own object", async () => {
    const browser = new Browser(app.auth);
    const { user } = await browser.signUp("Page@Example.com");
    await new Browser(app.auth).signIn("page@example.com");
    assert.equal((await browser.session()).user.id, user.id);
    await hasPassword(user.id, password);
    assert.equal((await app.sessions(user.id)).length, 2);
  });

  test("sign-up", async () => {
    assert.notEqual(new Date().getTimezoneOffset(), 0);
    const browser = new Browser(auth);
    const more = { name: " Alice ", image: "https://example.com/a.png" };
    const { user, token } = await browser.signUp("Alice@Example.COM", more);
    assert.match(user.id, ids);
    const { createdAt, updatedAt, ...shown } = user;
    assert.deepEqual(shown, {
      id: user.id,
      email: "alice@example.com",
      emailVerified: false,
      name: "Alice",
      image: "https://example.com/a.png",
    });
    near(createdAt);
    near(updatedAt);

    const stored = await app.stored(user.id);
    assert.deepEqual([stored.email, stored.name, stored.verified, stored.active, stored.image], [
      "alice@example.com",
      "Alice",
      false,
      true,
      "https://example.com/a.png",
    ]);
    near(stored.createdAt);
    near(stored.updatedAt);
    // The transaction began before the password was hashed.
    assert.ok(stored.updatedAt >= stored.createdAt, `${stored.createdAt - stored.updatedAt} ms`);
    await hasPassword(user.id, password);
    assert.deepEqual(await app.linked(user.id), []);

    const [session, ...others] = await app.sessions(user.id);
    assert.deepEqual(others, []);
    assert.match(session.id, ids);
    assert.deepEqual([session.token, session.ipAddress, session.userAgent], [token, "192.0.2.1", "the tests'"]);
    near(session.createdAt);
    near(session.updatedAt);
    near(session.expiresAt, week);
  });

  test("sign-up that is refused leaves nothing", async () => {
    const users = await app.users();
    const browser = new Browser(auth);
    const sent = { email: "nobody@example.com", password, name: "Nobody" };
    await browser.post("/sign-up/email", { ...sent, password: "short" }, 400);
    await browser.post("/sign-up/email", { ...sent, password: "x".repeat(73) }, 400);
    await browser.post("/sign-up/email", { ...sent, password: "\u00fc".repeat(37) }, 400);
    await browser.post("/sign-up/email", { ...sent, email: "nobody" }, 400);
    assert.equal(await app.users(), users);
    assert.equal(browser.cookies.size, 0);
  });

  test("sign-in, session, its refreshment and end", async () => {
    const { id, email } = await newUser();
    const browser = new Browser(auth);
    const { token, user } = await browser.signIn(email);
    assert.equal(user.id, id);
    near(user.createdAt);
    const { session, user: shown } = await browser.session();
    assert.deepEqual([session.token, session.userId, shown.id, shown.email], [token, id, id, email]);
    near(session.createdAt);
    near(session.expiresAt, week);
    near(shown.createdAt);
    assert.equal((await auth.api.getSession({ headers: browser.headers })).session.id, session.id);

    const lasts = (interval) =>
      app.rows(`UPDATE todo_auth.session SET "expiresAt" = now() + $1, "updatedAt" = now() - interval '2 days'
                WHERE token = $2`, [interval, token]);
    const find = async () => (await app.sessions(id)).find((row) => row.token === token);
    await lasts("5 days");
    const refreshed = await browser.session();
    near(refreshed.session.expiresAt, week);
    near((await find()).expiresAt, week);
    near((await find()).updatedAt);
    near((await find()).createdAt);

    await lasts("-1 minutes");
    assert.equal(await browser.session(), null);
    assert.equal(await find(), undefined);
  });

  test("a sign-in that is wrong makes no session", async () => {
    const { id, email } = await newUser();
    const browser = new Browser(auth);
    const wrong = await browser.signIn(email, "wrong password", 401);
    assert.deepEqual(await browser.signIn(address(), password, 401), wrong);
    // A password that is too long for bcrypt, of a known and an unknown user.
    const long = await browser.signIn(email, "\u00fc".repeat(37), 400);
    assert.deepEqual(await browser.signIn(address(), "\u00fc".repeat(37), 400), long);
    assert.equal((await app.sessions(id)).length, 1);
    assert.equal(browser.cookies.size, 0);
  });

  test("sessions are listed and revoked", async () => {
    const { browser, id, email, token } = await newUser();
    const other = new Browser(auth);
    const third = new Browser(auth);
    const { token: otherToken } = await other.signIn(email);
    const { token: thirdToken } = await third.signIn(email);
    const listed = await browser.get("/list-sessions");
    assert.deepEqual(listed.map((session) => session.token).sort(), [token, otherToken, thirdToken].sort());
    for (const session of listed) near(session.createdAt);

    await browser.post("/revoke-session", { token: otherToken });
    assert.deepEqual(await tokens(id), [token, thirdToken].sort());
    assert.equal(await other.session(), null);
    await browser.post("/revoke-other-sessions");
    assert.deepEqual(await tokens(id), [token]);
    assert.equal(await third.session(), null);
    assert.equal((await browser.session()).user.id, id);
    await browser.post("/revoke-sessions");
    assert.deepEqual(await tokens(id), []);
    assert.equal(await browser.session(), null);
  });

  test("sign-out", async () => {
    const { browser, id, email } = await newUser();
    const { token } = await new Browser(auth).signIn(email);
    const before = new Map(browser.cookies);
    await browser.post("/sign-out");
    assert.deepEqual(await tokens(id), [token]);
    browser.cookies = before;
    assert.equal(await browser.session(), null);
  });

  test("the address is verified", async () => {
    const { browser, id, email } = await newUser();
    await browser.post("/send-verification-email", { email });
    const { kind, to, url } = app.mails.pop();
    assert.deepEqual([kind, to], ["verify", email]);
    assert.equal((await app.stored(id)).verified, false);
    assert.equal(await browser.get(url, 302), "/");
    assert.equal((await app.stored(id)).verified, true);
    assert.equal((await browser.session()).user.emailVerified, true);
  });

  test("name and image are updated", async () => {
    const { browser, id } = await newUser();
    const before = await app.stored(id);
    await browser.post("/update-user", { name: " Alice Liddell " });
    const renamed = await app.stored(id);
    assert.deepEqual(renamed, { ...before, name: "Alice Liddell", updatedAt: renamed.updatedAt });
    assert.notEqual(renamed.updatedAt, before.updatedAt);
    near(renamed.updatedAt);

    for (const image of ["https://example.com/a.png", "https://example.com/b.png", null]) {
      await browser.post("/update-user", { image });
      const { user } = await browser.session();
      assert.deepEqual([user.name, user.image], ["Alice Liddell", image]);
      near(user.updatedAt);
      const stored = await app.stored(id);
      assert.deepEqual(stored, { ...renamed, image, updatedAt: stored.updatedAt });
    }
  });

  test("the password is changed, with and without an end of the other sessions", async () => {
    const { browser, id, email, token } = await newUser();
    const other = new Browser(auth);
    const { token: otherToken } = await other.signIn(email);
    await browser.post("/change-password", { currentPassword: "wrong password", newPassword: second }, 400);
    await hasPassword(id, password);

    await browser.post("/change-password", { currentPassword: password, newPassword: second });
    await hasPassword(id, second);
    assert.deepEqual(await tokens(id), [token, otherToken].sort());
    await new Browser(auth).signIn(email, password, 401);

    const change = { currentPassword: second, newPassword: password, revokeOtherSessions: true };
    const { token: newToken } = await browser.post("/change-password", change);
    await hasPassword(id, password);
    assert.deepEqual(await tokens(id), [newToken]);
    assert.equal(await other.session(), null);
    assert.equal((await browser.session()).session.token, newToken);
  });

  test("the password is reset", async () => {
    const server = make({ emailAndPassword: { revokeSessionsOnPasswordReset: true } });
    const { browser, id, email } = await newUser({}, server);
    const anonymous = new Browser(server);
    await anonymous.post("/request-password-reset", { email: address() });
    assert.deepEqual(app.mails, []);
    await anonymous.post("/request-password-reset", { email: email.toUpperCase(), redirectTo: "/reset" });
    const { kind, to, url } = app.mails.pop();
    assert.deepEqual([kind, to], ["reset", email]);
    const [verification] = await verifications();
    near(verification.expiresAt, 60 * 60 * 1000);
    near(verification.createdAt);

    const token = new URL(await anonymous.get(url, 302)).searchParams.get("token");
    await anonymous.post("/reset-password", { token, newPassword: second });
    await hasPassword(id, second);
    assert.deepEqual(await verifications(), []);
    assert.deepEqual(await tokens(id), []);
    assert.equal(await browser.session(), null);
    await anonymous.post("/reset-password", { token, newPassword: password }, 400);
    await anonymous.signIn(email, password, 401);
    await anonymous.signIn(email, second);
  });

  test("the address of an unverified user is changed at once", async () => {
    const { browser, id, email } = await newUser();
    const { email: taken } = await newUser();
    await browser.post("/change-email", { newEmail: taken.toUpperCase() });
    assert.deepEqual(app.mails, []);
    assert.equal((await app.stored(id)).email, email);

    const newEmail = address();
    await browser.post("/change-email", { newEmail });
    assert.deepEqual([(await app.stored(id)).email, (await app.stored(id)).verified], [newEmail, false]);
    const { kind, to, url } = app.mails.pop();
    assert.deepEqual([kind, to], ["verify", newEmail]);
    await browser.get(url, 302);
    assert.equal((await app.stored(id)).verified, true);
    await new Browser(auth).signIn(email, password, 401);
    await new Browser(auth).signIn(newEmail);
  });

  test("the address of a verified user is changed when both have been confirmed", async () => {
    const { browser, id, email } = await newUser();
    await app.rows("SELECT todo_verify_email($1)", [id]);
    const newEmail = address();
    const at = async () => [(await app.stored(id)).email, (await app.stored(id)).verified];
    await browser.post("/change-email", { newEmail: newEmail.toUpperCase() });
    assert.deepEqual(await at(), [email, true]);
    const confirm = app.mails.pop();
    assert.deepEqual([confirm.kind, confirm.to], ["confirm", newEmail]);
    await browser.get(confirm.url, 302);
    assert.deepEqual(await at(), [email, true]);
    const verify = app.mails.pop();
    assert.deepEqual([verify.kind, verify.to], ["verify", newEmail]);
    await browser.get(verify.url, 302);
    assert.deepEqual(await at(), [newEmail, true]);
    const { user } = await browser.session();
    assert.deepEqual([user.email, user.emailVerified], [newEmail, true]);
    near(user.updatedAt);
  });

  test("another provider signs a user up, who gets a password", async () => {
    const browser = new Browser(auth);
    const email = address();
    const { user } = await browser.post("/sign-in/social", google("g-up", email.toUpperCase()));
    assert.match(user.id, ids);
    const { createdAt, updatedAt, ...stored } = await app.stored(user.id);
    assert.deepEqual(stored, {
      email,
      name: "Dan",
      verified: true,
      active: true,
      image: "https://example.com/d.png",
      hash: "!",
      otherHash: null,
    });
    near(createdAt);
    near(updatedAt);
    const [account, ...others] = await app.linked(user.id);
    assert.deepEqual(others, []);
    assert.match(account.id, ids);
    assert.deepEqual([account.accountId, account.providerId], ["g-up", "google"]);
    near(account.createdAt);
    near(account.updatedAt);
    assert.equal((await browser.session()).user.id, user.id);

    const again = await new Browser(auth).post("/sign-in/social", google("g-up", email));
    assert.equal(again.user.id, user.id);
    assert.equal((await app.sessions(user.id)).length, 2);
    assert.equal((await app.linked(user.id)).length, 1);

    await new Browser(auth).signIn(email, password, 401);
    await auth.api.setPassword({ body: { newPassword: password }, headers: browser.headers });
    await hasPassword(user.id, password);
    assert.equal((await app.stored(user.id)).image, "https://example.com/d.png");
    assert.equal((await new Browser(auth).signIn(email)).user.id, user.id);
    await assert.rejects(auth.api.setPassword({ body: { newPassword: second }, headers: browser.headers }));
    await hasPassword(user.id, password);
    assert.equal((await app.linked(user.id)).length, 1);
  });

  test("accounts are linked, listed and unlinked", async () => {
    const { browser, id } = await newUser();
    await browser.post("/link-social", google("g-1", address()));
    await browser.post("/link-social", google("g-2", address()));
    const listed = await browser.get("/list-accounts");
    assert.deepEqual(listed.map((account) => [account.providerId, account.accountId]).sort(), [
      ["credential", id],
      ["google", "g-1"],
      ["google", "g-2"],
    ]);
    for (const account of listed) near(account.createdAt);

    const unlink = (by, status) => browser.post("/unlink-account", { accountId: listed.find(by).id }, status);
    await unlink(({ accountId }) => accountId === "g-1");
    assert.deepEqual((await app.linked(id)).map((account) => account.accountId), ["g-2"]);
    await hasPassword(id, password);
    await unlink(({ providerId }) => providerId === "credential");
    assert.equal((await app.stored(id)).hash, "!");
    assert.deepEqual((await app.linked(id)).map((account) => account.accountId), ["g-2"]);
    // The last account cannot be unlinked.
    await unlink(({ accountId }) => accountId === "g-2", 400);
    assert.equal((await app.linked(id)).length, 1);
  });

  test("a sign-in by another provider links to the verified user of the address", async () => {
    const { id, email } = await newUser();
    await new Browser(auth).post("/sign-in/social", google("g-linked", email), 401);
    assert.deepEqual(await app.linked(id), []);
    await app.rows("SELECT todo_verify_email($1)", [id]);
    const { user } = await new Browser(auth).post("/sign-in/social", google("g-linked", email));
    assert.equal(user.id, id);
    assert.deepEqual((await app.linked(id)).map((account) => account.accountId), ["g-linked"]);
    await hasPassword(id, password);
  });

  test("another provider's redirect, with tokens that expire and are refreshed", async () => {
    const hour = 60 * 60 * 1000;
    const email = address();
    let turn = 0;
    const issue = () => {
      turn += 1;
      return {
        accessToken: `access ${turn}`,
        refreshToken: `refresh ${turn}`,
        accessTokenExpiresAt: new Date(Date.now() + hour),
        refreshTokenExpiresAt: new Date(Date.now() + week),
        scopes: ["profile", "email"],
      };
    };
    const server = make({
      plugins: [
        app.plugins.genericOAuth({
          config: [
            {
              providerId: "elsewhere",
              clientId: "x",
              clientSecret: "y",
              authorizationUrl: "https://elsewhere.example/authorize",
              getToken: async () => issue(),
              getUserInfo: async () => ({ id: "e-1", email, name: "Eve", emailVerified: true }),
            },
          ],
        }),
      ],
    });
    const browser = new Browser(server);
    const round = async () => {
      const { url } = await browser.post("/sign-in/social", { provider: "elsewhere", callbackURL: "/home" });
      assert.equal((await verifications()).length, 1);
      const state = new URL(url).searchParams.get("state");
      assert.equal(await browser.get(`/callback/elsewhere?code=x&state=${encodeURIComponent(state)}`, 302), "/home");
      assert.deepEqual(await verifications(), []);
      const { user } = await browser.session();
      const [account, ...more] = await app.linked(user.id);
      assert.deepEqual(more, []);
      assert.deepEqual([account.accessToken, account.refreshToken], [`access ${turn}`, `refresh ${turn}`]);
      assert.deepEqual(account.scope.split(","), ["profile", "email"]);
      near(account.createdAt);
      near(account.accessTokenExpiresAt, hour);
      near(account.refreshTokenExpiresAt, week);
      return user.id;
    };
    const id = await round();
    await app.rows(`UPDATE todo_auth.linked_account SET "accessTokenExpiresAt" = now() - interval '1 hour'`);
    assert.equal(await round(), id);
    assert.equal(turn, 2);
  });

  // A user with tasks, and another one whose task must stay.
  async function withTasks() {
    const user = await newUser({ image: "https://example.com/a.png" });
    await user.browser.post("/link-social", google(user.id, address()));
    const { id: other } = await newUser();
    await app.rows(
      "SELECT todo_create_task($1, 'one'), todo_create_task($1, 'two'), todo_create_task($2, 'other')",
      [user.id, other],
    );
    return {
      ...user,
      async isThere() {
        const left = await app.rows("SELECT title FROM tasks WHERE user_id IN ($1, $2) ORDER BY id", [user.id, other]);
        assert.deepEqual(left.map(({ title }) => title), ["one", "two", "other"]);
        assert.equal((await app.linked(user.id)).length, 1);
      },
      async isGone() {
        assert.equal(await app.stored(user.id), undefined);
        const left = await app.rows("SELECT title FROM tasks WHERE user_id IN ($1, $2)", [user.id, other]);
        assert.deepEqual(left, [{ title: "other" }]);
        assert.deepEqual(await app.sessions(user.id), []);
        assert.deepEqual(await app.linked(user.id), []);
        assert.deepEqual(await app.rows("SELECT FROM todo_auth.user_data WHERE user_id = $1", [user.id]), []);
        assert.equal(await user.browser.session(), null);
        await new Browser(auth).signIn(user.email, password, 401);
      },
    };
  }

  test("a user is deleted, with all tasks", async () => {
    const user = await withTasks();
    await user.browser.post("/delete-user", { password: "wrong password" }, 400);
    await user.isThere();
    await user.browser.post("/delete-user", { password });
    await user.isGone();
  });

  test("a user is deleted by mail, with all tasks", async () => {
    const user = await withTasks();
    const deleteUser = { enabled: true, sendDeleteAccountVerification: app.mail("delete") };
    user.browser.auth = make({ user: { deleteUser } });
    await user.browser.post("/delete-user", { callbackURL: "/bye" });
    await user.isThere();
    const { kind, to, url } = app.mails.pop();
    assert.deepEqual([kind, to], ["delete", user.email]);
    assert.equal(await user.browser.get(url, 302), "/bye");
    await user.isGone();
    assert.deepEqual(await verifications(), []);
  });

  test("joins are what was asked for", async (t) => {
    const query = t.mock.method(pg.Client.prototype, "query");
    const { browser } = await newUser();
    assert.ok(await browser.session());
    const statements = query.mock.calls.map(({ arguments: [statement] }) => statement.text ?? statement);
    assert.equal(statements.some((statement) => /\bjoin\b/i.test(statement)), database.joins === true);
  });
}
