// docs/better-auth.md: many users at once, and both sides at once on the same user, directly and through PgBouncer.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { bcrypt, Browser, password, start } from "./better-auth.mjs";
import { endAll } from "./common.mjs";

const scrypt = (letter) => `${letter.repeat(32)}:${letter.repeat(128)}`;
const times = (count, make = (i) => i) => Array.from({ length: count }, (_, i) => make(i));

for (const pgbouncer of [false, true]) {
  describe(pgbouncer ? "through PgBouncer" : "directly", () => {
    let app;
    let auth;

    before(async () => {
      app = await start({ pgbouncer });
      await app.admin.query("SELECT todo_grant($1, 'tables')", [app.role]);
      auth = app.make();
    });

    after(endAll);

    afterEach(() => assert.deepEqual(app.errors(), []));

    test("200 sign-ups of 100 addresses in two spellings, then 200 sign-ins", async () => {
      assert.equal(app.pool.options.max, 10);
      const address = (i) => (i % 2 ? `LOAD${i >> 1}@Example.com` : `load${i >> 1}@example.com`);
      const ups = await Promise.all(
        times(200, (i) => new Browser(auth).send("POST", "/sign-up/email", { email: address(i), password, name: "X" })),
      );
      const tally = {};
      for (const { status, body } of ups) {
        const key = `${status} ${body.code}`;
        tally[key] = (tally[key] ?? 0) + 1;
      }
      // Who comes when the other has been stored is told so; who comes at the same moment is refused by the index.
      const { "200 undefined": made, "422 FAILED_TO_CREATE_USER": late = 0, ...others } = tally;
      const { "422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL": taken = 0, ...unexpected } = others;
      assert.deepEqual({ made, refused: late + taken, unexpected }, { made: 100, refused: 100, unexpected: {} });
      const errors = app.errors();
      assert.equal(errors.length, late);
      for (const [message, { code, constraint }] of errors) {
        assert.deepEqual([message, code], ["Failed to create user", "23505"]);
        assert.match(constraint, /^ix_users_email/);
      }
      for (let i = 0; i < 200; i += 2) {
        assert.deepEqual([ups[i].status, ups[i + 1].status].sort(), [200, 422], address(i));
      }
      const [stored] = await app.rows(
        `SELECT count(*)::int AS users, count(DISTINCT lower(email))::int AS addresses,
           (SELECT count(*)::int FROM todo_auth.session) AS sessions FROM users WHERE hashed_password LIKE '$2b$04$%'`,
      );
      assert.deepEqual(stored, { users: 100, addresses: 100, sessions: 100 });

      const clients = times(200, () => new Browser(auth));
      const ins = await Promise.all(clients.map((client, i) => client.signIn(address(i))));
      const found = await Promise.all(clients.map((client) => client.session()));
      for (const [i, { user }] of found.entries()) {
        assert.equal(user.email, address(i).toLowerCase());
        assert.equal(user.id, ins[i].user.id);
      }
      const [{ sessions }] = await app.rows(
        'SELECT count(DISTINCT token)::int AS sessions FROM todo_auth.session WHERE "expiresAt" > now()',
      );
      assert.equal(sessions, 300);
    });

    test("passwords changed on both sides at once: no deadlock, and one password", async () => {
      const { internalAdapter } = await auth.$context;
      const hashes = await Promise.all(times(3, (i) => bcrypt.hash(`password ${i}`, 4)));
      const users = [];
      for (const i of times(4)) {
        const { user } = await new Browser(auth).signUp(`both${i}@example.com`);
        users.push(user.id);
      }
      // Connections of their own, not to wait for each other here.
      const [one, two] = await Promise.all([app.connect(), app.connect()]);
      const set = (id, hash) => one.query("SELECT todo_set_password_hash($1, $2)", [id, hash]);
      const update = (id, hash) => two.query("UPDATE users SET hashed_password = $2 WHERE id = $1", [id, hash]);

      for (const round of times(200)) {
        const id = users[round % users.length];
        // Half of Better Auth's are such that users cannot hold them.
        const other = round % 2 ? scrypt("0123456789abcdef"[round % 16]) : hashes[2];
        const image = `https://example.com/${round}.png`;
        await Promise.all([
          internalAdapter.updatePassword(id, other),
          internalAdapter.updateUser(id, { image }),
          set(id, hashes[0]),
          update(id, hashes[1]),
        ]);
        const stored = await app.stored(id);
        assert.equal(stored.image, image);
        assert.equal(stored.otherHash, stored.hash === "!" ? other : null);
        const { password: seen } = await internalAdapter.findCredentialAccount(id);
        assert.equal(seen, stored.otherHash ?? stored.hash);
        assert.ok([...hashes, other].includes(seen));
      }
    });

    test("a sign-in at the moment of a deactivation leaves no session", async () => {
      const email = "race@example.com";
      const { user: { id } } = await new Browser(auth).signUp(email);
      const administrator = await app.connect();
      const setActive = (active) => administrator.query("SELECT todo_set_active($1, $2)", [id, active]);

      // When the password is right, and the session about to be stored.
      let deactivation;
      const before = async () => {
        deactivation = setActive(false);
      };
      const racing = app.make({ databaseHooks: { session: { create: { before } } } });
      for (const round of times(200)) {
        await setActive(true);
        const isEarly = round % 4 === 0;
        const client = new Browser(isEarly ? auth : racing);
        if (isEarly) before();
        const { status } = await client.send("POST", "/sign-in/email", { email, password });
        await deactivation;
        assert.ok([200, 401].includes(status), `status ${status}`);
        assert.deepEqual(await app.sessions(id), []);
        assert.equal(await client.session(), null);
      }
      for (const [message] of app.errors()) assert.equal(message, "Failed to create session");
    });
  });
}
