// Updates the page of podcasts that are being added, until all are done.
"use strict";
(() => {
  let timer = 0;

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
          if (fresh.innerHTML !== place.innerHTML) place.replaceChildren(...fresh.childNodes);
        }
      } catch {
        // The server is unavailable for a moment; the next request may succeed.
      }
    }
    watch(1500);
  };

  const watch = (delay) => {
    clearTimeout(timer);
    const place = document.getElementById("progress");
    if (place && place.dataset.done !== "yes") timer = setTimeout(update, delay, place);
  };

  document.addEventListener("page", () => watch(1000));
})();
