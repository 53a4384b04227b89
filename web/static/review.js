// One key for each decision of the review queue: the letter that is shown on its button.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});
