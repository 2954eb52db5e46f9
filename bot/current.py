"""A lab as it is now: what its files say, with the model and prompt that its moderators chose."""

import json
from dataclasses import replace

from bot.labs import Lab, Labs
from bot.store.states import States

_PROMPTS_KEPT = 200


class CurrentLabs:
    """Labs as the next question finds them. A model or prompt that is no more there leaves the files' own."""

    def __init__(self, labs: Labs, states: States) -> None:
        self._labs = labs
        self._states = states
        self._prompts: dict[tuple[str, int], str] = {}

    async def lab(self, key: str) -> Lab:
        """The lab, its chosen model first, its chosen prompt as `system`."""
        lab, state = self._labs[key], await self._states.of(key)
        if state.model:
            first = lab.model(state.model)
            lab = replace(lab, models=(first, *(spec for spec in lab.models if spec is not first)))
        if state.prompt and (system := await self.prompt(key, state.prompt)):
            lab = replace(lab, system=system)
        return lab

    async def prompt(self, key: str, version: int) -> str:
        """The text of a version of a lab's prompt, 0 being the file's; empty where there is none such."""
        if not version:
            return self._labs[key].system
        if (key, version) not in self._prompts:
            kept = await self._states.prompt(key, version)
            if not kept:
                return ""
            if len(self._prompts) >= _PROMPTS_KEPT:
                self._prompts.pop(next(iter(self._prompts)))
            self._prompts[key, version] = str(json.loads(kept)["text"])
        return self._prompts[key, version]
