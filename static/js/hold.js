// The page held still: by the key r until it is pressed again, or (where this browser was told so) while another window
// is in front. What arrives meanwhile is counted, not shown: [data-held-count] for all of it, [data-held-pill="queue"]
// for one part, which fetches that part alone. Navigation, title and clocks go on: they tell what is true now.
// Whatever the reader does himself (an answer, a filter) is shown at once, and decisions stay bound to what was shown.
const SETTING = "hold-on-blur";
const MOVING = ["nav"]; // parts that are never held

let byHand = false;
let behind = false; // another window is in front
const missed = new Map(); // part name → how many frames wait for it
let frames = 0;

export const held = (name) => (byHand || behind) && !MOVING.includes(name);

const onBlur = () => { try { return localStorage.getItem(SETTING) === "1"; } catch { return false; } };

function show() {
  const still = held();
  document.documentElement.toggleAttribute("data-held", still);
  for (const button of document.querySelectorAll("[data-hold-release]")) button.hidden = !still;
  for (const count of document.querySelectorAll("[data-held-count]")) count.textContent = String(frames);
  for (const pill of document.querySelectorAll("[data-held-pill]")) {
    const waiting = missed.get(pill.dataset.heldPill) ?? 0;
    pill.hidden = !waiting;
    pill.textContent = `${waiting} new`;
  }
}

// A part would change by so many frames, but is held.
export function miss(name, count) {
  missed.set(name, (missed.get(name) ?? 0) + count);
  show();
}

function release() {
  if (held()) { show(); return; }
  const names = [...missed.keys()];
  missed.clear();
  frames = 0;
  show();
  for (const name of names) document.dispatchEvent(new CustomEvent("part:stale", { detail: { name } }));
}

export function toggleHold() {
  byHand = !held();
  behind = false;
  if (held()) show();
  else release();
}

export function mount() {
  document.addEventListener("feed:frames", ({ detail }) => {
    if (!held()) return;
    frames += detail.filter((frame) => frame.seq !== undefined).length;
    show();
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-hold-release]")) toggleHold();
    const pill = target.closest("[data-held-pill]");
    if (!pill) return;
    const name = pill.dataset.heldPill;
    missed.delete(name);
    document.dispatchEvent(new CustomEvent("part:stale", { detail: { name, asked: true } }));
  });
  document.addEventListener("part:changed", ({ detail }) => {
    missed.delete(detail.name); // it shows what is true now
    if (!missed.size) frames = 0;
    show();
  });
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-hold-on-blur]")) return;
    try { localStorage.setItem(SETTING, target.checked ? "1" : "0"); } catch { /* then it stays as it was */ }
  });
  for (const box of document.querySelectorAll("[data-hold-on-blur]")) box.checked = onBlur();
  addEventListener("blur", () => {
    if (!onBlur()) return;
    behind = true;
    show();
  });
  addEventListener("focus", () => {
    if (!behind) return;
    behind = false;
    release();
  });
}
