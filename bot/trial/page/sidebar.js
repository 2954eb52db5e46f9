// The channel list with its unread marks, the app, and the switch of who one is.

import { h, redraw } from "./elements.js";
import { become } from "./feed.js";
import { direct, go, isReply, on, state } from "./state.js";

const sidebar = document.getElementById("sidebar");
const who = document.getElementById("who");

const readKey = () => `labjam.read.${state.me}`;

function readMarks() {
  try { return JSON.parse(localStorage.getItem(readKey())) ?? {}; } catch { return {}; }
}

function newest(channel) {
  let last = "";
  for (const ts of state.messages.get(channel)?.keys() ?? []) if (ts > last) last = ts;
  return last;
}

export function markRead(channel) {
  if (!channel || document.hidden) return;
  const marks = readMarks();
  if ((marks[channel] ?? "") >= newest(channel)) return;
  marks[channel] = newest(channel);
  localStorage.setItem(readKey(), JSON.stringify(marks));
}

// What others wrote since one looked: in the channel itself, and in the threads one takes part in.
function unread(channel, marks) {
  const all = [...(state.messages.get(channel)?.values() ?? [])].filter((each) => !each.deleted && each.subtype !== "channel_join");
  const mine = new Set(all.filter((each) => each.user === state.me).map((each) => each.thread_ts ?? each.ts));
  return all.filter((each) => each.user !== state.me && each.ts > (marks[channel] ?? "") && (!isReply(each) || mine.has(each.thread_ts))).length;
}

function entry(label, place, count, current) {
  return h("li", {}, h(count ? "button.entry.unread" : "button.entry", {
    type: "button", dataset: { key: label }, "aria-current": current ? "page" : undefined, onclick: () => { go(place); document.getElementById("app").dataset.pane = "main"; },
  }, h("span", {}, label), count ? h("span.count", { "aria-label": `${count} unread` }, String(count > 99 ? "99+" : count)) : null));
}

function section(title, entries) {
  return entries.length ? h("section", {}, h("h2", {}, title), h("ul", {}, entries)) : null;
}

function draw() {
  const marks = readMarks();
  const here = state.place;
  const channels = [...state.channels.values()].filter((each) => each.kind !== "im");
  const line = (each) => entry(`# ${each.name}`, { channel: each.id }, unread(each.id, marks), here.channel === each.id);
  const mine = channels.filter((each) => each.members.includes(state.me));
  const others = channels.filter((each) => !each.members.includes(state.me));
  const talk = direct();
  const count = talk ? unread(talk, marks) : 0;
  redraw(sidebar, () => sidebar.replaceChildren(...[
    section("Your channels", mine.map(line)),
    section("Other channels", others.map((each) => entry(`# ${each.name}`, { channel: each.id }, 0, here.channel === each.id))),
    section("App", [entry("labjam · Home", { home: true }, 0, here.home), entry("labjam · Messages", { channel: talk }, count, here.channel === talk)]),
  ].filter(Boolean)));
}

function drawWho() {
  const people = [...state.people.values()].filter((each) => !each.bot);
  if (who.options.length === people.length && who.value === state.me) return;
  who.replaceChildren(...people.map((each) => h("option", { value: each.id, selected: each.id === state.me }, each.name)));
}

who.addEventListener("change", () => become(who.value));
document.addEventListener("visibilitychange", () => { markRead(state.place.channel); draw(); });
on("snapshot places", drawWho);
on("snapshot messages places place", () => { markRead(state.place.channel); draw(); });
