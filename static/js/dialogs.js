// data-dialog="id" opens a dialog, data-close shuts the one around it, data-fill="words" writes them into the
// dialog's text field, data-copy="text" puts the text on the clipboard.
export function mount(root = document) {
  root.addEventListener("click", async ({ target }) => {
    const opener = target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();

    if (target.closest("[data-close]")) target.closest("dialog")?.close();

    const filler = target.closest("[data-fill]");
    const field = filler?.closest("form")?.querySelector("textarea");
    if (field) {
      field.value = filler.dataset.fill;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    }

    const copier = target.closest("[data-copy]");
    if (copier) await copy(copier);
  });
}

async function copy(button) {
  const label = button.querySelector("span") ?? button;
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = "Copied";
  } catch {
    label.textContent = "Not allowed here"; // plain http on another host has no clipboard
  }
  setTimeout(() => { label.textContent = before; }, 1500);
}
