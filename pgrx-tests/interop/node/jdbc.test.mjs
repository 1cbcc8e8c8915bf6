// JDBC in docs/times.md and docs/clients.md.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTo, createServer } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { atEnd, block, cluster, endAll, makeDatabase, modules, startPgBouncer } from "./common.mjs";

const driver = "/usr/share/java/postgresql.jar";
const text = "2026-07-01 12:00:00.5";
let database;
let dir;

const MAIN = `
  import java.sql.*;
  import java.time.*;

  class Main {
      public static void main(String... given) throws Exception {
          try (Connection db = DriverManager.getConnection(given[0])) {
              switch (given[1]) {
                  case "times" -> times(db, Integer.parseInt(given[2]), Instant.parse(given[3]));
                  case "tasks" -> tasks(db);
                  case "pool" -> { try (Connection other = DriverManager.getConnection(given[0])) { pool(db, other); } }
              }
          }
      }

      static void times(Connection db, int id, Instant time) throws Exception {
          System.out.println(Times.created(db, id));
          System.out.println(Times.created(db, -1));
          try (ResultSet rows = db.createStatement().executeQuery("SELECT created_at FROM tasks WHERE id = " + id)) {
              rows.next();
              System.out.println(rows.getTimestamp(1).toInstant());
          }
          db.createStatement().execute("UPDATE tasks SET created_at = 'epoch', updated_at = 'epoch' WHERE id = " + id);
          Times.setCreated(db, id, time);
      }

      static void tasks(Connection db) throws Exception {
          System.out.println(Tasks.add(db, "u1", " JDBC ") > 0);
          try {
              Tasks.add(db, "u1", " ");
          } catch (IllegalArgumentException refused) {
              System.out.println(refused.getMessage());
          }
          try {
              Tasks.add(db, "nobody", "x");
          } catch (SQLException error) {
              System.out.println(error.getSQLState());
          }
          try (ResultSet rows = db.createStatement().executeQuery("SELECT total FROM todo_task_counts('u1')")) {
              rows.next();
              System.out.println(rows.getObject(1).getClass().getName());
          }
      }

      // A prepared statement again and again, beside another connection: they take turns, and overlap.
      static void pool(Connection db, Connection other) throws Exception {
          db.setAutoCommit(false);
          other.setAutoCommit(false);
          PreparedStatement query = db.prepareStatement("SELECT total FROM todo_task_counts(?)");
          query.setString(1, "u1");
          for (int turn = 0; turn < 20; turn++) {
              Connection first = turn % 2 == 0 ? db : other, second = turn % 2 == 0 ? other : db;
              for (Connection one : new Connection[] {first, second}) {
                  if (one == db) query.executeQuery().close();
                  else one.createStatement().execute("SELECT 1");
              }
              // PgBouncer gives the connection that was given back last to the one that comes first, which is the other.
              second.commit();
              first.commit();
          }
          System.out.println("done");
      }
  }`;

// JDBC knows no sockets but those of TCP: a way through to this one.
async function byTcp(socket) {
  const open = new Set();
  const server = createServer((from) => {
    const to = connectTo(socket);
    for (const end of [from, to]) {
      open.add(end);
      end.on("error", () => [from, to].forEach((one) => one.destroy()));
    }
    from.pipe(to).pipe(from);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  atEnd(() => {
    open.forEach((end) => end.destroy());
    return new Promise((closed) => server.close(closed));
  });
  return `jdbc:postgresql://127.0.0.1:${server.address().port}/${database.name}?user=${database.role}`;
}

async function java(url, given, env = {}) {
  const options = { env: { ...cluster, ...env } };
  const { stdout } = await promisify(execFile)("java", ["-cp", `${dir}:${driver}`, "Main", url, ...given], options);
  return stdout.trim().split("\n");
}

before(async () => {
  database = await makeDatabase("jdbc", { TimeZone: "Asia/Karachi" });
  await database.admin.query(`CREATE EXTENSION todo; CREATE ROLE ${database.role} LOGIN;
    SELECT todo_grant('${database.role}', 'tables');
    INSERT INTO users (id, email, name) VALUES ('u1', 'a@example.com', 'A')`);
  dir = mkdtempSync(fileURLToPath(new URL("java-", modules)));
  atEnd(() => rmSync(dir, { recursive: true }));
  const classes = { Times: block("times.md", "java", "JDBC"), Tasks: block("clients.md", "java", "JDBC"), Main: MAIN };
  for (const [name, code] of Object.entries(classes)) writeFileSync(`${dir}/${name}.java`, code);
  const files = Object.keys(classes).map((name) => `${dir}/${name}.java`);
  await promisify(execFile)("javac", ["-cp", driver, "-d", dir, ...files]);
});

after(endAll);

test("times", async () => {
  const url = await byTcp(`${cluster.PGHOST}/.s.PGSQL.${cluster.PGPORT ?? 5432}`);
  for (const zone of ["Asia/Tokyo", "America/New_York", "UTC"]) {
    const insert = "INSERT INTO tasks (user_id, title, created_at) VALUES ('u1', 'x', $1) RETURNING id";
    const [{ id }] = await database.rows(insert, [text]);
    const [read, none, byTimestamp] = await java(url, ["times", `${id}`, "2026-07-01T12:00:00.500Z"], { TZ: zone });
    assert.deepEqual([read, none, byTimestamp === read], ["2026-07-01T12:00:00.500Z", "null", zone === "UTC"]);
    const [{ time }] = await database.rows("SELECT created_at::text AS time FROM tasks WHERE id = $1", [id]);
    assert.equal(time, text, zone);
  }
});

test("functions and their errors", async () => {
  const url = await byTcp(`${cluster.PGHOST}/.s.PGSQL.${cluster.PGPORT ?? 5432}`);
  assert.deepEqual(await java(url, ["tasks"]), ["true", "title", "23503", "java.lang.Long"]);
  assert.deepEqual(await database.rows("SELECT user_id FROM tasks WHERE title = 'JDBC'"), [{ user_id: "u1" }]);
});

test("PgBouncer", async () => {
  const { PGHOST, PGPORT } = await startPgBouncer(database.role);
  const url = await byTcp(`${PGHOST}/.s.PGSQL.${PGPORT}`);
  assert.deepEqual(await java(`${url}&prepareThreshold=0`, ["pool"]), ["done"]);
  // From 1.21 on, PgBouncer may keep track of prepared statements.
  const env = { PATH: `${process.env.PATH}:/usr/sbin` };
  const [, minor] = (await promisify(execFile)("pgbouncer", ["--version"], { env })).stdout.match(/ 1\.(\d+)/);
  if (Number(minor) < 21) await assert.rejects(java(url, ["pool"]), /prepared statement "S_\d+" (does not|already) exist/);
});
