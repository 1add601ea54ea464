// Patches figures in place from the frames of the feed: no request for what a frame already says.
//   data-live="agent:NAME:text|model"  the words of that field
//   data-live="agent:NAME:seen"        its age (the clock ticks it on)
//   data-live="agent:NAME:state"       only compared (data-value): another state is another place in the list, so
//                                      the list around it is fetched again, and so is one that lacks the agent
// While the page is held nothing is patched; its list is fetched again afterwards.
import { held, miss } from "./hold.js";

const cell = (name, field) => document.querySelectorAll(`[data-live="agent:${CSS.escape(name)}:${field}"]`);

const stale = (name) => document.dispatchEvent(new CustomEvent("part:stale", { detail: { name } }));

function write(nodes, text) {
  nodes.forEach((node) => { if (node.textContent !== text) node.textContent = text; });
}

function patch(name, row) {
  if (row.seen_at) cell(name, "seen").forEach((node) => { node.dataset.since = row.seen_at; });
  if (row.status_text !== undefined) write(cell(name, "text"), row.status_text ?? "");
  if (row.active_model !== undefined) write(cell(name, "model"), row.active_model ?? "");
}

function agentChanged({ name, agent: row }) {
  patch(name, row);
  const states = cell(name, "state");
  const moved = [...states].some((node) => node.dataset.value !== stateOf(row));
  if (moved || !states.length) stale("roster");
}

// Everything that decides under which heading a row stands; the server writes the same words into data-value.
const FLAGS = ["running", "paused", "failed", "needs_login", "needs_update", "silent"];
const stateOf = (row) => [row.state, ...FLAGS.filter((flag) => row[flag])].join(" ");

export function mount() {
  document.addEventListener("feed:frames", ({ detail }) => {
    for (const frame of detail) {
      if (held()) {
        if (["agent_changed", "seen"].includes(frame.kind)) miss("roster", 0);
      } else if (frame.kind === "agent_changed") agentChanged(frame);
      else if (frame.kind === "seen") { // heard of, nothing else changed
        for (const [name, at] of Object.entries(frame.agents)) patch(name, { seen_at: at });
      }
    }
  });
}
