// Answers without leaving the page. A form[data-answer] is posted in the background; the server's reply says what it is:
//   data-reply="step"     it wants one thing more (a reason, a second yes): shown in the dialog #step
//   data-reply="done"     taken: the lists are fetched again
//   data-reply="refused"  someone was first, or the request changed: said on the card, which stays until dismissed
// Without this module the same forms lead to the same steps as whole pages.
import { asked, refresh, signedOut } from "./parts.js";

const SETTLE = 700; // ms: a card that opened by itself takes no answer yet, so no second click of the last one lands here
const AIMED = 3000; // ms: whoever clicks on its line in this time wanted it open, not shut
const READ = 2000; // ms: a card that changed under the reader's eyes takes no answer yet

let decided = null; // after a decision: the asks that stood after and before it, nearest first
let gone = ""; // and the card that it was

const opened = new WeakMap(); // cards that opened by themselves, and when
const changed = new WeakMap(); // cards whose request changed on this page, and when
const digests = new Map(); // card id → the digest it shows

async function submit(form, submitter) {
  const card = cardOf(form);
  if (card && Date.now() - (opened.get(card) ?? 0) < SETTLE) return;
  if (card && Date.now() - (changed.get(card) ?? 0) < READ) {
    refuse(card, notice("Not sent: the request changed just now. Read what is asked, then decide."));
    return;
  }
  if (form.dataset.busy !== undefined) return;
  form.dataset.busy = "";
  try {
    const response = await fetch(form.action, {
      method: "POST", body: new FormData(form, submitter), headers: asked(), credentials: "same-origin", keepalive: true,
    });
    if (signedOut(response)) return;
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    const reply = template.content.querySelector("[data-reply]");
    if (!reply) throw new Error(String(response.status));
    receive(form, card, reply);
  } catch (problem) {
    const status = /^\d+$/.test(problem.message) ? ` (${problem.message})` : "";
    refuse(card, notice(`Not sent${status}: the console did not take it. Nothing was decided; try again.`));
  }
  delete form.dataset.busy;
}

function receive(form, card, reply) {
  const dialog = document.getElementById("step");
  if (reply.dataset.reply === "step") {
    dialog.replaceChildren(reply);
    dialog.dataset.card = card?.id ?? "";
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[autofocus], textarea")?.focus();
    return;
  }
  if (dialog?.open) dialog.close();
  if (reply.dataset.reply === "refused") refuse(card, reply);
  else settle(card, reply);
}

function settle(card, reply) {
  decided = card?.matches("details.ask") ? neighbours(card) : [];
  gone = card?.id ?? "";
  const main = document.querySelector("[data-said]");
  if (main) main.replaceChildren(reply);
  card?.removeAttribute("data-keep");
  for (const place of card?.querySelectorAll("[data-refused]") ?? []) {
    place.removeAttribute("data-keep");
    place.replaceChildren();
  }
  refreshAll();
}

function refuse(card, reply) {
  const place = card?.querySelector("[data-refused]") ?? document.querySelector("[data-said]");
  if (!place) return;
  place.replaceChildren(reply);
  if (card && reply.dataset.over !== undefined) {
    card.setAttribute("data-keep", ""); // it is decided; the notice stays until it is read
    card.querySelectorAll("form, .verdict").forEach((node) => { node.hidden = true; });
  } else if (place.closest("[data-part-url]")) {
    place.setAttribute("data-keep", "");
  }
  refreshAll();
}

function notice(sentence) {
  const words = Object.assign(document.createElement("p"), { textContent: sentence });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: "Understood" });
  button.dataset.dismiss = "";
  const box = Object.assign(document.createElement("div"), { className: "notice broken" });
  box.setAttribute("role", "alert");
  box.append(words, button);
  return box;
}

// What each card is bound to now; one that moved while it was on the page is noted.
function look(root) {
  for (const field of root.querySelectorAll("[data-card] input[name=digest]")) {
    const card = field.closest("[data-card]");
    const before = digests.get(card.id);
    if (before && before !== field.value) changed.set(card, Date.now());
    digests.set(card.id, field.value);
  }
}

function cardOf(form) {
  const dialog = form.closest("dialog");
  if (dialog) return document.getElementById(dialog.dataset.card);
  return form.closest("[data-card]");
}

const refreshAll = () => document.querySelectorAll("[data-part-url]").forEach((part) => refresh(part.dataset.part));

function dismiss(button) {
  const card = button.closest("[data-card]");
  if (card?.matches("[data-keep]")) card.remove();
  else {
    button.closest("[data-refused]")?.removeAttribute("data-keep");
    button.closest(".notice").remove();
  }
  refreshAll();
}

function neighbours(card) {
  const all = [...document.querySelectorAll("details.ask")];
  const place = all.indexOf(card);
  return [...all.slice(place + 1), ...all.slice(0, place).reverse()].map((ask) => ask.id);
}

// With nothing open, an ask opens by itself, the one after what was just decided or the most urgent: never while
// another one is being read. After a decision the focus goes along if it was left nowhere.
function openFirst({ detail: { name, root } }) {
  if (name !== "queue") return;
  const reading = root.querySelector("details.ask[open]");
  if (reading && decided && reading.id === gone) return; // fetched before the decision
  const near = decided?.map((id) => document.getElementById(id)).find(Boolean);
  const first = reading ?? near ?? root.querySelector("details.ask");
  if (first && !reading) {
    opened.set(first, Date.now());
    first.open = true;
  }
  const lost = document.activeElement === document.body || !document.activeElement.checkVisibility();
  if (decided && lost) (first?.querySelector("summary") ?? Object.assign(root, { tabIndex: -1 })).focus();
  else if (first && !reading && lost) first.querySelector("summary").focus({ preventScroll: true, focusVisible: false });
  decided = null;
}

function aim(event) {
  const card = event.target.closest("summary")?.closest("[data-card]");
  if (!card || !opened.has(card)) return;
  if (Date.now() - opened.get(card) < AIMED) event.preventDefault();
  opened.delete(card);
}

export function mount(root = document) {
  root.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-answer]");
    if (!form) return;
    event.preventDefault();
    submit(form, event.submitter);
  });
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-dismiss]");
    if (button) dismiss(button);
  });
  root.addEventListener("click", aim);
  root.addEventListener("part:changed", openFirst);
  root.addEventListener("part:changed", ({ detail }) => look(detail.root));
  look(root);
}
