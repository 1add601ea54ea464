// The chosen theme: restored before the first paint (this file is a classic script in the head), then changed by
// any element with data-theme-toggle or data-theme-set="light|dark|system". CSS follows html[data-theme].
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  const stored = () => {
    try { return localStorage.getItem("theme"); } catch { return null; } // a private window keeps nothing
  };

  function choose(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    try {
      if (root.dataset.theme) localStorage.setItem("theme", theme);
      else localStorage.removeItem("theme");
    } catch { /* then it lasts for this page */ }
    mark();
  }

  function mark() {
    const now = root.dataset.theme ?? "system";
    for (const button of document.querySelectorAll("[data-theme-set]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeSet === now));
    }
  }

  const theme = stored();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("click", ({ target }) => {
    const set = target.closest("[data-theme-set]");
    if (set) choose(set.dataset.themeSet);
    if (target.closest("[data-theme-toggle]")) {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
      choose(dark ? "light" : "dark");
    }
  });
})();
