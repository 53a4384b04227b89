// Updates the part of a page that shows how far work is, until all is done: podcasts that are being
// added, the operator's overview, a re-ingest.
"use strict";
(() => {
  let timer = 0;

  // What has the focus is replaced, too: its successor is the one with the same name.
  const replace = (place, fresh) => {
    const focused = place.contains(document.activeElement) ? document.activeElement : null;
    const nameOf = (one) => one.tagName + (one.getAttribute("aria-label") || one.textContent);
    place.replaceChildren(...fresh.childNodes);
    if (!focused) return;
    const same = [...place.querySelectorAll("a, button")].find((one) => nameOf(one) === nameOf(focused));
    same?.focus({ preventScroll: true });
  };

  const update = async (place) => {
    if (!document.hidden) {
      try {
        const response = await fetch(place.dataset.address, { headers: { accept: "text/html" } });
        const fresh = new DOMParser()
          .parseFromString(await response.text(), "text/html")
          .getElementById("progress");
        // Replaces the part only if it changed, so that screen readers do not read it again.
        if (response.ok && fresh) {
          place.dataset.done = fresh.dataset.done;
          if (fresh.innerHTML !== place.innerHTML) replace(place, fresh);
        }
      } catch {
        // The server is unavailable for a moment; the next request may succeed.
      }
    }
    watch(Number(place.dataset.every) || 1500);
  };

  const watch = (delay) => {
    clearTimeout(timer);
    const place = document.getElementById("progress");
    if (place && place.dataset.done !== "yes") timer = setTimeout(update, delay, place);
  };

  document.addEventListener("page", () => watch(1000));
})();
