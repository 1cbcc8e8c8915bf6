// What the tests of docs/better-auth.md share: a database and Better Auth as the page makes them, and browsers.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { atEnd, block, cluster, connect, connectOwner, load, makeDatabase, require, script, startPgBouncer } from "./common.mjs";

const pg = require("pg");
export const bcrypt = require("bcryptjs");

// Neither the server's zone nor the client's is UTC, or that of the other.
process.env.TZ = "America/New_York";
const settings = { TimeZone: "Asia/Karachi", deadlock_timeout: "50ms" };

const origin = "http://localhost:3000";
const secret = randomBytes(32).toString("hex");
Object.assign(process.env, { BETTER_AUTH_URL: origin, BETTER_AUTH_SECRET: secret, BETTER_AUTH_TELEMETRY: "0" });

export const password = "correct horse";
export const week = 7 * 24 * 60 * 60 * 1000;

export function near(time, offset = 0) {
  const seconds = (new Date(time).getTime() - offset - Date.now()) / 1000;
  assert.ok(Math.abs(seconds) < 20, `${time} is ${seconds} s off`);
}

// What differs between the editions. TODO_EDITION says which one a run is about: sql, or not set for the extension.
const editions = {
  extension: {
    settings: { ...settings, "todo.bcrypt_cost": 4 },
    connect: async ({ admin }) => admin,
    todo: () => "CREATE EXTENSION todo",
    auth: () => "CREATE EXTENSION todo_auth;",
    removeAuth: "SET todo.guard = off; DROP EXTENSION todo_auth; RESET todo.guard",
    setCost: (cost) => `SET todo.bcrypt_cost = ${cost}`,
  },
  // Scripts install all of it, as an owner without any special right. Every test applies to both editions.
  sql: {
    settings,
    connect: connectOwner,
    todo: () => `CREATE EXTENSION pgcrypto; ${script("todo")} SELECT todo_internal.set_bcrypt_cost(4)`,
    auth: () => script("todo_auth"),
    removeAuth: "DROP SCHEMA todo_auth CASCADE",
    setCost: (cost) => `SELECT todo_internal.set_bcrypt_cost(${cost})`,
  },
};
const edition = editions[process.env.TODO_EDITION ?? "extension"] ?? assert.fail(`no edition ${process.env.TODO_EDITION}`);

// Keeps cookies. A request that is answered with another status than the expected one is an error.
export class Browser {
  cookies = new Map();

  constructor(auth) {
    this.auth = auth;
  }

  get headers() {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return new Headers({ origin, cookie, "user-agent": "the tests'", "x-forwarded-for": "192.0.2.1" });
  }

