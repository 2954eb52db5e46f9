// Block Kit's inputs as native controls, and what a person put into them as Slack's view state.

import { h } from "./elements.js";
import { state } from "./state.js";
import { decode } from "./text.js";

let count = 0;

const nextId = () => `input-${++count}`;

function optionsOf(element) {
  return [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options)];
}

function choices(kind, element, changed) {
  const name = nextId();
  const initial = (element.initial_options ?? (element.initial_option ? [element.initial_option] : [])).map((each) => each.value);
  const boxes = optionsOf(element).map((option, at) => h("label.choice", {},
    h("input", { type: kind, name, id: `${name}-${at}`, value: option.value, checked: initial.includes(option.value), onchange: changed }),
    h("span", {}, decode(option.text.text), option.description ? h("span.hint", {}, ` ${decode(option.description.text)}`) : null)));
  return h("div.choices", { role: kind === "radio" ? "radiogroup" : "group" }, boxes);
}

// People and channels are chosen from lists, as Slack fills them itself.
function members() {
  return [...state.people.values()].filter((each) => !each.bot).map((each) => ({ value: each.id, text: { text: each.name } }));
}

function places() {
  return [...state.channels.values()].filter((each) => each.kind !== "im").map((each) => ({ value: each.id, text: { text: `#${each.name}` } }));
}

const LISTS = { users_select: [members, "user"], conversations_select: [places, "conversation"], channels_select: [places, "channel"] };

function picker(type) {
  const [list, kind] = LISTS[type];
  return (element, changed) => MAKE.static_select({ ...element, options: list(),
    initial_option: { value: element[`initial_${kind}`] } }, changed);
}

function pickers(type) {
  const [list, kind] = LISTS[type];
  return (element, changed) => choices("checkbox", { options: list(),
    initial_options: (element[`initial_${kind}s`] ?? []).map((value) => ({ value })) }, changed);
}

const MAKE = {
  plain_text_input(element) {
    const shared = {
      id: nextId(), placeholder: element.placeholder?.text, maxlength: element.max_length, minlength: element.min_length,
      value: element.initial_value ?? "",
    };
    return element.multiline ? h("textarea", { rows: "4", ...shared }) : h("input", { type: "text", ...shared });
  },
  number_input: (element) => h("input", { type: "number", id: nextId(), value: element.initial_value ?? "", min: element.min_value, max: element.max_value }),
  datepicker: (element, changed) => h("input", { type: "date", id: nextId(), value: element.initial_date ?? "", onchange: changed }),
  static_select(element, changed) {
    const options = optionsOf(element).map((option) => h("option", {
      value: option.value, selected: option.value === element.initial_option?.value }, decode(option.text.text)));
    return h("select", { id: nextId(), "aria-label": element.placeholder?.text ?? "Choose", onchange: changed },
      h("option", { value: "" }, element.placeholder?.text ?? "Choose…"), options);
  },
  checkboxes: (element, changed) => choices("checkbox", element, changed),
  radio_buttons: (element, changed) => choices("radio", element, changed),
};
MAKE.multi_static_select = MAKE.checkboxes;
MAKE.timepicker = (element, changed) => h("input", { type: "time", id: nextId(), value: element.initial_time ?? "", onchange: changed });
MAKE.email_text_input = (element) => h("input", { type: "email", id: nextId(), value: element.initial_value ?? "" });
MAKE.url_text_input = (element) => h("input", { type: "url", id: nextId(), value: element.initial_value ?? "" });
for (const type of Object.keys(LISTS)) {
  MAKE[type] = picker(type);
  MAKE[`multi_${type}`] = pickers(type);
}

export function inputOf(element, block, press) {
  const make = MAKE[element.type];
  if (!make) return h("span.hint", {}, `(A ${element.type}, which this page does not show.)`);
  const control = make(element, () => press(valueOf(element, control)));
  control.dataset.block = block.block_id;
  control.dataset.action = element.action_id;
  control.dataset.key = `${block.block_id} ${element.action_id}`;
  control.described = element;
  return control;
}

function valueOf(element, control) {
  const chosen = (values) => optionsOf(element).filter((option) => values.includes(option.value));
  const ticked = () => [...control.querySelectorAll("input:checked")].map((each) => each.value);
  const listed = /^(multi_)?(user|conversation|channel)s_select$/.exec(element.type);
  if (listed) return listed[1] ? { [`selected_${listed[2]}s`]: ticked() } : { [`selected_${listed[2]}`]: control.value || null };
  switch (element.type) {
    case "static_select": return { selected_option: chosen([control.value])[0] ?? null };
    case "radio_buttons": return { selected_option: chosen(ticked())[0] ?? null };
    case "multi_static_select":
    case "checkboxes": return { selected_options: chosen(ticked()) };
    case "datepicker": return { selected_date: control.value || null };
    case "timepicker": return { selected_time: control.value || null };
    default: return { value: control.value || null };
  }
}

// {block_id: {action_id: {type, …}}} of all inputs below `root`.
export function viewState(root) {
  const values = {};
  for (const control of root.querySelectorAll("[data-action]")) {
    if (!control.described) continue;
    const { block, action } = control.dataset;
    (values[block] ??= {})[action] = { type: control.described.type, ...valueOf(control.described, control) };
  }
  return values;
}
