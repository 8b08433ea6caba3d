"""TTML: reading of what is in use (IMSC, EBU-TT-D, SMPTE-TT, DFXP), writing of IMSC 1.1 Text.

The reader is our own. ttconv knows more of the standard, but reads with an XML parser that resolves entities, takes seconds for a
feature film, and names no lines; pysubs2 knows neither nested times nor styles by reference. Both judge our writer in the tests.
"""

from media_library.media.formats.ttml.reader import read
from media_library.media.formats.ttml.writer import write

__all__ = ["read", "write"]
