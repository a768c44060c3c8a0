// On the page without a signal: what this phone keeps, as links.

const section = document.getElementById("copies");

async function list() {
  const pages = await caches.open("pages");
  for (const request of await pages.keys()) {
    const html = await (await pages.match(request)).text();
    const { title } = new DOMParser().parseFromString(html, "text/html");
    if (!title) continue;
    const link = Object.assign(document.createElement("a"), { href: request.url, textContent: title, className: "button quiet" });
    const line = document.createElement("li");
    line.append(link);
    section.querySelector("ul").append(line);
    section.hidden = false;
  }
}

if (window.caches) list();
