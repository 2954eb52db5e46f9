// The WebSocket to labjam: frames in, acts out, and a new connection when the old one is gone.

import { complain } from "./elements.js";
import { emit, take } from "./state.js";

const waiting = new Map();
let socket = null;
let number = 0;
let pause = 300;
let retry = 0;

export function whoAmI() {
  return sessionStorage.getItem("labjam.me") ?? localStorage.getItem("labjam.me") ?? "";
}

export function become(user) {
  sessionStorage.setItem("labjam.me", user);
  localStorage.setItem("labjam.me", user);
  connect();
}

export function connect() {
  clearTimeout(retry);
  if (socket) { socket.onclose = null; socket.close(); }
  const mine = new WebSocket(`ws://${location.host}/feed?user=${encodeURIComponent(whoAmI())}`);
  socket = mine;
  mine.onopen = () => { pause = 300; emit("link", true); };
  mine.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === "done") settle(frame);
    else take(frame);
  };
  mine.onclose = () => {
    emit("link", false);
    for (const [id] of waiting) settle({ id, ok: false, error: "The connection to labjam was lost." });
    retry = setTimeout(connect, pause);
    pause = Math.min(pause * 1.6, 4000);
  };
}

function settle(frame) {
  const done = waiting.get(frame.id);
  waiting.delete(frame.id);
  if (!done) return;
  if (!frame.ok) complain(frame.error);
  done(frame);
}

// Resolves to {ok, …} always; what failed has been said to the person by then.
export function act(name, fields = {}) {
  if (socket?.readyState !== WebSocket.OPEN) {
    complain("labjam is not connected; try again in a moment.");
    return Promise.resolve({ ok: false });
  }
  const id = ++number;
  return new Promise((done) => {
    waiting.set(id, done);
    socket.send(JSON.stringify({ id, act: name, ...fields }));
  });
}
