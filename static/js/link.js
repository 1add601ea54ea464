// The connection mark: html[data-link] is connecting, live, reconnecting or offline; CSS shows the words for it and
// greys what may be old. [data-link-age] and [data-link-since] tell how long the break lasts, [data-link-seq] and [data-link-note] fill
// the popover, data-reconnect asks for another try at once.
import { age, serverNow } from "./clocks.js";

let link = { state: "connecting", since: null };
let last = { seq: null, at: null };

const all = (selector) => document.querySelectorAll(selector);
const say = (selector, text) => all(selector).forEach((node) => { if (node.textContent !== text) node.textContent = text; });

const NOTES = {
  connecting: "connecting",
  live: "live",
  reconnecting: "trying again by itself",
  offline: "no answer; trying again by itself",
  refused: "you are no longer signed in",
};

function show() {
  const gone = link.since ? (Date.now() - link.since) / 1000 : 0;
  say("[data-link-age]", link.since ? age(gone, "short") : "–");
  if (link.since) say("[data-link-since]", new Date(link.since).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }));
  say("[data-link-note]", NOTES[link.refused ? "refused" : link.state]);
  if (last.seq !== null) say("[data-link-seq]", `${last.seq}, ${age(serverNow() - last.at)} ago`);
}

export function mount(root = document.documentElement) {
  if (root.dataset.seq) say("[data-link-seq]", root.dataset.seq);
  document.addEventListener("feed:state", ({ detail }) => {
    link = { since: null, refused: false, ...detail };
    root.dataset.link = link.state;
    show();
  });
  document.addEventListener("feed:frames", ({ detail }) => {
    const newest = detail.findLast((frame) => frame.seq !== undefined);
    if (newest) last = { seq: newest.seq, at: newest.at };
    show();
  });
  document.addEventListener("feed:tally", ({ detail }) => {
    say("[data-link-backfilled]", String(detail.backfilled));
    say("[data-link-dropped]", String(detail.dropped));
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-reconnect]")) document.dispatchEvent(new Event("feed:wanted"));
  });
  setInterval(show, 1000);
}
