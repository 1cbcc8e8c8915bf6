// docs/better-auth.md: what it says beyond what users do, for both versions of Better Auth.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Browser, google, password, start } from "./better-auth.mjs";
import { endAll } from "./common.mjs";

for (const betterAuth of ["better-auth", "better-auth-1.7.7"]) {
  describe(betterAuth, () => {
    let app;

    before(async () => {
      app = await start({ betterAuth });
    });

    after(endAll);

    afterEach(() => assert.deepEqual(app.errors(), []));

    const relations = () =>
      app.rows("SELECT oid::regclass::text FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace ORDER BY oid");

    // What auth migrate does, as this superuser or as the application's role.
    async function migrate(connection, more) {
      const pool = new app.pool.constructor({ max: 1, ...connection });
      try {
        await (await app.getMigrations({ ...app.options, ...more, database: pool })).runMigrations();
      } finally {
        await pool.end();
      }
    }

    async function isMigratedInVain(more) {
      const before = await relations();
      await assert.rejects(migrate({}, more), { code: "42501" });
      const [{ path }] = (await app.pool.query("SELECT current_setting('search_path') AS path")).rows;
      const superuser = { user: app.admin.user, options: `-c search_path=${path.replaceAll(" ", "")}` };
      await assert.rejects(migrate(superuser, more), { code: "42P07", message: 'relation "user" already exists' });
      assert.deepEqual(await relations(), before);
    }

    test("auth migrate fails, and changes nothing", () => isMigratedInVain());

    test("plugins that add columns do not work", async () => {
      for (const name of ["admin", "username", "twoFactor", "organization"]) {
        const browser = new Browser(app.make({ plugins: [app.plugins[name]()] }));
        await assert.rejects(browser.session(), { code: "SCHEMA_MISMATCH" });
      }
      app.errors();
      assert.equal(await app.users(), 0);
    });

    test("plugins that add none do, if a new user has a name", async (t) => {
      const sent = [];
      const { bearer, magicLink, multiSession } = app.plugins;
      const link = magicLink({ sendMagicLink: ({ url }) => void sent.push(url) });
      const browser = new Browser(app.make({ plugins: [bearer(), multiSession(), link] }));
      const { user } = await browser.signUp("plugins@example.com");
      await browser.post("/sign-out");
      await browser.post("/sign-in/magic-link", { email: "Plugins@Example.com" });
      await browser.get(sent.pop(), 302);
      assert.equal((await browser.session()).user.id, user.id);

      const other = new Browser(browser.auth);
      await other.post("/sign-in/magic-link", { email: "new@example.com", name: "New" });
      await other.get(sent.pop(), 302);
      assert.equal((await other.session()).user.name, "New");

      const nameless = new Browser(browser.auth);
      const users = await app.users();
      t.mock.method(console, "error", () => {});
      await nameless.post("/sign-in/magic-link", { email: "nameless@example.com" });
      await nameless.get(sent.pop(), 500);
      assert.equal(app.errors().length, 1);
      assert.equal(await app.users(), users);
    });

    test("a plugin's tables go into a schema of the application's, where auth migrate still fails", async () => {
      await app.admin.query(
        `CREATE SCHEMA plugins;
         CREATE TABLE plugins.jwks (id text PRIMARY KEY, "publicKey" text NOT NULL, "privateKey" text NOT NULL,
           "createdAt" timestamptz NOT NULL, "expiresAt" timestamptz, alg text, crv text);
         GRANT USAGE, CREATE ON SCHEMA plugins TO ${app.role};
         GRANT ALL ON plugins.jwks TO ${app.role};
         ALTER ROLE ${app.role} SET search_path = todo_auth, plugins, public`,
      );
      const database = new app.pool.constructor();
      try {
        const plugins = [app.plugins.jwt()];
        const browser = new Browser(app.make({ database, plugins }));
        const { user } = await browser.signUp("jwt@example.com");
        const { token } = await browser.get("/token");
        assert.equal(JSON.parse(Buffer.from(token.split(".")[1], "base64url")).sub, user.id);
        assert.equal((await app.rows("SELECT FROM plugins.jwks")).length, 1);
        assert.equal((await app.stored(user.id)).email, "jwt@example.com");
      } finally {
        await database.end();
      }
      await isMigratedInVain({ plugins: [app.plugins.jwt()] });
      await app.admin.query(`ALTER ROLE ${app.role} SET search_path = todo_auth, public`);
    });

    test("ids cannot be serial", async (t) => {
      const users = await app.users();
      const browser = new Browser(app.make({ advanced: { database: { generateId: "serial" } } }));
      t.mock.method(console, "error", () => {});
      await browser.post("/sign-up/email", { email: "serial@example.com", password, name: "X" }, 500);
      assert.equal(app.errors().length, 1);
      assert.equal(await app.users(), users);
    });

    test("a profile without a name needs mapProfileToUser", async () => {
      const browser = new Browser(app.make());
      await browser.post("/sign-in/social", google("nameless", "profile@example.com", { name: undefined }), 401);
      assert.equal(app.errors().length, 1);

      const visit = async (mapProfileToUser) => {
        const config = {
          providerId: "elsewhere",
          clientId: "x",
          clientSecret: "y",
          authorizationUrl: "https://elsewhere.example/authorize",
          getToken: async () => ({ accessToken: "x" }),
          getUserInfo: async () => ({ id: "1", email: "profile@example.com", login: "eve", emailVerified: true }),
          mapProfileToUser,
        };
        const visitor = new Browser(app.make({ plugins: [app.plugins.genericOAuth({ config: [config] })] }));
        const { url } = await visitor.post("/sign-in/social", { provider: "elsewhere", callbackURL: "/" });
        const state = encodeURIComponent(new URL(url).searchParams.get("state"));
        await visitor.get(`/callback/elsewhere?code=x&state=${state}`, 302);
        return (await visitor.session())?.user;
      };
      assert.equal(await visit(), undefined);
      assert.notDeepEqual(app.errors(), []);
      assert.equal((await visit(({ login }) => ({ name: login }))).name, "eve");
    });

    test("the password is hashed within the transaction of the sign-up", async () => {
      const states = [];
      const { password: functions } = app.options.emailAndPassword;
      const hash = async (secret) => {
        states.push(...(await app.rows("SELECT state FROM pg_stat_activity WHERE usename = $1", [app.role])));
        return functions.hash(secret);
      };
      const auth = app.make({ emailAndPassword: { password: { ...functions, hash } } });
      await new Browser(auth).signUp("hashed@example.com");
      assert.ok(states.some(({ state }) => state === "idle in transaction"));
    });
  });
}
