// "Add to the home screen": a button where the browser can ask, words where only the person can.

const offer = document.getElementById("install");
const part = (name) => offer.querySelector(`[data-install=${name}]`);

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer.hidden = part("button").hidden = false;
  const ask = async () => {
    offer.hidden = true;
    await event.prompt();
  };
  part("button").querySelector("button").addEventListener("click", ask, { once: true });
});
// Safari on an iPhone says whether it is opened from the home screen, and offers nothing.
if (navigator.standalone === false) offer.hidden = part("ios").hidden = false;
