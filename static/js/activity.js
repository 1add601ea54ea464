// The feed of what happened: [data-activity] lists the kinds it shows. New rows come in by themselves while nobody
// points at the list or has scrolled in it; else they wait behind "N new", so that nothing moves under the cursor.
import { held, miss } from "./hold.js";

let pending = 0;

const section = () => document.querySelector("[data-activity]");
const kinds = (feed) => feed.dataset.activity.split(" ");
const told = (frame) => !(frame.kind === "sent" && frame.from === "system"); // its cause is a row of its own

function busy(feed) {
  const list = feed.querySelector("ol");
  return feed.matches(":hover, :focus-within") || (list && list.scrollTop > 0) || matchMedia("(hover: none)").matches;
}

function show(feed) {
  pending = 0;
  document.dispatchEvent(new CustomEvent("part:stale", { detail: { name: feed.dataset.part, asked: true } }));
}

function say(feed) {
  const pill = feed.querySelector("[data-pill]");
  if (!pill) return;
  pill.hidden = !pending;
  pill.textContent = `${pending} new`;
}

export function mount() {
  document.addEventListener("feed:frames", ({ detail }) => {
    const feed = section();
    if (!feed) return;
    const wanted = kinds(feed);
    const fresh = detail.filter((frame) => frame.seq !== undefined && wanted.includes(frame.kind) && told(frame)).length;
    if (!fresh) return;
    if (held()) miss(feed.dataset.part, 0);
    else if (!busy(feed)) { show(feed); return; }
    pending += fresh;
    say(feed);
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-pill]")) {
      const feed = section();
      show(feed);
      const list = feed.querySelector("ol");
      if (list) list.scrollTop = 0;
    }
  });
  document.addEventListener("part:changed", ({ detail }) => {
    if (detail.root.matches("[data-activity]")) say(detail.root);
  });
}
