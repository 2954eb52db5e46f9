// The page: wires the panes to the state, and the state to the feed.

import { Composer } from "./composer.js";
import { announce, h, iconButton, redraw } from "./elements.js";
import { act, connect } from "./feed.js";
import { homeView } from "./home.js";
import { MessageList } from "./pane.js";
import "./dialog.js";
import "./inspector.js";
import "./sidebar.js";
import {
  channelName, direct, find, go, isMember, isReply, nameOf, on, readPlace, repliesOf, rootsOf, state, statusOf,
} from "./state.js";
import { decode } from "./text.js";
import { suggestions, welcome } from "./welcome.js";

const app = document.getElementById("app");
const mainPane = document.getElementById("main");
const threadPane = document.getElementById("thread");
const wide = matchMedia("(min-width: 1000px)");

const channelList = new MessageList("Messages", false);
const threadList = new MessageList("Thread", true);
const mainBox = new Composer("box-main", {
  label: "Message", hint: " · / commands", place: () => ({ channel: state.place.channel, thread: "" }), last: () => editLast(channelList),
  sent: (done) => { channelList.toEnd(); if (wide.matches) openThread(done.ts); },
});
const threadBox = new Composer("box-thread", {
  label: "Reply", place: () => state.place, last: () => editLast(threadList), sent: () => threadList.toEnd(),
});

const title = h("h1", { id: "main-title" });
const about = h("p.hint");
const tabs = h("div.tabs", { role: "group", "aria-label": "labjam's tabs" });
const joinBar = h("div.join", { hidden: true }, h("p", {}),
  h("button.primary", { type: "button", onclick: () => act("join", { channel: state.place.channel }) }, "Join channel"));
const homeSlot = h("div.scroller", { hidden: true });
mainPane.append(
  h("header.panehead", {}, iconButton("back", "Back to the channels", () => { app.dataset.pane = "nav"; }, { class: "tool backnav" }), h("div", {}, title, about), tabs),
  homeSlot, channelList.element, mainBox.element, joinBar);
const threadAbout = h("p.hint");
threadPane.append(
  h("header.panehead", {}, iconButton("back", "Back to the channel", () => closeThread(), { class: "tool backthread" }),
    h("div", {}, h("h2", {}, "Thread"), threadAbout), iconButton("close", "Close the thread", () => closeThread(), { class: "tool closethread" })),
  threadList.element, threadBox.element);

function openThread(ts) {
  go({ channel: state.place.channel, thread: ts });
}

let left = ""; // the thread just closed: its question has the focus next

function closeThread() {
  left = state.place.thread;
  go({ channel: state.place.channel });
}

function editLast(list) {
  const mine = [...list.items].reverse().find(([ts]) => find(state.place.channel, ts)?.user === state.me);
  if (!mine) return;
  mine[1].querySelector('[data-key="more"]')?.click();
  document.querySelector('.menu [role="menuitem"]')?.click();
}

let last = "";

function drawPlace() {
  const { channel, thread, home } = state.place;
  const here = `${state.me} ${channel} ${home}`;
  const moved = here !== last;
  last = here;
  app.dataset.pane = thread ? "thread" : app.dataset.pane === "thread" ? "main" : app.dataset.pane;
  drawHead();
  homeSlot.hidden = !home;
  channelList.element.hidden = home;
  if (home) drawHome();
  if (moved) {
    channelList.clear();
    if (home) act("open_home");
    else if (state.channels.get(channel)?.kind === "im") act("open_home", { tab: "messages" });
    if (!home) mainBox.moved(state.channels.get(channel)?.kind === "im" ? "Message labjam" : `Message #${channelName(channel)}`);
  }
  drawChannel();
  drawThread(true);
  if (moved) channelList.toEnd();
  if (!thread && left) channelList.items.get(left)?.focus({ preventScroll: true });
  left = "";
}

function drawHome() {
  redraw(homeSlot, () => homeSlot.replaceChildren(homeView()));
}

function drawHead() {
  const { channel, home } = state.place;
  const place = state.channels.get(channel);
  const isApp = home || place?.kind === "im";
  title.textContent = isApp ? "labjam" : `# ${channelName(channel)}`;
  const lab = state.labs.find((each) => each.channel === place?.name);
  about.textContent = isApp ? "App" : lab ? `${lab.title} · ${place.members.length} members` : "News for all labs";
  tabs.replaceChildren(...(isApp ? [["Home", { home: true }, home], ["Messages", { channel: direct() }, !home]].map(([label, to, current]) =>
    h("button.tab", { type: "button", "aria-current": current ? "page" : undefined, onclick: () => go(to) }, label)) : []));
  const outside = !isApp && !isMember(channel);
  joinBar.hidden = !outside;
  joinBar.firstChild.textContent = `You are looking at #${channelName(channel)}.`;
  mainBox.element.hidden = home || outside;
  document.title = `${isApp ? "labjam" : `#${channelName(channel)}`} · labjam, tried out`;
}

