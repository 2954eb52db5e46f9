// The box one writes in: Enter sends, Shift+Enter begins a line, `/` shows commands, `@` people, files are taken in.

import { complain, h, iconButton } from "./elements.js";
import { act } from "./feed.js";
import { size } from "./message.js";
import { state, visible } from "./state.js";

const MOST = 20 * 1048576;

export class Composer {
  // place(): {channel, thread}; sent(done): after a message went out; last(): edit the own last message.
  constructor(id, { place, label, sent, last, hint = "" }) { // hint: of what else the keys do
    Object.assign(this, { id, place, sent, last, files: [], shown: [], at: 0 });
    this.box = h("textarea", {
      id, rows: "1", "aria-label": label, "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": `${id}-list`, oninput: () => this.typed(), onkeydown: (event) => this.key(event),
      onpaste: (event) => this.take(event, event.clipboardData), onblur: () => setTimeout(() => this.suggest([]), 150),
    });
    this.list = h("ul.suggest", { id: `${id}-list`, role: "listbox", "aria-label": "Suggestions", hidden: true });
    this.tray = h("ul.tray", { "aria-label": "Files to send", hidden: true });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => { this.add([...this.picker.files]); this.picker.value = ""; } });
    this.send = iconButton("send", "Send", () => this.submit(), { disabled: true });
    this.element = h("form.composer", { onsubmit: (event) => event.preventDefault() }, this.list, this.tray, this.box,
      h("div.bar", {}, iconButton("clip", "Attach a file", () => this.picker.click()), this.picker, h("span.hint.keys", {}, `Enter sends · Shift+Enter new line${hint}`), this.send));
    this.element.addEventListener("dragover", (event) => { event.preventDefault(); this.element.classList.add("over"); });
    this.element.addEventListener("dragleave", () => this.element.classList.remove("over"));
    this.element.addEventListener("drop", (event) => { this.element.classList.remove("over"); this.take(event, event.dataTransfer); });
  }

  // A new place: its own draft comes back.
  moved(placeholder) {
    this.box.placeholder = placeholder;
    this.box.value = sessionStorage.getItem(this.key_()) ?? "";
    this.files = [];
    this.drawTray();
    this.typed();
  }

  key_() {
    const { channel, thread } = this.place();
    return `labjam.draft ${state.me} ${channel} ${thread ?? ""}`;
  }

  fill(text) {
    this.box.value = text;
    this.typed();
    this.box.focus();
  }

  typed() {
    if (this.box.value) sessionStorage.setItem(this.key_(), this.box.value);
    else sessionStorage.removeItem(this.key_());
    this.box.style.height = "auto";
    const height = Math.min(this.box.scrollHeight, innerHeight * 0.35);
    if (height) this.box.style.height = `${height}px`; // none while the pane is hidden
    this.send.disabled = !this.box.value.trim() && !this.files.length;
    this.suggest(this.candidates());
  }

  candidates() {
    const text = this.box.value;
    if (/^\/\S*$/.test(text)) {
      return state.commands.filter((each) => each.command.startsWith(text))
        .map((each) => ({ label: each.command, hint: `${each.usage_hint ?? ""} · ${each.description}`, put: `${each.command} ` }));
    }
    const asked = /(^|\s)@([\w ]*)$/.exec(text.slice(0, this.box.selectionStart));
    if (!asked || asked[2].length > 20) return [];
    const wanted = asked[2].toLowerCase();
    const people = [...state.people.values()].filter((each) => each.name.toLowerCase().startsWith(wanted)).slice(0, 6);
    const until = asked.index + asked[1].length;
    return people.map((each) => ({
      label: `@${each.name}`, hint: each.bot ? "app" : "",
      put: `${text.slice(0, until)}@${each.name} ${text.slice(this.box.selectionStart)}`,
    }));
  }

  suggest(found) {
    this.shown = found;
    this.at = 0;
    this.list.hidden = !found.length;
    this.list.replaceChildren(...found.map((each, index) => h("li", {
      role: "option", id: `${this.id}-option-${index}`, onpointerdown: (event) => { event.preventDefault(); this.choose(index); },
    }, h("strong", {}, each.label), " ", h("span.hint", {}, each.hint))));
    this.mark(0);
  }

  mark(at) {
    this.at = at;
    [...this.list.children].forEach((each, index) => each.setAttribute("aria-selected", String(index === at)));
    if (this.shown.length) this.box.setAttribute("aria-activedescendant", `${this.id}-option-${at}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  choose(index) {
    this.fill(this.shown[index].put);
    this.suggest([]);
  }

  key(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (this.shown.length) {
      if (step) { event.preventDefault(); this.mark((this.at + step + this.shown.length) % this.shown.length); return; }
      if (event.key === "Escape") { event.stopPropagation(); this.suggest([]); return; }
      const whole = this.shown[this.at]?.label === this.box.value.trim();
      if (event.key === "Tab" || (event.key === "Enter" && !whole)) { event.preventDefault(); this.choose(this.at); return; }
    }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.submit(); }
    else if (event.key === "ArrowUp" && !this.box.value) { event.preventDefault(); this.last(); }
  }

  take(event, data) {
    const files = [...(data?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
  }

  add(files) {
    for (const file of files) {
      if (file.size > MOST) complain(`${file.name} is larger than ${size(MOST)}, the most this page takes.`);
      else this.files.push(file);
    }
    this.drawTray();
    this.typed();
    this.box.focus();
  }

  drawTray() {
    this.tray.hidden = !this.files.length;
    this.tray.replaceChildren(...this.files.map((file) => h("li", {}, h("bdi", {}, visible(file.name)), h("span.hint", {}, ` ${size(file.size)}`),
      iconButton("close", `Remove ${file.name}`, () => { this.files = this.files.filter((each) => each !== file); this.drawTray(); this.typed(); }))));
  }

  async submit() {
    const text = this.box.value.trim();
    const { channel, thread } = this.place();
    if (!text && !this.files.length) return;
    const command = /^(\/\S+)\s*([\s\S]*)$/.exec(text);
    if (command && !text.startsWith("//") && !this.files.length) {
      if (thread) { complain("Slack has no slash commands in threads. Use the message's menu, or the channel's box."); return; }
      if (!state.commands.some((each) => each.command === command[1])) { complain(`${command[1]} is no command of this app.`); return; }
      this.fill("");
      await act("command", { channel, command: command[1], text: command[2] });
      return;
    }
    const files = await Promise.all(this.files.map(async (file) => ({ name: file.name, data: await base64(file) })));
    this.send.disabled = true;
    const done = await act("post", { channel, thread_ts: thread || null, text: withMentions(text), files });
    if (!done.ok) { this.typed(); return; }
    this.files = [];
    this.drawTray();
    this.fill("");
    this.sent(done);
  }
}

function withMentions(text) {
  const people = [...state.people.values()].sort((one, other) => other.name.length - one.name.length);
  for (const person of people) text = text.replaceAll(`@${person.name}`, `<@${person.id}>`);
  return text;
}

function base64(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}
