"""The Web API over HTTP: authentication, scopes, rate limits, planned faults, and a record of every call."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.trial.arguments import Arguments, parse
from bot.trial.errors import MethodError
from bot.trial.faults import Fault, Faults
from bot.trial.methods import METHODS
from bot.trial.rates import RateLimits
from bot.trial.site import Method, Site, require, scope_for


@dataclass(slots=True)
class Call:
    """One Web API call: when, for which team, with what, and how it ended.

    `error` is None for success; `applied` says whether it took effect, whatever was answered.
    """

    method: str
    args: dict[str, Any]
    at: float
    team: str = ""
    error: str | None = None
    status: int = 200
    applied: bool = False


@dataclass(slots=True, eq=False)
class WebApi:
    """Answers `/api/<method>`; `rates` None means without limits."""

    site: Site
    faults: Faults
    clock: Callable[[], float]
    bot_token: str
    app_token: str
    rates: RateLimits | None = None
    calls: deque[Call] = field(default_factory=deque[Call])

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Handle one call."""
        name = request.path[len("/api/") :]
        body = await request.read() if request.body_exists else b""
        call = Call(name, {}, self.clock())
        self.calls.append(call)
        await self.faults.hold(name)
        fault = self.faults.take(name)
        answer, headers = self._answer(request, body, call, fault)
        if fault and fault.kind in {"drop_before", "drop_after"}:
            call.status, call.error = 0, "dropped"
            if request.transport:
                request.transport.abort()
        return web.Response(
            body=json.dumps(answer).encode(),
            status=call.status or 200,
            headers=headers,
            content_type="application/json",
        )

    def _answer(
        self, request: web.BaseRequest, body: bytes, call: Call, fault: Fault | None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        headers: dict[str, str] = {}
        try:
            call.args = parse(request.query_string, request.headers.get("Content-Type", ""), body)
            method = METHODS.get(call.method)
            if not method:
                raise MethodError("unknown_method", req_method=call.method)
            arguments = Arguments(call.args)
            self._authenticate(request, call, method)
            headers["x-oauth-scopes"] = ",".join(self.site.workspace.app.scopes)
            call.team = self._team(method, arguments)
            if (wait := self._limited(call, fault)) is not None:
                call.status, headers["Retry-After"] = 429, str(wait)
                raise MethodError("ratelimited")
            if (broken := self._broken(call, fault)) is not None:
                return broken, headers
            require(self.site, scope_for(self.site, method, arguments))
            self.site.workspace.expire_streams()
            answer = method.run(self.site, arguments)
        except MethodError as wrong:
            call.error = wrong.error
            return {"ok": False, "error": wrong.error, **wrong.fields}, headers
        call.applied = True
        return {"ok": True, **answer}, headers

    def _authenticate(self, request: web.BaseRequest, call: Call, method: Method) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer").strip()
        token = token or str(call.args.pop("token", ""))
        if method.kind == "any":
            return
        if not token:
            raise MethodError("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise MethodError("invalid_auth")
        if (token == self.app_token) != (method.kind == "app"):
            raise MethodError("not_allowed_token_type")

    def _team(self, method: Method, arguments: Arguments) -> str:
        """The workspace whose budget a call uses: its channel's, else the one it names, else the first."""
        ws = self.site.workspace
        reference = arguments.values.get(method.channel) or arguments.values.get("channel_id")
        channel = ws.channels.get(reference) if isinstance(reference, str) else None
        if channel:
            return channel.team
        named = arguments.values.get("team_id")
        return named if isinstance(named, str) and named in ws.teams else ws.team.id

    def _limited(self, call: Call, fault: Fault | None) -> int | None:
        """Seconds for Retry-After, or None when the call may go on."""
        if fault and fault.kind == "limit":
            return int(fault.value)
        if not self.rates:
            return None
        channel = call.args.get("channel")
        place = channel if isinstance(channel, str) else None
        return self.rates.wait(call.method, call.team, place, call.at) or None

    def _broken(self, call: Call, fault: Fault | None) -> dict[str, Any] | None:
        if not fault:
            return None
        match fault.kind:
            case "error":
                raise MethodError(fault.value)
            case "status":
                call.status, call.error = int(fault.value), "fatal_error"
                return {"ok": False, "error": "fatal_error"}
            case "drop_before":
                return {}
            case _:
                return None
