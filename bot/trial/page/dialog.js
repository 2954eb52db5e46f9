// The app's modals, with their inputs.

import { blocks } from "./blocks.js";
import { focusKeeper, h, iconButton } from "./elements.js";
import { act } from "./feed.js";
import { viewState } from "./inputs.js";
import { on, state } from "./state.js";
import { decode } from "./text.js";

let shown = null;
const drawn = new Map(); // the views that are open, so that what was typed is there when the one above it closes

function title(object, otherwise) {
  return object ? decode(object.text) : otherwise;
}

function draw(view, errors = {}) {
  const { body } = view;
  const press = (element, { value, extra }) => act("click_view", { view: view.id, action_id: element.action_id, value, extra, state: viewState(form) });
  const form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); submit(view, form); } },
    h("div.inside", {}, blocks(body.blocks, { press, errors })),
    h("div.actions.end", {},
      h("button.plain", { type: "button", onclick: () => act("close_view", { view: view.id }) }, title(body.close, "Close")),
      body.submit ? h("button.primary", { type: "submit" }, title(body.submit, "Submit")) : null));
  return [h("div.dialoghead", {}, h("h2", { id: "modal-title" }, title(body.title, "")),
    iconButton("close", "Close", () => act("close_view", { view: view.id }))), form];
}

async function submit(view, form) {
  const given = viewState(form);
  const missing = view.body.blocks.filter((block) => block.type === "input" && !block.optional && isEmpty(given[block.block_id]));
  if (missing.length) {
    showErrors(Object.fromEntries(missing.map((block) => [block.block_id, "This is needed."])), form);
    return;
  }
  const done = await act("submit_view", { view: view.id, state: given });
  if (done.ok && Object.keys(done.errors ?? {}).length) showErrors(done.errors, form);
}

function isEmpty(actions = {}) {
  return Object.values(actions).every(({ type: _type, ...given }) => Object.values(given).flat().every((each) => each === null || each === ""));
}

// Errors are written under their inputs without losing what was typed.
function showErrors(errors, form) {
  for (const old of form.querySelectorAll(".error")) old.remove();
  for (const [block, text] of Object.entries(errors).reverse()) {
    const control = form.querySelector(`[data-block="${CSS.escape(block)}"]`);
    control?.closest(".field")?.append(h("p.error", { role: "alert" }, text));
    (control?.querySelector("input") ?? control)?.focus(); // the first of them has it in the end
  }
}

function nodesOf(view) {
  const key = `${view.id} ${view.hash}`;
  if (!drawn.has(key)) drawn.set(key, draw(view));
  return drawn.get(key);
}

on("views snapshot", () => {
  const open = new Set(state.modals.map((each) => `${each.id} ${each.hash}`));
  for (const key of drawn.keys()) if (!open.has(key)) drawn.delete(key);
  const view = state.modals.at(-1);
  if (!view) {
    shown?.dialog.close();
    shown?.dialog.remove();
    shown?.back();
    shown = null;
    return;
  }
  if (shown?.id === view.id && shown.hash === view.hash) return;
  const back = shown?.back ?? focusKeeper();
  const dialog = shown?.dialog ?? h("dialog.modal", { "aria-labelledby": "modal-title" });
  dialog.oncancel = (event) => { event.preventDefault(); act("close_view", { view: view.id }); };
  dialog.replaceChildren(...nodesOf(view));
  if (!dialog.isConnected) { document.body.append(dialog); dialog.showModal(); }
  dialog.querySelector(".inside :is(input, select, textarea, button)")?.focus({ preventScroll: true });
  shown = { id: view.id, hash: view.hash, dialog, back };
});
