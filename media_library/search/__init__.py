"""One search over names, tags, words and meaning.

Passages (media_library.services.indexing) are found in two ways. By words: full text by the rules of each language, and plainly, without
accents. By meaning: vectors of a multilingual model, so a sentence is found from another language. Both rank on their own; reciprocal
rank fusion joins the rankings, so no scale of scores has to be made to fit another. What the caller may not see is no candidate.
"""

from media_library.search.asking import MOST_CHARACTERS, Filters, understand
from media_library.search.finding import MODES, gather, meaning, search
from media_library.search.presenting import Found
from media_library.search.results import FacetValue, Hit, Meant, Neighbour, Results
from media_library.search.scope import Scope, scope_of

__all__ = [
    "MODES",
    "MOST_CHARACTERS",
    "FacetValue",
    "Filters",
    "Found",
    "Hit",
    "Meant",
    "Neighbour",
    "Results",
    "Scope",
    "gather",
    "meaning",
    "scope_of",
    "search",
    "understand",
]
