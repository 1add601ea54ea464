// Keys of the console: never while typing, never inside a dialog, never with a modifier.
// j k move through the asks, a d s press the buttons of the open one, t changes the theme, ? shows this list.
const asks = () => [...document.querySelectorAll("details.ask")];

function move(step) {
  const list = asks();
  const now = list.findIndex((ask) => ask.open);
  const next = list[Math.min(list.length - 1, Math.max(0, now + step))];
  if (!next) return;
  for (const ask of list) ask.open = ask === next;
  const summary = next.querySelector("summary");
  summary.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function press(key) {
  const buttons = document.querySelectorAll(`details.ask[open] [data-key="${key}"], .verdict [data-key="${key}"]`);
  const open = [...buttons].find((button) => button.checkVisibility());
  open?.click();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  a: () => press("a"),
  d: () => press("d"),
  s: () => press("s"),
  t: () => document.querySelector("[data-theme-toggle]")?.click(),
  "?": () => document.getElementById("help")?.showModal(),
};

export function mount(root = document) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input, textarea, select, dialog, [contenteditable]") || root.querySelector("dialog[open]")) return;
    const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });
}
