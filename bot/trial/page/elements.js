// Makes DOM elements: h("button.plain", {type: "button", onclick}, "Save").

export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  smile: "M12 21a9 9 0 100-18 9 9 0 000 18zM8.5 14.5a4.5 4.5 0 007 0M9 9.5h.01M15 9.5h.01",
  reply: "M4 5h16v11H9l-5 4V5z",
  clip: "M8 12.5l6-6a3 3 0 014.2 4.2l-8 8a5 5 0 01-7-7l7.5-7.5",
  send: "M4 12l16-8-6 16-3-6.5L4 12z",
  pending: "M12 20a8 8 0 100-16 8 8 0 000 16z",
  in_progress: "M12 20a8 8 0 100-16 8 8 0 000 16z",
  complete: "M5 12.5l5 5L19 7",
  error: "M12 7v6M12 17h.01M12 21a9 9 0 100-18 9 9 0 000 18z",
  up: "M7 11v9H4v-9h3zm0 0l4-8c1.5 0 2.5 1 2.5 2.500V9H19a1.8 1.8 0 011.8 2.200l-1.5 7A2.2 2.2 0 0117.2 20H7",
  down: "M17 13V4h3v9h-3zm0 0l-4 8c-1.5 0-2.5-1-2.5-2.500V15H5a1.8 1.8 0 01-1.8-2.200l1.5-7A2.2 2.2 0 016.8 4H17",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon ${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onclick, extra = {}) {
  return h("button.tool", { type: "button", "aria-label": label, title: label, onclick, ...extra }, icon(name));
}

// Draws what is below `root` anew, and leaves the focus on the control it was on, by its data-key; or on root, which shows its tools.
export function redraw(root, draw) {
  const key = root.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  draw();
  if (!key) return;
  root.focus({ preventScroll: true });
  root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

// A function that gives the focus back to where it is now, or to what stands in its place by then.
export function focusKeeper() {
  const was = document.activeElement;
  const key = was?.dataset.key;
  const item = was?.closest("li.message");
  const list = item?.parentElement;
  return () => {
    const place = item?.isConnected ? item : [...(list?.children ?? [])].find((each) => each.dataset.ts === item.dataset.ts) ?? list?.lastElementChild;
    place?.focus({ preventScroll: true }); // its tools are hidden until it has the focus
    (was?.isConnected ? was : key && place?.querySelector(`[data-key="${CSS.escape(key)}"]`))?.focus({ preventScroll: true });
  };
}

let hiding = 0;

export function complain(text) {
  const notice = document.getElementById("notice");
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { notice.hidden = true; }, 8000);
}

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
