// Better Auth on the users of todo: the set-up of docs/better-auth.md, which explains it.
import { betterAuth } from "better-auth";
import { APIError, createAuthMiddleware } from "better-auth/api";
import bcrypt from "bcryptjs";
import pg from "pg";

const refuse = (code, message) => {
  throw new APIError("BAD_REQUEST", { code, message });
};

// The texts that the stored hash can belong to: the normal form of the password, which is what we hash, and the text as it was
// typed, if that is different. bcrypt reads 72 bytes, so longer passwords are refused.
function forms(password) {
  const normal = password.normalize("NFC");
  if (bcrypt.truncates(normal)) refuse("PASSWORD_TOO_LONG", "Password too long");
  return normal === password || bcrypt.truncates(password) ? [normal] : [normal, password];
}

export const pool = new pg.Pool(); // the PG* variables say where
pool.on("error", ({ message }) => console.error(message)); // an idle connection broke: without this, the process ends
pool.on("connect", (client) => client.on("error", () => {})); // the same for one in use, whose query fails

export const options = {
  database: pool,
  emailAndPassword: {
    enabled: true,
    password: {
      // If there is no such user, Better Auth calls hash instead of verify. So both refuse the same passwords, and take the
      // same time for each form: the answer does not tell who is registered.
      hash: async (password) => {
        const hashes = [];
        for (const form of forms(password)) hashes.push(await bcrypt.hash(form, 12));
        return hashes[0];
      },
      verify: async ({ hash, password }) => {
        let found = false;
        for (const form of forms(password)) found ||= await bcrypt.compare(form, hash);
        return found;
      },
    },
  },
  hooks: {
    // Better Auth counts code units of what was typed. We count characters of the normal form.
    before: createAuthMiddleware(async ({ path, body }) => {
      const chosen = body?.newPassword ?? (path === "/sign-up/email" ? body?.password : undefined);
      if (typeof chosen === "string" && [...chosen.normalize("NFC")].length < 8) {
        refuse("PASSWORD_TOO_SHORT", "Password too short");
      }
    }),
  },
};

export const auth = betterAuth(options);
