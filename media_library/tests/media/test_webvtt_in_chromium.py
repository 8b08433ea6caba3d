"""Our reader against a browser's own: the same file, the same cues."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser

from media_library.media import webvtt
from media_library.tests.media.webvtt_cases import FILES, SIGNATURES_REFUSED

pytestmark = pytest.mark.browser
# By the standard's steps the header takes every line up to a timing line; Chromium gives the last of them to the cue.
THEIR_OWN_WAY = {"an id in the header is header"}
READ = """async (files) => {
  const seen = [];
  for (const text of files) {
    const video = document.body.appendChild(document.createElement("video"));
    const track = document.createElement("track");
    const read = new Promise((resolve) => {
      track.onload = () => resolve([...track.track.cues].map((cue) => [
        Math.round(cue.startTime * 1000), Math.round(cue.endTime * 1000), cue.id, cue.text,
      ]));
      track.onerror = () => resolve(null);
    });
    track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
    video.append(track);
    track.track.mode = "hidden";
    seen.push(await read);
    video.remove();
  }
  return seen;
}"""


def test_a_browser_reads_the_same_cues(browser: Browser) -> None:
    texts = [text for _, text, _ in FILES] + SIGNATURES_REFUSED
    page = browser.new_page()
    seen = page.evaluate(READ, texts)
    page.close()
    differences = {}
    for (name, text, _), theirs in zip(FILES, seen, strict=False):
        ours = sorted([cue.start_ms, cue.end_ms, cue.id, cue.text] for cue in webvtt.parse(text).cues)
        if ours != sorted(theirs or []):
            differences[name] = (ours, theirs)
    assert set(differences) == THEIR_OWN_WAY, json.dumps(differences, indent=1)
    assert seen[len(FILES) :] == [None] * len(SIGNATURES_REFUSED)
