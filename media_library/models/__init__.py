"""What a team owns: files, what is said in them, the tracks made from that, and the words it wants used."""

from media_library.models.assets import Asset, Segment, Track, TrackDraft, TrackVersion, Transcript
from media_library.models.glossaries import Glossary, GlossaryTerm, GlossaryVersion

__all__ = [
    "Asset",
    "Glossary",
    "GlossaryTerm",
    "GlossaryVersion",
    "Segment",
    "Track",
    "TrackDraft",
    "TrackVersion",
    "Transcript",
]
