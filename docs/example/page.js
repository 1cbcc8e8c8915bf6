// The page of the example. The server's answers are put into it as text, never as HTML.
import { Lost, Refused, send, shows, tab } from "./api.js";

const $ = (selector, within = document) => within.querySelector(selector);
const [account, app, list, add, filter, more] = ["#account", "#app", "#list", "#add", "#filter", "#more"].map((id) => $(id));

// Calls the handler, and not a second time before it is done: two clicks are one write.
function on(target, type, handler) {
  let busy = false;
  target.addEventListener(type, async (event) => {
    if (type === "submit") event.preventDefault();
    if (busy) return;
    busy = true;
    try {
      await handler(event);
    } catch (error) {
      explain(error);
    } finally {
      busy = false;
    }
  });
}

// --- What the user is told ---

let deleted; // what "Undo" brings back

function say(text, undo) {
  deleted = undo;
  $("#notice p").textContent = text;
  $("#undo").hidden = !undo;
  $("#dismiss").hidden = !text;
}

// The focus goes to "Undo", unless the user is somewhere else already.
function sayDeleted(what, undo, place) {
  say(`Deleted: ${what}`, undo);
  if (place.contains(document.activeElement)) $("#undo").focus();
}

// A write that was not answered is not sent again: it may have been done.
function explain(error, undo) {
  if (error instanceof Lost) {
    say("No answer came, so it is not certain that this was saved. Look at the list before you try again.", undo);
    lost();
  } else if (error.status === 401) {
    showAccount();
  } else if (error instanceof Refused) {
    say(error.message, undo);
    refresh();
  } else reportError(error);
}

on($("#dismiss"), "click", () => {
  say("");
  $("#title").focus({ preventScroll: true });
});

on($("#undo"), "click", async () => {
  const tasks = deleted;
  try {
    const { restored } = await write("POST", "/api/undo", tasks);
    say(restored === 1 ? "The task is back." : `${restored} tasks are back.`);
    if (document.activeElement === document.body) $("#title").focus({ preventScroll: true });
    await refresh();
  } catch (error) {
    explain(error, tasks);
  }
});

// --- Connection: what is read is tried again, what the others write is followed ---

let timer, feed;

function retry(delay) {
  clearTimeout(timer);
  timer = setTimeout(refresh, delay);
}

function lost() {
  $("#connection").textContent = "No connection. What you have typed stays here. Trying again …";
  retry(2000);
}

function connected() {
  clearTimeout(timer);
  $("#connection").textContent = "";
  if (document.hidden || (feed && feed.readyState !== EventSource.CLOSED)) return;
  feed = new EventSource(`/api/changes?tab=${tab}`);
  feed.onopen = feed.onmessage = refresh; // what happened before it was open is read, too
  feed.onerror = () => retry(1000);
}

addEventListener("offline", () => app.hidden || lost());
for (const event of ["online", "focus"]) addEventListener(event, () => app.hidden || refresh());
// Browsers allow a server a handful of connections, so only tabs that can be seen keep one.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) feed?.close();
  else if (!app.hidden) refresh();
});

// --- Account ---

let signUp = false;

function showAccount() {
  feed?.close();
  clearTimeout(timer);
  app.hidden = true;
  account.hidden = false;
  $("#connection").textContent = "";
  say("");
  chooseForm(false);
}

function chooseForm(up) {
  signUp = up;
  $("#name").hidden = !up;
  $("#account h2").textContent = $("#account .main").textContent = up ? "Create an account" : "Sign in";
  $("#other").textContent = up ? "I have an account" : "Create an account";
  $("#account [name=password]").autocomplete = up ? "new-password" : "current-password";
  $("#account .error").textContent = "";
  $(up ? "#account [name=name]" : "#account [name=email]").focus();
}

on($("#other"), "click", () => chooseForm(!signUp));

const words = {
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: "There is an account with this address. Sign in, or use another address.",
  INVALID_EMAIL: "This is not an e-mail address.",
  INVALID_EMAIL_OR_PASSWORD: "The address or the password is not right.",
  PASSWORD_TOO_SHORT: "A password has at least 8 characters.",
  PASSWORD_TOO_LONG: "This password is too long.",
  FAILED_TO_CREATE_USER: "The account could not be created. A name has 1 to 100 characters, and not only spaces.",
};

