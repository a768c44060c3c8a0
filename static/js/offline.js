// Without a signal: asks the device to keep pages, and hands what is entered to the queue (queue.js, waiting.js).

const place = document.getElementById("waiting");
const canQueue = Boolean(place && window.isSecureContext && navigator.locks && window.indexedDB);
// Longer than that nobody waits with a child on the arm: what was entered is sent later, with the same key.
const PATIENCE = 10000;
const LIVE = "#checklist, #card";

// --- keeping pages ------------------------------------------------------------------------------

const ask = async (message) => (await navigator.serviceWorker.ready).active.postMessage(message);
// Only a page that may be kept brings the worker: nobody else gets one.
if ("serviceWorker" in navigator && window.isSecureContext && document.getElementById("kept")) {
  addEventListener("load", async () => {
    if (!(await navigator.serviceWorker.register("/sw.js").catch(() => null))) return;
    // A worker that came while this page was under way has not seen it.
    ask({ keep: [location.pathname], within: 10000 });
    const near = document.getElementById("main").dataset.keep.split(/\s+/).filter(Boolean);
    if (near.length) ask({ keep: near, within: 3600000 });
    setTimeout(askAhead, 3000);
  });
  // The rest of what may be needed, not while somebody pays for each page or waits for it, nor when nobody looks.
  const askAhead = () => {
    const { saveData, effectiveType } = navigator.connection ?? {};
    if (!document.hidden && navigator.onLine && !saveData && !/2g/.test(effectiveType)) ask({ ahead: true });
  };
  document.addEventListener("visibilitychange", askAhead);
  // What changed on the page must not be missing from the copy: it would be done twice.
  let soon;
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (!detail.target?.matches?.(LIVE)) return;
    clearTimeout(soon);
    soon = setTimeout(() => navigator.onLine && ask({ keep: [location.pathname] }), 2000);
  });
}

// What refreshes itself has come anew: it is no old copy any more.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.target?.matches?.(LIVE) && detail.successful) document.getElementById("kept")?.setAttribute("hidden", "");
});

// --- entries ------------------------------------------------------------------------------------

let parts; // queue.js, waiting.js and what they need, once they are needed
const queue = () =>
  (parts ??= Promise.all(place.dataset.scripts.split(" ").map((url) => import(url))).then(([store, sending, entry, shown]) => {
    shown.begin(place, store, sending, entry);
    return { store, shown };
  }));

// Nothing must look as if it had been taken that is lost: app.js says it.
const say = (name) => document.dispatchEvent(new CustomEvent("say", { detail: name }));

async function wait(form, fields, tappedAt, submitter) {
  const { store, shown } = (await queue().catch(() => { parts = undefined; })) ?? {};
  if (!store) return say("failed");
  await store.add({ person: place.dataset.person, form, fields, tappedAt, submitter });
  await shown.draw();
  shown.tell(place.dataset.kept);
  const { then } = form.dataset;
  if (then && (navigator.onLine || (await caches.match(new URL(then, location).pathname)))) location.assign(then);
}

const waits = (form) => (canQueue && form?.matches?.("form[data-queue]") ? form : null);
const pressed = new WeakMap();
// The sheet of a step that cannot be had now: one that fits every step is on the page.
const isMore = (elt) => canQueue && elt.matches("a.more") && document.getElementById("sheet-of-any");
const tell = async (what, ...more) => (await queue().catch(() => {}))?.shown[what](...more);
const openSheet = async (link) => (await import(place.dataset.sheetJs).catch(() => {}))?.openSheet(link);

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (waits(detail.elt)) detail.timeout = PATIENCE;
});
document.addEventListener(
  "htmx:beforeRequest",
  (event) => {
    const { elt, requestConfig } = event.detail;
    if (!navigator.onLine && isMore(elt)) {
      event.preventDefault();
      openSheet(elt);
    }
    if (!waits(elt)) return;
    pressed.set(requestConfig, Date.now());
    if (navigator.onLine) return;
    event.preventDefault();
    wait(elt, requestConfig.formData, Date.now(), requestConfig.triggeringEvent?.submitter);
  },
  true,
);
// Nobody knows whether it arrived. The key lets it do what it says once.
const lost = (event) => {
  const { elt, requestConfig, xhr } = event.detail;
  const isAway = event.type !== "htmx:responseError" || (xhr.status >= 502 && xhr.status <= 504);
  if (isAway && isMore(elt)) openSheet(elt);
  if (!waits(elt) || !isAway) return;
  event.stopImmediatePropagation();
  wait(elt, requestConfig.formData, pressed.get(requestConfig) ?? Date.now(), requestConfig.triggeringEvent?.submitter);
};
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, lost, true);

// Forms that load a page: asked for here, so that nothing is lost when there is no answer.
async function send(form, fields, submitter) {
  const tappedAt = Date.now();
  if (!navigator.onLine) return wait(form, fields, tappedAt, submitter);
  let answer;
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const options = { method: "POST", body: new URLSearchParams(fields), headers: { "X-Queued": "now" }, redirect: "manual", signal };
    answer = await fetch(form.action, options);
    if (answer.status >= 502 && answer.status <= 504) throw new Error(answer.status);
  } catch {
    return wait(form, fields, tappedAt, submitter);
  }
  const isTaken = answer.ok && answer.headers.get("Content-Type")?.includes("json");
  const { to } = isTaken ? await answer.json() : {};
  if (!to) return sendPlainly(form, submitter ?? {});
  if (new URL(to, location).pathname !== location.pathname) return location.assign(to);
  history.replaceState(null, "", to);
  location.reload();
}

// It shows what is wrong, or asks who is there.
function sendPlainly(form, { name, value } = {}) {
  if (name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  HTMLFormElement.prototype.submit.call(form);
}

document.addEventListener("submit", (event) => {
  const form = waits(event.target);
  // What cannot wait stays as it was typed, where a browser would show a page of its own. Signing out goes on.
  const cannotWait = !form && event.target.matches("main form[method=post]:not([hx-post], [action$='/logout/'])");
  if (cannotWait && !navigator.onLine) {
    event.preventDefault();
    say("offline");
  }
  if (!form || (form.hasAttribute("hx-post") && !form.closest("[hx-disable]")) || event.defaultPrevented) return;
  event.preventDefault();
  send(form, new FormData(form, event.submitter), event.submitter);
});

if (canQueue) {
  if (localStorage.getItem("waiting")) tell("sendAll");
  else if (!navigator.onLine || document.getElementById("kept")?.hidden === false) tell("draw");
  // Where no worker has the files they are fetched in time, after everything that the page needs itself.
  if (!navigator.serviceWorker?.controller) addEventListener("load", () => setTimeout(() => queue().catch(() => {}), 3000));
  addEventListener("online", () => tell("sendAll"));
  addEventListener("offline", () => tell("draw"));
  document.addEventListener("visibilitychange", () => !document.hidden && localStorage.getItem("waiting") && tell("sendAll"));
}
