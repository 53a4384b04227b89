// Changes pages without a load while audio is in the player, so that it plays on.
// Without audio, and without JavaScript, links and forms work as everywhere.
// Each page that is shown, the first included, is announced by the event "page" of the document.
"use strict";
(() => {
  const player = document.getElementById("player");
  let shown = location.pathname + location.search;
  let latest = 0;

  const announce = () => document.dispatchEvent(new CustomEvent("page"));
  const rememberScroll = () => history.replaceState({ ...history.state, scroll: scrollY }, "");

  const replace = (next) => {
    document.title = next.title;
    document.querySelector("header.top").replaceWith(next.querySelector("header.top"));
    document.getElementById("main").replaceWith(next.getElementById("main"));
    const links = (tree) => [...tree.head.querySelectorAll("link[rel=alternate], link[rel=canonical]")];
    links(document).forEach((link) => link.remove());
    document.head.append(...links(next));
  };

  // Only a navigation to the fragment, which the browser does, makes an element the :target.
  const place = (scroll) => {
    const { state } = history;
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) {
      location.replace(location.hash);
      history.replaceState(state, "");
    }
    if (scroll !== undefined) scrollTo(0, scroll);
    else if (!target) scrollTo(0, 0);
    (target || document.getElementById("main")).focus({ preventScroll: true });
  };

  // A response has no fragment of a redirect: that of a passage is known.
  const fragmentOf = (url) => {
    const passage = url.pathname.match(/^\/appearances\/(\d+)$/);
    return passage ? `#s-${passage[1]}` : url.hash;
  };

  // Shows what a request returns; the browser loads by itself what is no page of ours.
  const visit = async (url, { request = {}, push = true, scroll } = {}) => {
    const number = ++latest;
    shown = url.pathname + url.search; // now, so that "back" during the request is another visit
    try {
      const response = await fetch(url, { ...request, headers: { accept: "text/html" } });
      const next = new DOMParser().parseFromString(await response.text(), "text/html");
      if (number !== latest) return;
      const page = (response.headers.get("content-type") || "").startsWith("text/html");
      if (!page || !next.getElementById("main") || !next.querySelector("header.top")) throw new Error(url);
      if (push) {
        rememberScroll();
        history.pushState({}, "", response.url + fragmentOf(url));
      }
      shown = location.pathname + location.search;
      replace(next);
      announce();
      place(scroll);
    } catch {
      location.assign(url);
    }
  };

  const isOurs = (url) => url.origin === location.origin && !/\.(csv|json|atom|opml|vtt|srt|txt|svg|png)$/.test(url.pathname);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (player.hidden || !link || event.defaultPrevented || event.button) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.hasAttribute("target") || link.hasAttribute("download")) return;
    const url = new URL(link.getAttribute("href"), location); // a link in SVG has no text in .href
    if (!isOurs(url) || (url.hash && url.pathname + url.search === shown)) return;
    event.preventDefault();
    visit(url);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    // By attribute: a button may be named "action".
    const url = new URL(form.getAttribute("action") || location.href, location);
    if (player.hidden || event.defaultPrevented || !isOurs(url) || form.matches("[data-load]")) return;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    if (form.method === "post") {
      const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
      visit(url, { request: { method: "POST", body } });
    } else {
      url.search = new URLSearchParams(data);
      visit(url);
    }
  });

  addEventListener("popstate", (event) => {
    if (location.pathname + location.search !== shown)
      visit(new URL(location), { push: false, scroll: event.state?.scroll ?? 0 });
  });

  document.addEventListener("place", () => { shown = location.pathname + location.search; });
  document.addEventListener("DOMContentLoaded", announce);
})();
