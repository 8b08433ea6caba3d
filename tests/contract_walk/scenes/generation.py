"""Pictures, clips and what is chosen of them, in sessions that are their owner's alone."""

from __future__ import annotations

import uuid
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from ai import services as ai
from ai.errors import ProviderRefusedError
from core.storage import store
from core.testing.patience import done_at_once
from core.testing.providers.making import picture
from generation.models import GenerationSession, Take
from generation.services import images
from media_library.models import Asset
from media_library.queries import links
from tests.contract_walk.scene import Elsewhere, Twist, scene
from tests.contract_walk.stage import Answer, Stage
from tests.contract_walk.things import random_id

WHO = "newcomer"
PROMPT = "A harbour at night, lamps on wet stone"
HEARD = Elsewhere("test_sockets.py hears it, numbered, on the socket of the session.")


def session_of(answer: Answer) -> GenerationSession:
    return GenerationSession.objects.get(pk=answer.json()["session_id"])


def takes(stage: Stage, kind: str) -> list[Take]:
    return list(stage.world.generation.takes.filter(kind=kind).select_related("asset").order_by("index"))


def urls(stage: Stage, kind: str) -> list[str]:
    """As the owner was given them."""
    return [links.link(take.asset, inline=True) for take in takes(stage, kind) if take.asset is not None]


def waits(patch: Any) -> None:
    patch.setattr("core.rest.waiting.when_done", done_at_once)


def fails(patch: Any) -> None:
    def refused(*_: object, **__: object) -> None:
        raise ProviderRefusedError("The account of the studio was closed. Secret words.")

    waits(patch)
    patch.setattr(ai, "generate_image", refused)
    patch.setattr(ai, "generate_video", refused)


# Step 1


def a_session_with_the_prompt(stage: Stage, answer: Answer) -> None:
    session = session_of(answer)
    assert (session.owner, session.prompt) == (stage.world.people[WHO], PROMPT)


def an_asset_an_image(stage: Stage, answer: Answer) -> None:
    shown = stage.send("GET", f"/api/sessions/{session_of(answer).pk}").json()["assets"]
    assert [(one["type"], one["approved"]) for one in shown] == [("image", False)] * 2
    assert [one["index"] for one in answer.json()["images"]] == [0, 1]


def in_the_folder_of(folder: str) -> Any:
    def look(stage: Stage, answer: Answer) -> None:
        kind = "image" if folder == "images" else "clip"
        keys = Asset.objects.filter(take__session=session_of(answer), take__kind=kind, key__contains="/output/")
        home = f"users/{stage.world.people[WHO].pk}/output/{folder}/"
        assert [key.startswith(home) for key in keys.values_list("key", flat=True)] == [True, True]
        listed = stage.send("GET", "/api/storage/files", query={"folder": "output", "asset_type": folder}).json()
        assert listed["total"] == 2

    return look


def costs(stage: Stage, answer: Answer) -> list[dict[str, Any]]:
    found = stage.send("GET", f"/api/sessions/{session_of(answer).pk}/costs").json()
    rows: list[dict[str, Any]] = found["breakdown"]
    return rows


def a_cost_row_of_what_ran(stage: Stage, answer: Answer) -> None:
    """D19: the studio's own engines name themselves; the names of Replicate are walked in generation/tests."""
    rows = costs(stage, answer)
    assert sum(row["details"]["num_images"] for row in rows) == 2
    assert {row["service"] for row in rows} <= {"local_storyboard", "local_library"}
    assert all(row["details"]["model"] and row["cost"] == 0 for row in rows)


def stays_as_failed(stage: Stage, answer: Answer) -> None:
    session = GenerationSession.objects.get(owner=stage.world.people[WHO], prompt=PROMPT)
    shown = stage.send("GET", f"/api/sessions/{session.pk}").json()
    assert (shown["status"], shown["assets"]) == ("failed", [])
    assert b"Secret words" not in answer.content


scene(
    "pipeline.generation.images",
    who=WHO,
    body={"prompt": PROMPT, "num_images": 2, "aspect_ratio": "16:9"},
    patch=waits,
    errors={"Image generation failed": Twist(patch=fails, check=stays_as_failed)},
    effects=(
        a_session_with_the_prompt,
        an_asset_an_image,
        in_the_folder_of("images"),
        a_cost_row_of_what_ran,
        HEARD,
        Elsewhere("The twist of the 500 above looks at the session afterwards."),
    ),
)


