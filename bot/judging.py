"""All that people say of answers and summaries: thumbs, forms, comparisons, and the jobs these need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from bot.compare import Comparisons, Draws
from bot.details import Opinions
from bot.feedback import Feedback
from bot.flagging import Flagging
from bot.gate import Gates
from bot.labs import Labs
from bot.problem import Problems
from bot.running import Runner
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.store.forms import Forms
from bot.store.jobs import Jobs
from bot.store.pairs import Pairs
from bot.store.questions import Questions
from bot.store.states import States
from bot.store.votes import Votes
from bot.summary.opinions import SummaryOpinions
from bot.tally import Tallies


@dataclass(frozen=True, slots=True)
class Judging:
    """What listeners start, and `runners` for the jobs they leave."""

    feedback: Feedback
    opinions: Opinions
    problems: Problems
    comparisons: Comparisons
    draws: Draws
    on_summaries: SummaryOpinions
    runners: Mapping[str, Runner]

    @classmethod
    def of(
        cls,
        labs: Labs,
        jobs: Jobs,
        states: States,
        directory: Directory,
        outbox: Outbox,
        *,
        flagging: Flagging,
        gates: Gates,
    ) -> Self:
        """Tie the parts together."""
        votes = Votes(jobs)
        forms = Forms(jobs)
        feedback = Feedback(jobs, votes, outbox)
        on_summaries = SummaryOpinions(labs, jobs, outbox, gates)
        tallies = Tallies(Questions(jobs), votes)
        return cls(
            feedback,
            Opinions(labs, forms, votes, outbox, flagging, gates=gates),
            Problems(labs, forms, directory, outbox, gates=gates),
            Comparisons(labs, jobs, outbox, gates),
            Draws(states, Pairs(jobs)),
            on_summaries,
            {"applause": on_summaries.show_count, "react": feedback.count, "tally": tallies.run},
        )
