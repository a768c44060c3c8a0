// Shows notifications, and opens what they are about. Comes after service-worker.js in the same worker.

const read = (data) => {
  try {
    return data.json();
  } catch {
    return {};
  }
};

async function notify(said) {
  const body = said.body || (SITE.words[await language()] ?? SITE.words.en);
  await self.registration.showNotification(said.title || "ivig_care", {
    body,
    tag: said.tag,
    renotify: Boolean(said.tag),
    icon: "/static/icon.svg",
    data: { url: said.url || "/" },
  });
}

self.addEventListener("push", (event) => {
  event.waitUntil(notify(event.data ? read(event.data) : {}));
});

// Only pages of this site are opened, whatever the notification says.
const ours = (address) => {
  const url = new URL(address, self.location.origin);
  return url.origin === self.location.origin ? url.href : `${self.location.origin}/`;
};

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(ours(event.notification.data?.url || "/")));
});
