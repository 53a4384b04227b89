// Suggests people and podcasts below the search box while typing. Search works without it.
(() => {
  "use strict";
  const input = document.querySelector("[data-suggest]");
  const box = input && document.getElementById(input.dataset.suggestions);
  if (!box) return;
  let timer = 0;
  let asked = 0;

  const show = (suggestions) => {
    box.replaceChildren(...suggestions.map((one) => {
      const link = document.createElement("a");
      link.href = one.href;
      link.className = "suggestion";
      const name = document.createElement("bdi");
      name.textContent = one.name;
      const kind = document.createElement("span");
      kind.className = "muted small";
      kind.textContent = one.kind === "person" ? `${one.appearances.toLocaleString("en")} appearances` : "podcast";
      link.append(name, " ", kind);
      return link;
    }));
    box.hidden = suggestions.length === 0;
  };

  const ask = async () => {
    const number = ++asked;
    const words = input.value.trim();
    if (words.length < 2) return show([]);
    try {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(words.slice(0, 100))}`);
      if (answer.ok && number === asked) show((await answer.json()).suggestions);
    } catch { /* the box stays as it is */ }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show([]);
    if (event.key === "ArrowDown" && !box.hidden) {
      event.preventDefault();
      box.querySelector("a")?.focus();
    }
  });
  box.addEventListener("keydown", (event) => {
    const links = [...box.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown") { event.preventDefault(); links[Math.min(at + 1, links.length - 1)]?.focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); (at <= 0 ? input : links[at - 1]).focus(); }
    if (event.key === "Escape") { show([]); input.focus(); }
  });
})();
