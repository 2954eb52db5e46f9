"""Links and pings in an answer: none is live but those that the lab trusts, and each shows where it leads."""

import re

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from bot.reply import parts, preview
from bot.trial.visible import decode
from tests.test_reply import keeps, wild

MARKDOWN_READER = MarkdownIt("commonmark").enable("table")
MARKDOWN_READER.validateLink = lambda url: True  # javascript: too is a link somewhere


def live_links(text: str) -> list[str]:
    """The addresses of all links and images that lead anywhere, as a reader of Markdown finds them."""
    tokens = [child for token in MARKDOWN_READER.parse(text) for child in token.children or ()]
    found = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in tokens]
    return [url for url in found if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|www\.", url)]


@given(wild)
def test_nothing_pings_and_no_link_is_hidden(text: str) -> None:
    for part in parts(text, keeps):
        assert "<" not in part
        for url in live_links(part):
            assert url.startswith("https://kept.example")
    assert "<" not in preview(text)


@pytest.mark.parametrize(
    "token", ["<@U1>", "<!channel>", "<#C1>", "<!subteam^S1>", "<https://a.example|label>"]
)
@pytest.mark.parametrize(
    "place", ["{}", "> {}", "- {}", "`{}`", "```\n{}\n```", "```{}\nx\n```", "| a |\n|---|\n| {} |"]
)
def test_slacks_own_tokens_are_only_text(token: str, place: str) -> None:
    [shown] = parts(place.format(token))
    assert "<" not in shown
    assert decode(shown) == place.format(token)


HIDDEN = [
    "[label](https://evil.example/x)",
    "[label](http://evil.example/x)",
    '[label](https://evil.example/x "a title")',
    "[label](https://evil.example/a_(b)_(c))",
    "[label](<https://evil.example/x>)",
    "[label]( https://evil.example/x )",
    "[label](//evil.example/x)",
    "[label](www.evil.example/x)",
    "[label](https\\://evil.example/x)",
    "[label](https&colon;//evil.example/x)",
    "[label](javascript:alert`evil.example`)",
    "[label](data:text/html,evil.example)",
    "[la[b]el](https://evil.example/x)",
    "[a [b [c](https://evil.example/x) d] e](https://evil.example/y)",
    "[![picture](https://evil.example/p.png)](https://evil.example/x)",
    "![picture](https://evil.example/p.png)",
    "![picture](https://kept.example@evil.example/p.png)",
    "[label](https://kept.example@evil.example/x)",
    "[label](https://evil.example\\@kept.example/)",
    "[label](https://kept.example.evil.example/)",
    "[label](https://evil.example/kept.example)",
    "[la\nbel](https://evil.example/x)",
    "[label](\nhttps://evil.example/x)",
    "[label]\n\n[label]: https://evil.example/x",
    "[label]\n\n[label]:\nhttps://evil.example/x",
    "[la bel]\n\n[la\nbel]: https://evil.example/x",
    "[label]\n\n- [label]: https://evil.example/x",
    "[label]\n\n> [label]: <https://evil.example/x>",
    "![label][x]\n\n[x]: https://evil.example/p.png",
    "<https://evil.example/x>",
    '<a href="https://evil.example/x">label</a>',
    "- [label](https://evil.example/x)",
    "> - [label](https://evil.example/x)",
    "| a |\n|---|\n| [label](https://evil.example/x) |",
    "`code` and [label](https://evil.example/x)",
    "\u2028```\n[label](https://evil.example/x)",
    "- ```\n  code\n  ```\n\n[label](https://evil.example/x)",
    "```\n    ```\n```\n[label](https://evil.example/x)\n```",
    "~~~\n```\n~~~\n[label](https://evil.example/x)\n```",
    "1. one\n\n   ```\n   code\n\nout [label](https://evil.example/x)",
]  # fmt: skip


@pytest.mark.parametrize("text", HIDDEN)
def test_a_link_shows_where_it_leads(text: str) -> None:
    shown = "\n".join(parts(text, keeps))
    assert live_links(shown) == []
    assert "evil.example" in shown


def test_a_bare_host_is_no_links_target() -> None:
    assert parts("[label](evil.example/x) and f[i](x) and [a](../path)") == [
        "[label] (evil.example/x) and f[i](x) and [a](../path)"
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See [the **paper**](https://any.example/1).", "See the **paper** (https://any.example/1)."),
        ("[](https://any.example/1)", "https://any.example/1"),
        ("[https://any.example/1](https://any.example/1)", "https://any.example/1"),
        ("`[a](https://any.example/1)`", "`[a] (https://any.example/1)`"),
        ("[1]: https://any.example/1", "[1] : https://any.example/1"),
    ],
)
def test_the_address_stands_beside_its_words(text: str, shown: str) -> None:
    assert parts(text) == [shown]


@pytest.mark.parametrize(
    "link",
    [
        "[a](https://kept.example)",
        "[a](https://KEPT.example/x_(y)?z=1&w#f)",
        "[a [b]](https://kept.example:443/)",
    ],
)
def test_links_to_kept_hosts_stay_live(link: str) -> None:
    [shown] = parts(f"So says {link}.", keeps)
    assert shown == f"So says {link}."
    assert len(live_links(shown)) == 1
