// Ages, countdowns and times of day. The server states a moment (unix seconds); the page only counts from it, on the
// server's clock:
//   data-since="1790000000"     how long ago, "1 m 12 s"; data-unit="short" says "1 m"
//   data-deadline="1790000000"  what is left, "6:48"
//   <time datetime="…" data-local="when">  the reader's own zone; "when" adds the day unless it is today
const DAY = 86400;
let offset = 0; // server's clock minus ours, in seconds

export const serverNow = () => Date.now() / 1000 + offset;

export function setServerTime(seconds) {
  if (Number.isFinite(seconds)) offset = seconds - Date.now() / 1000;
}

const two = (number) => String(number).padStart(2, "0");

export function age(seconds, unit = "long") {
  const s = Math.max(0, Math.floor(seconds));
  const [d, h, m] = [Math.floor(s / DAY), Math.floor((s % DAY) / 3600), Math.floor((s % 3600) / 60)];
  if (unit === "short") return d ? `${d} d` : h ? `${h} h` : m ? `${m} m` : `${s} s`;
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${two(m)} m`;
  if (m >= 10) return `${m} m`;
  return m ? `${m} m ${two(s % 60)} s` : `${s} s`;
}

export function left(seconds) {
  const s = Math.max(0, Math.ceil(seconds));
  if (s >= DAY) return age(s);
  const [h, m] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)];
  return `${h ? `${h}:${two(m)}` : m}:${two(s % 60)}`;
}

function local(node) {
  const moment = new Date(node.getAttribute("datetime"));
  if (Number.isNaN(moment.getTime())) return;
  const clock = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  const today = moment.toDateString() === new Date(serverNow() * 1000).toDateString();
  const day = moment.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  write(node, node.dataset.local === "when" && !today ? `${day} ${clock}` : clock);
  node.title = moment.toLocaleString("en-GB", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
    timeZoneName: "short",
  });
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function tick(root = document) {
  const now = serverNow();
  for (const node of root.querySelectorAll("[data-since]")) {
    write(node, age(now - Number(node.dataset.since), node.dataset.unit));
  }
  for (const node of root.querySelectorAll("[data-deadline]")) {
    write(node, left(Number(node.dataset.deadline) - now));
  }
}

export function mount() {
  const localise = (root) => root.querySelectorAll("time[data-local]").forEach(local);
  setServerTime(Number(document.documentElement.dataset.now));
  localise(document);
  tick();
  setInterval(tick, 1000);
  document.addEventListener("part:changed", ({ detail }) => {
    localise(detail.root);
    tick(detail.root);
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    localise(target);
    tick(target);
  });
}
