// Text as Slack shows it: Markdown of markdown blocks, mrkdwn of all else, tokens, entities decoded once.

import hljs from "./vendor/highlight.min.js";
import MarkdownIt from "./vendor/markdown-it.min.js";
import "./vendor/purify.min.js";
import { h } from "./elements.js";
import { channelName, hashOf, nameOf, state, visible } from "./state.js";

const TOKEN = /<(@[UW][A-Z0-9]+|#C[A-Z0-9]+|![a-z]+[^<>|\n]*|(?:https?|mailto):[^<>|\s]+)(?:\|([^<>\n]*))?>/g;
const OPEN = "\uE000";
const SHUT = "\uE001";
const MARKS = new RegExp(`${OPEN}(\\d+)${SHUT}`, "g");
const LINKS = /^(https?|mailto):/i;
const PERMALINK = /^http:\/\/127\.0\.0\.1:\d+\/archives\/(\w+)\/p(\d{10})(\d{6})(?:\?thread_ts=([\d.]+))?/;

// Slack's three entities, once.
export function decode(text) {
  return visible(text).replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

export function link(href, label) {
  if (!LINKS.test(href)) return document.createTextNode(label);
  const [, channel, seconds, micros, thread] = PERMALINK.exec(href) ?? [];
  if (state.channels.has(channel)) return h("a", { href: hashOf({ channel, thread: thread ?? `${seconds}.${micros}` }) }, label);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", title: href }, label);
}

function token(target, label) {
  if (target[0] === "@") {
    const user = target.slice(1);
    return h(user === state.me ? "span.mention.me" : "span.mention", {}, `@${nameOf(user)}`);
  }
  if (target[0] === "#") return h("span.mention", {}, `#${channelName(target.slice(1))}`);
  if (target[0] === "!") return h("span.mention", {}, `@${label ?? target.slice(1).split("^")[0]}`);
  return link(decode(target), decode(label ?? target.replace(/^mailto:/, "")));
}

const markdownIt = new MarkdownIt({
  html: false, linkify: true, breaks: true,
  highlight: (code, language) =>
    hljs.getLanguage(language) ? hljs.highlight(code, { language, ignoreIllegals: true }).value : "",
}).disable(["entity", "image", "autolink", "html_inline", "html_block"]);
markdownIt.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

// The page allows no style attributes: a table's alignment becomes a class.
for (const rule of ["th_open", "td_open"]) {
  markdownIt.renderer.rules[rule] = (tokens, index, options, _env, self) => {
    const style = tokens[index].attrGet("style");
    if (style) tokens[index].attrs = [["class", `align-${style.split(":")[1].trim()}`]];
    return self.renderToken(tokens, index, options);
  };
}

const CLEAN = {
  RETURN_DOM_FRAGMENT: true,
  ALLOWED_ATTR: ["href", "class", "start"],
  ALLOWED_TAGS: ["p", "br", "em", "strong", "s", "a", "code", "pre", "span", "blockquote", "hr", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"],
};

export function markdown(text) {
  const tokens = [];
  const marked = text.replace(/[\uE000\uE001]/g, "").replace(TOKEN, (_all, target, label) => {
    tokens.push([target, label]);
    return `${OPEN}${tokens.length - 1}${SHUT}`;
  });
  const clean = globalThis.DOMPurify.sanitize(markdownIt.render(decode(marked)), CLEAN);
  const body = h("div.markdown", { dir: "auto" });
  body.append(clean);
  fillTokens(body, tokens);
  for (const anchor of body.querySelectorAll("a[href]")) {
    if (!LINKS.test(anchor.getAttribute("href"))) { anchor.replaceWith(...anchor.childNodes); continue; }
    Object.assign(anchor, { target: "_blank", rel: "noopener noreferrer", title: anchor.href });
  }
  for (const table of body.querySelectorAll("table")) {
    const frame = h("div.scroll", { tabindex: "0", role: "group", "aria-label": "Table" });
    table.replaceWith(frame);
    frame.append(table);
  }
  return body;
}

function fillTokens(body, tokens) {
  if (!tokens.length) return;
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (walker.currentNode.data.includes(OPEN)) found.push(walker.currentNode);
  for (const node of found) {
    const pieces = node.data.split(MARKS);
    node.replaceWith(...pieces.map((piece, at) => (at % 2 ? token(...tokens[Number(piece)]) : piece)));
  }
}

const INLINE = [
  [/`([^`\n]+)`/, (inner) => h("code", {}, decode(inner))],
  [/(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])/, (inner) => h("strong", {}, inline(inner))],
  [/(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])/, (inner) => h("em", {}, inline(inner))],
  [/(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])/, (inner) => h("s", {}, inline(inner))],
  [new RegExp(TOKEN.source), (target, label) => token(target, label)],
  [/(https?:\/\/[^\s<>]+[^\s<>.,;:!?)\]])/, (href) => link(decode(href), decode(href))],
];

function inline(text) {
  const nodes = [];
  while (text) {
    let first = null;
    for (const [pattern, make] of INLINE) {
      const match = pattern.exec(text);
      if (match && (!first || match.index < first.match.index)) first = { match, make };
    }
    if (!first) break;
    const { match, make } = first;
    if (match.index) nodes.push(decode(text.slice(0, match.index)));
    nodes.push(make(match[1], match[2]));
    text = text.slice(match.index + match[0].length);
  }
  return text ? [...nodes, decode(text)] : nodes;
}

// What people type, and what apps put into sections: lines, quotes, fences and inline marks.
export function mrkdwn(text) {
  const body = h("div.mrkdwn", { dir: "auto" });
  text.split(/```\n?([\s\S]*?)\n?```/).forEach((piece, at) => {
    if (at % 2) { body.append(h("pre", {}, h("code", {}, decode(piece)))); return; }
    for (const line of piece.replace(/^\n|\n$/g, "").split("\n")) {
      if (!line && piece === "") continue;
      const quoted = line.startsWith("&gt;");
      const content = inline(quoted ? line.slice(4).trimStart() : line);
      body.append(h(quoted ? "blockquote" : "p", {}, content.length ? content : h("br")));
    }
  });
  return body;
}

export function plain(text) {
  return h("span.plaintext", { dir: "auto" }, decode(text));
}

// A text object of Block Kit.
export function words(object) {
  return object?.type === "mrkdwn" ? mrkdwn(object.text) : plain(object?.text ?? "");
}
