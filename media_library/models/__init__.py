"""What a team owns: files, what is said in them, the tracks made from that, the words it wants used, its people's ways and voices."""

from media_library.models.assets import Asset, ClipFile, Collection, Intake, Suggestion
from media_library.models.glossaries import Glossary, GlossaryTerm, GlossaryVersion
from media_library.models.personas import Persona, VoiceConsent, VoiceProfile
from media_library.models.pronunciations import Pronunciation
from media_library.models.search import Passage
from media_library.models.tracks import Track, TrackDraft, TrackVersion
from media_library.models.transcripts import Segment, Speaker, Transcript, TranscriptEdit

__all__ = [
    "Asset",
    "ClipFile",
    "Collection",
    "Glossary",
    "GlossaryTerm",
    "GlossaryVersion",
    "Intake",
    "Passage",
    "Persona",
    "Pronunciation",
    "Segment",
    "Speaker",
    "Suggestion",
    "Track",
    "TrackDraft",
    "TrackVersion",
    "Transcript",
    "TranscriptEdit",
    "VoiceConsent",
    "VoiceProfile",
]
