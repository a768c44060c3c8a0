// The sheet of a step that cannot be had without a signal.

/** Open beside a step the sheet that fits every step; what only fits an open one is left out of others. */
export function openSheet(link) {
  const any = document.getElementById("sheet-of-any");
  const row = link.closest("article.step");
  const key = row.id.replace("step-", "");
  link.insertAdjacentHTML("afterend", any.innerHTML.replaceAll("/steps/0/", `/steps/${key}/`).replaceAll('-0"', `-${key}"`));
  const sheet = link.nextElementSibling;
  if (row.matches(".done, .skipped")) for (const form of sheet.querySelectorAll("[data-for=open]")) form.remove();
  for (const field of sheet.querySelectorAll("[name=key]")) field.setAttribute("value", crypto.randomUUID());
  link.remove();
  htmx.process(sheet);
  sheet.querySelector("summary").focus();
}
