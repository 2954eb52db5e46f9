// What this tab knows of the workspace, and where it looks; everybody else listens for changes.

const hub = new EventTarget();

export const state = {
  me: "", bot: "", team: "", hq: "", model: { name: "", kind: "yours", note: "" },
  labs: [], commands: [], shortcuts: [],
  people: new Map(), channels: new Map(), messages: new Map(),
  statuses: [], home: null, modals: [], prompts: [], traffic: null,
  place: { channel: "", thread: "", home: false },
};

export function on(kinds, listener) {
  for (const kind of kinds.split(" ")) hub.addEventListener(kind, (event) => listener(event.detail));
}

export function emit(kind, detail) {
  hub.dispatchEvent(new CustomEvent(kind, { detail }));
}

// Marks that turn the direction of what follows are shown, not obeyed.
export function visible(text) {
  return text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (mark) => `[U+${mark.codePointAt(0).toString(16).toUpperCase()}]`);
}

const byId = (list) => new Map(list.map((each) => [each.id, { ...each, name: visible(each.name) }]));

function put(message) {
  if (!state.messages.has(message.channel)) state.messages.set(message.channel, new Map());
  return state.messages.get(message.channel).set(message.ts, message);
}

function keep(message) {
  const channel = put(message);
  for (const each of [message, channel.get(message.thread_ts)]) { // a deleted question stands while its thread does
    if (each?.deleted && !repliesOf(each.channel, each.ts).length) channel.delete(each.ts);
  }
}

const SHOWN = 80; // calls and events of the inspector
const TAKE = {
  snapshot(frame) {
    const { type: _type, people, channels, messages, ...rest } = frame;
    Object.assign(state, rest, { people: byId(people), channels: byId(channels), messages: new Map() });
    messages.forEach(put);
  },
  messages(frame) { frame.messages.forEach(keep); },
  places(frame) { Object.assign(state, { people: byId(frame.people), channels: byId(frame.channels) }); },
  model(frame) { state.model = frame.model; },
  statuses(frame) { state.statuses = frame.statuses; },
  views(frame) { state.home = frame.home; state.modals = frame.modals; state.prompts = frame.prompts; },
  traffic({ traffic }) {
    const added = (kind) => [...new Map([...state.traffic[kind], ...traffic[kind]].map((each) => [each.id, each])).values()].slice(-SHOWN);
    state.traffic = { ...traffic, calls: added("calls"), events: added("events") };
  },
};

export function take(frame) {
  TAKE[frame.type]?.(frame);
  emit(frame.type, frame.type === "messages" ? frame.messages : undefined);
}

const inOrder = (one, other) => (one.ts < other.ts ? -1 : 1);

export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}

export function find(channel, ts) {
  return state.messages.get(channel)?.get(ts);
}

export function rootsOf(channel) {
  return [...(state.messages.get(channel)?.values() ?? [])].filter((each) => !isReply(each)).sort(inOrder);
}

export function repliesOf(channel, root) {
  return [...(state.messages.get(channel)?.values() ?? [])]
    .filter((each) => each.thread_ts === root && each.ts !== root && !each.deleted).sort(inOrder);
}

export function statusOf(channel, thread) {
  return state.statuses.find((each) => each.channel === channel && each.thread_ts === thread)?.text ?? "";
}

export function nameOf(user) {
  return state.people.get(user)?.name ?? user;
}

export function channelName(id) {
  const channel = state.channels.get(id);
  return channel?.kind === "im" ? "labjam" : channel?.name ?? id;
}

export function direct() {
  return [...state.channels.values()].find((each) => each.partner === state.me)?.id ?? "";
}

export function isMember(channel) {
  return state.channels.get(channel)?.members.includes(state.me) ?? false;
}

// Where we look stands in the address, so that a reload comes back to it.
export function hashOf(place) {
  const parts = place.home ? ["home"] : ["c", place.channel, ...(place.thread ? [place.thread] : [])];
  return `#/${parts.join("/")}`;
}

export function go(place) {
  const hash = hashOf(place);
  if (location.hash === hash) emit("place");
  else location.hash = hash;
}

export function readPlace() {
  const [kind, channel, thread] = location.hash.replace(/^#\//, "").split("/");
  const known = kind === "c" && state.channels.has(channel);
  const mine = [...state.channels.values()].filter((each) => each.kind !== "im" && each.members.includes(state.me));
  state.place = kind === "home"
    ? { home: true, channel: "", thread: "" }
    : { home: false, channel: known ? channel : mine[0]?.id ?? "", thread: known ? thread ?? "" : "" };
  emit("place");
}
