"""Names that callers may use for models and voices, as data.

A name in here that this deployment cannot serve is answered by the deployment's own route, and the answer names what
really ran. A name that is not in here is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from ai.errors import UnknownNameError


@dataclass(frozen=True)
class Named:
    """`model` is the provider's own id; empty where no adapter for that provider exists in the studio."""

    name: str
    capability: str
    provider: str
    model: str = ""
    aliases: tuple[str, ...] = ()


CATALOGUE: tuple[Named, ...] = (
    Named("claude-sonnet", "chat", "anthropic", "claude-sonnet-5-5", ("claude", "claude-sonnet-5-5")),
    Named("claude-opus", "chat", "anthropic", "claude-opus-5-5", ("claude-opus-5-5",)),
    Named("claude-haiku", "chat", "anthropic", "claude-haiku-5-5", ("claude-haiku-5-5",)),
    Named("gpt-4o", "chat", "openai", "gpt-4o"),
    Named("gpt-4o-mini", "chat", "openai", "gpt-4o-mini"),
    Named("gpt", "chat", "openai", "gpt-6.1-terra", ("gpt-6.1-terra",)),
    Named("gemini-flash", "chat", "google", aliases=("gemini", "gemini-2.5-flash")),
    Named("gemini-pro", "chat", "google", aliases=("gemini-2.5-pro",)),
    Named("compose", "chat", "local", "compose", ("local",)),
    Named("whisper-1", "speech_to_text", "openai", "whisper-1", ("openai",)),
    Named("whisper-base", "speech_to_text", "local", "whisper-base", ("base", "local")),
    Named("whisper-tiny", "speech_to_text", "local", aliases=("tiny",)),
    Named("whisper-small", "speech_to_text", "local", aliases=("small",)),
    Named("whisper-medium", "speech_to_text", "local", aliases=("medium",)),
    Named("whisper-large", "speech_to_text", "local", aliases=("large", "whisper-large-v2", "whisper-large-v3")),
    Named("flash", "text_to_speech", "gemini", aliases=("gemini", "gemini-flash")),
    Named("pro", "text_to_speech", "gemini", aliases=("gemini-pro",)),
    Named("gpt-4o-mini-tts", "text_to_speech", "openai", "gpt-4o-mini-tts", ("openai",)),
    Named("tts-1", "text_to_speech", "openai", "tts-1"),
    Named("kokoro", "text_to_speech", "local", "kokoro", ("local",)),
    Named("hibari", "text_to_speech", "local", "hibari"),
    Named("espeak", "text_to_speech", "local", "espeak", ("espeak-ng",)),
    Named("apertium", "translate", "local", "apertium", ("local",)),
    Named("looking", "describe_image", "local", "looking", ("local",)),
    Named("extract", "summarize", "local", "extract", ("local",)),
    Named("e5-small", "embed", "local", "e5-small", ("local",)),
    Named("text-embedding-3-small", "embed", "openai", "text-embedding-3-small"),
    Named("text-embedding-3-large", "embed", "openai", "text-embedding-3-large"),
    Named("resemblyzer", "diarize", "local", "resemblyzer", ("local",)),
    Named("gpt-4o-transcribe-diarize", "diarize", "openai", "gpt-4o-transcribe-diarize", ("openai",)),
    Named("voice-match", "match_voice", "local", "voice-match", ("local",)),
    Named(
        "eleven-multilingual",
        "match_voice",
        "elevenlabs",
        "eleven_multilingual_v2",
        ("elevenlabs", "eleven_multilingual_v2"),
    ),
    Named("eleven-flash", "match_voice", "elevenlabs", "eleven_flash_v2_5", ("eleven_flash_v2_5",)),
    Named("flux-schnell", "generate_image", "replicate", "flux-schnell", ("flux", "replicate_flux")),
    Named("gpt-image", "generate_image", "openai", "gpt-image-1.5", ("gpt-image-1.5", "openai")),
    Named("gpt-image-mini", "generate_image", "openai", "gpt-image-1-mini", ("gpt-image-1-mini",)),
    Named("gemini-image", "generate_image", "google", "gemini-3.1-flash-image", ("gemini-3.1-flash-image", "gemini")),
    Named("imagen", "generate_image", "google", "imagen-4.0-generate-001", ("imagen-4", "imagen-4.0-generate-001")),
    Named("storyboard", "generate_image", "local", "storyboard", ("local", "library")),
    Named(
        *("gen-4-turbo", "generate_video", "replicate", "gen-4-turbo"),
        aliases=("gen4-turbo", "gen4", "runway", "replicate_luma"),
    ),
    # OpenAI ended its own service on 24 September 2026; AI_GENERATE_VIDEO=openai:<model> is for servers that speak its API.
    Named("sora-2", "generate_video", "openai", aliases=("sora", "sora-2-pro", "openai")),
    Named("veo-fast", "generate_video", "google", "veo-3.1-fast-generate-preview", ("gemini",)),
    Named("veo", "generate_video", "google", "veo-3.1-generate-preview"),
    Named("camera", "generate_video", "local", "camera", ("local",)),
)

# Capabilities that a chat model also serves: the same names are understood there.
SERVED_BY_CHAT = frozenset({"translate", "describe_image", "summarize"})

# ISO 639-2 "multiple languages": the voice of an engine that speaks many languages with the same voice.
MULTIPLE = "mul"

# ai.google.dev/gemini-api/docs/speech-generation, voice options.
GEMINI_VOICES = (
    *("Zephyr", "Puck", "Charon", "Kore", "Fenrir", "Leda", "Orus", "Aoede", "Callirrhoe", "Autonoe", "Enceladus"),
    *("Iapetus", "Umbriel", "Algieba", "Despina", "Erinome", "Algenib", "Rasalgethi", "Laomedeia", "Achernar"),
    *("Alnilam", "Schedar", "Gacrux", "Pulcherrima", "Achird", "Zubenelgenubi", "Vindemiatrix", "Sadachbia"),
    *("Sadaltager", "Sulafat"),
)
# developers.openai.com/api/docs/guides/text-to-speech, voice options.
OPENAI_VOICES = (
    *("marin", "cedar", "alloy", "ash", "ballad", "coral", "echo"),
    *("fable", "onyx", "nova", "sage", "shimmer", "verse"),
)


def find(capability: str, name: str) -> Named:
    """The entry of a name or alias (whatever the case), raising UnknownNameError for a name outside the catalogue."""
    wanted = name.strip().lower()
    for entry in names(capability):
        if wanted == entry.name or wanted in entry.aliases:
            return entry
    known = ", ".join(entry.name for entry in names(capability))
    raise UnknownNameError(f"Unknown model {name[:80]!r}. Known: {known}.", field="model", kind="unknown_model")


def names(capability: str) -> list[Named]:
    own = [entry for entry in CATALOGUE if entry.capability == capability]
    return own + (names("chat") if capability in SERVED_BY_CHAT else [])


def is_known_voice(name: str) -> bool:
    """Whether the voice is one of a provider that the documents name, even if nobody here speaks with it."""
    wanted = name.strip().lower()
    return any(wanted == voice.lower() for voice in (*GEMINI_VOICES, *OPENAI_VOICES))
