// One entry of the list of what waits: what it says and when, what became of it, and what the person can do.

export const make = (name, more = {}, ...inside) => {
  const node = Object.assign(document.createElement(name), more);
  node.append(...inside);
  return node;
};

export function clock(at) {
  const how = { weekday: "short", hour: "numeric", minute: "2-digit" };
  const timeZone = document.querySelector("[data-zone]")?.dataset.zone;
  const said = new Intl.DateTimeFormat(document.documentElement.lang, { ...how, timeZone }).format(at);
  return said.replace(/[\s,]+(\d)/, " $1").replace(/\s?([AP])M$/, (_, sign) => ` ${sign.toLowerCase()}m`);
}

export const when = (entry) => {
  const said = (field) => entry.fields.find(([name, value]) => name === field && value)?.[1];
  if (said("exact")) return clock(new Date(said("exact").replace(/([+-]\d\d)(\d\d)$/, "$1:$2")));
  return said("at")?.replace("T", " ") ?? clock(entry.at ?? entry.tappedAt);
};

// `text` are the words of the place; `act` keeps an entry otherwise, or not at all.
function button(entry, label, act) {
  const made = make("button", { type: "button", className: "chip", textContent: label });
  made.append(make("span", { className: "visually-hidden", textContent: `: ${entry.label}` }));
  made.addEventListener("click", act);
  return made;
}

function reasonForm(entry, text, act) {
  const field = make("input", { id: `reason-of-${entry.number}`, required: true, maxLength: 200 });
  const form = make("form", {}, make("label", { htmlFor: field.id, textContent: text.why }), field);
  form.append(make("p", { className: "buttons" }, make("button", { type: "submit", textContent: text.record })));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act.again({ ...entry, fields: [...entry.fields, ["reason", field.value]] });
  });
  return form;
}

const said = (entry, text) => entry.words || text[entry.why] || text.notTaken;

/** The line of an entry. */
export function line(entry, text, act) {
  const node = make("li", {}, make("strong", { textContent: entry.label }), ` ${text.entered.replace("{time}", when(entry))}`);
  const isWaiting = entry.state === "waiting";
  if (!isWaiting) node.append(make("p", { textContent: said(entry, text) }));
  if (isWaiting && entry.isHeld) node.append(make("p", { textContent: text.held }));
  if (entry.wantsReason) node.append(reasonForm(entry, text, act));
  const buttons = [];
  if (entry.look) buttons.push(make("a", { className: "button chip", href: entry.look, textContent: text.see }));
  const isOpen = entry.state === "stuck" || (entry.state === "refused" && entry.order);
  if (isOpen) buttons.push(button(entry, text.again, () => act.again(entry)));
  const away = entry.state === "stuck" ? text.throw : isWaiting || entry.wantsReason ? text.remove : text.dismiss;
  buttons.push(button(entry, away, () => act.away(entry)));
  node.append(make("p", { className: "buttons" }, ...buttons.flatMap((one) => [one, " "])));
  return node;
}
