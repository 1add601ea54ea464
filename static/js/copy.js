// A button with data-copy-from="id" puts the text of that element on the clipboard and says so.
const SAID = 1500;

export function mount() {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copy-from]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copyFrom)?.textContent;
    if (text === undefined) return;
    const word = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed here";
    }
    setTimeout(() => { button.textContent = word; }, SAID);
  });
}
