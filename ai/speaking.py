"""Whose voices may be asked for, in which languages: the catalogue's providers and this deployment's own engines.

A hosted provider's voice that is not configured here is spoken by this deployment's route, and the answer names who spoke.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ai import catalogue, routing
from ai.capabilities.text_to_speech import Voice
from ai.providers.openai_languages import SPOKEN
from ai.wire import Wire
from core.errors import DomainError
from core.languages import canonical, name, primary

CAPABILITY = "text_to_speech"
TITLES = {"gemini": "Google Gemini", "openai": "OpenAI", "local": "Reelwright"}
DEFAULT_PROVIDER, DEFAULT_MODEL, DEFAULT_VOICE = "gemini", "flash", "Kore"
HOSTED_VOICES = {"gemini": catalogue.GEMINI_VOICES, "openai": catalogue.OPENAI_VOICES}
DEFAULTS = {"gemini": ("flash", "Kore"), "openai": ("gpt-4o-mini-tts", "marin"), "local": ("kokoro", "af_heart")}


@dataclass(frozen=True)
class Speaker:
    """A provider of voices, as lists of choices show it."""

    id: str
    name: str
    models: list[str]
    default_model: str
    default_voice: str


@dataclass(frozen=True)
class Offered:
    """A voice of a provider. Without a `language` it speaks every one that is offered."""

    provider: str
    id: str
    name: str
    language: str | None = None
    gender: str | None = None
    model: str = ""  # the engine that alone has it


class UnknownVoiceError(DomainError):
    default_message = "Unknown voice"


def speakers() -> list[Speaker]:
    return [Speaker(one, title, _models(one), *DEFAULTS[one]) for one, title in TITLES.items()]


def offered(*, provider: str = "", language: str = "") -> list[Offered]:
    """Best default of each language first."""
    found = [voice for one in TITLES if not provider or one == provider for voice in _voices(one)]
    return [voice for voice in found if not language or speaks(voice, language)]


def speaks(voice: Offered, language: str) -> bool:
    return voice.language is None or primary(voice.language) == primary(language)


def route_speaks(route: routing.Route, language: str) -> bool:
    """Whether this engine has a voice for the language."""
    voices: list[Voice] = route.build(Wire()).voices()
    return any(primary(voice.language) in {primary(language), catalogue.MULTIPLE} for voice in voices)


def languages() -> dict[str, str]:
    """Codes and names of what is spoken here, by name."""
    codes = {tag for voice in _local() for tag in (voice.language or "", primary(voice.language or "")) if tag}
    if any(route.hosted for route in routing.routes(CAPABILITY)):
        codes |= SPOKEN
    return dict(sorted(((code, name(code)) for code in codes), key=lambda pair: (pair[1], pair[0])))


def choose(voice: str, *, provider: str = "", model: str = "", language: str = "") -> tuple[Offered, str, str]:
    """The voice, the model and the language to ask for. UnknownVoiceError for what the lists above do not hold.

    A provider, model and language that nobody named are the voice's own.
    """
    wanted = next((one for one in offered(provider=provider) if one.id.lower() == voice.strip().lower()), None)
    if wanted is None:
        raise UnknownVoiceError
    if model and _models_by_alias(wanted.provider).get(model.strip().lower()) is None:
        raise UnknownVoiceError
    chosen = model and _models_by_alias(wanted.provider)[model.strip().lower()]
    if chosen and wanted.model and chosen != wanted.model:
        raise UnknownVoiceError
    spoken = _language(wanted, language)
    return wanted, chosen or wanted.model or DEFAULTS[wanted.provider][0], spoken


def model_for(voice: str, language: str) -> str:
    """The model that has to be asked for so that this very voice speaks this language; empty where the route decides."""
    wanted = next((one for one in offered() if one.id.lower() == voice.strip().lower()), None)
    return wanted.model if wanted and wanted.model and speaks(wanted, language) else ""


def _language(voice: Offered, language: str) -> str:
    if not language:
        return voice.language or "en"
    try:
        tag = canonical(language)
    except DomainError as error:
        raise UnknownVoiceError from error
    if not speaks(voice, tag) or primary(tag) not in {primary(code) for code in languages()}:
        raise UnknownVoiceError
    return tag


def _models(provider: str) -> list[str]:
    entries = [entry.name for entry in catalogue.names(CAPABILITY) if entry.provider == provider]
    return entries if provider != "local" else [one for one in entries if one in {voice.model for voice in _local()}]


def _models_by_alias(provider: str) -> dict[str, str]:
    known = _models(provider)
    return {
        alias: entry.name
        for entry in catalogue.names(CAPABILITY)
        if entry.name in known
        for alias in (entry.name, *entry.aliases)
    }


def _voices(provider: str) -> list[Offered]:
    if provider == "local":
        return list(_local())
    return [Offered(provider, voice, voice.capitalize()) for voice in HOSTED_VOICES[provider]]


@cache
def _local() -> tuple[Offered, ...]:
    """Of the engines that are installed with the studio; the route decides no more than their order."""
    found: list[Offered] = []
    for spec in routing.LOCAL_DEFAULTS[CAPABILITY]:
        model = spec.partition(":")[2]
        route = routing.routes(CAPABILITY, model=model)[0]
        voices: list[Voice] = route.build(Wire()).voices()
        found += [
            Offered("local", voice.id, voice.name, voice.language, voice.gender or None, model) for voice in voices
        ]
    return tuple(found)
