// A plain question before something that is hard to undo.

import { focusKeeper, h } from "./elements.js";

// Resolves to whether the person said yes.
export function ask(title, text, yes, no = "Cancel") {
  const back = focusKeeper();
  return new Promise((done) => {
    const dialog = h("dialog.small", { "aria-label": title },
      h("h2", {}, title), h("p", {}, text),
      h("div.actions.end", {},
        h("button.plain", { type: "button", onclick: () => dialog.close() }, no),
        h("button.danger", { type: "button", onclick: () => dialog.close("yes") }, yes)));
    dialog.addEventListener("close", () => { done(dialog.returnValue === "yes"); dialog.remove(); back(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
