// "More" loads the next page below what is shown. The address says how much that is, so that the
// same is shown after "back". Without JavaScript, and when a list has grown long, it is a link.
"use strict";
(() => {
  const load = async (link, list) => {
    const response = await fetch(link.href, { headers: { accept: "text/html" } });
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = next.querySelector("[data-list]");
    if (!response.ok || !found) throw new Error(link.href);
    const rows = [...found.children];
    list.dataset.rows = Number(list.dataset.rows) + Number(found.dataset.rows);
    list.append(...rows);
    // The place begins where it did, and ends where the next page does.
    const [place, ended] = [document, next].map((one) => one.querySelector(".place"));
    ended.querySelector("[data-from]").replaceWith(place.querySelector("[data-from]"));
    place.replaceChildren(...ended.childNodes);
    link.closest(".pager").replaceWith(next.querySelector(".pager") || "");
    const url = new URL(location);
    url.searchParams.set("show", list.dataset.rows);
    history.replaceState(history.state, "", url);
    document.dispatchEvent(new CustomEvent("place"));
    rows[0]?.querySelector("a")?.focus({ preventScroll: true });
  };

  document.addEventListener("click", async (event) => {
    const link = event.target.closest(".pager a[rel=next]");
    const list = document.querySelector("[data-list]");
    if (!link || !list || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (Number(list.dataset.rows) >= Number(list.dataset.list)) return;
    event.preventDefault();
    if (link.ariaBusy) return;
    link.ariaBusy = "true";
    try {
      await load(link, list);
    } catch {
      location.assign(link.href);
    }
  });
})();
