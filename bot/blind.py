"""Blind comparisons, the pure part: which two models, in which order, and text that does not say which."""

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from bot.records import Question

Pair = tuple[str, str]
"""Names of two models, as A and B."""

HIDDEN = "[a model]"

_MAKERS = (
    r"Open\s?AI|Anthropic|Google(?:\s?DeepMind)?|DeepMind|Meta(?:\s?AI)?|Mistral(?:\s?AI)?|x\.?AI"
    r"|Alibaba(?:\s?Cloud)?|DeepSeek|Microsoft|Cohere|Amazon|NVIDIA|IBM|Moonshot(?:\s?AI)?|Zhipu(?:\s?AI)?|AI2"
)
_FAMILIES = (
    r"(?:Chat)?GPT(?:[- ]?(?:oss|[0-9][\w.]*))?|o[1-9](?:[- ](?:mini|pro))?|Claude|Gemini|Gemma|Llama|Mistral"
    r"|Mixtral|Magistral|Qwen|QwQ|DeepSeek|Grok|Phi|Command\s?R|Nova|Nemotron|Granite|Kimi|GLM|OLMo|Copilot"
)
_MARKS = r"v?[0-9][\w.]*|R1|Opus|Sonnet|Haiku|Pro|Flash|Large|Small|Mini|Nano|Turbo|Instruct"
_NAME = rf"(?:{_MAKERS}|{_FAMILIES})(?:[- ]?(?:{_MARKS}))*\b"
_FILLING = r"(?:\s+(?:a|an|the|actually|in\s+fact|just|really|called|named|model|assistant|known\s+as)\b|,)*"
_MADE = r"(?:made|built|trained|developed|created|designed|fine-?tuned|provided|powered)"
_NAMES_ITSELF = re.compile(
    rf"(?i)(?:\bI\s+am|\bI[\u2019']m|\bI\s+was|\bmy\s+name\s+is|\bcall\s+me){_FILLING}\s+{_NAME}"
    rf"|\bas\s+{_NAME}(?=\s*,\s+I\b)"
    rf"|\b(?:model|assistant|AI|chatbot)(?:\s+\w+){{0,3}}?\s+(?:by|from|called|named)\s+(?:the\s+)?{_NAME}"
    rf"|\b{_MADE}\s+by\s+{_NAME}|\b{_NAME}(?=,?\s+(?:an?|the)\s+(?:\w+\s+){{0,3}}(?:model|assistant|AI)\b)"
)
_NAMED = re.compile(rf"(?i)\b{_NAME}")
_OF_ITSELF = re.compile(
    r"(?i)\b(?:I|I[\u2019']m|my|me)\b|\b(?:as|am)\s+an?\s+(?:AI|(?:large\s+)?language\s+model)\b"
)
_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?=\S))+[.!?\n]*|[.!?\n]+")


def is_drawn(question: Question, share: int) -> bool:
    """Whether this question is among the `share` percent that two models answer; the same for its twins."""
    return _chance(question).random() * 100 < share


def draw(question: Question, models: Sequence[str], drawn: Mapping[str, int]) -> Pair:
    """Two models, of a pair that was drawn least often so far, in an order by lot."""
    chance = _chance(question)
    chance.random()  # the share's
    pairs = [*combinations(sorted(models), 2)]
    least = min(drawn.get(pair_key(pair), 0) for pair in pairs)
    first, second = chance.choice([pair for pair in pairs if drawn.get(pair_key(pair), 0) == least])
    return (first, second) if chance.random() < 0.5 else (second, first)


def pair_key(pair: Iterable[str]) -> str:
    """The same for both orders of a pair."""
    return " ".join(sorted(pair))


def scrub(text: str, ids: Iterable[str]) -> tuple[str, int]:
    """Hide where a model names itself, and every mention of these model ids; gives how many it hid.

    A name in a sentence that is not about the one who writes stays: a question may be about models.
    """
    hidden = 0
    exact = [re.escape(one) for one in sorted(ids, key=len, reverse=True) if len(one) > 3]
    if exact:
        text, hidden = re.subn(rf"(?i)(?<![\w-])(?:{'|'.join(exact)})(?![\w-])", HIDDEN, text)

    def named(match: re.Match[str]) -> str:
        nonlocal hidden
        cleaned, count = _NAMED.subn(HIDDEN, match[0])
        hidden += count
        return cleaned

    def sentence(match: re.Match[str]) -> str:
        return _NAMES_ITSELF.sub(named, match[0]) if _OF_ITSELF.search(match[0]) else match[0]

    return _SENTENCE.sub(sentence, text), hidden


def _chance(question: Question) -> random.Random:
    thread = question.thread
    return random.Random(f"{thread.team}:{thread.channel}:{question.ts}")  # noqa: S311 - a lot, no secret
