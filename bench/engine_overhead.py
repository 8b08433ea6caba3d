"""What the studio adds to its local engines: ledger, store, phonemes and pieces around speech synthesis and recognition.

The peers are the bare engines on the same input: Kokoro's graph run over tokens that are already there, and faster-whisper's own
transcription of the same file with the same model, words and voice activity included.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Row, alternate, at_most, rounds_for
from bench.studio import studio
from bench.voice_match import JUDGE, SAMPLE, clips

NAME = "engine_overhead"
GOAL = at_most(1.1)
SENTENCE = (
    "Seven small boats were waiting in the harbour when the storm arrived, and nobody had warned the old fishermen."
)
TEXT = f"{SENTENCE} She had never been so surprised by a simple question. The report comes out early in the spring."
LANGUAGE = "en-US"


def rows(*, quick: bool) -> Iterator[Row]:
    with studio(), tempfile.TemporaryDirectory(prefix="engines-") as folder:
        yield speaking(SENTENCE if quick else TEXT, Path(folder), rounds=rounds_for(quick=quick))
        yield hearing(Path(folder), rounds=rounds_for(quick=quick))


def speaking(text: str, folder: Path, *, rounds: int) -> Row:
    import numpy as np
    import onnxruntime

    from ai import services, weights
    from ai.local import kokoro, wav

    voice = kokoro.default(LANGUAGE)
    style = kokoro.styles(voice)
    pieces = kokoro.tokens(text, language=LANGUAGE)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = kokoro.THREADS
    graph = str(weights.require("kokoro") / "model.onnx")
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def ours() -> float:
        use = services.Use(purpose="bench", key=uuid.uuid4().hex)
        answer = services.speak(text, folder / "ours.wav", language=LANGUAGE, voice=voice, use=use, model="kokoro")
        return answer.value.seconds

    def peer() -> float:
        sound = [
            session.run(
                ["audio"],
                {
                    "tokens": np.array([[0, *piece, 0]], np.int64),
                    "style": style[len(piece) - 1][None],
                    "speed": np.ones(1, np.float32),
                },
            )[0].ravel()
            for piece in pieces
        ]
        return wav.write(folder / "peer.wav", np.concatenate(sound), rate=kokoro.RATE)

    mine, theirs = alternate(ours, peer, rounds=rounds)
    # The bare engine leaves silence around every sentence, which ours takes away.
    assert abs(mine.value - theirs.value) < 0.25 * theirs.value, "both say the same"
    return Row("speech synthesis", ours=mine.cpu, peer=theirs.cpu)


def hearing(folder: Path, *, rounds: int) -> Row:
    from faster_whisper import WhisperModel

    from ai import services, weights
    from ai.local import wav, whisper
    from ai.local.listening import RATE
    from ai.local.matching import word_errors

    recording = folder / "reading.wav"
    wav.write(recording, clips((*SAMPLE, *JUDGE)), rate=RATE)
    folder_of_model = str(weights.require(whisper.MODEL))
    model = WhisperModel(folder_of_model, device="cpu", compute_type="int8", cpu_threads=whisper.THREADS)

    def ours() -> str:
        use = services.Use(purpose="bench", key=uuid.uuid4().hex)
        answer = services.transcribe(recording, language="en", use=use, model="whisper-base")
        return " ".join(segment.text for segment in answer.value.segments)

    def peer() -> str:
        segments, _ = model.transcribe(
            str(recording), language="en", beam_size=5, word_timestamps=True, vad_filter=True
        )
        return " ".join(segment.text for segment in segments)

    mine, theirs = alternate(ours, peer, rounds=rounds)
    assert word_errors(theirs.value, mine.value) < 0.1, "both hear the same"
    return Row("speech recognition", ours=mine.cpu, peer=theirs.cpu)
