// Keeps pages that a family may need next before anybody has opened them, quietly. Comes after service-worker.js.

const AHEAD = "ahead"; // a cache of its own: when the site was asked, and as which version each page was kept
const ASK_EVERY = 900000;
const FRESH_FOR = 3 * 3600000;
// The family's log tells a copy, which a device keeps, from a look at it.
const COPY = { headers: { Accept: "text/html", "X-Ahead": "yes" } };
let isAtIt = false;

// A page that was there before this worker is not under it yet.
async function isLookedAt() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return pages.some(({ visibilityState }) => visibilityState === "visible");
}

async function remembered() {
  const said = await (await caches.open(AHEAD)).match(SITE.ahead);
  return said ? said.json() : { at: 0, versions: {} };
}

async function remember(said, from) {
  if (from === era) await (await caches.open(AHEAD)).put(SITE.ahead, new Response(JSON.stringify(said)));
}

// One after the other, and no further once nobody looks at the site: the next time goes on from there.
async function keepAhead() {
  const from = era;
  const { at, versions } = await remembered();
  if (Date.now() - at < ASK_EVERY || !(await isLookedAt())) return;
  const answer = await fetch(SITE.ahead, { redirect: "manual" });
  if (!answer.ok) return;
  const { pages } = await answer.json();
  for (const [path, version] of Object.entries(pages)) {
    const copy = await (await caches.open(PAGES)).match(path);
    if (copy && versions[path] === version && lookedAt(copy) > Date.now() - FRESH_FOR) continue;
    if (from !== era || !(await isLookedAt())) return;
    const page = await fetch(path, COPY);
    await learn(page, from);
    if (page.ok) versions[path] = version;
    await remember({ at: 0, versions }, from);
  }
  await remember({ at: Date.now(), versions }, from);
}

// A page asks to have others kept, or itself anew. What was kept within `within` milliseconds is fresh enough.
async function keep(path, within) {
  const from = era;
  const copy = await (await caches.open(PAGES)).match(path);
  if (copy && within && lookedAt(copy) > Date.now() - within) return;
  await learn(await fetch(path, COPY), from);
}

async function ahead() {
  if (isAtIt) return;
  isAtIt = true;
  await keepAhead().catch(() => {});
  isAtIt = false;
}

self.addEventListener("message", (event) => {
  const ours = (event.data.keep ?? []).filter((path) => path.startsWith("/"));
  event.waitUntil(Promise.allSettled(ours.map((path) => keep(path, event.data.within))));
  if (event.data.ahead) event.waitUntil(ahead());
});
