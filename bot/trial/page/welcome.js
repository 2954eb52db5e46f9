// What an empty channel says to a first visitor.

import { h } from "./elements.js";
import { channelName, isMember, state } from "./state.js";

const ASKS = ["Show me an equation", "Show me a table", "Write some code", "A long answer, please", "Refuse to answer"];

// `busy`: where others asked already.
export function welcome(choose, busy = false) {
  const place = state.channels.get(state.place.channel);
  const isJam = place?.kind === "im" || state.labs.some((each) => each.channel === place?.name);
  const says = !isJam ? "News for all labs is posted here. Questions are asked in a lab's channel."
      : "Ask anything: labjam, the real bot, answers in a thread.";
  return h(busy ? "div.empty.busy" : "div.empty", {}, busy ? null : h("h2", {}, place?.kind === "im" ? "Write to labjam" : `This is the beginning of #${channelName(state.place.channel)}`),
    h("p", {}, says), isJam ? h("p.model-says", {}, state.model.note) : null,
    !isMember(state.place.channel) ? null : place?.kind === "im" && state.prompts.length ? suggestions(choose)
      : isJam && state.model.kind === "scripted" ? h("div.actions", {}, ASKS.map((text) => h("button.plain", { type: "button", onclick: () => choose(text) }, text))) : null);
}

export function suggestions(choose) {
  return h("div.actions", { role: "group", "aria-label": "Questions to begin with" },
    state.prompts.map((each) => h("button.plain", { type: "button", title: each.message, onclick: () => choose(each.message) }, each.title)));
}
