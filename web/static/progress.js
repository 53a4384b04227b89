// Updates the page of podcasts that are being added, until all are done.
"use strict";
(() => {
  const place = document.getElementById("progress");
  if (!place) return;
  const poll = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(place.dataset.address, { headers: { accept: "text/html" } });
        const fresh = new DOMParser()
          .parseFromString(await answer.text(), "text/html")
          .getElementById("progress");
        // Replaces the part only if it changed, so that screen readers do not read it again.
        if (answer.ok && fresh) {
          place.dataset.done = fresh.dataset.done;
          if (fresh.innerHTML !== place.innerHTML) place.replaceChildren(...fresh.childNodes);
        }
      } catch {
        // The server is unavailable for a moment; the next request may succeed.
      }
    }
    if (place.dataset.done !== "yes") setTimeout(poll, 1500);
  };
  setTimeout(poll, 1000);
})();
