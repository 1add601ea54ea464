// Keys of the console: never while typing, never inside a dialog, never with a modifier (but Ctrl-K).
// j k move through asks and rows, Enter opens in full, a d s press the buttons of the open ask, x ticks it, g and a
// letter go to a page ([data-go]), r holds the page still, / and Ctrl-K search, t changes the theme, ? shows all this.
import { toggleTick } from "./bulk.js";
import { toggleHold } from "./hold.js";
import { openPalette } from "./palette.js";

const CHORD = 1500; // ms from g to its letter

let went = -Infinity; // when g was pressed

const ROWS = "tbody tr, li.resolved, .messages > li";
const stops = () => [...document.querySelectorAll(`main :is(details.ask, ${ROWS})`)]
  .filter((stop) => stop.matches("details") || stop.querySelector("a[href]"))
  .filter((stop) => stop.checkVisibility());

function move(step) {
  const list = stops();
  const focused = document.activeElement?.closest(`details.ask, ${ROWS}`);
  let now = list.indexOf(focused);
  if (now < 0) now = list.findIndex((stop) => stop.open);
  const next = list[Math.min(list.length - 1, Math.max(0, now + step))];
  if (!next) return;
  if (next.matches("details")) {
    for (const ask of document.querySelectorAll("details.ask")) ask.open = ask === next;
  }
  (next.querySelector("summary") ?? next.querySelector("th a[href]") ?? next.querySelector("a[href]"))
    .focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function press(key) {
  if (document.activeElement?.closest(ROWS)) return; // the open ask may be out of sight
  const buttons = document.querySelectorAll(`details.ask[open] [data-key="${key}"], .verdict [data-key="${key}"]`);
  const open = [...buttons].find((button) => button.checkVisibility());
  open?.click();
}

// Enter belongs to whatever has the focus; only on the line of an ask that is open already does it go on to its page.
function enter(event) {
  const on = document.activeElement;
  const line = on?.matches("summary") && on.parentElement.matches("details.ask[open]");
  if (!line && on !== document.body) return;
  event.preventDefault();
  press("Enter");
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  a: () => press("a"),
  d: () => press("d"),
  s: () => press("s"),
  x: toggleTick,
  r: toggleHold,
  t: () => document.querySelector("[data-theme-toggle]")?.click(),
  "/": openPalette,
  "?": () => document.getElementById("help")?.showModal(),
  g: () => { went = performance.now(); },
};

// A field of a dialog that has just closed keeps the focus until the next frame, but nobody types into it any more.
const typing = (node) => node.checkVisibility()
  && node.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]");

function act(event) {
  const chord = performance.now() - went < CHORD;
  went = -Infinity;
  const page = chord && event.key.length === 1 && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  if (page) return () => location.assign(page.href);
  return Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
}

export function mount(root = document) {
  root.addEventListener("keydown", (event) => {
    if (root.querySelector("dialog[open]") || event.repeat) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "Enter") { enter(event); return; }
    const todo = act(event);
    if (!todo) return;
    event.preventDefault();
    todo();
  });
}
