// Small kindnesses on top of pages that work without JavaScript.

const byId = (id) => document.getElementById(id);
// What refreshes itself: the checklist, the infusion card.
const LIVE = "#checklist, #card";
const isPoll = (detail) => detail.requestConfig?.verb === "get" && detail.target?.matches?.(LIVE);

// --- refreshing ---------------------------------------------------------------------------------

// Nobody looks at a hidden page: it asks again when it comes back into view. One that lies there untouched, and of which
// there was no news for two minutes, asks every fifteen seconds instead of every five.
const QUICK_FOR = 120_000;
const CALM_EVERY = 14_000;
let stirred = Date.now();
let asked = 0;
const stir = () => { stirred = Date.now(); };

for (const name of ["pointerdown", "keydown", "scroll"]) addEventListener(name, stir, { passive: true });
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!isPoll(event.detail)) return;
  const now = Date.now();
  if (document.hidden || (now - stirred > QUICK_FOR && now - asked < CALM_EVERY)) event.preventDefault();
  else asked = now;
});
document.addEventListener("visibilitychange", () => {
  stir();
  const live = document.querySelector(LIVE);
  if (!document.hidden && live) htmx.trigger(live, "again");
});

// A page that refreshes itself must not take away what somebody is filling in.
function isFillingIn() {
  const fields = [...document.querySelectorAll(".sheet[open] :is(input, textarea), [role=alert] input:not([type=hidden])")];
  const focused = document.activeElement?.closest(".sheet[open], #checklist [role=alert]");
  return fields.some((field) => field.value !== field.defaultValue) || (focused && document.activeElement.localName !== "summary");
}

function notice(name) {
  const box = byId("stale");
  if (!box || box.hidden === !name && (!name || box.textContent === box.dataset[name])) return;
  box.textContent = name ? box.dataset[name] : "";
  box.hidden = !name;
}

// htmx settles the attributes of what has an id, so what was open is opened again after that.
let opened = [];

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.target?.matches?.(LIVE)) return;
  const isNew = isPoll(detail) && detail.xhr.status === 200;
  if (isNew) stir();
  if (isNew && isFillingIn()) detail.shouldSwap = false;
  if (isPoll(detail) && detail.xhr.status < 300) notice(isNew && !detail.shouldSwap ? "changed" : "");
  opened = [...document.querySelectorAll(isPoll(detail) ? "details[open]" : "details[open]:not(.sheet)")].map((one) => one.id);
});

// --- where the focus goes -----------------------------------------------------------------------

// What is done is behind you: the focus goes to the next row of the list that the step has left, or to its heading.
// Else it stays with the step. A finger sees where it is, so under it the page stays where it is as well.
let [left, order, byFinger] = ["", [], false];

addEventListener("pointerdown", () => { byFinger = true; }, { passive: true });
addEventListener("keydown", () => { byFinger = false; }, { passive: true });

const listOf = (row) => row?.closest("section")?.getAttribute("aria-labelledby") ?? "";
const rowsOf = (list) => [...document.querySelectorAll(`section[aria-labelledby="${list}"] article[id^=step-]`)].map(({ id }) => id);

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.requestConfig.verb !== "post") return;
  left = listOf(detail.elt);
  const rows = rowsOf(left);
  const at = rows.indexOf(detail.elt.closest("article")?.id) + 1;
  order = [...rows.slice(at), ...rows.slice(0, at)];
});

function nextPlace() {
  const rows = rowsOf(left);
  return byId(order.find((id) => rows.includes(id)) ?? rows[0]) ?? byId(left) ?? byId("now");
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!detail.target?.matches?.(LIVE)) return;
  for (const id of opened) {
    if (byId(id)) byId(id).setAttribute("open", "");
    else byId(id.replace("sheet", "more"))?.click();
  }
  if (detail.requestConfig.verb !== "post") return;
  const problem = document.querySelector("#checklist [role=alert]");
  const step = byId(detail.requestConfig.elt.closest("[data-step]")?.dataset.step);
  const isBehind = !step || (listOf(step) === "answered" && left !== "answered");
  if (problem) problem.focus();
  else (isBehind ? nextPlace() : step)?.focus({ preventScroll: byFinger });
});

// --- when it goes wrong -------------------------------------------------------------------------

function say(name) {
  const toast = document.createElement("div");
  toast.className = "toast error";
  toast.append(Object.assign(document.createElement("span"), { textContent: byId("toasts").dataset[name] }));
  byId("toasts").replaceChildren(toast);
}

document.addEventListener("say", ({ detail }) => say(detail));
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(name, ({ detail }) => {
    if (isPoll(detail)) notice("offline");
    else say(name === "htmx:responseError" ? "failed" : "unsure");
  });
}

// --- the device ---------------------------------------------------------------------------------

// Another name for the same time is no other time.
const now = new Date();
const clockIn = (timeZone) => now.toLocaleString("en", { timeZone });
for (const banner of document.querySelectorAll("[data-zone]")) banner.hidden = clockIn(banner.dataset.zone) === clockIn();

// A browser's menu prints as well.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// What is folded on the screen is printed all the same.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open], .sheet)")];
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => folded.forEach((one) => { one.open = false; }));

// A copy that is kept, and a page that is gone back to, have keys that may be used up: what is said on them is new.
const isCopy = () => byId("kept")?.hidden === false;
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted && !isCopy()) return;
  // Not by `value`: some browsers write that in again when the page is loaded anew.
  for (const field of document.querySelectorAll("form [name=key]")) field.setAttribute("value", crypto.randomUUID());
});

// --- the home screen ----------------------------------------------------------------------------
const offer = byId("install");
const offered = async (event) => {
  event?.preventDefault();
  (await import(offer.dataset.js)).show(offer, event);
};
if (offer) addEventListener("beforeinstallprompt", offered);
// Safari on an iPhone offers nothing, and says whether it was opened from the home screen.
if (offer && navigator.standalone === false) offered();
