// What the tab says while nobody looks at the page: "(2) Now" and a mark with a dot as long as something waits.
// The number comes from the navigation, which is fetched again with every ask that comes or goes: [data-open].
export function mount() {
  document.addEventListener("part:changed", ({ detail: { root } }) => {
    const place = root.matches("[data-open]") ? root : root.querySelector("[data-open]");
    if (place) show(Number(place.dataset.open));
  });
}

function show(open) {
  const bare = document.title.replace(/^\(\d+\) /, "");
  document.title = open ? `(${open}) ${bare}` : bare;
  const icon = document.querySelector("link[data-icon]");
  const wanted = open ? icon?.dataset.attention : icon?.dataset.calm;
  if (wanted && icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
}
