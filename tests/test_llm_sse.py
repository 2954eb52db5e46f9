"""Server-sent events survive any cut of the network, and all that the standard allows in them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.sse import EventDecoder, WholeBody


def decode(chunks: list[bytes]) -> list[bytes]:
    decoder = EventDecoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return events + decoder.close()


line_ends = st.sampled_from([b"\n", b"\r\n", b"\r"])
payload_line = st.binary(max_size=12).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b""))
noise = st.sampled_from([b": keep-alive", b"event: x", b"id: 7", b"retry: 10", b"unknown", b":", b"dat"])


@st.composite
def bodies(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A body, and the events in it."""
    end = draw(line_ends)
    body, events = b"", list[bytes]()
    for data in draw(st.lists(st.lists(payload_line, max_size=3), max_size=5)):
        lines = [b"data: " + line for line in data] + draw(st.lists(noise, max_size=2))
        body += b"".join(line + end for line in draw(st.permutations(lines[len(data) :])))
        body += b"".join(line + end for line in lines[: len(data)]) + end
        if data:
            events.append(b"\n".join(data))
    return body, events


@given(bodies(), st.lists(st.integers(min_value=0, max_value=400), max_size=20))
def test_any_cutting_gives_the_same_events(made: tuple[bytes, list[bytes]], cuts: list[int]) -> None:
    body, events = made
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    chunks = [body[start:end] for start, end in pairwise(edges)]
    assert decode(chunks) == events


@given(bodies())
def test_one_byte_at_a_time(made: tuple[bytes, list[bytes]]) -> None:
    body, events = made
    assert decode([body[i : i + 1] for i in range(len(body))]) == events


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),  # only one space belongs to the syntax
        (b"data\n\n", []),
        (b"data: [DONE]", [b"[DONE]"]),  # some servers leave out the last blank line
        (b"data: [DONE]\r", [b"[DONE]"]),
        (b": nothing\n\n\n\n", []),
        ("data: ½é\n\n".encode(), ["½é".encode()]),
    ],
)
def test_cases(body: bytes, events: list[bytes]) -> None:
    assert decode([body]) == events


def test_an_event_comes_with_its_last_byte() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b"data: a\r\n\r") == []
    assert decoder.feed(b"\ndata: b") == [b"a"]


def test_a_whole_body_comes_at_its_end() -> None:
    decoder = WholeBody()
    assert decoder.feed(b'{"a":') == []
    assert decoder.feed(b"1}") == []
    assert decoder.close() == [b'{"a":1}']