# Steps 2 and 4


def chosen(kind: str, *places: int, more: tuple[str, ...] = ()) -> Any:
    name = "approved_image_urls" if kind == "image" else "approved_clip_urls"

    def body(stage: Stage) -> dict[str, Any]:
        there = urls(stage, kind)
        return {
            "session_id": str(stage.world.generation.pk),
            name: [*(there[place] for place in places), *more],
        }

    return body


def of_another(kind: str) -> tuple[Twist, ...]:
    """Unknown, of somebody else, and of somebody else as another house's keeper sees it."""

    def body(session_id: Any) -> Any:
        def made(stage: Stage) -> dict[str, Any]:
            return {**chosen(kind)(stage), "session_id": session_id(stage)}

        return made

    unknown, foreign = body(lambda _: random_id()), body(lambda stage: str(stage.world.foreign_generation.pk))
    return (Twist(body=unknown), Twist(body=foreign), Twist(who="house_admin", body=foreign), Twist(who="client"))


def approved(stage: Stage, kind: str) -> list[uuid.UUID]:
    rows = stage.world.generation.takes.filter(kind=kind, approved=True).order_by("order_index")
    return list(rows.values_list("pk", flat=True))


def in_the_order_of_the_list(kind: str) -> Any:
    def look(stage: Stage, _answer: Answer) -> None:
        there = takes(stage, kind)
        assert approved(stage, kind) == [there[1].pk, there[0].pk]
        shown = stage.send("GET", f"/api/sessions/{stage.world.generation.pk}").json()["assets"]
        told = {one["id"]: (one["approved"], one["order_index"]) for one in shown if one["type"] == kind}
        assert [told[str(take.pk)] for take in there] == [(True, 1), (True, 0), (False, None)]

    return look


def counted_once(kind: str) -> Any:
    """A repeated one counts once; one that is not of the session refuses all (D20)."""
    path = f"/api/save-approved-{kind}s"

    def look(stage: Stage, answer: Answer) -> None:
        assert answer.json()["approved_count"] == 2
        before = approved(stage, kind)
        for address in ("http://169.254.169.254/latest/meta-data", urls(stage, kind)[0] + "?x=1", random_id()):
            refused = stage.send("POST", path, body=chosen(kind, 2, more=(address,))(stage))
            assert refused.status_code == 422, refused.content
        assert approved(stage, kind) == before

    return look


def replaced_by_the_next(kind: str) -> Any:
    def look(stage: Stage, _answer: Answer) -> None:
        again = stage.send("POST", f"/api/save-approved-{kind}s", body=chosen(kind, 2)(stage))
        assert again.json()["approved_count"] == 1
        assert approved(stage, kind) == [takes(stage, kind)[2].pk]

    return look


scene(
    "pipeline.generation.save_images",
    who=WHO,
    body=chosen("image", 1, 0, 1),
    errors={
        "Session not found": of_another("image"),
        "No approved images": Twist(body=chosen("image")),
    },
    effects=(in_the_order_of_the_list("image"), counted_once("image"), replaced_by_the_next("image")),
)
scene(
    "pipeline.generation.save_clips",
    who=WHO,
    body=chosen("clip", 1, 0, 1),
    errors={
        "Session not found": of_another("clip"),
        "No approved clips": Twist(body=chosen("clip")),
    },
    effects=(in_the_order_of_the_list("clip"), counted_once("clip")),
)


# Step 3


def one_approved(stage: Stage) -> None:
    """A picture that is there."""
    take = takes(stage, "image")[0]
    assert take.asset is not None
    with NamedTemporaryFile(suffix=".png") as file:
        file.write(picture(320, 180))
        file.flush()
        store().put(take.asset.key, Path(file.name), content_type="image/png")
    Take.objects.filter(pk=take.pk).update(approved=True, order_index=0)


def two_clips(stage: Stage) -> dict[str, Any]:
    session = str(stage.world.generation.pk)
    return {"session_id": session, "video_prompt": "Slow push in", "num_clips": 2, "duration": 1.0}


