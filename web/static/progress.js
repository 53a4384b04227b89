// Keeps the page of podcasts that are being added up to date, until nothing changes any more.
"use strict";
(() => {
  const place = document.getElementById("progress");
  if (!place) return;
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(place.dataset.address, { headers: { accept: "text/html" } });
        const fresh = new DOMParser()
          .parseFromString(await answer.text(), "text/html")
          .getElementById("progress");
        // Only what is new is put in, so that nobody is read the same twice.
        if (answer.ok && fresh) {
          place.dataset.done = fresh.dataset.done;
          if (fresh.innerHTML !== place.innerHTML) place.replaceChildren(...fresh.childNodes);
        }
      } catch {
        // The server is away for a moment; the next look may find it.
      }
    }
    if (place.dataset.done !== "yes") setTimeout(look, 1500);
  };
  setTimeout(look, 1000);
})();
