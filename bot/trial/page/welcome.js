// What an empty channel says to a first visitor.

import { h } from "./elements.js";
import { channelName, isMember, state } from "./state.js";

const ASKS = ["Show me an equation", "Show me a table", "Write some code", "A long answer, please", "Refuse to answer"];

export function welcome(choose) {
  const place = state.channels.get(state.place.channel);
  const isJam = place?.kind === "im" || state.labs.some((each) => each.channel === place?.name);
  const says = !isJam ? "What crosses labs is posted here. Questions are asked in a lab's channel."
      : state.model.kind === "scripted" ? "Ask anything. The bot is the real one; the model behind it is scripted, and shows how answers look."
      : `Ask anything: labjam answers in a thread. ${state.model.note}`;
  return h("div.empty", {}, h("h2", {}, place?.kind === "im" ? "Write to labjam" : `This is the beginning of #${channelName(state.place.channel)}`),
    h("p", {}, says),
    !isMember(state.place.channel) ? null : place?.kind === "im" && state.prompts.length ? suggestions(choose)
      : isJam && state.model.kind === "scripted" ? h("div.actions", {}, ASKS.map((text) => h("button.plain", { type: "button", onclick: () => choose(text) }, text))) : null);
}

export function suggestions(choose) {
  return h("div.actions", { role: "group", "aria-label": "Questions to begin with" },
    state.prompts.map((each) => h("button.plain", { type: "button", title: each.message, onclick: () => choose(each.message) }, each.title)));
}
