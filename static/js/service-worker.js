// Answers for the site when there is no signal, with the files and the pages that it has kept (keeping.js).
// SITE comes before this: what it holds says web/offline/views.py. What is kept, and for how long: docs/adr/0023, 0025.

const SHELL = `shell-${SITE.version}`;
const PATIENCE = 4000;

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

// --- the language -------------------------------------------------------------------------------

// That of the last page: what is said without a signal, and over a message that brought no words, is said in it.
const LANGUAGE = "/.language";

async function hear(response) {
  const language = response.headers.get("Content-Language");
  if (language) await (await caches.open("language")).put(LANGUAGE, new Response(language));
}

async function language() {
  const heard = await (await caches.open("language")).match(LANGUAGE);
  return (await heard?.text()) ?? navigator.language.slice(0, 2);
}

const withoutSignal = async () => {
  const pages = SITE.offline;
  return caches.match(pages[await language()] ?? pages.en, { ignoreVary: true });
};

// --- what the browser asks for ------------------------------------------------------------------

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && url.pathname === SITE.signOut) event.respondWith(signedOut(request));
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
});
