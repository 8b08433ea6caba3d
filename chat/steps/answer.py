"""Writing one answer: what it needs is found, an engine writes, and people read along. See docs/adding-a-step.md."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Exists
from pydantic import BaseModel

from accounts.models import User
from ai import services as ai
from ai.models import Call
from chat import events
from chat.models import Conversation, Message
from chat.services import answering, answers, endings, titles
from chat.services.answering import Prepared
from chat.steps.streaming import Reader
from core.errors import DomainError
from core.runs import services as runs
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.runs.models import Step
from core.runs.pipelines import StepFunction

INTERRUPTED = "The studio was interrupted while it wrote this. What had come is kept; it can be written again."
BROKE_OFF = "{reason} What had come is kept; it can be written again."


class StoppedError(Exception):
    """A person wants no more of this answer."""


class Written(BaseModel):
    message_id: uuid.UUID
    stopped: bool = False


class WriteAnswer(StepFunction[Written]):
    """The message takes the words as they come, before anybody is told of them, so that a reload never shows less than was read."""

    Result = Written

    message: Message
    prepared: Prepared
    text: str

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"message": str(ctx.subject_id)}

    def skip(self, ctx: StepContext) -> str:
        under_way = Message.objects.filter(pk=ctx.subject_id, status__in=Message.UNDER_WAY).exists()
        return "" if under_way else "The answer was stopped before it was begun."

    def run(self, ctx: StepContext) -> Written:
        self.message, self.text = answers.answer_of(ctx.subject_id), ""
        self.prepared = answering.prepare(
            self.message,
            quoted_history=ctx.params.get("history", ()),
            previous_clips=ctx.params.get("previous_clips", ()),
            repeats_clips=ctx.params.get("repeats_clips"),
        )
        ctx.check()
        if self.message.content:
            # An earlier attempt was cut short. Asking once more would be paid twice.
            self.text = self.kept_by_the_ledger() or self.break_off(ctx, INTERRUPTED)
            return Written(message_id=self.message.pk)
        events.answer_sources(self.message)
        try:
            self.listen(ctx)
        except StoppedError:
            return Written(message_id=self.message.pk, stopped=True)
        return Written(message_id=self.message.pk)

    def publish(self, ctx: StepContext, result: Written) -> None:
        endings.finish(self.message, self.text, self.prepared, stopped=result.stopped, run_id=ctx.run_id)

    def listen(self, ctx: StepContext) -> None:
        """Reads the engine's stream to its end, and tells of it piece by piece."""
        use = ai.Use(
            purpose="chat.answer",
            user_id=ctx.run.created_by_id,
            organization_id=self.message.conversation.organization_id,
            run_id=ctx.run_id,
            key=ctx.key,
            endpoint=ctx.params.get("endpoint", answers.ENDPOINT),
            conversation_id=self.message.conversation_id,
        )
        with ai.chat_stream(self.prepared.request, use=use, model=self.message.model) as stream:
            reader = Reader(stream, answering.MOST_CHARACTERS)
            number = 0
            try:
                for piece in reader:
                    ctx.check()
                    number += bool(piece)
                    self.tell(ctx, stream, number, piece)
            except DomainError as error:
                stream.broke(error)
                if not self.text:
                    raise
                self.break_off(
                    ctx, BROKE_OFF.format(reason=error.message.replace("The studio tries again by itself.", "").strip())
                )
            except StoppedError:
                # Leaving closes the stream, and its call as cancelled.
                raise
            except BaseException as error:
                stream.broke(error)
                raise
            if reader.whole:
                stream.finished()

    def tell(self, ctx: StepContext, stream: ai.StreamedAnswer, number: int, piece: str) -> None:
        """Writes the words down and tells of them, unless somebody has stopped the answer or another worker writes it now."""
        row = Message.objects.filter(pk=self.message.pk, status__in=Message.UNDER_WAY)
        if not piece:
            if not row.exists():
                raise StoppedError
            return
        values: dict[str, Any] = {"content": self.text + piece}
        if number == 1:
            self.message.engine = str(stream.engine)
            values |= {
                "status": Message.Status.STREAMING,
                "engine": self.message.engine,
                "calls": [str(stream.call_id)],
            }
        ours = Step.objects.held_by(ctx.lease).filter(pk=ctx.step.pk)
        with transaction.atomic():
            if row.filter(Exists(ours)).update(**values):
                events.answer_piece(self.message, n=number, at=units(self.text), text=piece)
                self.text += piece
                return
        if not ours.exists():
            ctx.stop("lost")
        ctx.check()
        raise StoppedError

    def kept_by_the_ledger(self) -> str:
        """The whole answer, where it was whole and only its end was not written down."""
        done = Call.objects.filter(pk__in=self.message.calls, outcome=Call.Outcome.OK).first()
        return str(done.response["text"]) if done and done.response else ""

    def break_off(self, ctx: StepContext, sentence: str) -> str:
        """Keeps what came, says why it ends there, and fails."""
        text = self.text or self.message.content
        with transaction.atomic():
            # The run before the message, as whoever records an outcome does.
            runs.hold(ctx.run_id)
            if not Step.objects.held_by(ctx.lease).filter(pk=ctx.step.pk).exists():
                ctx.stop("lost")
                ctx.check()
            endings.finish(self.message, text, self.prepared, error=sentence, run_id=ctx.run_id)
        raise StepError(sentence, code="broke_off")


class Entitle(StepFunction[Written]):
    """A conversation that nobody gave a title gets one by its first answer."""

    Result = Written

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"message": str(ctx.subject_id)}

    def skip(self, ctx: StepContext) -> str:
        answer = answers.answer_of(ctx.subject_id)
        if answer.conversation.title_by != Conversation.TitleBy.NOBODY:
            return "It has a title."
        return "" if answer.content else "Nothing was answered."

    def run(self, ctx: StepContext) -> Written:
        answer = answers.answer_of(ctx.subject_id)
        titles.generate(answer.conversation, actor=asker(ctx, answer), unasked=True)
        return Written(message_id=answer.pk)


def asker(ctx: StepContext, answer: Message) -> User:
    found = User.objects.filter(pk=ctx.run.created_by_id).first()
    return found or answer.conversation.owner


def units(text: str) -> int:
    """Its length as browsers count: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
