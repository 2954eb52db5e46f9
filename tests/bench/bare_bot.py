"""The baseline: a bare Bolt bot as one would write it in an afternoon. It keeps nothing."""

import asyncio
import os
from typing import Any

from openai import AsyncOpenAI
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

FEEDBACK = {
    "type": "context_actions",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "feedback",
            "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "good"},
            "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "bad"},
        }
    ],
}


async def main() -> None:
    slack = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app: Any = AsyncApp(client=slack)
    model: Any = AsyncOpenAI(base_url=os.environ["OPENAI_BASE_URL"], api_key="none")

    @app.event("message")
    async def answer(event: dict[str, Any], set_status: Any, say_stream: Any) -> None:
        await set_status("is thinking…")
        asked = [
            {"role": "system", "content": "You answer scientists."},
            {"role": "user", "content": event["text"]},
        ]
        stream = await say_stream(thread_ts=event.get("thread_ts") or event["ts"])
        chunks: Any = await model.chat.completions.create(model="scripted", messages=asked, stream=True)
        async for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                await stream.append(markdown_text=chunk.choices[0].delta.content)
        await stream.stop(blocks=[FEEDBACK])

    await AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start_async()


if __name__ == "__main__":
    asyncio.run(main())
