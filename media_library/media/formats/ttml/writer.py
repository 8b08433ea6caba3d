"""IMSC 1.1 Text. One paragraph a cue, three regions that do not overlap (the profile forbids that), times with milliseconds."""

from __future__ import annotations

import html
from dataclasses import replace

from media_library.media.formats.characters import is_right_to_left, language_tag, one_line, showable
from media_library.media.formats.runs import Layer, Run, merged, wrapped
from media_library.media.formats.track import Caption, captions
from media_library.media.formats.ttml.names import TT, TTM, TTP, TTS
from media_library.media.webvtt.model import Document
from media_library.media.webvtt.timestamps import format_timestamp

IMSC_1_1_TEXT = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
IMSC_1_TEXT = "http://www.w3.org/ns/ttml/profile/imsc1/text"
_REGIONS = (
    ("below", "10% 65%", "after"),
    ("middle", "10% 36%", "center"),
    ("above", "10% 5%", "before"),
)
_ALIGN = {0: "left", 1: "", 2: "right"}


def write(document: Document, *, language: str, title: str) -> bytes:
    found = list(captions(document))
    voices = {name: f"voice{number}" for number, name in enumerate(_voices(found), start=1)}
    paragraphs = "".join([_paragraph(caption, voices) for caption in found])
    rows = sorted({_row(caption) for caption in found} | {0})
    # Processors of the first IMSC know this attribute alone. Ruby came with 1.1, so a file that has it does not claim to be 1.0.
    older = "" if any(run.ruby for caption in found for run in caption.runs) else f'\n    ttp:profile="{IMSC_1_TEXT}"'
    regions = "".join(
        f'      <region xml:id="{name}" tts:origin="{origin}" tts:extent="80% 30%" tts:displayAlign="{align}" tts:overflow="visible"/>\n'
        for row, (name, origin, align) in enumerate(_REGIONS)
        if row in rows
    )
    agents = "".join(
        f'      <ttm:agent xml:id="{name_id}" type="character"><ttm:name type="full">{_escape(name)}</ttm:name></ttm:agent>\n'
        for name, name_id in voices.items()
    )
    text = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="{TT}" xmlns:ttm="{TTM}" xmlns:ttp="{TTP}" xmlns:tts="{TTS}"
    ttp:contentProfiles="{IMSC_1_1_TEXT}"{older}
    ttp:timeBase="media" xml:lang="{language_tag(language)}" xml:space="preserve">
  <head>
    <metadata>
      <ttm:title>{_escape(one_line(title))}</ttm:title>
{agents}    </metadata>
    <styling>
      <style xml:id="caption" tts:fontFamily="proportionalSansSerif" tts:fontSize="80%" tts:lineHeight="125%" tts:color="white" \
tts:textAlign="center"/>
    </styling>
    <layout>
{regions}    </layout>
  </head>
  <body style="caption">
    <div>
{paragraphs}    </div>
  </body>
</tt>
"""
    return showable(text).encode()


def _voices(found: list[Caption]) -> list[str]:
    return list(dict.fromkeys(name for caption in found for name in caption.voices))


def _row(caption: Caption) -> int:
    return (caption.place - 1) // 3


def _paragraph(caption: Caption, voices: dict[str, str]) -> str:
    attributes = f'begin="{format_timestamp(caption.start_ms)}" end="{format_timestamp(caption.end_ms)}"'
    attributes += f' region="{_REGIONS[_row(caption)][0]}"'
    if align := _ALIGN[(caption.place - 1) % 3]:
        attributes += f' tts:textAlign="{align}"'
    if is_right_to_left(caption.text):
        attributes += ' tts:direction="rtl"'
    layers: tuple[Layer, ...] = (
        ("voice", lambda value, inner: f'<span ttm:agent="{voices[value]}">{inner}</span>'),
        *_LAYERS,
    )
    runs = merged(replace(run, language=language_tag(run.language)) for run in caption.runs)
    return f"      <p {attributes}>{wrapped(runs, layers, _leaf)}</p>\n"


_LAYERS: tuple[Layer, ...] = (
    ("language", lambda value, inner: f'<span xml:lang="{value}">{inner}</span>'),
    ("color", lambda value, inner: f'<span tts:color="{value}">{inner}</span>'),
    ("bold", lambda _, inner: f'<span tts:fontWeight="bold">{inner}</span>'),
    ("italic", lambda _, inner: f'<span tts:fontStyle="italic">{inner}</span>'),
    ("underline", lambda _, inner: f'<span tts:textDecoration="underline">{inner}</span>'),
)


def _leaf(run: Run) -> str:
    text = _escape(run.text).replace("\n", "<br/>")
    if not run.ruby:
        return text
    return (
        f'<span tts:ruby="container"><span tts:ruby="base">{text}</span>'
        f'<span tts:ruby="text">{_escape(run.ruby)}</span></span>'
    )


def _escape(text: str) -> str:
    return html.escape(text, quote=True)
