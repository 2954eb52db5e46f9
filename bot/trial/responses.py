"""What an app says back to an interaction: the ack of a command, or a post to a response_url."""

import json
from typing import Any

from aiohttp import web

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.messages import Message
from bot.trial.methods.content import Content, read_content
from bot.trial.site import Site
from bot.trial.triggers import Interaction


async def respond(site: Site, request: web.BaseRequest) -> web.Response:
    """Take a post to a response_url; Slack answers `ok`, or 404 with the reason.

    Slack: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
    """
    try:
        body = json.loads(await request.read())
        interaction = site.triggers.respond(request.path.rpartition("/")[2])
        show(site, interaction, body)
    except ValueError:
        return web.Response(status=400, text="invalid_payload")
    except MethodError as wrong:
        gone = wrong.error in {"used_url", "expired_url"}
        return web.json_response({"ok": False, "error": wrong.error}, status=404 if gone else 400)
    return web.Response(text="ok")


def show(site: Site, interaction: Interaction, body: dict[str, Any]) -> None:
    """Show an answer to the person, or to all with response_type in_channel, or change the source."""
    source = interaction.source
    if body.get("delete_original") and source:
        site.changes.delete(site.workspace.channels[source.channel], source)
        return
    arguments = Arguments(body)
    if not any(body.get(name) for name in ("text", "blocks", "markdown_text", "attachments")):
        return
    content = read_content(arguments)
    if body.get("replace_original") and source:
        _replace(site, source, content)
        return
    _add(site, interaction, arguments, content)


def _replace(site: Site, source: Message, content: Content) -> None:
    channel = site.workspace.channels[source.channel]
    before = site.changes.before(channel, source)
    source.text, source.raw, source.attachments = content.text, content.blocks, content.attachments
    source.edits += 1
    site.changes.changed(channel, source, before)


def _add(site: Site, interaction: Interaction, arguments: Arguments, content: Content) -> None:
    ws = site.workspace
    channel = ws.channels[interaction.channel] if interaction.channel else ws.direct(interaction.user)
    everybody = arguments.text("response_type") == "in_channel"
    message = Message(
        channel=channel.id,
        ts=ws.mint_ts(),
        user=ws.bot,
        team=channel.team,
        text=content.text,
        raw=content.blocks,
        thread_ts=arguments.text("thread_ts"),
        bot_id=ws.app.bot_id,
        attachments=content.attachments,
        ephemeral_to=None if everybody else interaction.user,
    )
    site.changes.post(channel, message)
    interaction.messages.append(message)
