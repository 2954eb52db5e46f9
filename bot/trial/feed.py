"""The page's WebSocket feed: the state when a page comes, then each change as it happens."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.trial import shown
from bot.trial.server import LocalSlack

Dict = dict[str, Any]

TICK = 0.05
"""Seconds between looks for changes, while a page is open."""
TRAFFIC_EVERY = 0.5


@dataclass(slots=True, eq=False)
class Page:
    """One browser tab, and who it is."""

    socket: web.WebSocketResponse
    user: str
    outgoing: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    views: str = ""

    def send(self, kind: str, **what: Any) -> None:
        """Queue a frame."""
        self.outgoing.put_nowait(json.dumps({"type": kind, **what}))

    async def write(self) -> None:
        """Write what is queued, until the tab goes away."""
        while True:
            frame = await self.outgoing.get()
            try:
                await self.socket.send_str(frame)
            except (ConnectionError, RuntimeError):
                return


@dataclass(eq=False)
class Feed:
    """Watches the workspace and tells every page; `changed` is called when messages changed."""

    slack: LocalSlack
    about: Dict  # of this deployment: model, commands, shortcuts
    pressed: dict[str, str]
    changed: Callable[[], None]
    pages: list[Page] = field(default_factory=list[Page])
    touched: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])
    _last: dict[str, str] = field(default_factory=dict[str, str])
    _next_traffic: float = 0.0
    _said: dict[str, Any] = field(default_factory=dict[str, Any])  # how each line of the traffic ended

    def __post_init__(self) -> None:
        self.slack.workspace.on_touch = self.touch

    def touch(self, channel: str, ts: str) -> None:
        """A message changed: tell the pages at the next look."""
        self.changed()
        if self.pages:
            self.touched[(channel, ts)] = None

    def welcome(self, page: Page) -> None:
        """Tell a page everything its person sees."""
        ws = self.slack.workspace
        page.send(
            "snapshot",
            me=page.user,
            bot=ws.bot,
            team=ws.team.name,
            **self.about,
            people=shown.people_shown(ws),
            channels=shown.channels_shown(ws),
            messages=shown.messages_shown(ws, page.user, self.pressed),
            statuses=shown.statuses_shown(ws),
            traffic=shown.traffic_shown(self.slack),
            **self._views(page),
        )

    def tell_model(self, model: Dict) -> None:
        """Another model answers from now on, or there is news of it."""
        self.about["model"] = model
        self._tell_all("model", {"model": model})

    async def watch(self) -> None:
        """Look for changes for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TICK)
            if not self.pages:
                continue
            self.slack.workspace.expire_streams()
            self._tell_messages()
            self._tell_rest()
            if loop.time() >= self._next_traffic:
                self._next_traffic = loop.time() + TRAFFIC_EVERY
                self._tell_traffic()

    def _tell_messages(self) -> None:
        ws = self.slack.workspace
        touched, self.touched = self.touched, {}
        messages = [found for channel, ts in touched if (found := ws.find(channel, ts))]
        for page in self.pages:
            mine = [
                shown.message_shown(ws, message, page.user, self.pressed)
                for message in messages
                if shown.visible_to(message, page.user)
                and ws.channels[message.channel].partner in ("", page.user)
            ]
            if mine:
                page.send("messages", messages=mine)

    def _tell_rest(self) -> None:
        ws = self.slack.workspace
        self._tell_all("places", {"people": shown.people_shown(ws), "channels": shown.channels_shown(ws)})
        self._tell_all("statuses", {"statuses": shown.statuses_shown(ws)})
        for page in self.pages:
            views = self._views(page)
            known = json.dumps(views)
            if known != page.views:
                page.views = known
                page.send("views", **views)

    def _tell_traffic(self) -> None:
        """Tell what is new of it, or ended otherwise than was said; the page has the rest."""
        traffic, said = shown.traffic_shown(self.slack), self._said
        now = {line["id"]: (line["ended"], line["retries"]) for line in traffic["calls"] + traffic["events"]}
        for kind in ("calls", "events"):
            traffic[kind] = [line for line in traffic[kind] if said.get(line["id"]) != now[line["id"]]]
        self._said = now
        self._tell_all("traffic", {"traffic": traffic})

    def _tell_all(self, kind: str, what: Dict) -> None:
        """Send to every page, unless it is what was sent last."""
        text = json.dumps(what)
        if self._last.get(kind) == text:
            return
        self._last[kind] = text
        for page in self.pages:
            page.send(kind, **what)

    def _views(self, page: Page) -> Dict:
        modals = [shown.view_shown(view) for view in self.slack.modals(page.user)]
        ws = self.slack.workspace
        prompts = ws.prompts.get((ws.direct(page.user).id, ""), [])
        return {"home": shown.view_shown(self.slack.home(page.user)), "modals": modals, "prompts": prompts}
