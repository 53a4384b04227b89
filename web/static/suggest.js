// Suggests people and podcasts below a search box while typing; "/" goes to the box.
"use strict";
(() => {
  let timer = 0;
  let latest = 0;
  const boxOf = (input) => document.getElementById(input.dataset.suggestions);

  const linkTo = (suggestion) => {
    const link = document.createElement("a");
    link.href = suggestion.href;
    link.className = "suggestion";
    const name = document.createElement("bdi");
    name.textContent = suggestion.name;
    const kind = document.createElement("span");
    kind.className = "muted small";
    kind.textContent = suggestion.kind === "person" ? `${suggestion.appearances.toLocaleString(document.documentElement.lang)} ${translated("appearances")}` : translated(suggestion.kind);
    link.append(name, " ", kind);
    return link;
  };

  const show = (box, suggestions) => {
    box.replaceChildren(...suggestions.map(linkTo));
    box.hidden = suggestions.length === 0;
  };

  const suggest = async (input) => {
    const number = ++latest;
    const words = input.value.trim();
    if (words.length < 2) return show(boxOf(input), []);
    try {
      const response = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(words.slice(0, 100))}`);
      if (response.ok && number === latest) show(boxOf(input), (await response.json()).suggestions);
    } catch { /* the suggestions stay as they are */ }
  };

  // Where names may be ambiguous, the last part of the page's path is filled in: a slug or an id.
  const optionOf = (one, input) => (input.dataset.by ? new Option(one.name, one.href.split("/").at(-1)) : new Option(one.name));

  // Fields for one speaker or one podcast are completed by the browser, from a list of names.
  // Where the kind depends on what is chosen in another field, the chosen option has it.
  const kindOf = (input) => (input.dataset.completeBy
    ? document.getElementById(input.dataset.completeBy).selectedOptions[0].dataset.complete : input.dataset.complete);

  const complete = async (input) => {
    const [typed, kind] = [encodeURIComponent(input.value.trim().slice(0, 100)), kindOf(input)];
    if (!kind) return input.list.replaceChildren();
    if (typed.length < 2) return;
    try {
      const response = await fetch(`/search/suggest?q=${typed}&kind=${kind}`);
      const names = response.ok ? (await response.json()).suggestions.map((one) => optionOf(one, input)) : [];
      input.list.replaceChildren(...names);
    } catch { /* the names stay as they are */ }
  };

  document.addEventListener("input", (event) => {
    const what = event.target.matches("[data-suggest]") ? suggest : event.target.matches("[data-complete]") ? complete : null;
    if (!what) return;
    clearTimeout(timer);
    timer = setTimeout(what, 150, event.target);
  });

  const move = (event, box, input) => {
    const links = [...box.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    const steps = { ArrowDown: links[Math.min(at + 1, links.length - 1)], ArrowUp: at <= 0 ? input : links[at - 1], Escape: input };
    const target = steps[event.key];
    if (!target || box.hidden) return;
    event.preventDefault();
    if (event.key === "Escape") show(box, []);
    target.focus();
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    const input = document.querySelector("[data-suggest]");
    if (!input || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "/" && !typing) {
      event.preventDefault();
      input.focus();
      return;
    }
    const box = boxOf(input);
    if (event.target === input || box.contains(event.target)) move(event, box, input);
  });

  document.addEventListener("click", (event) => {
    const input = document.querySelector("[data-suggest]");
    if (input && !event.target.closest(".suggestions, [data-suggest]")) show(boxOf(input), []);
  });
})();