on($("#account form"), "submit", async ({ target }) => {
  const { name, email, password } = Object.fromEntries(new FormData(target));
  const error = $(".error", target);
  error.textContent = "";
  try {
    if (signUp) await send("POST", "/api/auth/sign-up/email", { name, email, password });
    else await send("POST", "/api/auth/sign-in/email", { email, password });
  } catch (reason) {
    if (reason instanceof Lost) error.textContent = "There was no answer. Please try again.";
    else error.textContent = words[reason.code] ?? reason.message ?? "This did not work. Please try again later.";
    return;
  }
  target.reset();
  await refresh();
  $("#title").focus();
});

on($("#sign-out"), "click", async () => {
  await send("POST", "/api/auth/sign-out", {});
  forget();
  whose = undefined;
  showAccount();
});

// Removes what belongs to the user who was signed in. If only the session has ended, what was typed stays.
function forget() {
  say("");
  add.reset();
  filter.reset();
  wanted = firstPage;
  for (const element of [list, $("#chart"), $("#whose"), $("#counts"), $("#streak")]) element.replaceChildren();
  feed?.close(); // it is that user's
  shows(undefined);
}

// --- Reading: one after the other, so that no answer overtakes another one ---

const firstPage = 100;
let queue = Promise.resolve();
let waiting = false;
let wanted = firstPage; // how many tasks are shown, if there are so many
let shown = [];
let next = null; // the cursor of the next page
let whose;

let writing = 0; // how many writes are under way

// What is read meanwhile may be from before the write, and is not shown. When the write is done, or has failed, all is read again.
async function write(...request) {
  writing++;
  try {
    return await send(...request);
  } finally {
    writing--;
  }
}

function inTurn(read) {
  queue = queue.then(read).catch((error) => {
    if (error instanceof Lost) lost();
    else if (error.status === 401) showAccount();
    else if (error instanceof Refused) say(error.message);
    else reportError(error);
  });
  return queue;
}

function readPage(after, size) {
  const query = new URLSearchParams({ ...Object.fromEntries(new FormData(filter)), after: after ?? "", size });
  return send("GET", `/api/tasks?${query}`);
}

async function readSummary() {
  const path = "/api/summary?timezone=";
  try {
    return await send("GET", path + encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone));
  } catch (error) {
    if (error.status === 400) return send("GET", `${path}UTC`); // the database does not know this time zone
    throw error;
  }
}

// Brings everything up to date. A call that has not begun yet is enough for all that come before it.
function refresh() {
  if (waiting) return queue;
  waiting = true;
  return inTurn(async () => {
    waiting = false;
    const summary = await readSummary();
    if (whose !== summary.user.id) forget(); // another user has signed in
    whose = summary.user.id;
    shows(whose);
    const tasks = [];
    let page = { next: null };
    do {
      page = await readPage(page.next, Math.min(wanted - tasks.length, 1000));
      tasks.push(...page.tasks);
    } while (page.next && tasks.length < wanted);
    if (waiting || writing) return; // it is out of date
    account.hidden = true;
    app.hidden = false;
    showSummary(summary);
    showTasks(tasks, page.next);
    connected();
  });
}

// As many again as there are: the further someone scrolls, the more comes at once.
function readMore() {
  return inTurn(async () => {
    if (!next || waiting) return;
    const size = Math.min(wanted, 1000);
    const page = await readPage(next, size);
    if (waiting || writing) return;
    wanted += size;
    showTasks([...shown, ...page.tasks], page.next);
  });
}

// When the button comes near the end of the screen, it is pressed.
const observer = new IntersectionObserver((changes) => changes.at(-1).isIntersecting && readMore(), { rootMargin: "600px" });
on(more, "click", readMore);

// --- The list ---

const time = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

function fill(item, task) {
  if (item.task === task) return item;
  item.task = task;
  const { title, description, completed, completed_at: at } = task;
  $("[type=checkbox]", item).checked = completed;
  $(".title", item).textContent = title;
  $(".description", item).textContent = description ?? "";
  $(".when", item).textContent = at ? `Done ${time.format(new Date(at))}` : "";
  $(".edit", item).setAttribute("aria-label", `Edit ${title}`);
  $(".delete", item).setAttribute("aria-label", `Delete ${title}`);
  return item;
}

function newItem({ id }) {
  const item = $("#task").content.cloneNode(true).firstElementChild;
  item.dataset.id = id;
  const checkbox = $("[type=checkbox]", item);

  on(checkbox, "change", async () => {
    const completed = checkbox.checked;
    try {
      fill(item, await write("PUT", `/api/tasks/${id}/completed`, { completed }));
    } catch (error) {
      checkbox.checked = !completed;
      throw error;
    }
    refresh();
  });

  on($(".delete", item), "click", async () => {
    const undo = await write("DELETE", `/api/tasks/${id}`);
    sayDeleted(undo.tasks[0].title, undo, item);
    await refresh();
  });

  on($(".edit", item), "click", () => edit(item));
  return item;
}

