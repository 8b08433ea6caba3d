"""What hosted models cost, as data. Estimates for budgets and reports; the provider's invoice is the truth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from ai.capabilities.base import Engine, Usage

MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class LongPrompt:
    """Some models charge the whole request more when its prompt is long."""

    above_tokens: int
    input: Decimal
    output: Decimal


@dataclass(frozen=True)
class Price:
    """US dollars: `input` and `output` per million tokens, `minute` of audio, per million `characters`, per `image`, per `second` of video.

    Video models sell clips of certain `lengths` only: the next longer one is billed, or the longest there is.
    """

    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    minute: Decimal = Decimal(0)
    characters: Decimal = Decimal(0)
    image: Decimal = Decimal(0)
    second: Decimal = Decimal(0)
    lengths: tuple[int, ...] = ()
    long_prompt: LongPrompt | None = None


def tokens(input_: str, output: str, *, long_prompt: LongPrompt | None = None) -> Price:
    return Price(input=Decimal(input_), output=Decimal(output), long_prompt=long_prompt)


# List prices of 21 November 2026: platform.claude.com/docs/en/about-claude/pricing and developers.openai.com/api/docs/pricing.
# elevenlabs.io/pricing/api: ten and five cents a thousand characters; a clone itself takes a place of the plan and no money.
# gpt-4o-mini-tts bills audio tokens that its answer does not report; OpenAI states about 1.5 cents a minute.
# gpt-4o-transcribe-diarize bills tokens at the rates of gpt-4o-transcribe, which come to about 0.6 cents a minute of audio.
PRICES: dict[str, Price] = {
    "anthropic:claude-opus-5-5": tokens("4", "20"),
    "anthropic:claude-opus-5": tokens("5", "25"),
    "anthropic:claude-sonnet-5-5": tokens("2", "10"),
    "anthropic:claude-sonnet-5": tokens("2", "10"),
    "anthropic:claude-sonnet-4-6": tokens("3", "15"),
    "anthropic:claude-sonnet-4-5": tokens("3", "15"),
    "anthropic:claude-haiku-5-5": tokens(
        "0.10", "0.50", long_prompt=LongPrompt(100_000, Decimal("0.50"), Decimal("2.50"))
    ),
    "anthropic:claude-haiku-4-5": tokens("1", "5"),
    "openai:gpt-6.1-sol": tokens("2", "10", long_prompt=LongPrompt(272_000, Decimal(4), Decimal(15))),
    "openai:gpt-6.1-terra": tokens("1", "5", long_prompt=LongPrompt(272_000, Decimal(2), Decimal("7.50"))),
    "openai:gpt-5.6-terra": tokens("2", "12", long_prompt=LongPrompt(272_000, Decimal(4), Decimal(18))),
    "openai:gpt-5.4-mini": tokens("0.75", "4.50"),
    "openai:gpt-4o": tokens("2.50", "10"),
    "openai:gpt-4o-mini": tokens("0.15", "0.60"),
    "openai:whisper-1": Price(minute=Decimal("0.006")),
    "openai:gpt-4o-transcribe-diarize": Price(minute=Decimal("0.006")),
    "openai:gpt-4o-mini-tts": Price(minute=Decimal("0.015")),
    "openai:tts-1": Price(characters=Decimal(15)),
    "openai:tts-1-hd": Price(characters=Decimal(30)),
    "openai:text-embedding-3-small": tokens("0.02", "0"),
    "openai:text-embedding-3-large": tokens("0.13", "0"),
    "elevenlabs:eleven_multilingual_v2": Price(characters=Decimal(100)),
    "elevenlabs:eleven_flash_v2_5": Price(characters=Decimal(50)),
    # One picture of 1536x1024 at medium quality, which is what the studio asks for.
    "openai:gpt-image-1.5": Price(image=Decimal("0.05")),
    "openai:gpt-image-1-mini": Price(image=Decimal("0.015")),
    "openai:sora-2": Price(second=Decimal("0.10"), lengths=(4, 8, 12)),
    "openai:sora-2-pro": Price(second=Decimal("0.30"), lengths=(4, 8, 12)),
    "replicate:flux-schnell": Price(image=Decimal("0.003")),
    "replicate:gen-4-turbo": Price(second=Decimal("0.015"), lengths=(5, 10)),
    # ai.google.dev/gemini-api/docs/pricing
    "google:gemini-3.1-flash-image": Price(image=Decimal("0.067")),
    "google:imagen-4.0-generate-001": Price(image=Decimal("0.04")),
    "google:veo-3.1-generate-preview": Price(second=Decimal("0.40"), lengths=(4, 6, 8)),
    "google:veo-3.1-fast-generate-preview": Price(second=Decimal("0.15"), lengths=(4, 6, 8)),
}

# A hosted model that the table does not know is counted at the dearest rate of its family or provider, whichever its name begins with
# first in this table, so that a budget is kept rather than missed.
UNLISTED: dict[str, Price] = {
    "anthropic": tokens("10", "50"),
    "openai:sora": Price(second=Decimal("0.50"), lengths=(4, 8, 12)),
    "openai": Price(Decimal(5), Decimal(30), Decimal("0.015"), Decimal(30), Decimal("0.25")),
    "replicate": Price(image=Decimal("0.10"), second=Decimal("0.50"), lengths=(5, 10)),
    "google": Price(image=Decimal("0.25"), second=Decimal("0.60"), lengths=(4, 6, 8)),
    "elevenlabs": Price(characters=Decimal(200)),
}


def price(engine: Engine) -> Price | None:
    """None: the engine runs here and costs nothing."""
    name = str(engine)
    return PRICES.get(name) or next((rate for start, rate in UNLISTED.items() if name.startswith(start)), None)


def cost(engine: Engine, usage: Usage) -> Decimal:
    """US dollars for one use, rounded up to the millionth that the ledger keeps. What the provider itself stated wins."""
    listed = price(engine)
    if usage.cost or listed is None:
        return usage.cost
    prompt, written = listed.input, listed.output
    if listed.long_prompt and usage.input_tokens > listed.long_prompt.above_tokens:
        prompt, written = listed.long_prompt.input, listed.long_prompt.output
    total = (
        prompt * usage.input_tokens / MILLION
        + written * usage.output_tokens / MILLION
        + listed.minute * Decimal(str(usage.seconds)) / 60
        + listed.characters * usage.characters / MILLION
        + listed.image * usage.images
        + listed.second * Decimal(str(usage.seconds))
    )
    return total.quantize(Decimal("0.000001"), rounding=ROUND_UP)


def sold(engine: Engine, seconds: float) -> float:
    """The length of the clip that is made and billed when so many seconds are asked for."""
    listed = price(engine)
    lengths = listed.lengths if listed else ()
    if not lengths:
        return seconds
    return float(next((length for length in lengths if length >= seconds - 0.01), lengths[-1]))


def estimate_tokens(text: str) -> int:
    """An upper guess: three ASCII characters a token, and one a token beyond ASCII."""
    ascii_ = sum(character.isascii() for character in text)
    return ascii_ // 3 + (len(text) - ascii_) + 1
