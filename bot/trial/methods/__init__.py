"""Every Web API method the local Slack knows; any other name is `unknown_method`."""

from bot.trial.methods import agents, chat, conversations, files, identity, reactions, streams, views

METHODS = {
    **identity.METHODS,
    **chat.METHODS,
    **streams.METHODS,
    **conversations.METHODS,
    **reactions.METHODS,
    **files.METHODS,
    **views.METHODS,
    **agents.METHODS,
}
