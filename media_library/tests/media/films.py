"""Small films of which every frame carries its number, and readers of what came out of a cut."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from media_library.media import ffmpeg

# The number of the frame as ten black or white blocks along the upper edge.
_BLOCK, _BITS = 16, 10
NUMBERED = (
    f"geq=lum='if(lt(Y,{_BLOCK * 2}),if(mod(floor(N/pow(2,floor(X/{_BLOCK}))),2),235,16),lum(X,Y))'"
    ":cb='if(lt(Y,32),128,cb(X,Y))':cr='if(lt(Y,32),128,cr(X,Y))'"
)
NOISE = "anoisesrc=r=48000:c=pink:seed=7:a=0.3"
SIZE = "160x96"


@dataclass(frozen=True)
class Kind:
    """How to make it with `make`. `copies`: whether a cut of it can be joined from copies."""

    name: str
    options: tuple[str, ...]
    rate: str = "25"
    filters: str = ""
    copies: bool = True

    @property
    def sound_within(self) -> float:
        """Seconds. Matroska's clock counts milliseconds, and rounds each packet's time."""
        return 0.001 if self.name.endswith((".mkv", ".webm")) else 1 / 44100


_H264 = ("-c:v", "libx264", "-preset", "fast", "-pix_fmt", "yuv420p")
_GOPS = (*_H264, "-g", "25", "-keyint_min", "25", "-sc_threshold", "0")
# Without the noise that each decoder would make up anew.
_AAC = ("-c:a", "aac", "-aac_pns", "0", "-ac", "2")
KINDS = (
    Kind("b-frames.mp4", (*_GOPS, "-bf", "3", "-x264-params", "b-pyramid=normal:b-adapt=0", *_AAC)),
    Kind("plain.mp4", (*_GOPS, "-bf", "0", "-profile:v", "baseline", *_AAC)),
    Kind("open.mp4", (*_H264, "-bf", "2", "-x264-params", "open-gop=1:keyint=20:scenecut=0:b-adapt=0", *_AAC)),
    Kind("far.mp4", (*_H264, "-g", "999", *_AAC)),
    Kind("ntsc.mp4", (*_GOPS, *_AAC), rate="30000/1001"),
    Kind("fast.mp4", (*_GOPS, *_AAC), rate="60"),
    Kind("vfr.mp4", (*_GOPS, "-fps_mode", "vfr", *_AAC), filters=r"select='not(mod(n\,7))+mod(n\,3)'"),
    Kind("mono.mp4", (*_GOPS, "-c:a", "aac", "-aac_pns", "0", "-ac", "1", "-ar", "44100")),
    Kind("silent.mp4", (*_GOPS, "-an")),
    Kind("quicktime.mov", (*_GOPS, *_AAC)),
    Kind("matroska.mkv", (*_GOPS, *_AAC), copies=False),
    Kind("web.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "25"), copies=False),
    Kind("mp3.mp4", (*_GOPS, "-c:a", "libmp3lame"), copies=False),
    Kind("stream.ts", (*_GOPS, *_AAC), copies=False),
    Kind("laced.mp4", (*_GOPS, "-flags", "+ilme+ildct", *_AAC), filters="setfield=tff", copies=False),
    Kind("ten-bit.mp4", (*_GOPS, "-pix_fmt", "yuv420p10le", *_AAC), copies=False),
)


def numbers(path: Path, first: int = 0, beyond: int | None = None) -> list[tuple[Fraction, int]]:
    """(time, number) of each frame, or of those from `first` on and before `beyond`, as a decoder gives them."""
    with av.open(str(path)) as container:
        return [
            (Fraction(frame.pts or 0) * (frame.time_base or Fraction(1)), _number(frame.to_ndarray(format="gray")))
            for frame in islice(container.decode(container.streams.video[0]), first, beyond)
        ]


def numbers_by_openh264(path: Path) -> list[int]:
    """The numbers of the frames, in the order in which OpenH264 gives them."""
    width, height = map(int, SIZE.split("x"))
    command = [ffmpeg.program(), "-nostdin", "-v", "error", "-c:v", "libopenh264", "-i", f"file:{path}", "-map", "0:v"]
    command += ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120)
    pictures = np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width)
    return [_number(picture) for picture in pictures]


def _number(picture: npt.NDArray[np.uint8]) -> int:
    blocks = picture[4 : _BLOCK * 2 - 4, : _BLOCK * _BITS].reshape(-1, _BITS, _BLOCK)[:, :, 4:-4].mean(axis=(0, 2))
    assert not np.any((blocks > 70) & (blocks < 180)), blocks
    return sum(1 << bit for bit, value in enumerate(blocks) if value > 125)


def sound(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """(samples of the first channel, rate); sample 0 is time 0, of an MP3 its first, as players have it."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        rate = stream.codec_context.sample_rate
        held = np.zeros(rate * 30, np.float32)
        end = 0
        begin = round((stream.start_time or 0) * (stream.time_base or 0) * rate) if path.suffix == ".mp3" else 0
        for frame in container.decode(stream):
            values = frame.to_ndarray()
            first = values[0] if frame.format.is_planar else values[0, :: frame.layout.nb_channels]
            samples = first.astype(np.float32) / (32768 if first.dtype == np.int16 else 1)
            at = round((frame.pts or 0) * (frame.time_base or 0) * rate) - begin
            samples, at = samples[max(0, -at) :], max(0, at)
            held[at : at + len(samples)] = samples
            end = max(end, at + len(samples))
        return held[:end], rate


def delay(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32], *, reach: int = 2000) -> int:
    """By how many samples `other` sounds later than `one`."""
    length = min(len(one), len(other))
    spectrum = np.fft.rfft(one[:length], 2 * length).conj() * np.fft.rfft(other[:length], 2 * length)
    found = np.fft.irfft(spectrum)
    return int(np.argmax(np.concatenate([found[-reach:], found[:reach]]))) - reach
