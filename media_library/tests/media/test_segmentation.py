from __future__ import annotations

import pytest

from media_library.media import quality
from media_library.media.cue_timing import Spoken, show
from media_library.media.profiles import PROFILES
from media_library.media.segmentation import segment
from media_library.media.words import Word, intervals, tidy
from media_library.tests.media.speech import SAMPLE_DURATION, SAMPLE_SHOTS, cuts, sample_words, talk


def errors(cues, **about):
    return [finding for finding in quality.check(cues, **about) if finding.severity == "error"]


def said(cues):
    return " ".join(cue.text.replace("\n", " ") for cue in cues)


def test_the_sample_as_really_heard_becomes_captions_that_break_no_rule():
    words = sample_words()
    cues = segment(words, fps=25, shots=SAMPLE_SHOTS, duration=SAMPLE_DURATION)
    findings = quality.check(cues, fps=25, shots=SAMPLE_SHOTS, speech=intervals(tidy(words)), duration=SAMPLE_DURATION)
    assert {finding.rule for finding in findings} <= {"cps_opt"}
    assert [cue.text for cue in cues] == [
        "And Mr. John Dashwood\nhad then leisure to consider",
        "how much there might be prudently\nin his power to do for them.",
        "He was not an ill-disposed young man.",
        "Unless to be rather cold-hearted\nand rather selfish is to be ill-disposed.",
        "Had he married a more amiable woman,",
        "he might have been made still\nmore respectable than he was.",
        "He might even\nhave been made amiable himself.",
    ]


@pytest.mark.parametrize("fps", [23.976, 24, 25, 29.97, 50, 60])
@pytest.mark.parametrize("closest", [1.2, 3.0])
def test_ordinary_speech_over_any_cuts_breaks_no_rule_and_loses_no_word(fps, closest):
    for seed in range(12):
        words, ends = talk(seed, words=5 + 9 * seed)
        shots = cuts(seed, until=ends, closest=closest)
        cues = segment(words, fps=fps, shots=shots, duration=ends + 2)
        assert said(cues) == " ".join(word.text for word in words)
        assert errors(cues, fps=fps, shots=shots, duration=ends + 2) == []


def test_speech_faster_than_anyone_reads_stays_word_for_word_and_is_reported():
    words, _ = talk(1, words=80, slowest=24, fastest=28)
    cues = segment(words, fps=25)
    assert said(cues) == " ".join(word.text for word in words)
    assert {finding.rule for finding in errors(cues, fps=25)} == {"cps_max"}


def test_fast_speech_uses_the_pause_that_follows():
    words = [
        Word(text, 1 + 0.11 * index, 1.1 + 0.11 * index)
        for index, text in enumerate(["this", "is", "said", "much", "too", "fast", "for", "you"])
    ]
    (cue,) = segment(words, fps=25)
    assert cue.end - words[-1].end == pytest.approx(0.5, abs=0.04)
    assert quality.cps(cue, language="en") < 34 / (words[-1].end - words[0].start) - 8


def test_a_lone_short_word_is_shown_long_enough():
    (cue,) = segment([Word("No.", 5.0, 5.2)], fps=25)
    assert cue.duration >= 0.833


def test_a_cue_starts_on_the_cut_just_before_the_voice_and_ends_before_the_next():
    cues = segment([Word("Hello", 2.2, 2.6), Word("there.", 2.6, 3.9)], fps=25, shots=[2.0, 4.2])
    assert [(cue.start, cue.end) for cue in cues] == [(2.0, 4.12)]


def test_no_cue_runs_across_a_silence_that_could_hold_a_description():
    words = [Word("He", 1, 1.5), Word("waited", 1.5, 2.0), Word("for", 4.2, 4.5), Word("her.", 4.5, 5.5)]
    assert [cue.text for cue in segment(words, fps=25)] == ["He waited", "for her."]


def test_a_new_speaker_begins_a_new_cue():
    words = [Word("Yes", 1, 1.9, "A"), Word("indeed", 1.9, 2.4, "A"), Word("no", 2.4, 3.5, "B")]
    assert [cue.text for cue in segment(words, fps=25)] == ["Yes indeed", "no"]


def test_words_are_text_and_never_markup():
    (cue,) = segment([Word("<i>", 1, 1.5), Word("-->", 1.5, 2), Word("&", 2, 3)], fps=25)
    assert cue.text == "&lt;i&gt; --&gt; &amp;"


@pytest.mark.parametrize(
    ("language", "text", "lines"),
    [
        ("ja", "昨日は東京で友達と一緒に、美味しい寿司を食べました。とても楽しかったです。", 23),
        ("zh", "昨天我和朋友在上海一起吃了非常好吃的晚饭,大家都很高兴。", 16),
        ("ko", "어제 친구와 함께 서울에서 맛있는 저녁을 먹었어요. 정말 즐거웠어요.", 16),
    ],
)
def test_wide_scripts_are_measured_by_width_and_break_by_their_own_rules(language, text, lines):
    parts = text.split() if language == "ko" else [text]
    length = len(text) / 3.5
    words = [Word(part, 1 + length * i / len(parts), 1 + length * (i + 1) / len(parts)) for i, part in enumerate(parts)]
    cues = segment(words, fps=25, language=language)
    assert "".join(said(cues).split()) == "".join(text.split())
    assert {finding.rule for finding in errors(cues, fps=25, language=language)} <= {"cps_max"}
    assert max(len(line) for cue in cues for line in cue.text.split("\n")) <= lines + 3
    assert not any(line[0] in "、。," for cue in cues for line in cue.text.split("\n"))


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_every_profile_can_be_cut_to(name):
    profile = PROFILES[name]
    words, ends = talk(4, words=60, slowest=8, fastest=10)
    cues = segment(words, fps=25, profile=profile, duration=ends + 4)
    assert said(cues) == " ".join(word.text for word in words)
    structural = {"overlap", "gap_min", "line_len", "lines_max", "dur_max", "nonmonotonic", "past_end", "empty"}
    assert not structural & {finding.rule for finding in errors(cues, fps=25, profile=profile, duration=ends + 4)}


def test_disordered_empty_and_zero_length_words_do_no_harm():
    words = [Word("b", 2, 2), Word(" ", 1, 1.2), Word("a", 1, 0.5), Word("c", 2, 2.4)]
    cues = segment(words, fps=25)
    assert said(cues) == "a b c"
    assert segment([], fps=25) == []
    assert show([], fps=25) == []


def test_texts_with_times_can_be_shown_without_being_cut():
    cues = show([Spoken("First.", 1.0, 2.0), Spoken("Second.", 2.02, 3.0)], fps=25)
    assert [(cue.start, cue.end) for cue in cues] == [(1.0, 1.92), (2.0, 3.0)]


def test_parts_of_a_hyphenated_word_are_joined_and_a_minus_is_not():
    words = [Word("ill", 0, 1), Word("-disposed.", 1, 2), Word("minus", 2, 3), Word("-5", 3, 4), Word("-", 4, 5)]
    assert [word.text for word in tidy(words)] == ["ill-disposed.", "minus", "-5", "-"]
