// Small kindnesses on top of pages that work without JavaScript.

// A checklist that refreshes itself must not close the sheet that somebody is filling in.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, requestConfig } = event.detail;
  const isPolling = requestConfig?.verb === "get" && target?.id === "checklist";
  if (isPolling && target.querySelector("details[open]")) event.detail.shouldSwap = false;
});

// After a tick the focus goes to the step that was ticked, so a keyboard or screen reader stays where it was.
document.addEventListener("htmx:afterSettle", (event) => {
  const step = event.detail.requestConfig?.elt?.closest?.("[data-step]")?.dataset.step;
  if (event.detail.requestConfig?.verb === "post" && step) document.getElementById(step)?.focus();
});
