// The player at the bottom of every page: a click on a time plays the audio from there.
// Times are links to the audio, so that they work without JavaScript.
"use strict";
// A text of a script in the language of the page, which has those that are not English.
const translated = (() => {
  const texts = JSON.parse(document.body.dataset.texts || "{}");
  return (text) => texts[text] || text;
})();
(() => {
  const player = document.getElementById("player");
  const audio = player.querySelector("audio");
  const part = (name) => player.querySelector(`[data-part=${name}]`);
  const [toggle, next, position, clock, speed] = ["toggle", "next", "position", "clock", "speed"].map(part);
  let quotes = []; // what "next quote" goes through: those of the page on which play was pressed
  let current = null;
  let segments = [];
  let highlighted = null;

  const timecode = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    const rest = String(whole % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };

  // What to play at an element with data-play, described by the closest element with data-audio.
  const described = (element) => {
    const about = element.closest("[data-audio]").dataset;
    return { ...about, start: Number(element.dataset.play) / 1000, quote: element.dataset.quote };
  };

  const say = (text) => { part("message").textContent = text; };
  const failed = () => say(translated("This audio cannot be played here. Follow the title to the episode, which links to the audio."));

  const play = (one) => {
    say("");
    if (current?.audio !== one.audio) {
      audio.src = one.audio;
      audio.playbackRate = Number(speed.value);
    }
    current = one;
    audio.currentTime = one.start;
    audio.play().catch((error) => { if (error.name !== "AbortError") failed(); });
    show();
  };

  const show = () => {
    player.hidden = false;
    document.body.classList.add("has-player");
    part("title").textContent = current.title;
    part("title").href = current.quote ? `/appearances/${current.quote}` : current.page;
    part("podcast").textContent = current.podcast;
    next.hidden = !following();
    if ("mediaSession" in navigator)
      navigator.mediaSession.metadata = new MediaMetadata({ title: current.title, artist: current.podcast });
    followTranscript();
  };

  const following = () => quotes[quotes.findIndex((one) => one.quote === current?.quote) + 1];
  const seek = (seconds) => { audio.currentTime = Math.max(0, seconds); };
  const pauseOrPlay = () => (audio.paused ? audio.play().catch(failed) : audio.pause());
  const close = () => {
    audio.pause();
    audio.removeAttribute("src");
    audio.load();
    player.hidden = true;
    document.body.classList.remove("has-player");
    current = null;
    highlight(null);
  };
  const actions = {
    back: () => seek(audio.currentTime - 15),
    forward: () => seek(audio.currentTime + 30),
    toggle: pauseOrPlay,
    next: () => following() && play(following()),
    close,
  };

  document.addEventListener("click", (event) => {
    const element = event.target.closest("[data-play]");
    if (!element || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (!element.getAttribute("href").startsWith("#")) event.preventDefault();
    quotes = [...document.querySelectorAll("[data-play][data-quote]")].map(described);
    play(described(element));
  });
  player.addEventListener("click", (event) => actions[event.target.closest("button")?.dataset.part]?.());
  position.addEventListener("input", () => seek(Number(position.value)));
  speed.addEventListener("change", () => { audio.playbackRate = Number(speed.value); });

  const keys = { k: "toggle", j: "back", l: "forward", n: "next" };
  document.addEventListener("keydown", (event) => {
    if (player.hidden || event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    // A key with a meaning on this page keeps it.
    if (document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)) return;
    actions[keys[event.key]]?.();
  });
  if ("mediaSession" in navigator) {
    const names = { play: pauseOrPlay, pause: pauseOrPlay, seekbackward: actions.back, seekforward: actions.forward, nexttrack: actions.next };
    for (const [name, action] of Object.entries(names)) navigator.mediaSession.setActionHandler(name, action);
  }

  // ---- The transcript of what plays follows it, if its page is shown. ----
  const findTranscript = () => {
    const transcript = document.querySelector(".transcript[data-audio]");
    const isPlaying = transcript && current && transcript.dataset.audio === current.audio;
    segments = isPlaying ? [...transcript.querySelectorAll(".segment[data-start]")] : [];
    highlighted = null;
  };
  const followTranscript = () => {
    findTranscript();
    follow();
  };

  const highlight = (segment) => {
    if (segment === highlighted) return;
    highlighted?.classList.remove("playing");
    segment?.classList.add("playing");
    highlighted = segment;
    if (!segment || !document.getElementById("follow")?.checked || audio.paused) return;
    scrollToHighlighted();
    // The rest of a long transcript is loaded as the audio gets there.
    if (segment === segments.at(-1)) document.querySelector(".pager a[rel=next]")?.click();
  };

  const scrollToHighlighted = () => highlighted?.scrollIntoView({ block: "center" });

  // A reader who opens a passage that is not played stays there; "Follow along" goes back.
  const stayAtPassage = () => {
    const passage = document.getElementById(location.hash.slice(1));
    const follows = document.getElementById("follow");
    if (current && follows && passage?.matches(".segment") && passage !== playing()) follows.checked = false;
  };

  const playing = () => {
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Number(segments[middle].dataset.start) <= audio.currentTime * 1000) low = middle + 1;
      else high = middle;
    }
    return segments[low - 1] || null;
  };

  const follow = () => highlight(playing());

  audio.addEventListener("timeupdate", () => {
    position.value = audio.currentTime;
    position.setAttribute("aria-valuetext", timecode(audio.currentTime));
    clock.textContent = timecode(audio.currentTime);
    follow();
  });
  // Advertisements that a host inserts make the audio longer than what was transcribed.
  audio.addEventListener("durationchange", () => {
    position.max = Number.isFinite(audio.duration) ? audio.duration : 0;
    const extra = audio.duration - Number(current?.duration) / 1000;
    if (current?.duration && Math.abs(extra) > 20)
      say(translated(extra > 0
        ? "Times are approximate: this audio is {} longer than the feed says."
        : "Times are approximate: this audio is {} shorter than the feed says.").replace("{}", timecode(Math.abs(extra))));
  });
  const showState = () => {
    toggle.setAttribute("aria-label", translated(audio.paused ? "Play" : "Pause"));
    part("sign").textContent = audio.paused ? "▶" : "❚❚";
  };
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, showState);
  audio.addEventListener("error", () => { if (current) failed(); });
  document.addEventListener("place", followTranscript);
  document.addEventListener("page", () => {
    findTranscript();
    stayAtPassage();
    follow();
  });
  addEventListener("hashchange", stayAtPassage);
  document.addEventListener("change", (event) => {
    if (event.target.id === "follow" && event.target.checked) scrollToHighlighted();
  });
})();
