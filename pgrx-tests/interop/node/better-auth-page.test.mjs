// docs/better-auth.md: what it says beyond what users do, for both versions of Better Auth.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Browser, google, near, password, start } from "./better-auth.mjs";
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

    const phone = { type: "string", required: false };

    test("fields of one's own do not work, but a table of one's own does", async () => {
      for (const more of [{ user: { additionalFields: { phone } } }, { session: { additionalFields: { phone } } }]) {
        const browser = new Browser(app.make(more));
        await assert.rejects(browser.session(), { code: "SCHEMA_MISMATCH" });
      }
      app.errors();
      await app.admin.query(
        `CREATE TABLE phones (user_id varchar(36) PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE, phone text);
         GRANT ALL ON phones TO ${app.role}`,
      );
      const after = async ({ id }) => void (await app.pool.query("INSERT INTO phones VALUES ($1, '555')", [id]));
      const customSession = app.plugins.customSession(async ({ user, session }) => {
        const { rows } = await app.pool.query("SELECT phone FROM phones WHERE user_id = $1", [user.id]);
        return { session, user: { ...user, ...rows[0] } };
      });
      const auth = app.make({ databaseHooks: { user: { create: { after } } }, plugins: [customSession] });
      const browser = new Browser(auth);
      const { user } = await browser.signUp("phone@example.com");
      assert.equal((await browser.session()).user.phone, "555");
      await browser.post("/delete-user", { password });
      assert.deepEqual(await app.rows("SELECT * FROM phones"), []);
      assert.equal(await app.stored(user.id), undefined);
    });

    test("requests are counted in the database", async () => {
      const rateLimit = { enabled: true, storage: "database" };
      const wrong = { email: "limit@example.com", password: "wrong password" };
      const answers = [];
      // Each time another process, as it were.
      for (let turn = 0; turn < 4; turn++) {
        answers.push((await new Browser(app.make({ rateLimit })).send("POST", "/sign-in/email", wrong)).status);
      }
      assert.deepEqual(answers, [401, 401, 401, 429]);
      const [row, ...others] = await app.rows('SELECT * FROM todo_auth."rateLimit"');
      assert.deepEqual(others, []);
      assert.equal(row.count, 3);
      near(Number(row.lastRequest));
      await app.rows(`UPDATE todo_auth."rateLimit" SET "lastRequest" = "lastRequest" - 3600 * 1000`);
      await new Browser(app.make({ rateLimit })).post("/sign-in/email", wrong, 401);
      assert.equal((await app.rows('SELECT count FROM todo_auth."rateLimit"'))[0].count, 1);
    });

    test("the tables are as Better Auth itself makes them", async () => {
      await app.admin.query("CREATE SCHEMA bare");
      const database = new app.pool.constructor({ user: app.admin.user, options: "-c search_path=bare" });
      try {
        const options = { ...app.options, rateLimit: { storage: "database" }, database };
        await (await app.getMigrations(options)).runMigrations();
      } finally {
        await database.end();
      }
      // By name and type, whether a value must be given, and what is unique.
      const columns = (schema) =>
        app.rows(
          `SELECT c.table_name, c.column_name, c.data_type, c.is_nullable, (
             SELECT count(*)::int FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             WHERE i.indrelid = format('%I.%I', c.table_schema, c.table_name)::regclass AND i.indisunique AND a.attname = c.column_name
           ) AS indexes
           FROM information_schema.columns c
           WHERE c.table_schema = $1 AND c.table_name IN ('rateLimit', 'session', 'verification') AND c.column_name <> 'userId'
           ORDER BY 1, 2`,
          [schema],
        );
      const theirs = await columns("bare");
      assert.equal(theirs.length, 4 + 7 + 6);
      assert.deepEqual(await columns("todo_auth"), theirs);
      await app.admin.query("DROP SCHEMA bare CASCADE");
    });

    test("passwords are those of their normal form", async (t) => {
      const { bcrypt } = app;
      const typed = "Ame\u0301lie's cafe\u0301";
      const normal = typed.normalize("NFC");
      const browser = new Browser(app.make());
      const { user } = await browser.signUp("nfc@example.com", { password: typed });
      assert.ok(await bcrypt.compare(normal, (await app.stored(user.id)).hash));
      for (const given of [typed, normal]) await new Browser(browser.auth).signIn("nfc@example.com", given);
      assert.deepEqual(await app.rows("SELECT id FROM todo_authenticate($1, $2)", ["nfc@example.com", normal]), [{ id: user.id }]);

      // A hash from before: of what was typed.
      await app.rows("SELECT todo_set_password_hash($1, $2)", [user.id, await bcrypt.hash(typed, 4)]);
      await new Browser(browser.auth).signIn("nfc@example.com", typed);
      await new Browser(browser.auth).signIn("nfc@example.com", normal, 401);
      await browser.post("/change-password", { currentPassword: typed, newPassword: `${typed} 2` });
      await new Browser(browser.auth).signIn("nfc@example.com", `${normal} 2`);

      // As many hashes for a stranger as for a user.
      const compare = t.mock.method(bcrypt, "compare");
      const hash = t.mock.method(bcrypt, "hash");
      for (const [given, times] of [["wrong caf\u00e9", 1], ["wrong cafe\u0301", 2], ["short", 1]]) {
        for (const [email, method] of [["nfc@example.com", compare], ["nobody@example.com", hash]]) {
          compare.mock.resetCalls();
          hash.mock.resetCalls();
          await new Browser(browser.auth).signIn(email, given, 401);
          assert.deepEqual([method.mock.callCount(), compare.mock.callCount() + hash.mock.callCount()], [times, times]);
        }
      }
    });

    test("lengths of passwords are those of the normal form", async () => {
      const auth = app.make();
      const browser = new Browser(auth);
      const { user } = await browser.signUp("lengths@example.com");
      const short = ["e\u0301".repeat(7), "\u{1f600}".repeat(7)]; // 14 code units each
      const long = ["\u1100\u1161".repeat(25), "\u0958".repeat(13)]; // 75 and 78 bytes in NFC, the second one of 39
      const fitting = ["\u1100\u1161".repeat(24), "u\u0308\u0304".repeat(36)]; // 72 bytes in NFC, of 144 and 180
      let count = 0;
      for (const given of [...short, ...long]) {
        const sent = { email: `length${count++}@example.com`, name: "N", password: given };
        await browser.post("/sign-up/email", sent, 400);
        await browser.post("/change-password", { currentPassword: password, newPassword: given }, 400);
        const [{ token }] = await app.rows("SELECT gen_random_uuid() AS token");
        await app.rows(
          `INSERT INTO todo_auth.verification (identifier, value, "expiresAt") VALUES ($1, $2, now() + interval '1 hour')`,
          [`reset-password:${token}`, user.id],
        );
        await browser.post("/reset-password", { token, newPassword: given }, 400);
        await app.rows("DELETE FROM todo_auth.verification");
      }
      for (const email of ["lengths@example.com", "nobody@example.com"]) {
        for (const given of long) await new Browser(auth).signIn(email, given, 400);
      }
      await new Browser(auth).signIn("lengths@example.com");
      for (const given of fitting) {
        const email = `length${count++}@example.com`;
        await new Browser(auth).signUp(email, { password: given });
        await new Browser(auth).signIn(email, given.normalize("NFC"));
      }
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
         GRANT ALL ON plugins.jwks TO ${app.role}`,
      );
      await app.rows(`ALTER ROLE ${app.role} SET search_path = todo_auth, plugins, public`);
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
      await app.rows(`ALTER ROLE ${app.role} SET search_path = todo_auth, public`);
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

describe("leaving", () => {
  after(endAll);

  test("passwords stay when todo_auth is removed, and count when it is installed again", async () => {
    const app = await start();
    const email = "leaving@example.com";
    const { user } = await new Browser(app.auth).signUp(email);
    await app.admin.query(app.edition.removeAuth);
    assert.deepEqual(await app.rows("SELECT id FROM todo_authenticate($1, $2)", [email, password]), [{ id: user.id }]);
    await app.admin.query(app.edition.auth());
    await app.admin.query("SELECT todo_auth.grant($1)", [app.role]);
    assert.equal((await new Browser(app.auth).signIn(email)).user.id, user.id);
    assert.equal((await app.sessions(user.id)).length, 1);
  });
});
