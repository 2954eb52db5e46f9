// Slack's Block Kit as elements; `context.press(element, extra, block)` is called for what a person presses.

import { h, icon, iconButton } from "./elements.js";
import { inputOf } from "./inputs.js";
import { openMenu } from "./menu.js";
import { ask } from "./question.js";
import { decode, link, markdown, plain, words } from "./text.js";

const LABEL = (object) => decode(object?.text ?? "");

const ELEMENTS = {
  button(element, context, block) {
    const kind = { primary: "button.primary", danger: "button.danger" }[element.style] ?? "button.plain";
    return h(kind, {
      type: "button", "aria-label": element.accessibility_label,
      dataset: { key: `${block.block_id} ${element.action_id}` },
      onclick: () => {
        if (element.url) window.open(element.url, "_blank", "noopener");
        context.press(element, { value: element.value }, block);
      },
    }, LABEL(element.text));
  },
  feedback_buttons(element, context, block) {
    const pressed = context.pressed?.[element.action_id];
    const thumb = (side, name) => h("button.thumb", {
      type: "button", "aria-label": side.accessibility_label ?? LABEL(side.text), title: LABEL(side.text),
      "aria-pressed": String(pressed === side.value),
      dataset: { key: `${block.block_id} ${element.action_id} ${name}` },
      onclick: () => context.press(element, { value: side.value }, block),
    }, icon(name));
    return h("span.thumbs", { role: "group", "aria-label": "Is this answer good?" },
      thumb(element.positive_button, "up"), thumb(element.negative_button, "down"));
  },
  overflow(element, context, block) {
    const items = element.options.map((option) => ({
      label: LABEL(option.text), run: () => context.press(element, { extra: { selected_option: option } }, block),
    }));
    return iconButton("more", "More options", (event) => openMenu(event.currentTarget, items, { label: "Options" }), {
      class: "tool options", "aria-haspopup": "menu", "aria-expanded": "false", dataset: { key: `${block.block_id} ${element.action_id}` },
    });
  },
  mrkdwn: (element) => words(element),
  plain_text: (element) => words(element),
  image: (element) => h("span.picture", {}, `[${decode(element.alt_text ?? "image")}]`),
};

export function element(given, context, block) {
  const sure = given.confirm ? { ...context, press: (...all) => confirmed(given.confirm).then((yes) => yes && context.press(...all)) } : context;
  const make = ELEMENTS[given.type];
  if (make) return make(given, sure, block);
  return inputOf(given, block, (extra) => sure.press(given, { extra }, block));
}

function confirmed({ title, text, confirm, deny }) {
  return ask(LABEL(title), LABEL(text), LABEL(confirm), LABEL(deny));
}

const DONE = { pending: "To do", in_progress: "Under way", complete: "Done", error: "Failed" };

// What an app says of its steps: a chunk of a stream, or a task_card.
function task({ title, status = "pending", details, output, sources = [] }) {
  const said = (part) => (part?.elements ? h("div", {}, rich(part)) : part ? h("p.hint", {}, plain(part)) : null);
  return h("li.task", {}, icon(status), h("div", {}, h("span.unseen", {}, `${DONE[status]}: `), plain(title), said(details), said(output),
    sources.length ? h("p.hint", {}, sources.flatMap((each, at) => [at ? " · " : "", link(each.url, each.text ?? each.url)])) : null));
}

export function plan(title, tasks) {
  return h("div.plan", {}, title ? h("strong", {}, plain(title)) : null, h("ul.tasks", {}, tasks.map(task)));
}

const BLOCKS = {
  task_card: (block) => plan("", [block]),
  plan: (block) => plan(block.title, block.tasks ?? []),
  markdown: (block) => markdown(block.text),
  header: (block, context) => h(context.heading ?? "h3.header", {}, LABEL(block.text)),
  divider: () => h("hr"),
  section(block, context) {
    const fields = block.fields?.length ? h("div.fields", {}, block.fields.map(words)) : null;
    const aside = block.accessory ? element(block.accessory, context, block) : null;
    return h("div.section", {}, h("div.said", {}, block.text ? words(block.text) : null, fields), aside);
  },
  context: (block, context) => h("div.smallprint", {}, block.elements.map((each) => element(each, context, block))),
  actions: (block, context) => h("div.actions", {}, block.elements.map((each) => element(each, context, block))),
  context_actions: (block, context) => h("div.actions", {}, block.elements.map((each) => element(each, context, block))),
  image(block) {
    const file = block.slack_file?.id;
    if (!/^F[A-Z0-9]+$/.test(file ?? "")) return h("p.picture", {}, `[${decode(block.alt_text ?? "image")}] ${LABEL(block.title)}`);
    const shown = h("img.drawn", { src: `/files/${file}`, srcset: `/files/${file} 2x`, alt: block.alt_text, title: block.alt_text });
    return h("figure.drawing", {}, h("a", { href: `/files/${file}`, target: "_blank", rel: "noopener" }, shown));
  },
  rich_text: (block) => h("div.mrkdwn", { dir: "auto" }, rich(block)),
  table(block) {
    const rows = block.rows.map((row, at) => h("tr", {}, row.map((cell) => h(at ? "td" : "th", {}, cellOf(cell)))));
    return h("div.scroll", { tabindex: "0", role: "group", "aria-label": "Table" }, h("table", {}, h("tbody", {}, rows)));
  },
  input(block, context) {
    const control = inputOf(block.element, block, () => {});
    const error = context.errors?.[block.block_id];
    const name = [LABEL(block.label), block.optional ? h("span.hint", {}, " (optional)") : null];
    const isGroup = control.matches(".choices");
    control.removeAttribute("aria-label"); // the label names it
    if (isGroup) control.setAttribute("aria-labelledby", `label-${block.block_id}`);
    return h("div.field", {},
      isGroup ? h("p.label", { id: `label-${block.block_id}` }, name) : h("label", { for: control.id }, name),
      control, block.hint ? h("p.hint", {}, LABEL(block.hint)) : null,
      error ? h("p.error", { role: "alert" }, error) : null);
  },
};

function cellOf(cell) {
  return cell.type === "rich_text" ? rich(cell) : plain(cell.text ?? "");
}

function rich(node) {
  if (node.type === "rich_text_preformatted") return [h("pre", {}, h("code", {}, node.elements.flatMap(rich)))];
  if (node.type === "rich_text_quote") return [h("blockquote", {}, node.elements.flatMap(rich))];
  if (node.type === "rich_text_list") {
    return [h(node.style === "ordered" ? "ol" : "ul", {}, node.elements.map((each) => h("li", {}, rich(each))))];
  }
  if (node.elements) return node.elements.flatMap(rich);
  if (node.type === "user") return [words({ type: "mrkdwn", text: `<@${node.user_id}>` })];
  const text = decode(node.text ?? node.url ?? "");
  return [node.style?.code ? h("code", {}, text) : node.style?.bold ? h("strong", {}, text) : text];
}

export function blocks(list, context) {
  return list.map((block) => {
    const make = BLOCKS[block.type];
    return make ? make(block, context) : h("p.hint", {}, `(A block of type ${block.type}, which this page does not show.)`);
  });
}
