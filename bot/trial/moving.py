"""`labjam try --slack`: the way from the trial to a real Slack workspace, step by step, links filled in."""

import textwrap
from collections.abc import Iterable
from urllib.parse import quote

from bot.labs import Lab
from bot.slack.manifest import as_yaml, manifest

NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_yaml="


def steps(labs: Iterable[Lab], hq: str, command: str) -> str:
    """All steps as text for a terminal; `command` is how labjam is called here."""
    labs = list(labs)
    channels = textwrap.fill(
        " ".join(f"#{name}" for name in (*(lab.channel for lab in labs), hq)),
        100, initial_indent="   ", subsequent_indent="   ", break_on_hyphens=False,
    )  # fmt: skip
    return f"""\
From the trial to a real Slack workspace. It takes some fifteen minutes.

1. Create the app. Open this link, choose the workspace, press Next, then Create:

{NEW_APP}{quote(as_yaml(manifest()), safe="")}

   Where the link is too long for your browser, run `{command} manifest`, open https://api.slack.com/apps,
   press Create New App, then From a manifest, and paste. Do workspace guests take part? Then paste what
   `{command} manifest --gov` prints: Slack keeps guests out of apps that have the agent view.

2. Take the first token. In the app's settings: Basic Information, App-Level Tokens, Generate Token and
   Scopes; add the scope connections:write, press Generate. It begins with xapp-.

3. Take the second token. Install App, Install to Workspace (an admin may have to approve it). The Bot User
   OAuth Token begins with xoxb-.

4. Make the channels, and in each of them say: /invite @labjam

{channels}

   Fewer labs, and who moderates, are said in a file labjam.toml in this folder:

   [jam]
   labs = ["{labs[0].key}"]

   [labs.{labs[0].key}]
   moderators = ["you@example.gov"]     # as your Slack profile has it, or a Slack id

5. Put the tokens and a model into the environment:

   export SLACK_APP_TOKEN=xapp-… SLACK_BOT_TOKEN=xoxb-…
   export OPENAI_API_KEY=sk-… LABJAM_MODEL=…     # or OPENAI_BASE_URL for another endpoint

6. See whether all is there; each line says what to do:

   {command} check

7. Start it, ask something in one of the channels, and try /jam help:

   {command} run

For servers, containers and Kubernetes, see deploy/README.md."""
