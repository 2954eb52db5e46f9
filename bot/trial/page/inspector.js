// The inspector: what Slack would send, what the bot did, and how much of Slack's budgets is used.

import { h, iconButton } from "./elements.js";
import { on, state } from "./state.js";

const drawer = document.getElementById("inspector");
const button = document.getElementById("inspect");
const body = h("div.scroller", { tabindex: "0", role: "region", "aria-label": "Traffic" });

function toggle(open = drawer.hidden) {
  drawer.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  if (open) draw();
  else button.focus();
}

button.addEventListener("click", () => toggle());
drawer.addEventListener("keydown", (event) => { if (event.key === "Escape") toggle(false); });
drawer.append(h("header.panehead", {}, h("h2", {}, "Inspector"), iconButton("close", "Close the inspector", () => toggle(false))), body);

const key = (each, at) => `${each.name} ${each.at ?? ""} ${at}`;

function line(each, at, opened) {
  const failed = each.ended !== "ok" && each.ended !== "acknowledged";
  return h("li", {}, h("details", { dataset: { key: key(each, at) }, open: opened.has(key(each, at)) },
    h("summary", {}, h("code", {}, each.name), " ", h(failed ? "span.failed" : "span.hint", {}, each.retries ? `${each.ended}, sent ${each.retries + 1} times` : each.ended)),
    h("dl", {}, Object.entries(each.args).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))));
}

function draw() {
  const { traffic } = state;
  if (drawer.hidden || !traffic) return;
  const opened = new Set([...body.querySelectorAll("details[open]")].map((each) => each.dataset.key));
  const part = (title, ...content) => h("section", {}, h("h3", {}, title), content);
  const list = (items) => !items.length ? h("p.hint", {}, "Nothing yet.") : h("ol.traffic", {}, items.map((each, at) => line(each, at, opened)).reverse());
  body.replaceChildren(
    part("Model", h("p", {}, state.model.note || state.model.name)),
    part("Counts", h("dl.counts", {}, Object.entries(traffic.counts).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]))),
    part("Slack's budgets, last minute", traffic.budgets.length ? h("ul.budgets", {}, traffic.budgets.map(([method, used, allowed]) =>
      h("li", {}, h("code", {}, method), h("meter", { min: "0", max: String(allowed), value: String(used), high: String(allowed * 0.8), "aria-label": method }), h("span.hint", {}, `${used} of ${allowed}`)))) : h("p.hint", {}, "No calls in the last minute.")),
    part("What Slack sent", list(traffic.events)),
    part("What the bot called", list(traffic.calls)),
  );
}

on("snapshot traffic", draw);
