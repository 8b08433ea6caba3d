"""Which engine does what here. Routing is configuration: AI_<CAPABILITY>=provider:model, further choices after commas.

Without a route, a hosted provider serves what its key is there for, otherwise the local engines serve. Engines are named
by dotted path and imported when they are first used, because some are heavy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ai import catalogue
from ai.capabilities.base import Engine
from ai.wire import Wire

LOCAL: dict[str, dict[str, str]] = {
    "chat": {"compose": "ai.local.composing.Compose"},
    "speech_to_text": {"whisper-base": "ai.local.whisper.Whisper"},
    "text_to_speech": {
        "kokoro": "ai.local.kokoro.Kokoro",
        "hibari": "ai.local.hibari.Hibari",
        "espeak": "ai.local.espeak.Espeak",
    },
    "translate": {"apertium": "ai.local.apertium.Apertium"},
    "embed": {"e5-small": "ai.local.e5.E5"},
    "describe_image": {"looking": "ai.local.looking.MeasuredLook"},
    "diarize": {"resemblyzer": "ai.local.voices.Voices"},
    "summarize": {"extract": "ai.local.extract.Extract"},
    "match_voice": {"voice-match": "ai.local.matching.VoiceMatch"},
    "generate_image": {"storyboard": "ai.local.storyboard.Storyboard"},
    "generate_video": {"camera": "ai.local.camera.Camera"},
}
HOSTED: dict[str, dict[str, str]] = {
    "anthropic": {
        "chat": "ai.providers.anthropic.AnthropicChat",
        "translate": "ai.providers.anthropic.AnthropicTranslate",
        "describe_image": "ai.providers.anthropic.AnthropicDescribe",
        "summarize": "ai.providers.anthropic.AnthropicSummarize",
    },
    "openai": {
        "chat": "ai.providers.openai.OpenAIChat",
        "translate": "ai.providers.openai.OpenAITranslate",
        "describe_image": "ai.providers.openai.OpenAIDescribe",
        "summarize": "ai.providers.openai.OpenAISummarize",
        "speech_to_text": "ai.providers.openai_speech.OpenAISpeechToText",
        "text_to_speech": "ai.providers.openai_speech.OpenAITextToSpeech",
        "embed": "ai.providers.openai.OpenAIEmbed",
        "diarize": "ai.providers.openai_speech.OpenAIDiarize",
        "generate_image": "ai.providers.openai_pictures.OpenAIImage",
        "generate_video": "ai.providers.openai_pictures.OpenAIVideo",
    },
    "replicate": {
        "generate_image": "ai.providers.replicate.ReplicateImage",
        "generate_video": "ai.providers.replicate.ReplicateVideo",
    },
    "google": {
        "generate_image": "ai.providers.google.GoogleImage",
        "generate_video": "ai.providers.google.GoogleVideo",
    },
    "elevenlabs": {"match_voice": "ai.providers.elevenlabs.ElevenLabs"},
}
# The setting that switches a provider on.
KEYS = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "replicate": "REPLICATE_API_TOKEN",
    "google": "GEMINI_API_KEY",
    "elevenlabs": "ELEVENLABS_API_KEY",
}
CAPABILITIES = (
    *("chat", "speech_to_text", "text_to_speech", "translate"),
    *("describe_image", "embed", "diarize", "summarize"),
    *("match_voice", "generate_image", "generate_video"),
)

# What a key alone switches on, first match wins. Search vectors of two models cannot be compared, so embed moves only when told to;
# diarize too, because the hosted model is paid to write the words once more.
HOSTED_DEFAULTS: dict[str, tuple[str, ...]] = {
    "chat": ("anthropic:claude-sonnet-5-5", "openai:gpt-6.1-terra"),
    "translate": ("anthropic:claude-sonnet-5-5", "openai:gpt-6.1-terra"),
    "describe_image": ("anthropic:claude-sonnet-5-5", "openai:gpt-6.1-terra"),
    "summarize": ("anthropic:claude-sonnet-5-5", "openai:gpt-6.1-terra"),
    "speech_to_text": ("openai:whisper-1",),
    "text_to_speech": ("openai:gpt-4o-mini-tts",),
    "embed": (),
    "diarize": (),
    "match_voice": ("elevenlabs:eleven_multilingual_v2",),
    "generate_image": ("replicate:flux-schnell", "openai:gpt-image-1.5", "google:gemini-3.1-flash-image"),
    "generate_video": ("replicate:gen-4-turbo", "google:veo-3.1-fast-generate-preview"),
}
# Kokoro sounds best and speaks few languages; espeak-ng speaks the others.
LOCAL_DEFAULTS: dict[str, tuple[str, ...]] = {
    # It puts found quotes together and says so; it writes nothing.
    "chat": ("local:compose",),
    "speech_to_text": ("local:whisper-base",),
    "text_to_speech": ("local:kokoro", "local:espeak"),
    "translate": ("local:apertium",),
    "describe_image": ("local:looking",),
    "embed": ("local:e5-small",),
    "diarize": ("local:resemblyzer",),
    "summarize": ("local:extract",),
    "match_voice": ("local:voice-match",),
    "generate_image": ("local:storyboard",),
    "generate_video": ("local:camera",),
}


@dataclass(frozen=True)
class Route:
    """One engine that may do the work. `build` is cheap for hosted engines; a local one loads its weights when it is used."""

    engine: Engine
    build: Callable[[Wire], Any]

    @property
    def hosted(self) -> bool:
        return self.engine.provider != "local"


def routes(capability: str, *, model: str = "") -> list[Route]:
    """The engines for a capability, in order of preference.

    `model` is a name of the catalogue that the caller asked for: it comes alone and first if it can be served here, and
    otherwise changes nothing. A name outside the catalogue raises UnknownNameError.
    """
    configured = [route(capability, spec) for spec in _specs(capability)]
    if not model:
        return configured
    named = catalogue.find(capability, model)
    if not named.model or not is_configured(named.provider):
        return configured
    if named.provider == "local" and named.model not in LOCAL.get(capability, {}):
        return configured
    return [route(capability, f"{named.provider}:{named.model}")]


def is_configured(provider: str) -> bool:
    if provider == "openai":
        # A server of one's own may need no key.
        return bool(settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL)
    if provider in KEYS:
        return bool(getattr(settings, KEYS[provider]))
    return provider == "local"


def _specs(capability: str) -> list[str]:
    if configured := settings.AI_ROUTES.get(capability, ""):
        return [spec.strip() for spec in configured.split(",") if spec.strip()]
    hosted = [spec for spec in HOSTED_DEFAULTS[capability] if is_configured(spec.partition(":")[0])]
    return hosted[:1] or list(LOCAL_DEFAULTS[capability])


def route(capability: str, spec: str) -> Route:
    """The engine that is written as provider:model, whatever is configured for new work."""
    provider, _, model = spec.partition(":")
    variable = f"AI_{capability.upper()}"
    if provider == "local":
        path = LOCAL.get(capability, {}).get(model)
        if path is None:
            known = ", ".join(LOCAL.get(capability, {})) or "none"
            raise ImproperlyConfigured(f"{variable}={spec}: local engines for this are {known}.")
        return Route(Engine("local", model), lambda _wire: _local(path))
    path = HOSTED.get(provider, {}).get(capability)
    if path is None or not model:
        able = ", ".join(name for name, served in HOSTED.items() if capability in served)
        raise ImproperlyConfigured(f"{variable}={spec} must be provider:model with a provider of: {able}, local.")
    if not is_configured(provider):
        raise ImproperlyConfigured(f"{variable}={spec} needs {KEYS[provider]}.")
    engine = Engine(provider, _provider_model(capability, provider, model))
    return Route(engine, lambda wire: _load(path)(engine.model, wire))


def _provider_model(capability: str, provider: str, model: str) -> str:
    """`claude-sonnet` → the id that the provider knows. Other names pass as they are: a server of one's own has its own."""
    for entry in catalogue.names(capability):
        if entry.provider == provider and entry.model and model in {entry.name, *entry.aliases}:
            return entry.model
    return model


@cache
def _local(path: str) -> Any:
    """One instance a process, because it holds the weights."""
    return _load(path)()


def _load(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)
