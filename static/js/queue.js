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

// What was typed or chosen, as the page calls it: a person who reads the list knows it again, or can tell the clinic.
function typed(form) {
  const isTyped = ({ name, type }) => name && !["hidden", "submit", "button", "datetime-local"].includes(type);
  const said = [...form.elements].filter(isTyped).map((field) => {
    if (["amount", "unit", "ml_h"].includes(field.name)) return "";
    if (["checkbox", "radio"].includes(field.type)) return field.checked ? words(field.labels?.[0]) : "";
    if (field.localName === "select") return field.value && words(field.selectedOptions[0]);
    return field.value.trim() && `“${field.value.trim()}”`;
  });
  return said.filter(Boolean).join(", ").slice(0, 300);
}

// What a button says, without the name once more that it has for those who hear it.
function pressed(button, name) {
  const said = words(button);
  return name && said.endsWith(name) ? said.slice(0, -name.length).replace(/[\s:]+$/, "") : said;
}

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
  const { pathname, search, searchParams } = new URL(form.getAttribute("hx-post") ?? form.action, location);
  const url = pathname + search;
  const step = url.match(/^\/steps\/(\d+)\//);
  // Of several children it is said whose it is: beside the step on the first page, else by the page itself.
  const whose = words(form.closest("article")?.querySelector(".who")) || document.getElementById("main").dataset.child;
  const whole = form.dataset.label?.replace(/\{(\w+)\}/g, (_, field) => value(field) ?? "");
  await put({
    person,
    key,
    url,
    at,
    tappedAt,
    // What is said of one infusion day goes in its order.
    order: form.dataset.order ?? "",
    what: form.dataset.what ?? "",
    fields: said.filter(([name]) => !["key", ...(isTimed ? [] : ["ago", "at", "exact"])].includes(name)),
    label: (whose ? `${whose} – ` : "") + (whole ?? [name, pressed(button, name), amount, typed(form)].filter(Boolean).join(": ")),
    steps: step ? [step[1]] : [...said.filter(([name]) => name === "step").map(([, one]) => one), ...searchParams.getAll("step")],
    state: "waiting",
    words: "",
  });
  const field = form.elements.namedItem("key");
  field?.setAttribute("value", crypto.randomUUID());
  form.closest("details.sheet")?.removeAttribute("open");
  form.reset();
}
