// One message as an element: who, when, what, its files, reactions, and what can be done with it.

import { blocks, plan } from "./blocks.js";
import { h, icon, iconButton, redraw } from "./elements.js";
import { act } from "./feed.js";
import { openMenu } from "./menu.js";
import { ask } from "./question.js";
import { go, isReply, nameOf, repliesOf, state, statusOf, visible } from "./state.js";
import { decode, mrkdwn } from "./text.js";

const EMOJI = {
  "+1": "👍", "-1": "👎", eyes: "👀", white_check_mark: "✅", heart: "❤️", tada: "🎉", thinking_face: "🤔", pray: "🙏",
};
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

export function avatar(user) {
  if (user === state.bot) return h("span.avatar.bot", { "aria-hidden": "true" }, "lj");
  const [first, second = ""] = nameOf(user).split(/[\s(]+/);
  return h("span.avatar", { "aria-hidden": "true" }, (first[0] ?? "") + (/^\d/.test(second) ? second : second[0] ?? "").slice(0, 2));
}

function time(ts) {
  const at = new Date(Number(ts) * 1000);
  const today = at.toDateString() === new Date().toDateString();
  return h("time", { datetime: at.toISOString(), title: full.format(at) }, (today ? clock : day).format(at));
}

function pressed(message) {
  const at = { channel: message.channel, ts: message.ts };
  return (element, { value, extra }) => act("click", { ...at, action_id: element.action_id, value, extra });
}

function bodyOf(message) {
  if (message.deleted) return [h("p.hint", {}, "This message was deleted.")];
  const said = message.blocks.length || !message.text ? blocks(message.blocks, { press: pressed(message), pressed: message.pressed }) : [mrkdwn(message.text)];
  return message.tasks.length ? [stepsOf(message.tasks), ...said] : said;
}

function stepsOf(chunks) {
  const title = chunks.find((each) => each.type === "plan_update")?.title;
  return plan(title, chunks.filter((each) => each.type === "task_update"));
}

function caretIn(body) {
  let last = body;
  while (last.lastElementChild && !["STRONG", "EM", "CODE", "A", "S", "BR", "SPAN", "TABLE"].includes(last.lastElementChild.tagName)) {
    last = last.lastElementChild;
  }
  if (last.lastElementChild?.tagName === "CODE" && last.tagName === "PRE") last = last.lastElementChild;
  last.append(h("span.caret", { "aria-hidden": "true" }));
}

function filesOf(message) {
  if (!message.files?.length) return null;
  return h("ul.files", { "aria-label": "Files" }, message.files.map((file) => h("li", {},
    h("a.file", { href: `/files/${file.id}`, download: file.name },
      /^image\/(png|jpeg|gif|webp)$/.test(file.type) ? h("img", { src: `/files/${file.id}`, alt: "" }) : icon("clip"),
      h("span", {}, h("bdi", {}, visible(file.name)), h("span.hint", {}, ` ${size(file.size)}`))))));
}

export function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

function react(message, name) {
  act("react", { channel: message.channel, ts: message.ts, name });
}

function reactionsOf(message) {
  const given = Object.entries(message.reactions ?? {});
  if (!given.length) return null;
  return h("div.reactions", { role: "group", "aria-label": "Reactions" }, given.map(([name, users]) => h("button.reaction", {
    type: "button", "aria-pressed": String(users.includes(state.me)), title: users.map(nameOf).join(", "),
    "aria-label": `${name}, ${users.length}`, dataset: { key: `reaction ${name}` },
    onclick: () => react(message, name),
  }, `${EMOJI[name] ?? `:${name}:`} `, h("span", {}, String(users.length)))));
}

function summaryOf(message) {
  const replies = repliesOf(message.channel, message.ts).filter((each) => !each.ephemeral);
  const status = statusOf(message.channel, message.ts);
  if (!replies.length && !status) return null;
  const writing = replies.some((each) => each.stream === "live");
  const doing = status ? `labjam ${status}` : writing ? "labjam is writing…" : "";
  const count = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  return h("button.replies", {
    type: "button", dataset: { key: "replies" },
    onclick: () => go({ channel: message.channel, thread: message.ts }),
  }, replies.length ? h("strong", {}, count) : null, doing ? h("span.doing", {}, doing) : h("span.hint", {}, "View thread"));
}

function toolsOf(message, inThread, edit) {
  if (message.deleted || message.ephemeral) return null;
  const at = { channel: message.channel, ts: message.ts };
  const emoji = Object.entries(EMOJI).map(([name, label]) => ({ label, name, run: () => react(message, name) }));
  const addReaction = (event) => openMenu(event.currentTarget, emoji, { row: true, label: "Reactions" });
  const reply = () => go({ channel: message.channel, thread: message.ts });
  const canReply = !inThread && !isReply(message);
  const more = state.shortcuts.filter((each) => each.type === "message")
    .map((each) => ({ label: each.name, run: () => act("message_shortcut", { ...at, callback_id: each.callback_id }) }));
  if (canReply) more.unshift({ label: "Reply in thread", run: reply });
  more.unshift({ label: "Add reaction…", run: () => addReaction({ currentTarget: tools.lastElementChild }) });
  if (message.user === state.me) {
    more.unshift({ label: "Edit message", run: edit });
    more.push({ label: "Delete message…", danger: true, run: async () => {
      if (await ask("Delete this message?", "It can't be brought back. labjam withdraws its answer.", "Delete")) act("delete", at);
    } });
  }
  const menu = { "aria-haspopup": "menu", "aria-expanded": "false" };
  const tools = h("div.tools", { role: "group", "aria-label": "Message actions" },
    iconButton("smile", "React", addReaction, { ...menu, dataset: { key: "react" } }),
    canReply ? iconButton("reply", "Reply in thread", reply, { dataset: { key: "reply" } }) : null,
    iconButton("more", "More actions", (event) => openMenu(event.currentTarget, more, { label: "Message" }), { ...menu, dataset: { key: "more" } }));
  return tools;
}

function editor(message, done) {
  const box = h("textarea", { rows: "3", "aria-label": "Edit message", value: decode(message.text) });
  const save = async () => {
    if (box.value.trim() && (await act("edit", { channel: message.channel, ts: message.ts, text: box.value })).ok) done();
  };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); done(); }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); save(); }
  });
  return h("div.editing", {}, box, h("div.actions", {},
    h("button.primary", { type: "button", onclick: save }, "Save"), h("button.plain", { type: "button", onclick: done }, "Cancel")));
}

