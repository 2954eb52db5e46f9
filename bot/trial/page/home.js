// The App Home tab: what the app has published for this person.

import { blocks } from "./blocks.js";
import { h } from "./elements.js";
import { act } from "./feed.js";
import { viewState } from "./inputs.js";
import { direct, go, state } from "./state.js";

export function homeView() {
  const root = h("div.home");
  const press = (element, { value, extra }) =>
    act("click_view", { view: state.home.id, action_id: element.action_id, value, extra, state: viewState(root) });
  root.append(...(state.home ? blocks(state.home.body.blocks, { press, heading: "h2.header" }) : [empty()]));
  return root;
}

function empty() {
  return h("div.empty", {}, h("h2", {}, "Nothing here yet"),
    h("p", {}, "labjam has published no Home for you. It was told that you opened it."),
    h("button.plain", { type: "button", onclick: () => go({ channel: direct() }) }, "Write to labjam directly"));
}
