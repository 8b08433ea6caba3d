from __future__ import annotations

import threading
import wave
from fractions import Fraction

import numpy as np
import pytest

from media_library.media import decoding, levels, loudness, sound
from media_library.media.errors import DiskFullError, HaltedError, NoAudioError, RenderError
from media_library.media.limiter import limited
from media_library.media.pauses import Pause, on_frames, output_time, source_time
from media_library.media.probe import probe

RATE = decoding.RATE
SPEECH = [(1.0, 8.1), (13.5, 17.0), (18.0, 23.3)]  # who speaks in the sample, roughly


def tone(path, seconds: float, *, level: float = -20.0, hertz: float = 440.0, noise: bool = False):
    samples = round(seconds * RATE)
    if noise:
        wave_form = np.random.default_rng(7).normal(0, 1 / 3, samples).clip(-1, 1)
    else:
        wave_form = np.sin(2 * np.pi * hertz * np.arange(samples) / RATE)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((wave_form * 10 ** (level / 20) * 32767).astype("<i2").tobytes())
    return path


def rms_db(samples) -> float:
    return 10 * np.log10(max(1e-12, float((samples.astype(np.float64) ** 2).mean())))


def part(path, start: float, end: float):
    return decoding.whole(path)[round(start * RATE) : round(end * RATE)]


def test_our_meter_agrees_with_ffmpegs(sample, speech):
    for path in [sample, *speech[:2]]:
        ours = levels.profile(decoding.blocks(path)).loudness([(0, 60)])
        assert ours == pytest.approx(loudness.measure(path).integrated, abs=0.3)


