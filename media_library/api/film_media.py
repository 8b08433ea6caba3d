"""Media of films over JSON, as movie.yaml has them: what belongs to a project, and what it means."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.templatetags.static import static
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.api.base import PersonView
from accounts.models import Project
from accounts.services import foreign_reads
from ai.errors import ProviderError
from core.errors import DomainError, InvalidFieldError, NotFoundError, TooLargeError, UnavailableError
from core.rest.paging import PageRequest, page_of
from core.rest.parsers import StrictJSONParser
from core.rest.schema import Gives
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library import search, uses
from media_library.api import film_shapes as shapes
from media_library.models import Asset
from media_library.queries import film_media, links
from media_library.services import film_files

MOST_ROWS = 100
MOST_FILES = 20
NO_PICTURE = "img/no-picture-video.svg"


def id_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class FilmView(PersonView):
    def project(self, text: str) -> Project:
        found = Project.objects.visible_to(self.caller).select_related("client__organization", "owner").distinct()
        wanted = id_of(text)
        project = found.filter(pk=wanted).first() if wanted else None
        if project is None:
            raise NotFoundError("Project not found")
        foreign_reads.note(self.caller, project)
        return project

    def thumbnail(self, picture: Asset | None) -> str:
        if picture is not None:
            return links.link(picture, inline=True)
        return self.request.build_absolute_uri(static(NO_PICTURE))


class UploadMedia(FilmView):
    takes = shapes.MediaUploadInput
    body_names_things = True
    gives = Gives(post={"success": "bool", "uploads": [shapes.UPLOADED], "rejected": [shapes.REJECTED]})
    parser_classes = (MultiPartParser, StrictJSONParser)
    # The files, and room for the form around them.
    max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + 2**20

    def post(self, request: Request) -> Response:
        project = self.named_project(request)
        body = shapes.MediaUploadInput.parse(request.data)
        files = [*body["files"], *([body["file"]] if body["file"] else [])]
        if not files:
            raise InvalidFieldError("At least one file is required", field="files")
        if len(files) > MOST_FILES:
            raise InvalidFieldError(f"At most {MOST_FILES} files at once", field="files")
        uploads: list[Asset] = []
        rejected: list[dict[str, str]] = []
        for file in files:
            try:
                uploads.append(self.take(file, project=project, body=body))
            except DomainError as error:
                code = "FILE_TOO_LARGE" if isinstance(error, TooLargeError) else "UNSUPPORTED_FORMAT"
                if error.status_code >= 500:
                    raise
                rejected.append({"filename": file.name or "file", "code": code, "reason": error.message})
        expected = f"{film_media.usual_seconds()}s"
        return Response(
            {"success": True, "uploads": [uploaded(one, expected) for one in uploads], "rejected": rejected}
        )

    def named_project(self, request: Request) -> Project:
        """Whether it is there comes before whether the rest is right."""
        name = request.data.get("projectId") if hasattr(request.data, "get") else None
        if not isinstance(name, str) or not name:
            raise InvalidFieldError("Project is required", field="projectId", kind="missing")
        project = self.project(name)
        policies.require(self.caller, "media_library.asset.add", project)
        return project

    def take(self, file: UploadedFile[Any], *, project: Project, body: dict[str, Any]) -> Asset:
        return film_files.take(
            file,
            owner=self.caller,
            project=project,
            description=body["description"],
            tags=body["tags"],
            media_type=body["mediaType"],
        )


def uploaded(asset: Asset, expected: str) -> dict[str, Any]:
    return {
        "mediaId": asset.pk,
        "filename": asset.filename,
        "size": asset.size,
        "mimeType": asset.content_type,
        "mediaType": asset.media_type,
        "status": asset.status,
        "aiAnalysis": {"status": "analyzing", "estimatedCompletion": expected},
        "embedding": {"status": "generating", "progress": 0},
    }


class Media(FilmView):
    query = (shapes.MediaListQuery,)
    gives = Gives(get={"success": "bool", "media": [shapes.ROW], "pagination": shapes.PAGINATION})

    def get(self, request: Request) -> Response:
        wanted = shapes.MediaListQuery.parse(request.query_params)
        project = id_of(wanted["projectId"]) if wanted["projectId"] else None
        found = film_media.listed(
            self.caller,
            film_media.FilmFilters(
                project=project,
                media_type=wanted["mediaType"],
                search=wanted["search"].strip(),
                tags=tuple(tag.strip() for tag in wanted["tags"].split(",") if tag.strip()),
                status=wanted["status"],
                sort=wanted["sort"],
            ),
        )
        if wanted["projectId"] and project is None:
            found = found.none()
        page = page_of(found, PageRequest(wanted["page"], min(wanted["limit"], MOST_ROWS)))
        return Response(
            {"success": True, "media": [shapes.row(one) for one in page.rows], "pagination": page.pagination()}
        )


class MediaDetail(FilmView):
    gives = Gives(get={"success": "bool", "media": shapes.MEDIA})

    def get(self, _request: Request, media_id: uuid.UUID) -> Response:
        found = film_media.film_media(self.caller).filter(pk=media_id).select_related("organization").first()
        if found is None:
            raise NotFoundError("Media not found")
        foreign_reads.note(self.caller, found)
        sessions = [use for use in uses.of(found, self.caller) if use.kind == "conversation"]
        thumbnail = self.thumbnail(links.picture(found))
        return Response({"success": True, "media": shapes.detail(found, thumbnail=thumbnail, sessions=sessions)})


class SearchMedia(FilmView):
    takes = shapes.MediaSearchInput
    body_names_things = True
    gives = Gives(
        post={
            "success": "bool",
            "results": [shapes.FOUND],
            "queryEmbedding": {"model": "string", "processingTime": "int"},
        }
    )
    # It changes nothing, and a fresh answer is wanted.
    idempotent = False

    def post(self, request: Request) -> Response:
        named = request.data.get("projectId") if isinstance(request.data, dict) else None
        project = self.project(named) if isinstance(named, str) and named else None
        body = shapes.MediaSearchInput.parse(request.data)
        try:
            found, engine, took = search.meaning(
                self.caller,
                body["query"],
                project=project.pk if project else None,
                media_types=body["mediaTypes"],
                threshold=body["threshold"],
                limit=body["limit"],
            )
        except ProviderError as error:
            raise UnavailableError("AI processing service unavailable", reason=error.message) from error
        pictures = links.pictures([one.asset for one in found])
        results = [
            {
                "media": {
                    "id": one.asset.pk,
                    "filename": one.asset.filename,
                    "mediaType": one.asset.media_type or one.asset.kind,
                    "description": one.asset.description,
                    "thumbnailUrl": self.thumbnail(pictures.get(one.asset.pk)),
                },
                "similarity": round(one.similarity, 4),
                "matchingElements": one.matching,
            }
            for one in found
        ]
        return Response(
            {"success": True, "results": results, "queryEmbedding": {"model": engine, "processingTime": took}}
        )
