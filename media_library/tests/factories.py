"""The smallest valid things of the library. Assets have a real file in the store."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

import factory
from factory.django import DjangoModelFactory

from accounts.tests.factories import ClientFactory, UserFactory
from core.storage import store
from media_library import services as library
from media_library.models import Asset, Glossary, GlossaryTerm, GlossaryVersion, Persona, Transcript, VoiceProfile


class GlossaryFactory(DjangoModelFactory):
    """Of a client, with one version in force that has one term."""

    class Meta:
        model = Glossary
        skip_postgeneration_save = True

    client = factory.SubFactory(ClientFactory)
    organization = factory.SelfAttribute("client.organization")
    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Glossary {n}")

    @factory.post_generation
    def term(self, create: bool, extracted: str | None, **_: object) -> None:
        if create:
            GlossaryVersionFactory(glossary=self, created_by=self.owner, is_active=True, term=extracted)  # type: ignore[attr-defined]


class GlossaryVersionFactory(DjangoModelFactory):
    class Meta:
        model = GlossaryVersion
        skip_postgeneration_save = True

    glossary = factory.SubFactory(GlossaryFactory)
    number = factory.LazyAttribute(lambda version: version.glossary.versions.count() + 1)
    filename = "terms.xlsx"
    sha256 = "0" * 64
    languages = factory.LazyFunction(lambda: ["es"])
    term_count = 1
    created_by = factory.SubFactory(UserFactory)

    @factory.post_generation
    def term(self, create: bool, extracted: str | None, **_: object) -> None:
        if create:
            source = extracted or "premiere"
            GlossaryTerm.objects.create(
                version=self, position=1, source_term=source, translations={"es": "estreno"}, words=f"{source}\nestreno"
            )


class AssetFactory(DjangoModelFactory):
    """A library video of its owner alone whose stored file holds `content` (bytes, or the path of a file)."""

    class Meta:
        model = Asset
        skip_postgeneration_save = True

    owner = factory.SubFactory(UserFactory)
    kind = Asset.Kind.VIDEO
    filename = factory.Sequence(lambda n: f"take-{n}.mp4")
    content_type = "video/mp4"
    key = factory.LazyAttribute(lambda asset: f"library/{asset.id}/source")
    id = factory.Faker("uuid4", cast_to=None)
    size = 0
    sha256 = ""
    duration = 10.0
    technical = factory.LazyFunction(
        lambda: {"width": 640, "height": 360, "fps": 25.0, "video_codec": "h264", "audio_codec": "aac"}
    )

    @factory.post_generation
    def content(self, create: bool, extracted: bytes | Path | None, **_: object) -> None:
        if not create:
            return
        with NamedTemporaryFile() as file:
            path = extracted if isinstance(extracted, Path) else Path(file.name)
            if not isinstance(extracted, Path):
                path.write_bytes(extracted if extracted is not None else b"bytes of " + self.key.encode())  # type: ignore[attr-defined]
            stored = store().put(self.key, path, content_type=self.content_type)  # type: ignore[attr-defined]
        self.size, self.sha256 = stored.size, stored.sha256
        self.save(update_fields=["size", "sha256"])  # type: ignore[attr-defined]


def transcript_of(asset: Asset, *lines: str, language: str = "en", seconds: float = 2.0) -> Transcript:
    """Each line is a segment of `seconds`, its words spread evenly, beginning at 0."""

    def words(line: str, start: float) -> list[dict[str, object]]:
        each = seconds / max(len(line.split()), 1)
        return [
            {
                "word": word,
                "start": round(start + i * each, 3),
                "end": round(start + (i + 1) * each, 3),
                "confidence": 0.9,
            }
            for i, word in enumerate(line.split())
        ]

    return library.write_transcript(
        asset,
        language=language,
        confidence=0.9,
        engine="local:whisper-base",
        segments=[
            {"start": i * seconds, "end": (i + 1) * seconds, "text": line, "words": words(line, i * seconds)}
            for i, line in enumerate(lines)
        ],
    )


class PersonaFactory(DjangoModelFactory):
    """Of its owner, who has no house."""

    class Meta:
        model = Persona

    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Persona {n}")


class VoiceProfileFactory(DjangoModelFactory):
    """Private and without consent."""

    class Meta:
        model = VoiceProfile

    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Voice {n}")
    language = "en"