def test_blocks_keep_sound_at_its_time(make):
    """Sound that starts late in its file is preceded by silence."""
    path = make("late.mkv", "-c:v", "libx264", "-c:a", "pcm_s16le", "-af", "asetpts=PTS+0.5/TB")
    heard = decoding.whole(path)
    assert rms_db(heard[: RATE // 3]) < -100
    assert rms_db(heard[RATE:]) > -30


def test_programme_is_lowered_under_music_by_ten_at_least(tmp_path):
    """Programme and description are equally loud before: a tone is music, so the programme ends 10 LU below."""
    programme, clip = tone(tmp_path / "programme.wav", 10), tone(tmp_path / "clip.wav", 2, level=-30, hertz=1000)

    report = sound.description_mix(
        programme,
        tmp_path / "mix.m4a",
        clips=[sound.Clip(path=clip, start=4.0)],
        pauses=[],
        duration=10.0,
        speech=[(0, 10)],
    )

    placed = report.clips[0]
    assert placed.attenuation == pytest.approx(10.0, abs=0.2)
    assert report.target_lufs == pytest.approx(loudness.measure(programme).integrated, abs=0.2)
    before, after = part(tmp_path / "mix.m4a", 2, 3.5), part(tmp_path / "mix.m4a", 7, 9)
    assert rms_db(before) == pytest.approx(rms_db(after), abs=0.1)


def test_programme_is_lowered_under_noise_by_fifteen(tmp_path):
    programme, clip = tone(tmp_path / "rain.wav", 10, noise=True), tone(tmp_path / "clip.wav", 2, hertz=1000)

    report = sound.description_mix(
        programme,
        tmp_path / "mix.m4a",
        clips=[sound.Clip(path=clip, start=4.0)],
        pauses=[],
        duration=10.0,
        speech=[(0, 10)],
    )

    assert report.clips[0].attenuation == pytest.approx(15.0, abs=0.2)


def band(samples, low: float, high: float):
    """What of the samples lies between two frequencies."""
    spectrum = np.fft.rfft(samples, axis=0)
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[(hertz < low) | (hertz > high)] = 0
    return np.fft.irfft(spectrum, len(samples), axis=0).astype(np.float32)


@pytest.mark.parametrize(
    ("level", "noise", "least"),
    [(-20.0, False, 10.0), (-32.0, False, 10.0), (-20.0, True, 15.0), (-38.0, True, 15.0)],
)
def test_in_the_file_the_description_stands_out_as_the_numbers_say(tmp_path, level, noise, least):
    """Measured in what is written: how far the description is above the programme while both are heard, and how loud it is itself."""
    programme = tone(tmp_path / "programme.wav", 12, level=level, hertz=330, noise=noise)
    clip = tone(tmp_path / "clip.wav", 3, level=-30, hertz=2000)

    report = sound.description_mix(
        programme,
        tmp_path / "mix.m4a",
        clips=[sound.Clip(path=clip, start=6.0)],
        pauses=[Pause(3.0, 1.0)],
        duration=12.0,
        speech=[(0, 3)],
    )

    heard = part(tmp_path / "mix.m4a", 6.5, 8.5)
    voice = levels.clip_loudness(band(heard, 1900, 2100))
    under = levels.clip_loudness(heard - band(heard, 1900, 2100))
    assert voice - under >= least - 0.5
    assert voice == pytest.approx(report.target_lufs, abs=1.0)
    # No further down than the limits allow, and no less than is heard as giving way.
    assert sound.LEAST_ATTENUATION <= report.clips[0].attenuation <= sound.MOST_ATTENUATION
    free = levels.clip_loudness(part(tmp_path / "mix.m4a", 10, 12))
    assert free - under == pytest.approx(report.clips[0].attenuation, abs=0.7)
    assert loudness.measure(tmp_path / "mix.m4a").true_peak <= -1.0


def test_ducking_starts_before_the_description_and_lets_go_after(tmp_path):
    """The description is silence here, so that only the programme's own gain is heard."""
    programme, clip = tone(tmp_path / "programme.wav", 6), tone(tmp_path / "clip.wav", 1, level=-100)

    report = sound.description_mix(
        programme, tmp_path / "mix.m4a", clips=[sound.Clip(path=clip, start=2.0)], pauses=[], duration=6.0
    )

    lowered = report.clips[0].attenuation
    assert sound.LEAST_ATTENUATION <= lowered <= sound.MOST_ATTENUATION
    mix, full = tmp_path / "mix.m4a", rms_db(part(tmp_path / "mix.m4a", 0.5, 1.8))
    assert rms_db(part(mix, 1.80, 1.85)) == pytest.approx(full, abs=0.2)
    assert rms_db(part(mix, 1.94, 1.96)) == pytest.approx(full - lowered / 2, abs=0.8)
    assert rms_db(part(mix, 2.1, 2.9)) == pytest.approx(full - lowered, abs=0.2)
    assert rms_db(part(mix, 3.19, 3.21)) == pytest.approx(full - lowered / 2, abs=0.8)
    assert rms_db(part(mix, 3.45, 4.0)) == pytest.approx(full, abs=0.2)


def test_descriptions_are_as_loud_as_the_dialogue(sample, speech, tmp_path):
    clip = sound.Clip(path=speech[0], start=9.0)

    report = sound.description_mix(
        sample, tmp_path / "mix.m4a", clips=[clip], pauses=[Pause(8.64, 10.0)], duration=48.0, speech=SPEECH
    )

    placed = report.clips[0]
    described = levels.clip_loudness(part(tmp_path / "mix.m4a", placed.start, placed.end))
    assert described == pytest.approx(report.dialogue_lufs, abs=1.0)


def test_without_known_dialogue_descriptions_are_as_loud_as_the_web(speech, tmp_path):
    report = sound.description_mix(
        None, tmp_path / "mix.m4a", clips=[sound.Clip(path=speech[0], start=1.0)], pauses=[], duration=12.0
    )
    assert (report.dialogue_lufs, report.target_lufs) == (None, -16.0)
    assert loudness.measure(tmp_path / "mix.m4a").integrated == pytest.approx(-16.0, abs=1.0)


def test_pauses_are_silence_with_soft_edges_and_nothing_is_lost(tmp_path):
    programme = tone(tmp_path / "programme.wav", 4, level=-6)

    sound.retimed_programme(programme, tmp_path / "out.m4a", pauses=[Pause(1.0, 0.5), Pause(4.0, 1.0)], duration=4.0)

    out = tmp_path / "out.m4a"
    assert probe(out).duration == pytest.approx(5.5, abs=0.001)
    assert rms_db(part(out, 1.01, 1.49)) < -60
    assert rms_db(part(out, 4.52, 5.5)) < -60
    # Half way through a fade; what follows a hold stands up to half a packet beside its exact time.
    for edge in ((0.96, 0.97), (1.545, 1.555)):
        assert rms_db(part(out, *edge)) == pytest.approx(-9 - 3.5, abs=3)
    assert rms_db(part(out, 0.2, 0.9)) == pytest.approx(rms_db(part(out, 1.6, 4.4)), abs=0.1)


def test_sound_shorter_than_the_picture_is_filled_with_silence(tmp_path):
    sound.retimed_programme(
        tone(tmp_path / "a.wav", 1.3), tmp_path / "out.m4a", pauses=[Pause(0.5, 0.25), Pause(2.0, 0.5)], duration=3.1
    )
    assert probe(tmp_path / "out.m4a").duration == pytest.approx(3.85, abs=0.001)


def test_true_peak_stays_below_minus_one(tmp_path):
    """Full-scale programme, at a quarter of the sample rate with its peaks between samples, and a loud description on top."""
    programme, clip = (
        tone(tmp_path / "hot.wav", 5, level=0, hertz=11_990),
        tone(tmp_path / "clip.wav", 2, level=0, hertz=997),
    )

    sound.description_mix(
        programme, tmp_path / "mix.m4a", clips=[sound.Clip(path=clip, start=1.0)], pauses=[], duration=5.0
    )

    assert loudness.measure(tmp_path / "mix.m4a").true_peak <= -1.0


def test_the_limiter_changes_nothing_that_is_quiet_and_hears_no_block_edges():
    random = np.random.default_rng(3)
    samples = random.normal(0, 0.3, (RATE * 2, 2)).astype(np.float32)
    quiet = (samples * 0.1).astype(np.float32)

    def cut(pieces):
        return np.concatenate(
            list(limited((samples[at : at + pieces] for at in range(0, len(samples), pieces)), ceiling=0.5))
        )

    assert np.array_equal(np.concatenate(list(limited([quiet], ceiling=0.5))), quiet)
    assert np.abs(cut(RATE)).max() <= 0.5
    assert np.allclose(cut(RATE), cut(RATE // 2), atol=1e-6)


def test_the_description_track_is_an_mp3_as_long_as_the_output(speech, tmp_path):
    clips = [sound.Clip(path=speech[0], start=0.5), sound.Clip(path=speech[1], start=12.0)]

    sound.description_track(tmp_path / "ad.mp3", clips=clips, duration=30.0)

    found = probe(tmp_path / "ad.mp3")
    assert (found.kind.mime, found.duration) == ("audio/mpeg", pytest.approx(30.0, abs=0.06))
    assert rms_db(part(tmp_path / "ad.mp3", 0.05, 0.4)) < -60
    assert rms_db(part(tmp_path / "ad.mp3", 0.6, 5)) > -40


def test_a_description_beyond_the_end_is_refused(speech, tmp_path):
    with pytest.raises(RenderError, match="beyond the end"):
        sound.description_mix(
            None, tmp_path / "mix.m4a", clips=[sound.Clip(path=speech[0], start=9.0)], pauses=[], duration=10.0
        )
    assert list(tmp_path.iterdir()) == []


def test_a_mute_programme_cannot_be_mixed_by_mistake(make, tmp_path):
    with pytest.raises(NoAudioError):
        sound.retimed_programme(make("mute.mp4", "-an", "-c:v", "libx264"), tmp_path / "out.m4a", pauses=[], duration=2)


def test_mixing_stops_when_halted(sample, tmp_path):
    halt = threading.Event()
    with pytest.raises(HaltedError):
        sound.retimed_programme(
            sample, tmp_path / "out.m4a", pauses=[], duration=48.0, progress=lambda *_: halt.set(), halt=halt
        )
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_as_such(sample, tmp_path):
    (tmp_path / "out.part.m4a").symlink_to("/dev/full")
    with pytest.raises(DiskFullError):
        sound.retimed_programme(sample, tmp_path / "out.m4a", pauses=[], duration=48.0)
    assert list(tmp_path.iterdir()) == []


def test_pauses_fall_on_frames_and_never_shrink():
    held = on_frames(
        [Pause(38.01, 2.5), Pause(8.0, 0.02), Pause(7.995, 1.0), Pause(99.0, 0.5), Pause(3, 0)],
        fps=Fraction(25),
        frames=1200,
    )

    assert held == [Pause(8.0, 1.04), Pause(38.0, 2.52), Pause(48.0, 0.52)]
    assert [output_time(at, held) for at in (7.99, 8.0, 40.0)] == pytest.approx([7.99, 9.04, 43.56])
    assert [source_time(at, held) for at in (7.99, 8.5, 9.04, 43.56, 60.0)] == pytest.approx(
        [7.99, 8.0, 8.0, 40.0, 48.0 + 60 - 52.08]
    )
