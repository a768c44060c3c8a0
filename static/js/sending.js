// Sends what waited, in the order in which it was entered. What the site cannot take does not hold up the rest.

const MINUTE = 60000;
const HOUR = 3600000;
// So often in a row an entry may fail before it is left lying for the person to look at.
const MOST_TRIES = 3;
// What the site can say of one entry, see web/once.py.
const SAID = ["recorded", "conflict", "refused"];

/** The entries that can go now: not those that come after one of their infusion day that is still to be sent. */
export function due(entries, now = Date.now()) {
  const held = new Set();
  return entries.filter((entry) => {
    const isToBeSent = entry.state === "waiting" || (entry.why === "failing" && entry.triedAt < now - HOUR);
    if (entry.state === "stuck" && !isToBeSent) held.add(entry.order);
    return isToBeSent && !(entry.order && held.has(entry.order));
  });
}

// As the site reads instants; `skew` puts right a clock of the device that is wrong.
const instant = (at, skew) => new Date(at + skew).toISOString().replace(/\.\d+Z$/, "Z");

async function post(entry, { token, skew }) {
  const body = new URLSearchParams([...entry.fields, ["key", entry.key]]);
  if (entry.at !== null) body.set("exact", instant(entry.at, skew));
  const headers = { "X-CSRFToken": token, "X-Queued": "later", Accept: "application/json" };
  return fetch(entry.url, { method: "POST", body, headers, redirect: "manual", signal: AbortSignal.timeout(20000) });
}

// What an answer means for the entry. Only what the site itself says ends it; nothing else may look like "gone".
async function meaning(answer) {
  if (answer.type === "opaqueredirect") return { status: "sign in" };
  if (answer.status === 429) return { status: "busy", seconds: Number(answer.headers.get("Retry-After")) || 60 };
  if (answer.status >= 500) return { status: "failing", isAway: answer.status >= 502 && answer.status <= 504 };
  const isJson = answer.headers.get("Content-Type")?.includes("json");
  const said = isJson ? await answer.json().catch(() => ({})) : {};
  if (SAID.includes(said.status)) return said;
  // Every page of ours says for whom it is: this one comes from something that stands between.
  if (!answer.headers.has("X-Person") || answer.ok) return { status: "failing", isAway: true };
  return { status: "stuck", why: { 403: "notAllowed", 404: "notFound" }[answer.status] ?? "notTaken" };
}

async function whoIsThere(queueUrl) {
  const answer = await fetch(queueUrl, { redirect: "manual", signal: AbortSignal.timeout(20000) });
  if (answer.type === "opaqueredirect" || answer.status === 403) return { person: "" };
  if (!answer.ok) throw new Error(answer.status);
  const state = await answer.json();
  const apart = Date.parse(state.now) - Date.now();
  return { ...state, skew: Math.abs(apart) > MINUTE ? Math.round(apart / MINUTE) * MINUTE : 0 };
}

// The token may have become too old between the question and the entry: asked once more.
async function sendOne(entry, state, queueUrl) {
  try {
    const said = await meaning(await post(entry, state));
    if (said.why !== "notAllowed") return said;
    const again = await whoIsThere(queueUrl);
    return again.person === entry.person ? await meaning(await post(entry, again)) : { status: "sign in" };
  } catch (error) {
    // The site is there, for it said a moment ago who is signed in. This entry may be what it cannot bear.
    if (error.name === "TimeoutError") return { status: "failing", isAway: true };
    throw error;
  }
}

function answered(entry, said) {
  const { status, words = "", why = "", look = "", wants_reason: wantsReason = false } = said;
  if (status !== "failing") return { ...entry, state: status, words, why, look, wantsReason };
  const tries = (entry.tries ?? 0) + 1;
  const isStuck = tries >= MOST_TRIES;
  return { ...entry, tries, triedAt: Date.now(), state: isStuck ? "stuck" : "waiting", why: isStuck ? "failing" : "" };
}

/**
 * Send what waits; once, also with two tabs open. Answers with what became of it: "sent", "sign in", "away", "busy"
 * (and after how many seconds to come again), or "" when another tab is at it or there is nothing; and what was recorded.
 */
export async function sendAll(store, person, queueUrl) {
  return navigator.locks.request("ivig_care.queue", { ifAvailable: true }, async (lock) => {
    const waiting = lock ? due(await store.all(person)) : [];
    const recorded = [];
    const held = new Set();
    const end = (became, more = {}) => ({ became, recorded, ...more });
    if (!waiting.length) return end("");
    try {
      const state = await whoIsThere(queueUrl);
      if (state.person !== person) return end("sign in");
      let became = "sent";
      for (const entry of waiting) {
        if (entry.order && held.has(entry.order)) continue;
        const said = await sendOne(entry, state, queueUrl);
        if (said.status === "sign in") return end("sign in");
        if (said.status === "busy") return end("busy", { seconds: said.seconds });
        if (said.status === "recorded") recorded.push(said.words);
        // What moved the checklist is read before it goes.
        if (said.status === "recorded" && !(entry.order && said.words)) await store.remove(entry);
        else await store.put(answered(entry, said));
        if (["failing", "stuck"].includes(said.status)) held.add(entry.order);
        if (said.isAway) return end("away");
        if (said.status === "failing") became = "away";
      }
      return end(became);
    } catch {
      return end("away");
    }
  });
}
