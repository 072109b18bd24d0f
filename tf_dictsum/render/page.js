"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  // Light and dark: the system's choice until the button is pressed; then the reader's, kept where the browser allows it.
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const theme = byId("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
  try {
    const kept = localStorage.getItem("tf_dictsum-theme");
    if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  } catch (error) { /* storage is switched off: the choice lasts as long as the page */ }
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("tf_dictsum-theme", root.dataset.theme); } catch (error) { /* as above */ }
    showTheme();
  });
  dark.addEventListener("change", showTheme);
  showTheme();

  const video = byId("video");
  if (!video) return;
  const timeline = byId("timeline"), head = byId("head"), status = byId("status"), problem = byId("problem");
  const modes = { whole: byId("mode-whole"), clip: byId("mode-clip") };
  const clipStarts = [];
  data.segments.reduce((place, [start, end]) => { clipStarts.push(place); return place + end - start; }, 0);
  let mode = data.whole ? "whole" : "clip";
  const failed = new Set();

  // Seconds of the video (from its first frame) <-> seconds of what is being played.
  const JUST_INSIDE = 0.001; // so that rounding never shows the frame before
  const toMedia = (t) => {
    if (mode === "whole") return t + data.start_time + JUST_INSIDE;
    let n = data.segments.findIndex(([, end]) => t < end);
    if (n < 0) n = data.segments.length - 1;
    const [start, end] = data.segments[n];
    return clipStarts[n] + Math.min(Math.max(t - start, 0), end - start) + JUST_INSIDE;
  };
  const fromMedia = (m) => {
    if (mode === "whole") return Math.min(Math.max(m - data.start_time, 0), data.duration);
    let n = clipStarts.length - 1;
    while (n > 0 && clipStarts[n] > m + 1e-6) n--;
    const [start, end] = data.segments[n];
    return Math.min(start + m - clipStarts[n], end);
  };
  let wanted = null; // a time that was asked for before the player was ready or while it still seeks
  const now = () => (wanted === null ? fromMedia(video.currentTime) : wanted);
  const clock = (t) => {
    const s = Math.floor(t), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return (h ? h + ":" + String(m).padStart(2, "0") : m) + ":" + String(s % 60).padStart(2, "0");
  };

  const show = () => {
    const t = now();
    head.style.left = (data.duration > 0 ? Math.min(t / data.duration, 1) * 100 : 0) + "%";
    timeline.setAttribute("aria-valuenow", t.toFixed(2));
    timeline.setAttribute("aria-valuetext", clock(t) + " of " + clock(data.duration));
    const here = data.segments.findIndex(([start, end]) => t >= start - 1e-6 && t < end - 1e-6);
    document.querySelectorAll("[data-segment]").forEach((part) => {
      const current = here >= 0 && Number(part.dataset.segment) === here;
      if (part.hasAttribute("href") || part.tagName === "TR") {
        if (current) part.setAttribute("aria-current", "true"); else part.removeAttribute("aria-current");
      } else part.classList.toggle("now", current);
    });
  };
  const seek = (t, words) => {
    wanted = Math.min(Math.max(t, 0), data.duration);
    if (video.readyState >= 1) video.currentTime = toMedia(wanted);
    if (words) status.textContent = words;
    show();
  };
  const step = (by) => {
    if (!data.segments.length) return;
    const t = now(), starts = data.segments.map(([start]) => start);
    let n;
    if (by > 0) n = starts.findIndex((start) => start > t + 0.01);
    else {
      // As in music players: back to the beginning of this shot, or, near it, to the one before.
      n = starts.length - 1;
      while (n >= 0 && starts[n] > t - (video.paused ? 0.01 : 1)) n--;
    }
    if (n < 0) n = by > 0 ? starts.length - 1 : 0;
    seek(starts[n], "Shot " + data.shots[n] + ", " + (n + 1) + " of " + starts.length + " chosen, " + clock(starts[n]));
  };
  const playPause = () => {
    if (video.paused) video.play().catch(() => { /* the error event says why */ }); else video.pause();
  };

  const load = (next, t, play) => {
    mode = next;
    wanted = t;
    video.src = data[next];
    video.load();
    if (play) video.play().catch(() => { /* the error event says why */ });
    for (const [name, input] of Object.entries(modes)) if (input) input.checked = name === next;
    show();
  };
  const fail = () => {
    failed.add(mode);
    const other = mode === "whole" ? "clip" : "whole";
    const what = { whole: "the video itself", clip: "the summary clip" };
    problem.hidden = false;
    if (data[other] && !failed.has(other)) {
      problem.textContent = "This browser cannot play " + what[mode] + " (moved away, or a codec that it lacks). Showing " + what[other] + ".";
      if (modes[mode]) modes[mode].disabled = true;
      load(other, now(), false);
    } else problem.textContent = "This browser cannot play " + what[mode] + ": moved away, or a codec that it lacks. Keep this page beside the files it was written with.";
  };
  video.addEventListener("error", fail);
  video.addEventListener("loadedmetadata", () => {
    if (video.videoWidth === 0) { fail(); return; } // sound only: the picture's codec is unknown to it
    if (wanted !== null) video.currentTime = toMedia(wanted);
  });
  video.addEventListener("seeked", () => { wanted = null; show(); });
  video.addEventListener("timeupdate", show);
  video.addEventListener("play", () => {
    const draw = () => { show(); if (!video.paused && !video.ended) requestAnimationFrame(draw); };
    requestAnimationFrame(draw);
  });
  for (const [name, input] of Object.entries(modes)) if (input) input.addEventListener("change", () => { if (input.checked) load(name, now(), !video.paused); });
  // After a click on the switch the arrow keys go by shots; with Tab on it they switch.
  const modeSwitch = document.querySelector(".segmented");
  if (modeSwitch) modeSwitch.addEventListener("pointerup", () => setTimeout(() => {
    if (modeSwitch.contains(document.activeElement)) document.activeElement.blur();
  }, 0));
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("play").addEventListener("click", playPause);
  const showPlaying = () => {
    byId("play").textContent = video.paused ? "Play" : "Pause";
  };
  ["play", "pause", "ended", "emptied"].forEach((name) => video.addEventListener(name, showPlaying));

  document.querySelectorAll("a[data-seconds]").forEach((link) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    seek(Number(link.dataset.seconds), link.getAttribute("aria-label") || link.textContent);
    const box = video.getBoundingClientRect();
    if (box.bottom < 60 || box.top > window.innerHeight - 60) video.scrollIntoView({ block: "center" });
  }));
  const at = (event) => {
    const box = timeline.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * data.duration;
  };
  timeline.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    timeline.setPointerCapture(event.pointerId);
    seek(at(event));
  });
  timeline.addEventListener("pointermove", (event) => { if (timeline.hasPointerCapture(event.pointerId)) seek(at(event)); });

  // Keys work wherever the focus is, except where they already mean something: in the mode switch, and Space on buttons.
  // Captured, so that the browser's own player keys do not act as well.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = event.target;
    if (place.tagName === "INPUT" || (place.classList.contains("wide") && place.scrollWidth > place.clientWidth)) return;
    if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key === " " && place.tagName !== "BUTTON") playPause();
    else if (event.key === "Home" && place === timeline) seek(0);
    else if (event.key === "End" && place === timeline) seek(data.duration);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  load(mode, 0, false);
})();