export function messageItem(message, inThread) {
  const item = h("li.message", { tabindex: "-1", dataset: { ts: message.ts } });
  fill(item, message, inThread);
  item.addEventListener("keydown", (event) => {
    if (event.target !== item || event.ctrlKey || event.metaKey || event.altKey) return;
    const tool = { r: "react", t: "reply", m: "more" }[event.key];
    if (event.key === "Enter" && !inThread) go({ channel: message.channel, thread: message.ts });
    else if (tool) { event.preventDefault(); item.querySelector(`[data-key="${tool}"]`)?.click(); }
  });
  return item;
}

export function fill(item, message, inThread) {
  redraw(item, () => draw(item, message, inThread));
}

function draw(item, message, inThread) {
  const live = message.stream === "live";
  if (message.subtype === "channel_join") {
    item.className = "message joined";
    item.replaceChildren(h("p.hint", {}, `${nameOf(message.user)} joined the channel.`));
    return;
  }
  const body = h("div.body", {}, bodyOf(message));
  if (live) caretIn(body);
  const edit = () => {
    item.querySelector(".body").replaceChildren(editor(message, () => { fill(item, message, inThread); item.focus(); }));
    item.querySelector(".editing textarea").focus();
  };
  item.className = `message${message.ephemeral ? " ephemeral" : ""}${live ? " live" : ""}`;
  item.replaceChildren(...[
    avatar(message.user ?? ""),
    h("div.content", {},
      h("p.head", {}, h("strong.name", {}, h("bdi", {}, message.user ? nameOf(message.user) : "Deleted")), message.user === state.bot ? h("span.badge", {}, "APP") : null,
        time(message.ts), message.edited ? h("span.hint", {}, "(edited)") : null,
        message.ephemeral ? h("span.only", {}, "Only visible to you") : null),
      body, broken(message), filesOf(message), reactionsOf(message), inThread ? null : summaryOf(message)),
    toolsOf(message, inThread, edit),
  ].filter(Boolean));
}

function broken(message) {
  if (message.stream === "expired") return h("p.hint", {}, "Slack ended this stream; what came later is missing here.");
  return message.stream === "stopped_by_user" ? h("p.hint", {}, "Stopped.") : null;
}
