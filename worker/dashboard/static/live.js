// Keeps the moving parts of a page current, and says so when it cannot.
//
// A module of our own on the browser's EventSource rather than htmx with its extension: what a
// page does here is replace elements that the server has rendered. Keeping focus and selection,
// pausing while hidden and saying since when the page is stale would be ours to write anyway.
"use strict";

const topic = document.body.dataset.live;
const banner = document.getElementById("stale");
const badge = document.getElementById("live-state");

// The server says something every two seconds; silence for longer means that it is gone.
const SILENCE = 6000;
const RETRY = 3000;

let source = null;
let heard = Date.now();
let ahead = 0; // of the server's clock against ours, in milliseconds
let timer = 0;

// ── times ──

const units = [[86400, "d"], [3600, "h"], [60, "min"]];

function span(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.floor(seconds / 60)} min`;
  const [size, unit] = seconds < 172800 ? units[1] : units[0];
  return `${Math.floor(seconds / size)} ${unit}`;
}

const moments = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});

function keepTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    const past = (Date.now() + ahead - Date.parse(time.dateTime)) / 1000;
    const text = past < 5 ? "just now" : `${span(past)} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
  for (const time of root.querySelectorAll("time[data-moment]")) {
    time.title = time.title || time.textContent;
    time.textContent = moments.format(new Date(time.dateTime));
    delete time.dataset.moment;
  }
}

// ── fragments ──

// What the server sent, before times in it were put into words: to tell what has changed.
const rendered = new WeakMap();

function replace(id, html) {
  const target = document.getElementById(id);
  if (!target) return;
  const chosen = document.getSelection();
  if (chosen && !chosen.isCollapsed && target.contains(chosen.anchorNode)) {
    setTimeout(() => { if (latest.get(id) === html) replace(id, html); }, 1000);
    return;
  }
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const focused = target.contains(document.activeElement) ? document.activeElement : null;
  const again = focused && focused.getAttribute("href");
  const keys = new Map();
  for (const old of target.querySelectorAll("[data-key]")) keys.set(old.dataset.key, old);
  for (const row of fresh.content.querySelectorAll("[data-key]")) {
    const old = keys.get(row.dataset.key);
    rendered.set(row, row.outerHTML);
    if (old && rendered.get(old) === rendered.get(row)) row.replaceWith(old);
    else if (!old && keys.size) row.classList.add("fresh");
  }
  keepTimes(fresh.content);
  target.replaceChildren(fresh.content);
  if (focused && document.activeElement !== focused) {
    if (focused.isConnected) focused.focus({ preventScroll: true });
    else if (again) {
      const heir = [...target.querySelectorAll("a")].find((a) => a.getAttribute("href") === again);
      if (heir) heir.focus({ preventScroll: true });
    }
  }
}

const latest = new Map();

// ── the connection ──

function clock(moment) {
  return new Date(moment).toLocaleTimeString("en-GB");
}

function say(text) {
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = !text;
  badge.hidden = Boolean(text) || document.hidden;
  document.body.classList.toggle("is-stale", Boolean(text));
}

function stale() {
  say(`Stale since ${clock(heard)}: the dashboard does not answer. Trying again…`);
}

function answered() {
  heard = Date.now();
  say("");
}

function open() {
  close();
  if (document.hidden) return;
  source = new EventSource(`/live/${encodeURIComponent(topic)}`);
  source.addEventListener("fragment", (event) => {
    answered();
    const { id, html } = JSON.parse(event.data);
    if (latest.get(id) === html) return;
    latest.set(id, html);
    replace(id, html);
  });
  source.addEventListener("beat", (event) => {
    ahead = Date.parse(JSON.parse(event.data).now) - Date.now();
    answered();
  });
  source.addEventListener("error", () => {
    stale();
    // The browser tries again by itself, except when it was refused.
    if (source && source.readyState === EventSource.CLOSED) {
      close();
      timer = setTimeout(again, RETRY);
    }
  });
}

async function again() {
  try {
    const answer = await fetch("/sign-in/state", { cache: "no-store" });
    if (answer.ok && !(await answer.json()).signed_in) {
      location.reload(); // the session is over: the server leads to the sign-in page
      return;
    }
  } catch {
    // not there yet
  }
  open();
}

function close() {
  clearTimeout(timer);
  if (source) source.close();
  source = null;
}

keepTimes();
setInterval(() => { if (!document.hidden) keepTimes(); }, 1000);

if (topic) {
  open();
  setInterval(() => {
    if (document.hidden || Date.now() - heard <= SILENCE) return;
    stale();
    // A connection can be dead without anybody having said so.
    if (Date.now() - heard > 3 * SILENCE && source && source.readyState !== EventSource.CONNECTING) open();
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else open();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
}
