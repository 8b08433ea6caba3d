"""Describes a shot from measurements: text on screen, faces, what it resembles, light and colours. It understands nothing and
claims nothing else; its sentences are a draft for a person."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from ai.capabilities.base import Engine, Usage
from ai.capabilities.describe_image import Seen
from ai.errors import InvalidAnswerError, LanguageUnsupportedError
from ai.local import apertium, faces, pictures, reading, tags
from ai.local.faces import Face
from ai.local.measures import FEW_COLOURS, Measures, measure
from ai.local.pictures import Picture
from ai.local.tags import Tag
from core.languages import canonical, name, primary

MOST_FRAMES = 3  # of one shot: its first, middle and last
SURE = 0.6
SURE_BESIDE_A_FACE = (
    0.5  # people are no class of the network: with one in the picture it guesses at clothes and vehicles
)
BLACK, DARK, BRIGHT = 0.09, 0.25, 0.72
CHANGE = 0.15
MANY_POINTS = 40
BIG_FACE = 0.5  # of the height of the picture
MOST_WORDS_READ = 24
PLURAL_ONLY = frozenset({"binoculars", "sunglasses", "swimming trunks", "maillot", "jean", "pajama"})
UNCOUNTED = frozenset(
    {
        "velvet",
        "wool",
        "guacamole",
        "hay",
        "ice cream",
        "consomme",
        "carbonara",
        "mashed potato",
        "dough",
        "chain mail",
        "toilet tissue",
    }
)


class _Phrases(BaseModel):
    sure: list[str]
    unsure: list[str]
    read: list[str]
    one_face: list[str]
    big_face: list[str]
    more_faces: list[str]
    points: list[str]
    black: list[str]
    dark: list[str]
    bright: list[str]
    even: list[str]
    one_colour: list[str]
    grey: list[str]
    brighter: list[str]
    darker: list[str]
    numbers: list[str]
    many: str
    places: dict[str, str]
    colours: dict[str, str]
    conjunction: str


@dataclass(frozen=True)
class _Sentence:
    """`place` is where it stands in the description."""

    place: int
    text: str


class MeasuredLook:
    engine = Engine("local", "looking")

    def languages(self) -> frozenset[str] | None:
        return frozenset(_phrases())

    def describe(
        self, frames: list[Path], *, language: str = "en", context: str = "", max_words: int | None = None
    ) -> tuple[Seen, Usage]:
        """The description is empty when `max_words` leaves room for no whole sentence. What `context` already says is not said again."""
        if primary(language) not in _phrases():
            raise LanguageUnsupportedError(f"The measuring engine writes no {name(canonical(language))}.")
        if not frames:
            raise InvalidAnswerError("There is no picture to describe.")
        shot = [pictures.load(path) for path in _spread(frames)]
        return _Description(shot, primary(language), context).seen(max_words), Usage(images=len(shot))


class _Description:
    def __init__(self, shot: list[Picture], language: str, context: str) -> None:
        self.phrases = _phrases()[language]
        self.language = language
        self.context = context.casefold()
        self.measures = [measure(picture) for picture in shot]
        self.faces = max((faces.find(picture) for picture in shot), key=len)
        self.lines = reading.read(shot)
        # Of a picture with next to nothing in it the network makes something all the same.
        empty = all(_kind(measured) in {"black", "points"} for measured in self.measures)
        ideas = [] if empty else tags.likely(shot)
        self.tags = [tag for tag in ideas if not self.faces or tag.likelihood >= SURE_BESIDE_A_FACE]

    def seen(self, max_words: int | None) -> Seen:
        middle = self.measures[len(self.measures) // 2]
        return Seen(
            description=self._within(max_words),
            tags=[tag.name for tag in self.tags],
            onscreen_text=self.lines,
            faces=len(self.faces),
            palette=middle.palette,
            measured=True,
        )

    def _within(self, max_words: int | None) -> str:
        # In the order of importance: what comes later is left out first when words are few.
        left = max_words if max_words is not None else 1 << 30
        kept: list[_Sentence] = []
        for make in (self._words, self._people, self._thing, self._light, self._change):
            sentence = make(left)
            if sentence and sentence.text:
                kept.append(sentence)
                left -= _length(sentence.text)
        return " ".join(sentence.text for sentence in sorted(kept, key=lambda sentence: sentence.place))

    def _words(self, left: int) -> _Sentence | None:
        fresh = [line for line in self.lines if line.casefold() not in self.context]
        while fresh:
            read = self._say(
                min(left, MOST_WORDS_READ), "read", words=", ".join(line.rstrip(" .,;:") for line in fresh)
            )
            if read:
                return _Sentence(5, read)
            fresh.pop()
        return None

    def _people(self, left: int) -> _Sentence | None:
        if not self.faces:
            return None
        if len(self.faces) > 1:
            count = len(self.faces)
            said = self.phrases.numbers[count] if count < len(self.phrases.numbers) else self.phrases.many
            return _Sentence(2, self._say(left, "more_faces", count=said))
        face: Face = self.faces[0]
        if face.height > BIG_FACE:
            return _Sentence(2, self._say(left, "big_face"))
        return _Sentence(2, self._say(left, "one_face", place=self.phrases.places[face.place]))

    def _thing(self, left: int) -> _Sentence | None:
        noun = self._noun(self.tags[0]) if self.tags else ""
        if not noun:
            return None
        return _Sentence(1, self._say(left, "sure" if self.tags[0].likelihood >= SURE else "unsure", noun=noun))

    def _noun(self, tag: Tag) -> str:
        english = with_article(tag.name)
        return english if self.language == "en" else apertium.phrase(english, source="en", target=self.language)

    def _light(self, left: int) -> _Sentence | None:
        middle = self.measures[len(self.measures) // 2]
        kind, keys = _kind(middle), middle.colours
        if kind == "dark":
            # Beside "dark", black is no news, and "dark blue" is blue.
            keys = [key.removeprefix("dark_") if key != "dark_orange" else key for key in keys if key != "black"]
            kind = kind if keys else "black"
        named = [self.phrases.colours[key] for key in keys] or [""]
        colours = self.phrases.conjunction.format(*named) if len(named) > 1 else named[0]
        said = self._say(left, kind, colours=colours)
        return _Sentence(3, said or self._say(left, "black") if kind == "points" else said)

    def _change(self, left: int) -> _Sentence | None:
        change = self.measures[-1].light - self.measures[0].light
        if abs(change) < CHANGE:
            return None
        return _Sentence(4, self._say(left, "brighter" if change > 0 else "darker"))

    def _say(self, left: int, kind: str, **parts: str) -> str:
        """The first wording that fits and was not just used, else one that fits, else nothing."""
        wordings = [wording.format(**parts) for wording in getattr(self.phrases, kind)]
        fitting = [said for said in wordings if _length(said) <= left]
        # Shots follow each other: the opening of the last one should not be heard again.
        return next((said for said in fitting if _opening(said) not in self.context), fitting[0] if fitting else "")


def _kind(measures: Measures) -> str:
    if measures.light < BLACK and (measures.contrast < BLACK or measures.colours == ["black"]):
        return "points" if measures.points >= MANY_POINTS else "black"
    if measures.saturation < FEW_COLOURS and measures.light >= DARK:
        return "grey"
    if measures.light < DARK:
        return "dark"
    if measures.light > BRIGHT:
        return "bright"
    return "even" if len(measures.colours) > 1 else "one_colour"


def with_article(noun: str) -> str:
    if (
        noun in UNCOUNTED
        or noun in PLURAL_ONLY
        or (noun.endswith("s") and not noun.endswith(("ss", "us", "is", "as", "os")))
    ):
        return noun
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def _opening(sentence: str) -> str:
    return " ".join(sentence.split()[:4]).casefold()


def _length(sentence: str) -> int:
    return len(sentence.split())


def _spread(frames: list[Path]) -> list[Path]:
    if len(frames) <= MOST_FRAMES:
        return frames
    return [frames[0], frames[len(frames) // 2], frames[-1]]


@cache
def _phrases() -> dict[str, _Phrases]:
    tables = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))
    return {language: _Phrases.model_validate(table) for language, table in tables.items()}
