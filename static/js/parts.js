// Keeps lists current. An element with data-part="queue", data-part-url and data-part-kinds="approval_added …" is
// fetched again when a frame of one of these kinds arrives: one request for many frames, at most each 250 ms (or
// data-part-every ms), then morphed into place. Kinds in data-part-slow may wait for ten seconds. data-part-id="811"
// narrows it to frames of that id, data-part-session to those of a session. What the reader did stays: open details, typed text, focus, the place on the
// screen. An element with data-keep is left as it is. While the page is held (hold.js), what would change is counted.
import { Idiomorph } from "../idiomorph/idiomorph.esm.js";
import { held, miss } from "./hold.js";

const EVERY = 250; // ms between two requests for one part
const HIDDEN = 3000; // the same while nobody looks
const RETRY = 2000;
const SLOW = 10000;

const waiting = new Map(); // part name → {timer, due, running, dirty, last}

const parts = () => [...document.querySelectorAll("[data-part-url]")];
const named = (name) => document.querySelector(`[data-part="${name}"]`);

function touches(part, kinds, frame) {
  if (!(kinds ?? "").split(" ").includes(frame.kind)) return false;
  const { partId, partSession } = part.dataset;
  if (partSession && ![frame.session, frame.session?.external_id].includes(partSession)) return false;
  return !partId || String(frame.id) === partId;
}

export function refresh(name, delay = 0) {
  const part = waiting.get(name) ?? { timer: null, due: 0, running: false, dirty: false, last: 0 };
  waiting.set(name, part);
  part.dirty = true;
  if (part.running) return;
  const pause = document.hidden ? HIDDEN : Number(named(name)?.dataset.partEvery ?? EVERY);
  const due = Math.max(Date.now() + delay, part.last + pause);
  if (part.timer && part.due <= due) return;
  clearTimeout(part.timer);
  part.due = due;
  part.timer = setTimeout(() => run(name, part), due - Date.now());
}

async function run(name, part) {
  Object.assign(part, { timer: null, running: true, dirty: false, last: Date.now() });
  let again = 0;
  try {
    const element = named(name);
    if (element) await fetchInto(element);
  } catch {
    part.dirty = true;
    again = RETRY;
  }
  part.running = false;
  if (part.dirty) refresh(name, again);
}

export const asked = () => ({ "HX-Request": "true", "HX-Current-URL": location.href });

// Signed out meanwhile: the server says where to go.
export function signedOut(response) {
  if (response.status !== 401) return false;
  location.assign(response.headers.get("HX-Redirect") ?? location.href);
  return true;
}

async function fetchInto(element) {
  const response = await fetch(element.dataset.partUrl, {
    headers: asked(), credentials: "same-origin", cache: "no-store",
  });
  if (signedOut(response)) return;
  if (response.status === 404) return; // it no longer exists
  if (!response.ok) throw new Error(`${response.status} for ${element.dataset.partUrl}`);
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  for (const fresh of template.content.querySelectorAll("[data-part]")) { // a reply may bring a neighbour along
    const old = named(fresh.dataset.part);
    if (old) morph(old, fresh);
  }
}

const typed = (node) =>
  (node.matches("textarea, input:not([type=hidden], [type=radio], [type=checkbox])") && node.value !== node.defaultValue)
  || (node.matches("input:is([type=radio], [type=checkbox])") && node.checked !== node.defaultChecked);

const callbacks = {
  beforeNodeMorphed: (old, fresh) => old.nodeType !== 1 || !(old.matches("[data-keep]") || (typed(old) && fresh.nodeType === 1)),
  beforeNodeRemoved: (node) => node.nodeType !== 1 || !node.matches("[data-keep], .line:has(> [data-keep])"),
  // whether details are open, and which radio is chosen, is the reader's business
  beforeAttributeUpdated: (name, node) => !(name === "open" && node.matches("details, dialog")),
};

export function morph(element, fresh) {
  const place = anchor(element);
  Idiomorph.morph(element, fresh, { morphStyle: "outerHTML", ignoreActiveValue: true, callbacks });
  place();
  const root = named(element.dataset.part) ?? element;
  document.dispatchEvent(new CustomEvent("part:changed", { detail: { root, name: element.dataset.part } }));
}

// What the reader points at, works in or has open stays where it is on the screen, whatever came above it.
function anchor(element) {
  const held = [element.querySelector("details[open] > summary:hover"), document.activeElement,
    ...[...element.querySelectorAll(":hover")].reverse(), element.querySelector("details[open]")]
    .find((node) => node && node !== element && element.contains(node));
  const before = held?.getBoundingClientRect().top;
  const scroller = held?.closest("ol, .scroll");
  const scrolled = scroller?.scrollTop;
  return () => {
    if (!held?.isConnected) return;
    const moved = held.getBoundingClientRect().top - before;
    if (!moved) return;
    if (scroller && scroller.scrollHeight > scroller.clientHeight) scroller.scrollTop = scrolled + moved;
    else scrollBy({ top: moved, behavior: "instant" });
  };
}

export function mount() {
  document.addEventListener("feed:frames", ({ detail }) => {
    for (const part of parts()) {
      const { part: name, partKinds, partSlow } = part.dataset;
      const touching = detail.filter((frame) => touches(part, partKinds, frame)).length;
      if (held(name)) {
        if (touching) miss(name, touching);
        else if (detail.some((frame) => touches(part, partSlow, frame))) miss(name, 0);
      } else if (touching) refresh(name);
      else if (detail.some((frame) => touches(part, partSlow, frame))) refresh(name, SLOW);
    }
  });
  document.addEventListener("feed:reset", () => parts().forEach(({ dataset: { part } }) => (held(part) ? miss(part, 0) : refresh(part))));
  document.addEventListener("part:stale", ({ detail }) => {
    if (held(detail.name) && !detail.asked) miss(detail.name, 0);
    else refresh(detail.name, detail.delay);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const [name, part] of waiting) {
      if (part.timer) refresh(name);
    }
  });
}
