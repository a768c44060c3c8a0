// Shows what waits on the device to be sent, and what became of what was sent.

let place;
let store;
let mustSignIn = false;

const make = (name, more = {}, ...inside) => {
  const node = Object.assign(document.createElement(name), more);
  node.append(...inside);
  return node;
};

function clock(at) {
  const how = { weekday: "short", hour: "numeric", minute: "2-digit" };
  const timeZone = document.querySelector("[data-zone]")?.dataset.zone;
  const said = new Intl.DateTimeFormat(document.documentElement.lang, { ...how, timeZone }).format(at);
  return said.replace(/[\s,]+(\d)/, " $1").replace(/\s?([AP])M$/, (_, sign) => ` ${sign.toLowerCase()}m`);
}

const when = (entry) => {
  const written = entry.fields.find(([name, value]) => name === "at" && value)?.[1];
  return written ? written.replace("T", " ") : clock(entry.at ?? entry.tappedAt);
};

export function begin(where, queue) {
  place = where;
  store = queue;
  store.others.onmessage = draw;
  document.addEventListener("htmx:afterSettle", draw);
}

/** Say something for a moment, as the site does after a tick. */
export function tell(text) {
  const toast = make("div", { className: "toast" }, make("span", { textContent: text }));
  document.getElementById("toasts")?.replaceChildren(toast);
}

const heading = (waiting) => {
  const form = (waiting.length === 1 ? "one" : "many") + (mustSignIn ? "SignIn" : "");
  return place.dataset[form].replace("{n}", waiting.length);
};

function reasonForm(entry) {
  const field = make("input", { id: `reason-of-${entry.number}`, required: true, maxLength: 200 });
  const form = make("form", {}, make("label", { htmlFor: field.id, textContent: place.dataset.why }), field);
  form.append(make("p", { className: "buttons" }, make("button", { type: "submit", textContent: place.dataset.record })));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await store.put({ ...entry, state: "waiting", words: "", fields: [...entry.fields, ["reason", field.value]] });
    await sendAll();
  });
  return form;
}

function item(entry) {
  const isWaiting = entry.state === "waiting";
  const button = make("button", { type: "button", className: "chip", textContent: isWaiting || entry.wantsReason ? place.dataset.remove : place.dataset.dismiss });
  button.append(make("span", { className: "visually-hidden", textContent: `: ${entry.label}` }));
  button.addEventListener("click", async () => {
    await store.remove(entry);
    await draw();
    (place.querySelector("button, summary") ?? document.getElementById("main")).focus();
  });
  const line = make("li", {}, make("strong", { textContent: entry.label }), ` ${place.dataset.entered.replace("{time}", when(entry))}`);
  if (!isWaiting) line.append(make("p", { textContent: entry.words || place.dataset.gone }));
  if (entry.wantsReason) line.append(reasonForm(entry));
  line.append(make("p", { className: "buttons" }, button));
  return line;
}

function box(entries) {
  const waiting = entries.filter((entry) => entry.state === "waiting");
  const answered = entries.filter((entry) => entry.state !== "waiting");
  const isOpen = Boolean(answered.length || place.querySelector("details[open]"));
  const title = [waiting.length && heading(waiting), answered.length && place.dataset.look].filter(Boolean).join(". ");
  const list = make("ul", { className: "plain" }, ...answered.map(item), ...waiting.map(item));
  return make("details", { open: isOpen }, make("summary", { textContent: title }), list);
}

// Beside the step, so that nobody gives it a second time.
function mark(entries) {
  for (const old of document.querySelectorAll(".waiting-mark")) old.remove();
  for (const row of document.querySelectorAll(".is-waiting")) row.classList.remove("is-waiting");
  for (const entry of entries.filter(({ state }) => state === "waiting")) {
    for (const key of entry.steps) {
      const row = document.getElementById(`step-${key}`);
      if (!row) continue;
      if (!entry.url.endsWith("/note/")) row.classList.add("is-waiting");
      row.querySelector("h3").after(make("p", { className: "waiting-mark", textContent: place.dataset.row.replace("{time}", when(entry)) }));
    }
  }
}

/** Open beside a step the sheet that fits every step; what only fits an open one is left out of others. */
export function openSheet(link) {
  const any = document.getElementById("sheet-of-any");
  const row = link.closest("article.step");
  const key = row.id.replace("step-", "");
  link.insertAdjacentHTML("afterend", any.innerHTML.replaceAll("/steps/0/", `/steps/${key}/`).replaceAll('-0"', `-${key}"`));
  const sheet = link.nextElementSibling;
  if (row.matches(".done, .skipped")) for (const form of sheet.querySelectorAll("[data-for=open]")) form.remove();
  for (const field of sheet.querySelectorAll("[name=key]")) field.setAttribute("value", crypto.randomUUID());
  link.remove();
  htmx.process(sheet);
  sheet.querySelector("summary").focus();
}

let drawn = "";

export async function draw() {
  const entries = await store.all(place.dataset.person);
  mark(entries);
  if (navigator.onLine && !mustSignIn && entries.some(({ state }) => state === "waiting")) sendSoon();
  // Not anew while somebody writes a reason in it.
  const looks = JSON.stringify([entries, navigator.onLine, mustSignIn]);
  if (looks === drawn) return;
  drawn = looks;
  const inside = [];
  if (!navigator.onLine) inside.push(make("p", { textContent: place.dataset.offline }));
  if (entries.length) inside.push(box(entries));
  if (mustSignIn && entries.length) {
    const to = `${place.dataset.signIn}?${new URLSearchParams({ next: location.pathname })}`;
    inside.push(make("p", { className: "buttons" }, make("a", { className: "button", href: to, textContent: heading(entries) })));
  }
  place.replaceChildren(...inside);
  place.hidden = !inside.length;
}

// An answer that was lost, a site that was away: tried again as long as the page is open.
let timer = 0;

function sendSoon() {
  timer ||= setTimeout(() => {
    timer = 0;
    sendAll();
  }, 5000);
}

export async function sendAll() {
  const { became, recorded } = await store.sendAll(place.dataset.person, place.dataset.queueUrl);
  mustSignIn = became === "sign in";
  await draw();
  if (!recorded?.length) return;
  if (document.getElementById("checklist")) htmx.trigger("#checklist", "again");
  else if (!document.querySelector("main form:not([data-queue]) :focus")) return location.reload();
  tell([place.dataset.sent, ...recorded].join(" "));
}
