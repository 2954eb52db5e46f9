"""Every exception of labjam.

LabjamError
├── UsageError           used wrongly: a setting or a file is wrong         exit 2
├── WorldError           the world refuses: Slack, Redis, a full disk       exit 1
├── StoreAway            Redis can't be reached or can't write
├── Declined             a person's act that can't be done, and why
├── LeaseLost            another worker owns this job now
├── Capped               the lab allows no further answer in this hour or day
├── Held                 a legal hold keeps what was to be removed
├── RetryLater           try this job again after a delay
├── SlackError
│   ├── SlackRefused     Slack said no, and will say so again
│   ├── SlackBusy        a rate limit, with the time to wait
│   └── SlackUnsure      no clear reply: the call may have taken effect
└── ModelError
    ├── ModelBusy        429, with the time to wait where the endpoint gave it
    ├── ModelAway        dead, overloaded or silent: worth another try
    ├── ModelCut         the stream ended before the model had
    ├── ModelFlagged     the lab's moderation withholds it
    └── ModelRejected    the endpoint refuses this request: no other try helps
        └── ModelTooLong it has more text than the model takes
"""


class LabjamError(Exception):
    """Base of all; its text is one plain line."""


class UsageError(LabjamError):
    """A setting, a file or an argument is wrong; the text says which, and what is allowed."""


class WorldError(LabjamError):
    """Something outside refuses; the text names the setting and the remedy."""


class StoreAway(LabjamError):
    """Redis can't be reached, or can't write."""


class Declined(LabjamError):
    """A person's act that can't be done; the text is theirs to read: what is wrong, and what to do."""


class LeaseLost(LabjamError):
    """This worker no longer owns the job: it must not touch Slack for it again."""


class Capped(LabjamError):
    """One of the lab's caps is used up; the text tells the asker so, and when it renews."""


class Held(LabjamError):
    """A legal hold keeps what was to be removed; the text says which."""


class RetryLater(LabjamError):
    """Not an error: the job goes back to the queue and becomes due after `delay` seconds.

    None leaves the delay to the worker. Only what `counts` uses up the job's tries.
    """

    def __init__(self, why: str, delay: float | None = None, *, counts: bool = True) -> None:
        super().__init__(why)
        self.delay = delay
        self.counts = counts


class SlackError(LabjamError):
    """A Web API call that did not go through; `method` names it."""

    def __init__(self, method: str, error: str) -> None:
        super().__init__(f"{method}: {error}")
        self.method = method
        self.error = error


class SlackRefused(SlackError):
    """Slack answered `ok: false`; `error` is Slack's own word."""


class SlackBusy(SlackError):
    """A rate limit; `retry_after` is in seconds."""

    def __init__(self, method: str, retry_after: float) -> None:
        super().__init__(method, "ratelimited")
        self.retry_after = retry_after


class SlackUnsure(SlackError):
    """A 5xx, a time-out or a dropped connection: nobody knows whether the call took effect."""


class ModelError(LabjamError):
    """A model gave no whole answer; the text is for the log, not for people."""


class ModelBusy(ModelError):
    """The endpoint's rate limit; `retry_after` in seconds, None where it did not say."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class ModelAway(ModelError):
    """Connection refused, 5xx, no first token in time, or a stall."""


class ModelCut(ModelError):
    """The stream ended without its closing event."""


class ModelRejected(ModelError):
    """A request that this endpoint will never take: bad key, unknown model."""


class ModelFlagged(ModelError):
    """The lab's moderation flagged the question or the answer; the text lists its categories.

    Without any, it could not be asked, and the lab wants no answer then.
    """


class ModelTooLong(ModelRejected):
    """More text than the model takes, by its endpoint's count."""
