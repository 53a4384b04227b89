// Buttons that copy the text of a field; without JavaScript the field can be selected.
"use strict";
(() => {
  document.addEventListener("page", () => {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    const show = (text) => { button.querySelector("[data-copied]").textContent = text; };
    try {
      await navigator.clipboard.writeText(field.value);
      show(translated("Copied"));
      button.focus(); // Safari gives a button no focus by a click
    } catch {
      field.select(); // for the keys, which copy from a field
      show(translated("Press Ctrl+C"));
    }
  });
})();
