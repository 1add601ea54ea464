// Search or jump to: one field over everything, a combobox with a list. The arrows move through the list while the
// focus stays in the field; Enter goes there. The server finds (data-palette-url?q=); an action is done here.
import { toggleHold } from "./hold.js";
import { signedOut } from "./parts.js";

const PAUSE = 120; // ms after the last letter
const DOES = {
  theme: () => document.querySelector("[data-theme-toggle]")?.click(),
  hold: toggleHold,
  help: () => document.getElementById("help")?.showModal(),
};

let timer = null;
let asked = 0; // answers that come late are dropped
let shown = null; // what the list was found for

const dialog = () => document.getElementById("palette");
const field = () => document.getElementById("palette-input");
const list = () => document.getElementById("palette-list");
const options = () => [...list().querySelectorAll("[role=option]")];
const chosen = () => list().querySelector("[aria-selected=true]");

export function openPalette() {
  if (document.querySelector("dialog[open]")) return;
  field().value = "";
  list().replaceChildren();
  shown = null;
  dialog().showModal();
  field().focus();
  search();
}

async function search() {
  const mine = ++asked;
  const word = field().value.trim();
  const url = new URL(dialog().dataset.paletteUrl, location.href);
  url.searchParams.set("q", word);
  try {
    const response = await fetch(url, { credentials: "same-origin", headers: { "HX-Request": "true" } });
    if (signedOut(response)) return;
    if (!response.ok) throw new Error(String(response.status));
    const { groups } = await response.json();
    if (mine !== asked) return;
    shown = word;
    show(groups);
  } catch {
    if (mine === asked) show([], "The console does not answer.");
  }
}

function show(groups, problem = "") {
  list().replaceChildren(...groups.map(group));
  const count = options().length;
  field().setAttribute("aria-expanded", String(count > 0));
  list().hidden = !count;
  document.getElementById("palette-said").textContent = problem || (count ? "" : "Nothing fits.");
  choose(options()[0]);
}

function node(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function group({ name, rows }, number) {
  const box = node("div", { role: "group", ariaLabel: name }, node("p", { className: "small faint", ariaHidden: "true", textContent: name }));
  box.append(...rows.map((row, place) => option(row, `palette-${number}-${place}`)));
  return box;
}

function option(row, id) {
  const made = node("div", { id, role: "option", ariaSelected: "false", className: "option" });
  if (row.state) {
    const mark = node("span", { className: "state bare" });
    mark.dataset.state = row.state;
    made.append(mark);
  }
  made.append(node("b", { textContent: row.label }));
  if (row.word) made.append(node("span", { className: "faint", textContent: row.word }));
  if (row.detail) made.append(node("span", { className: "muted cut", textContent: row.detail }));
  if (row.key) made.append(node("kbd", { className: "push", textContent: row.key }));
  Object.assign(made.dataset, Object.fromEntries(["href", "does", "post"].filter((key) => row[key]).map((key) => [key, row[key]])));
  return made;
}

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) field().setAttribute("aria-activedescendant", option.id);
  else field().removeAttribute("aria-activedescendant");
}

function move(step) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
}

function go(option) {
  if (!option) return;
  const { href, does, post } = option.dataset;
  dialog().close();
  if (does) DOES[does]();
  else if (post) submit(post);
  else location.assign(href);
}

function submit(action) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
  const form = node("form", { method: "post", action }, node("input", { type: "hidden", name: "csrfmiddlewaretoken", value: token }));
  document.body.append(form);
  form.submit();
}

const KEYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Enter: () => go(chosen()),
};

export function mount() {
  if (!dialog()) return;
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-palette]")) openPalette();
    else if (target === dialog()) dialog().close(); // beside it
    else if (target.closest("#palette-list [role=option]")) go(target.closest("[role=option]"));
  });
  field().addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE);
  });
  field().addEventListener("keydown", async (event) => {
    const act = Object.hasOwn(KEYS, event.key) && !event.isComposing ? KEYS[event.key] : null;
    if (!act) return;
    event.preventDefault();
    if (event.key === "Enter") { // typed faster than searched: what is chosen has to be what was typed
      clearTimeout(timer);
      if (field().value.trim() !== shown) await search();
      if (field().value.trim() !== shown) return; // it was not found, so nothing that is there was meant
    }
    act();
  });
}
