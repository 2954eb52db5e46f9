// A small menu under a button, with arrow keys; Escape gives the focus back.

import { h } from "./elements.js";

let open = null;

function shut(focus) {
  if (!open) return;
  const { menu, anchor } = open;
  open = null;
  menu.remove();
  if (focus) anchor.focus(); // before it may hide: a message's tools are there for the pointer, the focus and an open menu
  anchor.setAttribute("aria-expanded", "false");
}

// items: [{label, run, danger}]; `row` lays them side by side, as for emoji.
export function openMenu(anchor, items, { row = false, label = "Actions" } = {}) {
  const again = open?.anchor === anchor;
  shut(true);
  if (again) return;
  const menu = h(row ? "div.menu.row" : "div.menu", { role: "menu", "aria-label": label },
    items.map(({ label: text, name, run, danger }) => h(danger ? "button.danger" : "button", {
      type: "button", role: "menuitem", tabindex: "-1", "aria-label": name,
      onclick: () => { shut(true); run(); },
    }, text)));
  document.body.append(menu);
  const at = anchor.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const top = at.bottom + 4 + size.height > innerHeight ? at.top - size.height - 4 : at.bottom + 4;
  menu.style.top = `${Math.max(8, top)}px`;
  menu.style.left = `${Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8))}px`;
  anchor.setAttribute("aria-expanded", "true");
  open = { menu, anchor };
  menu.firstElementChild?.focus();
}

document.addEventListener("keydown", (event) => {
  if (!open) return;
  const items = [...open.menu.children];
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step) { event.preventDefault(); items[(at + step + items.length) % items.length].focus(); }
  else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); shut(true); }
  else if (event.key === "Tab") shut(false);
}, true);

document.addEventListener("pointerdown", (event) => {
  if (open && !open.menu.contains(event.target) && !open.anchor.contains(event.target)) shut(false);
});