def of_nobody(session_id: Any) -> Any:
    return lambda stage: {**two_clips(stage), "session_id": session_id(stage)}


def made_now(answer: Answer) -> list[Take]:
    return list(Take.objects.filter(round=answer.json()["round_id"]).order_by("index"))


def as_many_and_as_long_as_asked(_stage: Stage, answer: Answer) -> None:
    clips = made_now(answer)
    assert len({take.source_id for take in clips}) == 1
    assert [round(take.seconds or 0, 1) for take in clips] == [1.0, 1.0]


def remembers_the_words(stage: Stage, answer: Answer) -> None:
    assert stage.send("GET", f"/api/sessions/{session_of(answer).pk}").json()["video_prompt"] == "Slow push in"


def a_clip_each_in_the_videos(stage: Stage, answer: Answer) -> None:
    shown = stage.send("GET", f"/api/sessions/{session_of(answer).pk}").json()["assets"]
    approved_by_id = {one["id"]: one["approved"] for one in shown if one["type"] == "clip"}
    assert [approved_by_id[str(take.pk)] for take in made_now(answer)] == [False, False]
    in_the_folder_of("videos")(stage, answer)


def a_cost_row_of_the_camera(stage: Stage, answer: Answer) -> None:
    """D19, as above."""
    row = next(row for row in costs(stage, answer) if "duration_seconds" in row["details"])
    assert (row["service"], round(row["details"]["duration_seconds"], 1)) == ("local_camera", 2.0)


scene(
    "pipeline.generation.clips",
    who=WHO,
    given=one_approved,
    body=two_clips,
    patch=waits,
    errors={
        "Session not found": (
            Twist(body=of_nobody(lambda _: random_id())),
            Twist(body=of_nobody(lambda stage: str(stage.world.foreign_generation.pk))),
            Twist(who="house_admin"),
        ),
        "No approved images": Twist(given=None),
        "Clip generation failed": Twist(patch=fails),
    },
    effects=(
        as_many_and_as_long_as_asked,
        remembers_the_words,
        a_clip_each_in_the_videos,
        a_cost_row_of_the_camera,
        HEARD,
    ),
)


# Sessions


def ones_own_alone(stage: Stage, answer: Answer) -> None:
    assert [one["id"] for one in answer.json()] == [str(stage.world.generation.pk)]
    assert len(answer.json()[0]["assets"]) == 6
    # An admin may look into any of them, and lists their own.
    admin = stage.other()
    admin.enter("admin", browser=False)
    assert admin.send("GET", "/api/sessions/").json() == []
    assert stage.send("GET", "/api/sessions").json()[0]["id"] == answer.json()[0]["id"]


scene("pipeline.sessions.list", who=WHO, effects=(ones_own_alone,))
scene("pipeline.sessions.get", who=WHO)


def nothing_is_nothing(stage: Stage, _answer: Answer) -> None:
    fresh = images.begin(stage.world.people[WHO], prompt="Another one", count=1).session
    found = stage.send("GET", f"/api/sessions/{fresh.pk}/costs").json()
    assert (found["total_cost"], found["breakdown"]) == (0, [])


def sum_of_the_rows(_stage: Stage, answer: Answer) -> None:
    """The example of the document: 0.012 and 0.24 are 0.25."""
    body = answer.json()
    assert [(row["service"], row["cost"]) for row in body["breakdown"]] == [
        ("replicate_flux", 0.012),
        ("replicate_luma", 0.24),
    ]
    assert body["total_cost"] == 0.25


def by_the_documents_rates(_stage: Stage, answer: Answer) -> None:
    pictures, clips = answer.json()["breakdown"]
    assert pictures["details"] == {"model": "flux-schnell", "num_images": 4}
    assert clips["details"] == {"model": "gen-4-turbo", "duration_seconds": 16.0}
    assert (pictures["cost"] / 4, clips["cost"] / 16) == (0.003, 0.015)


scene(
    "pipeline.sessions.costs",
    who=WHO,
    effects=(sum_of_the_rows, by_the_documents_rates),
    checks=(nothing_is_nothing,),
)