// Shows a form in place of the task. What is typed is in it alone until it is saved.
function edit(item) {
  const form = $("#edit").content.cloneNode(true).firstElementChild;
  const { title, description } = form.elements;
  title.value = item.task.title;
  description.value = item.task.description ?? "";
  const before = { title: title.value, description: description.value };

  function close() {
    form.remove();
    $(".view", item).hidden = false;
    $(".edit", item).focus();
    refresh();
  }

  on($(".cancel", form), "click", close);
  on(form, "keydown", ({ key, isComposing }) => key === "Escape" && !isComposing && close());
  on(form, "submit", async () => {
    // Another tab may have changed the other field meanwhile.
    const changed = {};
    for (const field of [title, description]) if (field.value !== before[field.name]) changed[field.name] = field.value;
    try {
      fill(item, await write("PATCH", `/api/tasks/${item.dataset.id}`, changed));
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error;
      $(".error", form).textContent = error.message;
      refresh();
      return;
    }
    close();
  });

  $(".view", item).hidden = true;
  item.append(form);
  title.focus();
}

// Keeps the elements of tasks that stay, and those that are being edited: the focus and what was typed are in them.
function showTasks(tasks, cursor) {
  const items = new Map([...list.children].map((item) => [item.dataset.id, item]));
  const ids = new Set(tasks.map(({ id }) => String(id)));
  const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
  for (const [id, item] of items) if (!ids.has(id) && !$("form", item)) item.remove();
  let place = list.firstElementChild;
  for (const task of tasks) {
    while (place && !ids.has(place.dataset.id)) place = place.nextElementSibling;
    const item = fill(items.get(String(task.id)) ?? newItem(task), task);
    if (item === place) place = place.nextElementSibling;
    else list.insertBefore(item, place);
  }
  if (focused >= 0 && document.activeElement === document.body) {
    const neighbour = list.children[Math.min(focused, list.children.length - 1)];
    $("[type=checkbox]", neighbour ?? app)?.focus();
    if (!neighbour) $("#title").focus();
  }
  $("#empty").hidden = list.children.length > 0;
  shown = tasks;
  next = cursor;
  more.hidden = !next;
  observer.unobserve(more); // then it is looked at again
  if (next) observer.observe(more);
}

function showSummary({ user, pending, completed, days, longest_streak: streak }) {
  $("#whose").textContent = `of ${user.name}`;
  $("#counts").textContent = `${pending} open, ${completed} done`;
  $("#clear").hidden = completed === 0;
  const most = Math.max(1, ...days.map((day) => day.completed));
  $("#chart").replaceChildren(...days.map(({ day, completed }) => {
    const date = new Date(`${day}T12:00:00`);
    const bar = document.createElement("li");
    bar.style.setProperty("--height", completed / most);
    bar.dataset.day = date.toLocaleDateString("en", { day: "numeric" });
    bar.dataset.completed = completed || "";
    const text = document.createElement("span");
    text.className = "for-readers";
    text.textContent = `${date.toLocaleDateString("en", { day: "numeric", month: "long" })}: ${completed}`;
    bar.append(text);
    return bar;
  }));
  $("#streak").textContent = streak > 1 ? `Longest streak: ${streak} days in a row` : "";
}

on($("#clear"), "click", async () => {
  const undo = await write("POST", "/api/clear-completed", {});
  sayDeleted(`${undo.tasks.length} done`, undo, $("#clear"));
  await refresh();
});

on(add, "submit", async () => {
  const { title } = add.elements;
  const sent = title.value;
  await write("POST", "/api/tasks", { title: sent });
  if (title.value === sent) title.value = ""; // else the next one is being typed already
  const { search, completed } = filter.elements;
  say(search.value || completed.value === "true" ? `Added: ${sent.trim()}` : ""); // the list does not show it
  refresh(); // not awaited: the next one may be typed already
});

let pause;
on(filter, "submit", () => {});
on(filter, "input", ({ target }) => {
  clearTimeout(pause);
  pause = setTimeout(() => {
    wanted = firstPage;
    refresh();
  }, target.type === "search" ? 200 : 0);
});

send("GET", "/api/auth/get-session").then((session) => (session ? refresh() : showAccount()), refresh);
