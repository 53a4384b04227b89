// The audio player: clicking a time plays from there, and the current segment is highlighted.
"use strict";
(() => {
  const audio = document.querySelector("#player audio");
  const follow = document.getElementById("follow");
  const segments = [...document.querySelectorAll(".segment[data-start]")];
  const starts = segments.map((one) => Number(one.dataset.start) / 1000);
  if (!audio || !segments.length) return;

  const play = (seconds) => {
    audio.currentTime = seconds;
    audio.play().catch(() => {}); // the publisher's server is unavailable; the player shows that
  };
  document.querySelector(".transcript").addEventListener("click", (event) => {
    const time = event.target.closest(".segment[data-start] .time");
    if (time) play(Number(time.closest(".segment").dataset.start) / 1000);
  });

  let shown = null;
  audio.addEventListener("timeupdate", () => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= audio.currentTime) low = middle + 1;
      else high = middle;
    }
    const now = segments[low - 1] || null;
    if (now === shown) return;
    if (shown) shown.classList.remove("playing");
    if (now) now.classList.add("playing");
    shown = now;
    if (now && follow.checked && !audio.paused) now.scrollIntoView({ block: "center" });
  });
})();
