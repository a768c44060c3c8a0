// Shows what waits on the device to be sent, and what became of what was sent.

const SOON = 5000;
const SELDOM = 60000;
let place;
let store;
let sending;
let entry;
let mustSignIn = false;

export function begin(where, ...scripts) {
  place = where;
  [store, sending, entry] = scripts;
  store.others.onmessage = draw;
  document.addEventListener("htmx:afterSettle", draw);
}

/** Say something for a moment, as the site does after a tick. */
export function tell(text) {
  const toast = entry.make("div", { className: "toast" }, entry.make("span", { textContent: text }));
  document.getElementById("toasts")?.replaceChildren(toast);
}

const heading = (waiting) => {
  const form = (waiting.length === 1 ? "one" : "many") + (mustSignIn ? "SignIn" : "");
  return place.dataset[form].replace("{n}", waiting.length);
};

const act = {
  async again(one) {
    await store.put({ ...one, state: "waiting", words: "", why: "", look: "", tries: 0, wantsReason: false });
    await sendAll();
  },
  async away(one) {
    await store.remove(one);
    await draw();
    (place.querySelector("button, summary") ?? document.getElementById("main")).focus();
  },
};

function box(entries) {
  const waiting = entries.filter(({ state }) => state === "waiting");
  const answered = entries.filter(({ state }) => state !== "waiting");
  const isWrong = answered.some(({ state }) => state !== "recorded");
  const isOpen = Boolean(answered.length || place.querySelector("details[open]"));
  const look = answered.length && place.dataset[isWrong ? "look" : "read"];
  const title = [waiting.length && heading(waiting), look].filter(Boolean).join(". ");
  const lines = [...answered, ...waiting].map((one) => entry.line(one, place.dataset, act));
  const list = entry.make("ul", { className: "plain" }, ...lines);
  return entry.make("details", { open: isOpen }, entry.make("summary", { textContent: title }), list);
}

const mark = (text) => entry.make("p", { className: "waiting-mark", textContent: text });

// Beside the step, so that nobody gives it a second time; and beside the infusion day.
function markAll(entries) {
  for (const old of document.querySelectorAll(".waiting-mark")) old.remove();
  for (const row of document.querySelectorAll(".is-waiting")) row.classList.remove("is-waiting");
  for (const form of document.querySelectorAll("main form[data-queue][action*='/undo/'][hidden]")) form.hidden = false;
  for (const one of entries.filter(({ state }) => state === "waiting" || state === "stuck")) {
    const time = entry.when(one);
    const isUndo = /\/undo\/(\?|$)/.test(one.url);
    for (const key of one.steps) {
      const row = document.getElementById(`step-${key}`);
      if (!row) continue;
      if (!one.url.endsWith("/note/")) row.classList.add("is-waiting");
      row.querySelector("h3").after(mark(place.dataset[isUndo ? "undo" : "row"].replace("{time}", time)));
    }
    for (const form of isUndo && !one.steps.length ? document.querySelectorAll(`main form[action="${one.url}"]`) : []) {
      form.hidden = true;
      if (!form.closest("[data-day]")) form.after(mark(place.dataset.undo.replace("{time}", time)));
    }
    for (const day of one.order ? document.querySelectorAll(`[data-day="${one.order}"]`) : []) {
      if (one.state === "waiting") day.classList.add("is-waiting");
      const marks = day.querySelectorAll("h2, .waiting-mark");
      marks[marks.length - 1].after(mark(place.dataset.day.replace("{time}", time).replace("{what}", one.label)));
    }
  }
}

// On the infusion card can be said what happened, when the pages that ask it cannot be had.
let isSaying = false;

async function maySay() {
  const card = document.getElementById("say");
  const isCopy = document.getElementById("kept")?.hidden === false;
  if (isSaying || !card || (navigator.onLine && !isCopy)) return;
  isSaying = true;
  (await import(place.dataset.sayJs)).begin(card, entry);
}

let drawn = "";

export async function draw() {
  const entries = await store.all(place.dataset.person);
  await maySay().catch(() => {});
  const due = new Set(sending.due(entries));
  for (const one of entries) one.isHeld = !due.has(one);
  markAll(entries);
  document.dispatchEvent(new CustomEvent("entries", { detail: entries }));
  if (navigator.onLine && !mustSignIn && due.size) sendSoon();
  // Not anew while somebody writes a reason in it.
  const looks = JSON.stringify([entries, navigator.onLine, mustSignIn]);
  if (looks === drawn) return;
  drawn = looks;
  const inside = [];
  if (!navigator.onLine) inside.push(entry.make("p", { textContent: place.dataset.offline }));
  if (entries.length) inside.push(box(entries));
  if (mustSignIn && due.size) {
    const to = `${place.dataset.signIn}?${new URLSearchParams({ next: location.pathname })}`;
    const link = entry.make("a", { className: "button", href: to, textContent: heading([...due]) });
    inside.push(entry.make("p", { className: "buttons" }, link));
  }
  place.replaceChildren(...inside);
  place.hidden = !inside.length;
}

// An answer that was lost, a site that was away: tried again as long as the page is open, less and less often.
let timer = 0;
let pause = SOON;

function sendSoon() {
  timer ||= setTimeout(() => {
    timer = 0;
    sendAll();
  }, pause);
}

export async function sendAll() {
  const { became, recorded, seconds } = await sending.sendAll(store, place.dataset.person, place.dataset.queueUrl);
  if (became) mustSignIn = became === "sign in";
  if (became === "busy") pause = Math.min(seconds * 1000, 10 * SELDOM);
  else pause = became === "away" ? Math.min(2 * pause, SELDOM) : SOON;
  await draw();
  if (!recorded.length) return;
  if (document.getElementById("checklist")) htmx.trigger("#checklist", "again");
  else if (!document.querySelector("main form:not([data-queue]) :focus")) return location.reload();
  tell([place.dataset.sent, ...recorded].join(" "));
}
