// The infusion card without a signal: what happened is said on it, with its time, and waits with everything else.

// As what the day goes on after each thing that was said, and what can be said of it then.
const AFTER = { start: "running", rate: "running", resume: "running", pause: "paused", end: "ended" };
const MAY = { planned: ["start"], running: ["rate", "pause", "end"], paused: ["resume", "end"], ended: [] };

let from; // the template of the page
let tools; // entry.js
let panel;
let state = "";

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
  const hasChanged = now !== state;
  state = now;
  draw();
  if (!hasChanged || !panel.querySelector("form:not([hidden])")) return;
  for (const form of panel.querySelectorAll("form")) form.hidden = true;
  panel.querySelector("h2").focus();
}

/** What the person was about to say on a page that cannot be had. */
function takeUp() {
  const instead = new URL(new URLSearchParams(location.search).get("instead") ?? "", location);
  const form = [...panel.querySelectorAll("form")].find((one) => new URL(one.action).pathname === instead.pathname);
  if (!form) return;
  history.replaceState(null, "", location.pathname);
  if (MAY[state].includes(form.dataset.what)) open(form.dataset.what, instead.searchParams);
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
  draw();
  takeUp();
}
