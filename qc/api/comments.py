"""Comments on languages, over JSON."""

from __future__ import annotations

import uuid

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Membership, User
from core.errors import NotFoundError
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page
from qc import queries, review_policies
from qc.api import shapes
from qc.api.base import LanguageView
from qc.models import LanguageReview, ReviewComment
from qc.services import comments


def roles_of(people: set[User], review: LanguageReview) -> dict[uuid.UUID, str]:
    """What these people do in the job's house, asked once."""
    there = Membership.objects.filter(organization=review.output.job.organization_id, user__in=people).exclude(role="")
    roles = dict(there.values_list("user_id", "role"))
    return {one.pk: one.role if one.is_platform_admin else roles.get(one.pk, one.role) for one in people}


class Comments(LanguageView):
    takes = shapes.NewCommentInput
    query = ("page", "size")
    gives = Gives(get=page(shapes.COMMENT), post=Made(shapes.COMMENT))

    def get(self, request: Request, job_id: uuid.UUID, lang: str) -> Response:
        review = self.find(job_id, lang)
        review_policies.require(self.caller, "comment", review)
        found = page_of(queries.comments(review), PageRequest.parse(request.query_params))
        roles = roles_of({row.author for row in found.rows}, review)
        return Response(found.body(lambda rows: [shapes.comment_output(row, review, roles) for row in rows]))

    def post(self, request: Request, job_id: uuid.UUID, lang: str) -> Response:
        review = self.find(job_id, lang)
        review_policies.require(self.caller, "comment", review)
        body = shapes.NewCommentInput.parse(request.data)
        made = comments.add_comment(
            review,
            body=body["body"],
            author=self.caller,
            cue_index=body["cue_index"],
            kind=body["kind"],
            category=body["category"] or "",
            severity=body["severity"] or "",
        )
        answer = shapes.comment_output(made, review, roles_of({self.caller}, review))
        return Response(answer, status=status.HTTP_201_CREATED)


class CommentDetail(LanguageView):
    takes = shapes.ChangedCommentInput
    gives = Gives(patch=shapes.COMMENT)

    def patch(self, request: Request, job_id: uuid.UUID, lang: str, comment_id: uuid.UUID) -> Response:
        """Its author changes its words and weight; everybody who works on the language says whether it is settled."""
        review = self.find(job_id, lang)
        review_policies.require(self.caller, "comment", review)
        comment = ReviewComment.objects.select_related("author").filter(review=review, pk=comment_id).first()
        if comment is None:
            raise NotFoundError("Comment not found")
        comment.review = review
        body = shapes.ChangedCommentInput.parse(request.data)
        changed = comments.change_comment(comment, actor=self.caller, changes=body)
        return Response(shapes.comment_output(changed, review, roles_of({changed.author}, review)))
