"""Who checks what and says what of it: reviews of languages, comments, notes on the picture, skills, and links for guests."""

from qc.models.notes import ReviewNote
from qc.models.reviews import CueReview, LanguageReview, ReviewComment
from qc.models.shares import GuestVerdict, ShareLink, ShareVisit
from qc.models.skills import LanguageSkill

__all__ = [
    "CueReview",
    "GuestVerdict",
    "LanguageReview",
    "LanguageSkill",
    "ReviewComment",
    "ReviewNote",
    "ShareLink",
    "ShareVisit",
]