  async send(method, path, body) {
    const { headers } = this;
    if (body) headers.set("content-type", "application/json");
    const url = new URL(path.replace(/^\/(?!api\/)/, "/api/auth/"), origin);
    const response = await this.auth.handler(new Request(url, { method, headers, body: body && JSON.stringify(body) }));
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      if (/max-age=0/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await response.text();
    // A redirect calls itself JSON, too.
    const isJson = text !== "" && response.headers.get("content-type").startsWith("application/json");
    const { status } = response;
    return { status, body: isJson ? JSON.parse(text) : text, location: response.headers.get("location") };
  }

  async expect(status, method, path, body) {
    const answer = await this.send(method, path, body);
    assert.equal(answer.status, status, `${path}: ${JSON.stringify(answer.body)}`);
    return status === 302 ? answer.location : answer.body;
  }

  post(path, body = {}, status = 200) {
    return this.expect(status, "POST", path, body);
  }

  get(path, status = 200) {
    return this.expect(status, "GET", path);
  }

  signUp(email, more) {
    return this.post("/sign-up/email", { email, password, name: "Somebody", ...more });
  }

  signIn(email, given = password, status = 200) {
    return this.post("/sign-in/email", { email, password: given }, status);
  }

  session() {
    return this.get("/get-session");
  }
}

// The page's SQL and JavaScript, run: with this package as Better Auth, todo in this schema, through PgBouncer or not.
export async function start({ betterAuth = "better-auth", schema = "public", pgbouncer = false } = {}) {
  const database = await makeDatabase("better_auth", { ...edition.settings, search_path: schema });
  const { name, role, rows } = database;
  const admin = await edition.connect(database);
  await admin.query(`CREATE SCHEMA IF NOT EXISTS ${schema}; ${edition.todo()}`);
  const setUp = block("better-auth.md", "sql").replace(/\bapp\b/g, role).replace(/\bpublic;/, `${schema};`);
  for (const statement of setUp.match(/^[^;\n]*;/gm)) {
    const by = /^(CREATE|ALTER) ROLE /.test(statement) ? database.admin : admin;
    await by.query(statement === "CREATE EXTENSION todo_auth;" ? edition.auth() : statement);
  }

  // The page's pool reads the environment, whenever it connects.
  const server = pgbouncer ? await startPgBouncer(role) : { PGHOST: cluster.PGHOST, PGPORT: cluster.PGPORT ?? "5432" };
  Object.assign(process.env, server, { PGUSER: role, PGDATABASE: name });
  const page = await load(
    `${block("better-auth.md", "js").replace(", 12)", ", 4)").replaceAll('"better-auth', `"${betterAuth}`)}
    export { bcrypt, betterAuth };
    export { getMigrations } from "${betterAuth}/db/migration";
    export * as plugins from "${betterAuth}/plugins";`,
  );
  const pool = page.options.database;
  atEnd(() => pool.end());
  const { rows: session } = await pool.query("SELECT current_user AS role, current_setting('TimeZone') AS zone");
  assert.deepEqual(session, [{ role, zone: settings.TimeZone }]);

  const mails = [];
  const log = [];
  const mail = (kind) => async ({ user, newEmail, url }) => {
    mails.push({ kind, to: newEmail ?? user.email, url });
  };

  // Better Auth with the page's options and these.
  function make({ emailAndPassword, emailVerification, user, ...more } = {}) {
    return page.betterAuth({
      ...page.options,
      rateLimit: { enabled: false },
      telemetry: { enabled: false },
      logger: { level: "warn", log: (level, ...what) => log.push({ level, what }) },
      emailAndPassword: { ...page.options.emailAndPassword, sendResetPassword: mail("reset"), ...emailAndPassword },
      emailVerification: { sendVerificationEmail: mail("verify"), ...emailVerification },
      user: {
        changeEmail: {
          enabled: true,
          updateEmailWithoutVerification: true,
          sendChangeEmailConfirmation: mail("confirm"),
        },
        deleteUser: { enabled: true },
        ...user,
      },
      account: { accountLinking: { enabled: true, trustedProviders: ["google"], allowDifferentEmails: true } },
      // Offline: an id token is the profile itself.
      socialProviders: {
        google: {
          clientId: "x",
          clientSecret: "y",
          verifyIdToken: async () => true,
          getUserInfo: async ({ idToken }) => ({ user: JSON.parse(idToken), data: JSON.parse(idToken) }),
        },
      },
      ...more,
    });
  }

  // A user as stored; a timestamp is UTC.
  async function stored(id) {
    const [row] = await rows(
      `SELECT u.email, u.name, u.hashed_password AS hash, u.email_verified AS verified, u.is_active AS active, d.image,
         d.password_hash AS "otherHash", extract(epoch FROM u.created_at)::float8 * 1000 AS "createdAt",
         extract(epoch FROM u.updated_at)::float8 * 1000 AS "updatedAt"
       FROM users u LEFT JOIN todo_auth.user_data d ON d.user_id = u.id WHERE u.id = $1`,
      [id],
    );
    return row;
  }

  return {
    ...page,
    // Who installed it: a superuser, or the owner in the SQL edition.
    admin,
    edition,
    // The cost of new hashes, in the session that rows() uses at least.
    setCost: (cost) => rows(edition.setCost(cost)),
    // As a superuser in both: what is asserted does not depend on what the role sees.
    rows,
    connect: () => connect(name),
    role,
    pool,
    mails,
    mail,
    make,
    stored,
    sessions: (id) => rows('SELECT * FROM todo_auth.session WHERE "userId" = $1 ORDER BY "createdAt", id', [id]),
    linked: (id) => rows('SELECT * FROM todo_auth.linked_account WHERE "userId" = $1 ORDER BY "accountId"', [id]),
    users: async () => (await rows("SELECT count(*)::int FROM users"))[0].count,
    // What Better Auth has logged as errors since the last call.
    errors: () => log.splice(0).filter(({ level }) => level === "error").map(({ what }) => what),
  };
}

// A body for /sign-in/social or /link-social.
export function google(id, email, more) {
  const profile = { id, sub: id, email, name: "Dan", image: "https://example.com/d.png", emailVerified: true, ...more };
  return { provider: "google", idToken: { token: JSON.stringify(profile) } };
}
