// "Add to the home screen": a button where the browser can ask, words where only the person can.

export function show(offer, event) {
  const part = offer.querySelector(`[data-install=${event ? "button" : "ios"}]`);
  offer.hidden = part.hidden = false;
  const ask = async () => {
    offer.hidden = true;
    await event.prompt();
  };
  part.querySelector("button")?.addEventListener("click", ask, { once: true });
}
