"""Exports: the record, or what models learn from, in the formats that others read; see `labjam export`.

The way of a record: `gathering` sorts the journals by thread on disk, `experiments` decides which turns
may leave, `cleaning` takes people out of them, one module a format writes rows, `output` puts them in
place. `kinds` knows every kind of record, and `dropped` what each format has no room for.
"""

from collections.abc import Mapping

PURPOSES: Mapping[str, str] = {
    "jam": "other labs: JamExport 1.1.0 and a sidecar",
    "jsonl": "the canonical record, with everything",
    "kto": "post-training: TRL's unpaired preferences, from thumbs",
    "dpo": "post-training: pairs, from comparisons and corrections; for TRL, and for OpenAI",
    "sft": "post-training: chats with corrected answers, for OpenAI and TRL",
    "inspect": "evaluation: Inspect AI samples with expected answers",
    "arena": "ranking: Chatbot Arena's vote rows, from comparisons",
    "csv": "reports: one row a judgement",
}
"""The formats, and for whom each is."""
