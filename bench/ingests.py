"""Measures for bench/ingest.py, on services and workers of its own: `python -m bench.ingests ROUNDS` prints one line of JSON."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path

from bench.measure import alternate
from faults.ground import own_ground

SAMPLE = Path(__file__).resolve().parent.parent / "tests" / "data" / "sample.mp4"
LONGEST_SECONDS = 900


def main() -> None:
    rounds = int(sys.argv[1])
    with own_ground() as rig:
        from accounts.tests.factories import UserFactory
        from ai import services as ai
        from media_library.media.shots import shot_changes
        from media_library.media.thumbnails import frames_at
        from media_library.models import Asset, Passage, Segment
        from media_library.services import intake

        rig.beat()
        for queue in ("media", "ai", "default"):
            rig.worker(queue)
        owner = UserFactory()
        looks = [rig.home / f"look-{number}.jpg" for number in range(3)]
        for look, picture in zip(looks, frames_at(SAMPLE, [10.0, 24.0, 38.0], width=768), strict=True):
            picture.save(look, quality=90)

        def taken_in() -> Asset:
            asset = intake.take_in(SAMPLE, owner=owner, filename=SAMPLE.name)
            assert asset.run is not None
            rig.wait_for_run(asset.run, seconds=LONGEST_SECONDS)
            asset.refresh_from_db()
            # Fair only when nothing was left out.
            assert (asset.status, asset.technical.get("notes", {})) == (Asset.Status.ACTIVE, {}), asset.technical
            assert not Passage.objects.filter(asset=asset, embedding=None).exists()
            return asset

        # Models are loaded once in the life of a worker.
        known = taken_in()
        spoken = Segment.objects.filter(transcript__asset=known).order_by("position")
        spans = list(spoken.values_list("start", "end"))
        texts = list(Passage.objects.filter(asset=known).values_list("text", flat=True))

        def engines() -> None:
            use = ai.Use(purpose="bench", key=str(uuid.uuid4()))
            ai.transcribe(SAMPLE, use=use)
            ai.diarize(SAMPLE, spans=spans, use=use)
            for look in looks:
                ai.describe([look], use=use)
            ai.embed_passages(texts, use=use)
            shot_changes(SAMPLE)

        engines()
        ours, alone = alternate(taken_in, engines, rounds=rounds, warm_up=False)
    print(json.dumps({"run": ours.wall, "engines": alone.wall}))


if __name__ == "__main__":
    main()
