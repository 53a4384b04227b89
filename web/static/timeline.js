// Dragging over the bars of a chart chooses a span of days; a click on a bar, which is a link, one.
"use strict";
(() => {
  let first = null;
  const barAt = (event) => event.target.closest?.("a[data-since]");
  const bars = () => [...first.closest("svg").querySelectorAll("a[data-since]")];
  const between = (one, other) => {
    const all = bars();
    const [from, to] = [all.indexOf(one), all.indexOf(other)].sort((a, b) => a - b);
    return from < 0 ? [] : all.slice(from, to + 1);
  };
  const show = (chosen) => bars().forEach((bar) => bar.classList.toggle("chosen", chosen.includes(bar)));

  document.addEventListener("pointerdown", (event) => { first = event.button ? null : barAt(event); });
  document.addEventListener("dragstart", (event) => { if (barAt(event)) event.preventDefault(); });
  document.addEventListener("pointerover", (event) => {
    const bar = first && barAt(event);
    if (bar) show(between(first, bar));
  });
  document.addEventListener("pointerup", (event) => {
    const span = first && barAt(event) ? between(first, barAt(event)) : [];
    if (span.length > 1) {
      const link = document.createElement("a");
      const url = new URL(span[0].getAttribute("href"), location);
      url.searchParams.set("until", new URL(span.at(-1).getAttribute("href"), location).searchParams.get("until"));
      link.href = url;
      document.body.append(link);
      link.click();
      link.remove();
    }
    first = null;
  });
})();
