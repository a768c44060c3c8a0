// "Copy" and "Share" beside a link that is shown once.

const said = document.getElementById("copied");
const field = (button) => document.getElementById(button.dataset.copy ?? button.dataset.send);

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    field(button).select();
    try {
      await navigator.clipboard.writeText(field(button).value);
      said.textContent = button.dataset.done;
    } catch {
      // It stays selected: the phone's own menu copies it.
    }
  });
}

for (const button of document.querySelectorAll("[data-send]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => {
    const link = field(button);
    navigator.share({ title: link.dataset.share, url: link.value }).catch(() => {});
  });
}