let shownFoot = "";

// Whether others asked in this lab's channel, and this person did not yet: a crowd leaves no channel empty.
function isNewHere(roots) {
  const { channel } = state.place;
  const isLab = state.labs.some((each) => each.channel === state.channels.get(channel)?.name);
  return isLab && isMember(channel) && state.model.kind === "scripted" && !roots.some((each) => each.user === state.me && each.subtype !== "channel_join");
}

function drawChannel(changed) {
  const { channel, home } = state.place;
  if (home) return;
  const roots = rootsOf(channel);
  channelList.show(roots, changed);
  const fill = (text) => mainBox.fill(text);
  const offered = state.channels.get(channel)?.kind === "im" && state.prompts.length > 0;
  const begins = !roots.length ? "quiet" : isNewHere(roots) ? "busy" : "";
  const foot = JSON.stringify([state.me, channel, state.model.kind, isMember(channel), begins, offered && state.prompts]);
  if (foot === shownFoot && channelList.foot.hasChildNodes()) return; // what one is about to press stays
  shownFoot = foot;
  channelList.foot.replaceChildren(...(begins ? [welcome(fill, begins === "busy")] : offered ? [suggestions(fill)] : []));
}

let shownThread = "";

function drawThread(moved, changed) {
  const { channel, thread, home } = state.place;
  const root = thread && !home ? find(channel, thread) : null;
  threadPane.hidden = !root;
  app.classList.toggle("with-thread", Boolean(root));
  if (!root) { shownThread = ""; return; }
  const here = `${state.me} ${channel} ${thread}`;
  const fresh = here !== shownThread;
  shownThread = here;
  threadAbout.textContent = state.channels.get(channel)?.kind === "im" ? "labjam" : `#${channelName(channel)}`;
  if (fresh) { threadList.clear(); threadBox.moved("Reply…"); }
  threadBox.element.hidden = !isMember(channel);
  threadList.show([root, ...repliesOf(channel, thread)], fresh ? undefined : changed ?? new Set());
  drawStatus(channel, thread);
  if (fresh) { threadList.toEnd(); if (moved && wide.matches) threadBox.box.focus({ preventScroll: true }); }
}

function drawStatus(channel, thread) {
  const status = statusOf(channel, thread);
  const writing = repliesOf(channel, thread).some((each) => each.stream === "live");
  const text = status ? `labjam ${status}` : writing ? "labjam is writing…" : "";
  const shown = threadList.foot.querySelector(".status span:last-of-type")?.textContent ?? "";
  if (text === shown) return;
  threadList.foot.replaceChildren(...(text ? [h("div.status", {}, h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", {}, text),
    h("button.plain", { type: "button", onclick: () => act("stop", { channel, thread_ts: thread }) }, "Stop"))] : []));
}

const told = new Set();

function tell(messages) {
  for (const each of messages) {
    const key = `${each.channel} ${each.ts}`;
    if (each.deleted || each.user === state.me || each.channel !== state.place.channel || each.stream === "live" || told.has(key)) continue;
    told.add(key);
    const where = isReply(each) ? "in a thread" : `in ${channelName(each.channel)}`;
    announce(`${nameOf(each.user)} ${where}: ${decode(each.text).slice(0, 200)}`);
  }
}

let modelKind = "";

function drawModel() {
  document.getElementById("model").textContent = state.model.note || state.model.name;
  for (const each of document.querySelectorAll(".model-says")) each.textContent = state.model.note;
  document.getElementById("scripted").hidden = state.model.kind !== "scripted";
  const other = state.model.kind !== modelKind;
  modelKind = state.model.kind;
  return other;
}

on("snapshot", () => {
  last = shownThread = "";
  app.dataset.me = state.me;
  drawModel();
  readPlace();
});
on("model", () => { if (drawModel()) { drawChannel(new Set()); announce(state.model.note); } });
on("place", drawPlace);
on("places", drawHead);
on("messages", (messages) => {
  const here = messages.filter((each) => each.channel === state.place.channel);
  if (!here.length) return;
  const changed = new Set(here.flatMap((each) => [each.ts, each.thread_ts ?? ""]));
  drawChannel(changed);
  drawThread(false, new Set(here.map((each) => each.ts)));
  tell(here);
});
on("statuses", () => {
  drawChannel(new Set(rootsOf(state.place.channel).map((each) => each.ts)));
  drawThread(false, new Set());
});
on("views", () => { if (state.place.home) drawHome(); else drawChannel(new Set()); });
on("link", (connected) => { document.getElementById("link").hidden = connected; });
addEventListener("hashchange", readPlace);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.place.thread && !event.defaultPrevented && !document.querySelector("dialog[open]")) closeThread();
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address says where we look, and nothing else
  (threadPane.hidden || wide.matches ? mainBox : threadBox).box.focus();
});
connect();
