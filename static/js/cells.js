// Patches figures in place from the frames of the feed: no request for what a frame already says.
//   data-live="agent:NAME:text|model"  the words of that field
//   data-live="agent:NAME:seen"        its age (the clock ticks it on)
//   data-live="agent:NAME:state"       only compared (data-value): another state is another place in the list, so
//                                      the list around it is fetched again, and so is one that lacks the agent
// The number of open asks, wherever it stands, comes from the part that was fetched last: html title and [data-open].
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

function count(root) {
  const open = root.querySelector?.("[data-open]") ?? (root.matches?.("[data-open]") ? root : null);
  if (!open) return;
  const number = Number(open.dataset.open);
  const bare = document.title.replace(/^\(\d+\) /, "");
  document.title = number ? `(${number}) ${bare}` : bare;
}

export function mount() {
  document.addEventListener("feed:frames", ({ detail }) => {
    for (const frame of detail) {
      if (frame.kind === "agent_changed") agentChanged(frame);
      else if (frame.kind === "seen") { // heard of, nothing else changed
        for (const [name, at] of Object.entries(frame.agents)) patch(name, { seen_at: at });
      }
    }
  });
  document.addEventListener("part:changed", ({ detail }) => count(detail.root));
}
