// A list of messages that keeps its place: the channel's roots, or one thread.

import { h } from "./elements.js";
import { fill, messageItem } from "./message.js";

export class MessageList {
  constructor(label, inThread) {
    this.inThread = inThread;
    this.items = new Map();
    this.list = h("ol.messages", { "aria-label": label });
    this.foot = h("div.foot");
    this.element = h("div.scroller", { tabindex: "-1" }, this.list, this.foot);
    this.atEnd = true;
    this.element.addEventListener("scroll", () => this.scrolled());
    const growth = new ResizeObserver(() => { if (this.atEnd) this.toEnd(); }); // pictures come late, boxes grow
    for (const each of [this.element, this.list, this.foot]) growth.observe(each);
    this.list.addEventListener("keydown", (event) => this.walk(event));
    this.list.addEventListener("focusin", (event) => this.rove(event.target.closest("li.message")));
  }

  // Shows these messages; `changed` are the ts to draw anew, all when it is missing.
  show(messages, changed) {
    const wanted = new Set(messages.map((each) => each.ts));
    for (const [ts, item] of this.items) {
      if (wanted.has(ts)) continue;
      if (item.contains(document.activeElement)) (item.nextElementSibling ?? item.previousElementSibling ?? this.element).focus();
      item.remove();
      this.items.delete(ts);
    }
    let before = null;
    for (const message of messages) {
      let item = this.items.get(message.ts);
      if (!item) this.items.set(message.ts, (item = messageItem(message, this.inThread)));
      else if ((!changed || changed.has(message.ts)) && !item.querySelector(".editing")) fill(item, message, this.inThread);
      const next = before ? before.nextSibling : this.list.firstChild;
      if (item !== next) this.list.insertBefore(item, next);
      before = item;
    }
    if (!this.list.querySelector('[tabindex="0"].message')) this.rove(this.list.lastElementChild);
  }

  // Whether a person scrolled away from the end; what the layout scrolls while sizes change does not count.
  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    const room = `${scrollHeight} ${clientHeight}`;
    if (room === this.room) this.atEnd = scrollHeight - scrollTop - clientHeight < 80;
    this.room = room;
  }

  clear() {
    this.items.clear();
    this.list.replaceChildren();
    this.foot.replaceChildren();
  }

  toEnd() {
    this.atEnd = true;
    this.element.scrollTop = this.element.scrollHeight;
  }

  rove(item) {
    if (!item) return;
    for (const other of this.list.querySelectorAll('li[tabindex="0"]')) other.tabIndex = -1;
    item.tabIndex = 0;
  }

  walk(event) {
    if (!event.target.matches("li.message")) return;
    const to = {
      ArrowDown: event.target.nextElementSibling, ArrowUp: event.target.previousElementSibling,
      Home: this.list.firstElementChild, End: this.list.lastElementChild,
    }[event.key];
    if (to) { event.preventDefault(); to.focus(); }
  }
}
