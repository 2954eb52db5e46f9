"""Reads the guard's rules: `prompts/_guard/<kind>.toml` and a lab's `guard.toml`, with their cases."""

import tomllib
from collections.abc import Collection
from importlib.resources.abc import Traversable
from typing import cast

from bot.errors import UsageError
from bot.guard import Guard, Rule
from bot.labs.files import Source, checked, read_text, toml_fault
from bot.labs.tables import RuleTable
from bot.labs.values import SLUG


def read_rules(
    file: Traversable, label: str, laid_over: Guard, *, fixed: Collection[str] = ()
) -> tuple[Rule, ...]:
    """Read one file of rules; UsageError where a rule is broken, or does not do what its cases say.

    The cases are tried with the rules that it is laid over: all of them will run together. What is `fixed`
    it can't lay another rule over.
    """
    kind = file.name.removesuffix(".toml")
    tables = _tables(file, label)
    rules = tuple(
        Rule(
            name,
            kind,
            table.level,
            table.title,
            tuple(table.alone),
            tuple(table.begins),
            tuple(table.first),
            tuple(table.anywhere),
        )
        for name, table in tables.items()
    )
    for rule in rules:
        if rule.name in fixed:
            raise Source(label, f"{rule.name}.").wrong(
                "level", "a lab can't change a hard rule of the house; name yours otherwise", rule.level
            )
    guard = laid_over.over(rules)
    for rule in rules:
        _try(rule, tables[rule.name], guard, Source(label, f"{rule.name}."))
    return rules


def _tables(file: Traversable, label: str) -> dict[str, RuleTable]:
    text = read_text(file, label)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{label}: {toml_fault(str(error), text)}") from None
    tables: dict[str, RuleTable] = {}
    for name, table in raw.items():
        if not isinstance(table, dict) or not SLUG.fullmatch(name.replace("_", "-")):
            raise UsageError(f"{label}: {name}: a rule is a table such as [our_marking]")
        tables[name] = checked(cast("dict[str, object]", table), Source(label, f"{name}."), RuleTable)
    return tables


def _try(rule: Rule, table: RuleTable, guard: Guard, source: Source) -> None:
    if not rule.pattern():
        raise source.wrong("anywhere", "a rule needs a pattern: alone, begins, first or anywhere")
    try:
        met = [rule.name in {hit.rule for hit in guard.scan(case)} for case in table.hits]
    except ValueError as error:
        raise source.wrong("anywhere", f"a pattern of this rule is not RE2: {error}") from None
    if not table.hits:
        raise source.wrong("hits", "missing; give at least one text that the rule is for")
    if not all(met):
        raise source.wrong("hits", f"case {met.index(False) + 1} does not meet the rule")
    wrong = [number for number, case in enumerate(table.misses, 1) if guard.hard(case)]
    if wrong:
        raise source.wrong("misses", f"case {wrong[0]} meets a hard rule")
