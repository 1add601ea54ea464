// Several asks at once: how many are ticked stands on the buttons, and a tick never outlives what was read. When a
// request changes while it is ticked, its tick goes. Deciding itself is a form like any other (answer.js).
const ticks = (root = document) => [...root.querySelectorAll(".pick input")];

function show() {
  const count = ticks().filter((tick) => tick.checked).length;
  for (const words of document.querySelectorAll("[data-picked]")) {
    const text = count ? String(count) : "the ticked ones";
    if (words.textContent !== text) words.textContent = text;
  }
}

function untick(chosen) {
  for (const tick of chosen) tick.checked = false;
  show();
}

// A ticked box is the reader's own, so it is not morphed; the card beside it tells what is asked now.
function compare() {
  for (const tick of ticks()) {
    const digest = tick.closest(".line")?.querySelector("[data-card] input[name=digest]")?.value;
    const [pk, shown] = tick.value.split(":");
    if (!digest || digest === shown) continue;
    tick.value = `${pk}:${digest}`;
    tick.checked = false;
  }
  show();
}

export function toggleTick() {
  const line = document.activeElement?.closest(".line") ?? document.querySelector(".line:has(details[open])");
  line?.querySelector(".pick input")?.click();
}

export function mount() {
  document.addEventListener("change", ({ target }) => { if (target.matches(".pick input")) show(); });
  document.addEventListener("click", ({ target }) => { if (target.closest("[data-unpick]")) untick(ticks()); });
  document.addEventListener("part:changed", ({ detail }) => { if (detail.name === "queue") compare(); });
  show();
}
