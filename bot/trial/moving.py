"""`labjam try --slack`: the way from the trial to a real Slack workspace, step by step, links filled in."""

from collections.abc import Iterable
from urllib.parse import quote

from bot.labs import Lab
from bot.slack.manifest import as_yaml, manifest

NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_yaml="


def steps(labs: Iterable[Lab], hq: str) -> str:
    """All steps as text for a terminal."""
    channels = " ".join(f"#{lab.channel}" for lab in labs)
    return f"""\
From the trial to a real Slack workspace. It takes some fifteen minutes.

1. Create the app. Open this link, choose the workspace, press Next, then Create:

{NEW_APP}{quote(as_yaml(manifest()), safe="")}

   Where the link is too long for your browser, run `labjam manifest`, open https://api.slack.com/apps,
   press Create New App, then From a manifest, and paste.

2. Take the first token. In the app's settings: Basic Information, App-Level Tokens, Generate Token and
   Scopes; add the scope connections:write, press Generate. It begins with xapp-.

3. Take the second token. Install App, Install to Workspace (an admin may have to approve it). The Bot User
   OAuth Token begins with xoxb-.

4. Make the channels, and in each of them say: /invite @labjam

   {channels} #{hq}

5. Put the tokens and a model into the environment:

   export SLACK_APP_TOKEN=xapp-… SLACK_BOT_TOKEN=xoxb-…
   export OPENAI_API_KEY=sk-… LABJAM_MODEL=…     # or OPENAI_BASE_URL for another endpoint

6. See whether all is there; each line says what to do:

   labjam check

7. Start it, and ask something in one of the channels:

   labjam run

For servers, containers and Kubernetes, see deploy/README.md."""
