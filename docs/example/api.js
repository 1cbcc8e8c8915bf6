// Requests to the server.

// By this name, the server leaves this tab out when it tells the others of a write.
export const tab = String(Math.random());

let user;

// By this id, the server refuses what is meant for another user, who has signed in elsewhere in this browser.
export function shows(id) {
  user = id;
}

// The server said no.
export class Refused extends Error {
  constructor(status, { code, message }) {
    super(message);
    Object.assign(this, { status, code });
  }
}

// There was no answer. Whether a write was done is not known then.
export class Lost extends Error {}

export async function send(method, path, body) {
  let response, answer;
  try {
    response = await fetch(path, {
      method,
      headers: { "content-type": "application/json", "x-tab": tab, ...(user && { "x-user": user }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(40_000), // longer than the server waits for a connection to the database
    });
    answer = await response.json();
  } catch {
    throw new Lost();
  }
  if (response.ok) return answer;
  if (response.status >= 502) throw new Lost(); // the database, or a proxy's server, is not there
  throw new Refused(response.status, answer ?? {});
}
