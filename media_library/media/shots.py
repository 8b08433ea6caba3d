"""Where one shot ends and the next begins, by PySceneDetect's content detector on small frames."""

from __future__ import annotations

import threading
from pathlib import Path

from av.stream import Disposition
from av.video.reformatter import Interpolation
from scenedetect import FrameTimecode
from scenedetect.detectors import ContentDetector

from media_library.media.errors import HaltedError, NoVideoError
from media_library.media.ffmpeg import Progress
from media_library.media.opening import open_media

THRESHOLD = 27.0
SHORTEST_SHOT_SECONDS = 0.6
# Measured on small frames the score hardly changes, and the work falls with the square.
_WIDTH = 256
_REPORT_EVERY = 100


def shot_changes(
    path: Path, *, threshold: float = THRESHOLD, progress: Progress | None = None, halt: threading.Event | None = None
) -> list[float]:
    """Times in seconds of each first frame of a new shot, exactly as that frame is stamped. Empty when there is one shot."""
    with open_media(path) as container:
        pictures = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
        if not pictures:
            raise NoVideoError
        stream = pictures[0]
        # A blocky edge or two does not matter at 256 pixels; deblocking every frame would be a fifth of the work.
        stream.codec_context.options = {"skip_loop_filter": "noref"}
        stream.codec_context.thread_type = "AUTO"
        stream.codec_context.thread_count = 2
        rate = float(stream.average_rate or 25)
        length = float((stream.duration or 0) * (stream.time_base or 0))
        # The detector counts frames; we remember when each was shown, so that a variable rate gives true times.
        times: list[float] = []
        cuts: list[int] = []
        detector = ContentDetector(threshold=threshold, min_scene_len=max(1, round(SHORTEST_SHOT_SECONDS * rate)))
        for number, frame in enumerate(container.decode(stream)):
            if number % _REPORT_EVERY == 0:
                if halt is not None and halt.is_set():
                    raise HaltedError
                if progress and length:
                    progress(min(1.0, number / rate / length), "Finding shots")
            times.append(float(frame.time) if frame.time is not None else number / rate)
            height = max(2, round(frame.height * _WIDTH / frame.width / 2) * 2)
            small = frame.reformat(
                width=_WIDTH, height=height, format="bgr24", interpolation=Interpolation.FAST_BILINEAR
            )
            cuts += [
                cut.frame_num for cut in detector.process_frame(FrameTimecode(number, fps=rate), small.to_ndarray())
            ]
        if times:
            cuts += [cut.frame_num for cut in detector.post_process(FrameTimecode(len(times) - 1, fps=rate))]
    return [times[cut] for cut in sorted(set(cuts)) if 0 < cut < len(times)]
