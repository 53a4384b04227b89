// One key for each decision of the review queue: the letter that is shown on its button.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const key = CSS.escape(event.key);
  const button = document.querySelector(`[data-key="${key}"]`);
  if (button) return button.click();
  // Nothing to undo is better written than left for the operator to guess.
  for (const notice of document.querySelectorAll(`[data-without-key="${key}"]`)) notice.hidden = false;
});
