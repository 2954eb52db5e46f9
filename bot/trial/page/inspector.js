// The inspector: what Slack would send, what the bot did, and how much of Slack's budgets is used.

import { h, iconButton } from "./elements.js";
import { on, state } from "./state.js";

const drawer = document.getElementById("inspector");
const button = document.getElementById("inspect");
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

const model = h("p");
const counts = h("dl.counts");
const budgets = h("ul.budgets");
const sent = h("ol.traffic");
const called = h("ol.traffic");
const part = (title, content) => h("section", {}, h("h3", {}, title), content);

function toggle(open = drawer.hidden) {
  drawer.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  if (open) draw();
  else button.focus();
}

button.addEventListener("click", () => toggle());
drawer.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault(); // a thread beside it stays open
  toggle(false);
});
drawer.append(
  h("header.panehead", {}, h("h2", {}, "Inspector"), iconButton("close", "Close the inspector", () => toggle(false))),
  h("div.scroller", { tabindex: "0", role: "group", "aria-label": "Traffic" },
    part("Model", model), part("Counts", counts), part("Slack's budgets, last minute", budgets),
    part("What Slack sent", sent), part("What the bot called", called)));

function ended(each) {
  const failed = each.ended !== "ok" && each.ended !== "acknowledged";
  return h(failed ? "span.failed" : "span.hint", {}, each.retries ? `${each.ended}, sent ${each.retries + 1} times` : each.ended);
}

function line(each) {
  return h("li", { dataset: { id: each.id } }, h("details", {},
    h("summary", {}, h("time", {}, clock.format(each.at * 1000)), h("code", {}, each.name), ended(each)),
    h("dl", {}, Object.entries(each.args).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]))));
}

// The newest on top; what is there stays as it is, open or with the focus on it, but for how it ended.
function fill(list, items) {
  const there = new Map([...list.children].map((each) => [each.dataset.id, each]));
  for (const each of items) {
    const known = there.get(each.id);
    there.delete(each.id);
    if (known) known.querySelector("summary").lastChild.replaceWith(ended(each));
    else list.prepend(line(each));
  }
  for (const gone of there.values()) gone.remove();
}

function draw() {
  const { traffic } = state;
  if (drawer.hidden || !traffic) return;
  model.textContent = state.model.note || state.model.name;
  counts.replaceChildren(...Object.entries(traffic.counts).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]));
  budgets.replaceChildren(...traffic.budgets.map(([method, used, allowed]) =>
    h("li", {}, h("code", {}, method), h("meter", { min: "0", max: String(allowed), value: String(used), high: String(allowed * 0.8), "aria-label": method }),
      h("span.hint", {}, `${used} of ${allowed}`))));
  fill(sent, traffic.events);
  fill(called, traffic.calls);
}

on("snapshot traffic", draw);
