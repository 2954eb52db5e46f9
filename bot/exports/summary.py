"""What an export says of itself when it is done."""

from collections.abc import Mapping
from typing import Any


def summary(manifest: Mapping[str, Any]) -> list[str]:
    """Files, turns, what was withheld and why, what never leaves: a line each."""
    withheld = manifest["withheld"]
    lines = [
        f"{one['name']}: {one['rows']:,} rows, {one['bytes']:,} bytes"
        for one in manifest["files"]
        if one["rows"] or "/" not in one["name"]
    ]
    lines.append(f"{manifest['turns']:,} turns of {manifest['experiments']:,} threads")
    lines.append(f"withheld: {_counts(withheld['turns'])}")
    if withheld["reasons"]:
        lines.append(f"  because: {_counts(withheld['reasons'])}")
    if manifest["never"]:
        lines.append(f"never leave: {_counts(manifest['never'])}")
    brought, left = manifest["attached"]["brought"], manifest["attached"]["left_out"]
    if brought or left:
        lines.append(f"files of questions: {brought:,} fetched; left out: {_counts(left)}")
    if manifest["no_row"]:
        lines.append(f"no row: {_counts(manifest['no_row'])}")
    return lines


def _counts(counts: dict[str, int]) -> str:
    return "; ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items()) or "none"
