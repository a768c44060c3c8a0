// Keeps the pages that the site lets a device keep, and shows them when there is no signal.
// SITE comes before this: { version, shell, signOut }. What is kept, and for how long: docs/adr/0023-without-a-signal.md.

const SHELL = `shell-${SITE.version}`;
const PAGES = "pages";
const OWNER = "/.owner"; // no address of the site: whose the copies are
const PATIENCE = 4000;
const MOST_DAYS = 10;
const MOST_PAGES = 30;
const DAY = 86400000;

// --- the shell ----------------------------------------------------------------------------------

self.addEventListener("install", (event) => {
  // Past the browser's own cache, which may hold files of the version before.
  const fresh = SITE.shell.map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("shell-") && name !== SHELL).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(old());
});

const later = (copy) => new Promise((resolve) => setTimeout(resolve, PATIENCE, copy));

// A kept page may ask for a file of an older version: then the one of today does.
const plain = (path) => path.replace(/\.[0-9a-f]{12}(?=\.)/, "");

async function file(request) {
  const shell = await caches.open(SHELL);
  const path = new URL(request.url).pathname;
  const kept = await shell.match(path);
  if (kept && plain(path) !== path) return kept;
  const network = fetch(request);
  if (kept) return Promise.race([network.catch(() => kept), later(kept)]);
  try {
    return await network;
  } catch (error) {
    const like = (await shell.keys()).find((one) => plain(new URL(one.url).pathname) === plain(path));
    if (like) return shell.match(like);
    throw error;
  }
}

// --- the pages ----------------------------------------------------------------------------------

const lookedAt = (copy) => Number(copy.headers.get("X-Kept-At"));

async function forget() {
  await caches.delete(PAGES);
}

// The pages of this person; whatever was kept for another is gone before.
async function pagesOf(person) {
  const owner = await (await caches.open(PAGES)).match(OWNER);
  if (owner && (await owner.text()) !== person) await forget();
  const pages = await caches.open(PAGES);
  if (person) await pages.put(OWNER, new Response(person));
  return pages;
}

async function learn(response) {
  const person = response.headers.get("X-Person");
  if (person === null || !response.ok) return;
  if (!person) return forget();
  const pages = await pagesOf(person);
  const url = new URL(response.url);
  if (!response.headers.has("X-Kept") || url.search) return;
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  headers.set("X-Kept-At", String(Date.now()));
  await pages.put(url.pathname, new Response(await response.text(), { headers }));
  await tidy(pages);
}

async function tidy(pages) {
  const copies = [];
  for (const request of await pages.keys()) {
    if (new URL(request.url).pathname !== OWNER) copies.push([lookedAt(await pages.match(request)), request]);
  }
  copies.sort(([one], [other]) => other - one);
  const isOver = ([at], index) => index >= MOST_PAGES || at < Date.now() - MOST_DAYS * DAY;
  await Promise.all(copies.filter(isOver).map(([, request]) => pages.delete(request)));
}

// The copy says itself how old it is, in words that it came with.
async function keptCopy(url) {
  const copy = await (await caches.open(PAGES)).match(new URL(url).pathname);
  if (!copy || lookedAt(copy) < Date.now() - MOST_DAYS * DAY) return null;
  const html = (await copy.text()).replace('id="kept" hidden', 'id="kept"');
  return new Response(html, { headers: copy.headers });
}

async function page(event) {
  const copy = await keptCopy(event.request.url);
  const network = fetch(event.request).then((response) => {
    event.waitUntil(learn(response.clone()));
    // What stands before the site and says that the site is away is no answer of the site.
    return copy && response.status >= 502 && response.status <= 504 ? copy : response;
  });
  if (!copy) return network.catch(() => caches.match("/offline/"));
  event.waitUntil(network.catch(() => {}));
  return Promise.race([network.catch(() => copy), later(copy)]);
}

// Whoever signs out takes nothing back later, also when the answer is lost.
async function signedOut(request) {
  await forget();
  const answer = await fetch(request);
  await forget();
  return answer;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && url.pathname === SITE.signOut) event.respondWith(signedOut(request));
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
});

// A page asks to have others kept, or itself anew. What was kept within `within` milliseconds is fresh enough.
self.addEventListener("message", (event) => {
  const keep = async (path) => {
    const copy = await (await caches.open(PAGES)).match(path);
    if (copy && event.data.within && lookedAt(copy) > Date.now() - event.data.within) return;
    await learn(await fetch(path, { headers: { Accept: "text/html" } }));
  };
  const ours = (event.data.keep ?? []).filter((path) => path.startsWith("/"));
  event.waitUntil(Promise.allSettled(ours.map(keep)));
});
