// The infusion card without a signal: what happened is said on it, with its time, and waits with everything else.

// As what the day goes on after each thing that was said, and what can be said of it then.
const AFTER = { start: "running", rate: "running", resume: "running", pause: "paused", end: "ended" };
Object.assign(AFTER, { unstart: "planned", unend: "running", unpause: "running" });
const MAY = { planned: ["start"], running: ["rate", "pause", "end"], paused: ["resume", "end"], ended: [] };
const BEFORE = { start: "planned", rate: "running", pause: "running", resume: "paused", end: "running" };

let from; // the template of the page
let tools; // entry.js
let panel;
let state = "";
let count = 0; // of what waits of this day
let instead = ""; // the page that cannot be had

const isAway = () => !navigator.onLine || document.getElementById("kept")?.hidden === false;

// Each chip says which time it would record.
function times() {
  for (const chip of panel.querySelectorAll("[name=ago]")) {
    const minutes = Number(chip.value);
    const words = minutes ? from.dataset.ago : from.dataset.now;
    chip.textContent = words.replace("{minutes}", minutes).replace("{time}", tools.clock(Date.now() - minutes * 60000));
  }
}

function open(what, said = new URLSearchParams()) {
  times();
  for (const form of panel.querySelectorAll("form")) {
    form.hidden = form.dataset.what !== what;
    form.elements.key.setAttribute("value", crypto.randomUUID());
    const rate = form.elements.ml_h;
    if (rate && said.get("ml_h")) rate.value = said.get("ml_h");
  }
  panel.querySelector("form:not([hidden]) :is([name=ml_h], button)")?.focus();
}

function draw() {
  panel.hidden = !isAway() || !MAY[state].length;
  for (const button of panel.querySelectorAll("[data-say]")) button.hidden = !MAY[state].includes(button.dataset.say);
  document.getElementById("card").classList.toggle("without-signal", !panel.hidden);
}

function follow({ detail }) {
  const ours = detail.filter(({ order, state }) => order === from.dataset.order && ["waiting", "stuck"].includes(state));
  const now = ours.reduce((_, { what }) => AFTER[what] ?? _, from.dataset.state);
  const isSaid = ours.length > count && panel.querySelector("form:not([hidden])");
  [state, count] = [now, ours.length];
  if (isSaid) for (const form of panel.querySelectorAll("form")) form.hidden = true;
  draw();
  if (isSaid) (panel.hidden ? document.getElementById("state") : panel.querySelector("h2")).focus();
  if (instead) takeUp();
}

// What the person was about to say on a page that cannot be had. This card may be older than the page that led there.
function takeUp() {
  const { pathname, searchParams } = new URL(instead, location);
  instead = "";
  history.replaceState(null, "", location.pathname);
  const form = [...panel.querySelectorAll("form")].find((one) => new URL(one.action).pathname === pathname);
  if (!form) return;
  const { what } = form.dataset;
  if (!MAY[state].includes(what)) from.dataset.state = state = BEFORE[what];
  draw();
  open(what, searchParams);
  panel.scrollIntoView();
}

export function begin(template, entry) {
  [from, tools, state] = [template, entry, template.dataset.state];
  panel = template.content.firstElementChild.cloneNode(true);
  document.getElementById("card").before(panel);
  for (const button of panel.querySelectorAll("[data-say]")) button.addEventListener("click", () => open(button.dataset.say));
  document.addEventListener("entries", follow);
  document.addEventListener("htmx:afterRequest", draw);
  for (const name of ["online", "offline"]) addEventListener(name, draw);
  setInterval(times, 20000);
  instead = new URLSearchParams(location.search).get("instead") ?? "";
  draw();
}
