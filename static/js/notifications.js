// Shows notifications, and opens what they are about. Comes after service-worker.js in the same worker.

const read = (data) => {
  try {
    return data.json();
  } catch {
    return {};
  }
};

self.addEventListener("push", (event) => {
  const said = event.data ? read(event.data) : {};
  event.waitUntil(
    self.registration.showNotification(said.title || "ivig_care", {
      body: said.body || "Open the checklist to see what is to do.",
      tag: said.tag,
      renotify: Boolean(said.tag),
      icon: "/static/icon.svg",
      data: { url: said.url || "/" },
    }),
  );
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
