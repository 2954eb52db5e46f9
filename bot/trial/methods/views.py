"""views.open, views.push, views.update and views.publish."""

import uuid

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.limits import check_view
from bot.trial.methods.content import with_ids
from bot.trial.payloads import view_json
from bot.trial.people import View
from bot.trial.site import Dict, Method, Site

MOST_VIEWS = 3
"""Slack: https://docs.slack.dev/reference/methods/views.push"""


def opened(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/views.open"""
    body = _read(arguments, "modal")
    interaction = site.triggers.exchange(arguments.needed("trigger_id"))
    view = put(site, interaction.user, body, None)
    interaction.views.append(view.id)
    return {"view": view_json(site.workspace, view)}


def pushed(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/views.push"""
    body = _read(arguments, "modal")
    interaction = site.triggers.exchange(arguments.needed("trigger_id"))
    below = site.workspace.views.get(interaction.view or "")
    if not below:
        raise MethodError("not_found")
    if sum(view.stack == below.stack for view in site.workspace.views.values()) >= MOST_VIEWS:
        raise MethodError("push_limit_reached")
    view = put(site, interaction.user, body, below)
    interaction.views.append(view.id)
    return {"view": view_json(site.workspace, view)}


def updated(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/views.update"""
    ws = site.workspace
    body = _read(arguments, None)
    external = arguments.text("external_id")
    candidates = [*ws.views.values(), *ws.homes.values()]
    view = next(
        (
            each
            for each in candidates
            if each.id == arguments.text("view_id") or (external and each.body.get("external_id") == external)
        ),
        None,
    )
    if not view:
        raise MethodError("not_found")
    _check_hash(view, arguments)
    replace(view, body)
    return {"view": view_json(ws, view)}


def published(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/views.publish"""
    ws = site.workspace
    user, body = arguments.needed("user_id"), _read(arguments, "home")
    if user not in ws.people:
        raise MethodError("user_not_found")
    view = ws.homes.get(user)
    if view:
        _check_hash(view, arguments)
        replace(view, body)
    else:
        view = _new(site, user, body, None)
        ws.homes[user] = view
    return {"view": view_json(ws, view)}


def put(site: Site, user: str, body: Dict, below: View | None) -> View:
    """Show a new modal to a person, on top of `below`."""
    external = body.get("external_id")
    if external and any(view.body.get("external_id") == external for view in site.workspace.views.values()):
        raise MethodError("duplicate_external_id")
    view = _new(site, user, body, below)
    site.workspace.views[view.id] = view
    return view


def replace(view: View, body: Dict) -> None:
    """Give a view new contents and a new hash."""
    view.body = {**body, "blocks": with_ids(body["blocks"])}
    view.hash = uuid.uuid4().hex[:12]


def _new(site: Site, user: str, body: Dict, below: View | None) -> View:
    ws = site.workspace
    key = ws.mint_id("V")
    team = ws.people[user].team
    view = View(key, user, team if team in ws.teams else ws.team.id, body, "", key)
    if below:
        view.stack, view.previous = below.stack, below.id
    replace(view, body)
    return view


def _read(arguments: Arguments, kind: str | None) -> Dict:
    view = arguments.object("view")
    if view is None:
        raise MethodError("invalid_arguments", detail="missing required field: view")
    check_view(view)
    if kind and view["type"] != kind:
        raise MethodError("invalid_arguments", detail=f"view must be a {kind}")
    return view


def _check_hash(view: View, arguments: Arguments) -> None:
    if arguments.text("hash") not in (None, view.hash):
        raise MethodError("hash_conflict")


METHODS = {
    "views.open": Method(opened),
    "views.push": Method(pushed),
    "views.update": Method(updated),
    "views.publish": Method(published),
}
