"""The numbers of a session or a day, counted from the journal: questions, answers, judgements."""

from bot.recount.counting import Recount, answer_mark
from bot.recount.figures import SMALL, Figures, ModelFigures, Share, ThreadFigures, share_of

__all__ = ["SMALL", "Figures", "ModelFigures", "Recount", "Share", "ThreadFigures", "answer_mark", "share_of"]
