// "Notifications in this browser": asks the browser, and hands over where its push service takes messages.

const box = document.getElementById("push");
const button = box?.querySelector("button");
const said = box?.querySelector("[role=status]");
const isAble = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
// An iPad calls itself a Mac, but no Mac is touched.
const isApple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const isInstalled = navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;

function say(text) {
  said.textContent = text;
}

// What the person can do: switch them on, or first something else.
function state() {
  if (isAble) return Notification.permission === "denied" ? "denied" : "able";
  if (isApple) return isInstalled ? "old" : "ios";
  return "";
}

function show() {
  const is = state();
  for (const part of box.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== is;
  say(is ? "" : box.dataset.unable);
}

const bytes = (key) => {
  const plain = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
};

async function subscribed() {
  const worker = await navigator.serviceWorker.register("/sw.js", { scope: "/" });
  await navigator.serviceWorker.ready;
  const ask = () => worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.key) });
  try {
    return await ask();
  } catch (error) {
    // A subscription under another key of ours stands in the way.
    const old = await worker.pushManager.getSubscription();
    if (!old) throw error;
    await old.unsubscribe();
    return ask();
  }
}

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") return show();
  const { endpoint, keys } = (await subscribed()).toJSON();
  const body = new URLSearchParams({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
  const headers = { "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"] };
  const answer = await fetch(box.dataset.url, { method: "POST", body, headers });
  if (answer.ok) return location.reload();
  // The person confirms first who they are; the answer says where.
  if (answer.status === 401) return location.assign(await answer.text());
  return say(answer.status === 422 ? await answer.text() : box.dataset.failed);
}

if (box) {
  box.hidden = false;
  show();
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await switchOn();
    } catch {
      say(box.dataset.failed);
    }
    button.disabled = false;
  });
}
