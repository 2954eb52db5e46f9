"""A server that answers as Crossref, arXiv and NCBI do, well or badly."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot.labs.lookups import LookUps


@dataclass
class LocalRegistries:
    """Its titles by id, its troubles by id, and what it was asked."""

    titles: dict[str, str] = field(default_factory=dict[str, str])
    trouble: dict[str, str] = field(default_factory=dict[str, str])  # id -> what goes wrong
    asked: list[str] = field(default_factory=list[str])
    agents: set[str] = field(default_factory=set[str])
    let_go: asyncio.Event = field(default_factory=asyncio.Event)  # what is "slow" waits for it
    base: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        kind, key = request.path.split("/", 2)[1], request.rel_url.raw_path.split("/", 2)[2]
        key = key.replace("%2F", "/").replace("%28", "(").replace("%29", ")")
        self.asked.append(key)
        self.agents.add(request.headers["User-Agent"])
        match self.trouble.get(key):
            case "slow":
                await self.let_go.wait()
            case "broken":
                return web.Response(status=500, text="oops")
            case "nonsense":
                return web.Response(text="<html>a captive portal</html>")
            case "redirect":
                raise web.HTTPFound("http://127.0.0.1:1/elsewhere")
            case "huge":
                return web.Response(text="x" * 3_000_000)
            case "bomb":
                return web.Response(text='<!DOCTYPE x [<!ENTITY a "aaaa">]><feed>&a;</feed>')
            case "another":
                return self._found(kind, "10.1000/another", "Another work")
            case _:
                pass
        return self._found(kind, key, self.titles.get(key))

    def _found(self, kind: str, key: str, title: str | None) -> web.Response:
        if kind == "doi":
            if title is None:
                return web.Response(status=404, text="Resource not found.")
            return web.json_response({"message": {"DOI": key.upper(), "title": [title]}})
        if kind == "pubmed":
            return web.json_response(
                {"result": {key: {"title": title} if title else {"error": "cannot get"}}}
            )
        entry = f"<entry><id>http://arxiv.org/abs/{key}v1</id><title>{title}</title></entry>" if title else ""
        return web.Response(text=f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>')

    def config(self) -> LookUps:
        addresses = [f"{self.base}/{kind}/{{id}}" for kind in ("doi", "arxiv", "pubmed")]
        return LookUps(True, "jam@lab.example", *addresses)


@asynccontextmanager
async def local_registries() -> AsyncGenerator[LocalRegistries]:
    registries = LocalRegistries()
    app = web.Application()
    app.router.add_get("/{tail:.*}", registries.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    registries.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield registries
    await runner.cleanup()
