// What was entered without a signal, kept on the device until the site has answered for each entry.

const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open("ivig_care", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("entries", { keyPath: "number", autoIncrement: true });
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

async function entries(mode, act) {
  const transaction = (await opened).transaction("entries", mode);
  const asked = act(transaction.objectStore("entries"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

// Other tabs show the same list.
export const others = new BroadcastChannel("ivig_care.queue");

async function changed() {
  const count = await entries("readonly", (store) => store.count());
  if (count) localStorage.setItem("waiting", String(count));
  else localStorage.removeItem("waiting");
  others.postMessage("changed");
}

/** The person's entries, the oldest first. */
export async function all(person) {
  return (await entries("readonly", (store) => store.getAll())).filter((entry) => entry.person === person);
}

export async function put(entry) {
  await entries("readwrite", (store) => store.put(entry));
  await changed();
}

export async function remove(entry) {
  await entries("readwrite", (store) => store.delete(entry.number));
  await changed();
}

const MINUTE = 60000;
const words = (node) => (node?.innerText || node?.textContent || "").trim().replace(/\s+/g, " ");

/** Keep what a form says, with the moment at which it was said. The form gets a new key: it may be used again. */
export async function add({ person, form, fields, tappedAt, submitter }) {
  const said = [...fields].filter(([name]) => name !== "csrfmiddlewaretoken");
  const value = (name) => said.find(([one]) => one === name)?.[1];
  const isTimed = Boolean(value("at") || value("exact"));
  const at = isTimed ? null : Math.floor((tappedAt - (Number(value("ago")) || 0) * MINUTE) / MINUTE) * MINUTE;
  const about = form.closest("[aria-labelledby]")?.getAttribute("aria-labelledby");
  const name = form.dataset.queue || words(about && document.getElementById(about));
  const amount = value("amount") && `${value("amount")} ${value("unit") ?? ""}`.trim();
  const button = submitter ?? form.querySelector("button");
  const key = value("key") ?? crypto.randomUUID();
  const url = new URL(form.getAttribute("hx-post") ?? form.action, location).pathname;
  const step = url.match(/^\/steps\/(\d+)\//);
  await put({
    person,
    key,
    url,
    at,
    tappedAt,
    fields: said.filter(([name]) => !["key", ...(isTimed ? [] : ["ago", "at", "exact"])].includes(name)),
    label: [name, words(button), amount].filter(Boolean).join(": "),
    steps: step ? [step[1]] : said.filter(([name]) => name === "step").map(([, one]) => one),
    state: "waiting",
    words: "",
  });
  const field = form.elements.namedItem("key");
  field?.setAttribute("value", crypto.randomUUID());
  form.closest("details.sheet")?.removeAttribute("open");
  form.reset();
}

// As the site reads instants; `skew` puts right a clock of the device that is wrong.
const instant = (at, skew) => new Date(at + skew).toISOString().replace(/\.\d+Z$/, "Z");

async function sendOne(entry, { token, skew }) {
  const body = new URLSearchParams([...entry.fields, ["key", entry.key]]);
  if (entry.at !== null) body.set("exact", instant(entry.at, skew));
  const headers = { "X-CSRFToken": token, "X-Queued": "later", Accept: "application/json" };
  const options = { method: "POST", body, headers, redirect: "manual", signal: AbortSignal.timeout(20000) };
  const answer = await fetch(entry.url, options);
  if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
  if (answer.type === "opaqueredirect") return { status: "sign in" };
  if (answer.headers.get("Content-Type")?.includes("json")) return answer.json();
  // It is not theirs any more, or not there.
  return { status: "refused", words: "" };
}

/**
 * Send what waits, in the order in which it was entered; once, also with two tabs open.
 * Answers with "sent" (and what was recorded), "sign in", "away", or "" when another tab is at it or there is nothing.
 */
export async function sendAll(person, queueUrl) {
  return navigator.locks.request("ivig_care.queue", { ifAvailable: true }, async (lock) => {
    if (!lock) return { became: "" };
    const waiting = (await all(person)).filter((entry) => entry.state === "waiting");
    if (!waiting.length) return { became: "" };
    const recorded = [];
    try {
      const answer = await fetch(queueUrl, { redirect: "manual", signal: AbortSignal.timeout(20000) });
      if (answer.status >= 500) return { became: "away", recorded };
      if (!answer.ok) return { became: "sign in", recorded };
      const state = await answer.json();
      if (state.person !== person) return { became: "sign in", recorded };
      const apart = Date.parse(state.now) - Date.now();
      const skew = Math.abs(apart) > MINUTE ? Math.round(apart / MINUTE) * MINUTE : 0;
      for (const entry of waiting) {
        const { status, words: said, wants_reason: wantsReason } = await sendOne(entry, { token: state.token, skew });
        if (status === "sign in") return { became: status, recorded };
        if (status === "recorded") {
          await remove(entry);
          recorded.push(said);
        } else await put({ ...entry, state: status, words: said, wantsReason });
      }
      return { became: "sent", recorded };
    } catch {
      return { became: "away", recorded };
    }
  });
}
