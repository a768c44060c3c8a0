// The pages that the site lets a device keep, and when they are shown. Comes after service-worker.js in the same worker.

const PAGES = "pages";
const OWNER = "/.owner"; // no address of the site: whose the copies are
const MOST_DAYS = 10;
const MOST_PAGES = 30;
const DAY = 86400000;

const lookedAt = (copy) => Number(copy.headers.get("X-Kept-At"));

// Grows when everything is forgotten: what was asked for before that comes too late.
let era = 0;

async function forget() {
  era += 1;
  await Promise.all([caches.delete(PAGES), caches.delete("ahead")]);
}

// The pages of this person; whatever was kept for another is gone before.
async function pagesOf(person) {
  const owner = await (await caches.open(PAGES)).match(OWNER);
  if (owner && (await owner.text()) !== person) await forget();
  const pages = await caches.open(PAGES);
  if (person) await pages.put(OWNER, new Response(person));
  return pages;
}

async function learn(response, from) {
  const person = response.headers.get("X-Person");
  if (person === null || !response.ok || from !== era) return;
  await hear(response);
  if (!person) return forget();
  const pages = await pagesOf(person);
  const now = era;
  const url = new URL(response.url);
  if (!response.headers.has("X-Kept") || url.search) return;
  const headers = new Headers(response.headers);
  headers.delete("Content-Encoding");
  headers.set("X-Kept-At", String(Date.now()));
  const html = await response.text();
  if (now !== era) return;
  await pages.put(url.pathname, new Response(html, { headers }));
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
  const copy = await (await caches.open(PAGES)).match(url.pathname);
  if (!copy || lookedAt(copy) < Date.now() - MOST_DAYS * DAY) return null;
  const html = (await copy.text()).replace('id="kept" hidden', 'id="kept"');
  return new Response(html, { headers: copy.headers });
}

// The page on which can be said what this one asks, when neither it nor a copy of it is there.
async function standIn({ pathname, search }) {
  const pages = await caches.open(PAGES);
  for (const request of await pages.keys()) {
    const copy = await pages.match(request);
    if (!copy?.headers.get("X-Instead-Of")?.split(" ").includes(pathname)) continue;
    return Response.redirect(`${new URL(request.url).pathname}?${new URLSearchParams({ instead: pathname + search })}`);
  }
  return null;
}

async function page(event) {
  const from = era;
  const url = new URL(event.request.url);
  const copy = await keptCopy(url);
  // Nobody waits twice for the same site.
  if (copy && url.searchParams.has("instead")) return copy;
  const network = fetch(event.request).then((response) => {
    event.waitUntil(learn(response.clone(), from));
    // What stands before the site and says that the site is away is no answer of the site.
    return copy && response.status >= 502 && response.status <= 504 ? copy : response;
  });
  const other = copy ?? (await standIn(url));
  if (!other) return network.catch(withoutSignal);
  event.waitUntil(network.catch(() => {}));
  return Promise.race([network.catch(() => other), later(other)]);
}

// Whoever signs out takes nothing back later, also when the answer is lost.
async function signedOut(request) {
  await forget();
  const answer = await fetch(request);
  await forget();
  return answer;
}
