// Chooses a span of days in a chart: by dragging over bars, or by Shift with an arrow key, then Enter.
// A click on a bar, which is a link, chooses its days alone.
"use strict";
(() => {
  let first = null; // where a pointer was pressed
  let anchor = null; // where a span that is chosen by keys begins
  const barAt = (event) => event.target.closest?.("a[data-since]");
  const barsOf = (bar) => [...bar.closest("svg").querySelectorAll("a[data-since]")];
  const between = (one, other) => {
    const all = barsOf(one);
    const [from, to] = [all.indexOf(one), all.indexOf(other)].sort((a, b) => a - b);
    return from < 0 ? [] : all.slice(from, to + 1);
  };
  const show = (bar, chosen) => barsOf(bar).forEach((one) => one.classList.toggle("chosen", chosen.includes(one)));

  const follow = (span) => {
    const link = document.createElement("a");
    const url = new URL(span[0].getAttribute("href"), location);
    url.searchParams.set("until", new URL(span.at(-1).getAttribute("href"), location).searchParams.get("until"));
    link.href = url;
    document.body.append(link);
    link.click();
    link.remove();
  };

  document.addEventListener("pointerdown", (event) => { first = event.button ? null : barAt(event); });
  document.addEventListener("dragstart", (event) => { if (barAt(event)) event.preventDefault(); });
  document.addEventListener("pointerover", (event) => {
    const bar = first && barAt(event);
    if (bar) show(bar, between(first, bar));
  });
  document.addEventListener("pointerup", (event) => {
    const span = first && barAt(event) ? between(first, barAt(event)) : [];
    if (span.length > 1) follow(span);
    first = null;
  });

  // Arrow keys go from bar to bar, so that Tab passes a chart at once.
  const steps = { ArrowLeft: -1, ArrowRight: 1 };
  document.addEventListener("keydown", (event) => {
    const bar = barAt(event);
    if (!bar || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && anchor) {
      event.preventDefault();
      follow(between(anchor, bar));
      return;
    }
    const all = barsOf(bar);
    const next = steps[event.key] && all[all.indexOf(bar) + steps[event.key]];
    if (!next) return;
    event.preventDefault();
    anchor = event.shiftKey ? anchor || bar : null;
    show(bar, anchor ? between(anchor, next) : []);
    bar.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  document.addEventListener("page", () => {
    anchor = null;
    for (const chart of document.querySelectorAll("svg"))
      chart.querySelectorAll("a[data-since]").forEach((bar, place) => { bar.tabIndex = place ? -1 : 0; });
    for (const hint of document.querySelectorAll("[data-brush]")) hint.hidden = false;
  });
})();
