"""The socket of films: who joins a session hears what is said, chosen and answered in it, and may say and choose there too."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import structlog
from channels.db import DatabaseSyncToAsync, database_sync_to_async
from django.utils import timezone

from accounts import policies
from chat import film_events, film_seats
from chat.api.films import inputs
from chat.api.films.base import NO_SESSION, WRITE, id_of
from chat.models import FilmSession
from chat.services import choices, sessions
from core.errors import NotAllowedError, NotFoundError, WrongStateError
from core.live.consumers import LiveConsumer, number
from core.live.events import Event, events_after, group_of
from core.rest.dialects import MOVIE, Failure
from core.rest.errors import failure_of
from core.rest.limits import count_film_call

log = structlog.get_logger(__name__)

TOO_MANY_SOCKETS = 4429
MOST_SESSIONS = 50
# Of one socket, before the first of them is answered.
MOST_WAITING = 5
# Answers take long. The thread that all sockets share for their short looks must not wait for them.
ANSWERING = ThreadPoolExecutor(4, thread_name_prefix="film-answers")
# The loop holds tasks weakly, and an answer outlives the socket that asked for it.
_working: set[asyncio.Task[None]] = set()


class FilmSocket(LiveConsumer):
    """`/api/v1/websocket`. Takes join-session, chat-message, typing and choice-selected; what goes wrong is an `error` event.

    Every event bears `seq`. `after`, in the address or when joining, replays what the session said since.
    """

    stream = film_events.STREAM
    # Whoever is taken out of a film hears nothing more of it, and is told so within this time.
    seconds_between_looks: ClassVar[float] = 5.0

    async def connect(self) -> None:
        self.joined: set[str] = set()
        self.socket = uuid.uuid4().hex[:12]
        self.seated = False
        self.closed = False
        self.order = asyncio.Lock()
        self.pending = 0
        await super().connect()

    async def begin(self) -> None:
        self.seated = await database_sync_to_async(film_seats.take)(self.user, self.socket)
        if self.seated:
            await super().begin()
            return
        await self.accept()
        await self.tell_error("RATE_LIMITED", "Too many WebSocket connections")
        await self.close(TOO_MANY_SOCKETS)

    async def disconnect(self, code: int) -> None:
        self.closed = True
        if self.seated:
            await database_sync_to_async(film_seats.leave)(self.user, self.socket)
        await super().disconnect(code)

    def asked_after(self) -> int | None:
        """There is nothing to replay before a session is joined."""
        self.after = super().asked_after()
        return None

    async def still_allowed(self) -> bool:
        if not await super().still_allowed():
            return False
        await database_sync_to_async(film_seats.keep)(self.user, self.socket)
        for session_id in list(self.joined):
            await self.still_sees(session_id)
        return True

    async def still_sees(self, session_id: str) -> bool:
        if await database_sync_to_async(self.sees)(session_id):
            return True
        if session_id in self.joined:
            self.joined.discard(session_id)
            await self.tell_error("NOT_FOUND", NO_SESSION, sessionId=session_id)
        return False

    def sees(self, session_id: str) -> bool:
        return bool(FilmSession.objects.visible_to(self.user).filter(pk=session_id).exists())

    async def visible(self, event: Event) -> bool:
        return event.key in self.joined and await self.still_sees(event.key)

    # What is asked.

    async def message(self, content: dict[str, Any]) -> None:
        kinds = {
            "join-session": self.join,
            "typing": self.typing,
            "chat-message": self.say_later,
            "choice-selected": self.choose_later,
        }
        act = kinds.get(str(content.get("type")))
        if act is None:
            await super().message(content)
        else:
            await self.guarded(lambda: act(content))

    async def guarded(self, act: Callable[[], Any]) -> None:
        """What goes wrong is told in the words of the films' surface; the socket stays open."""
        try:
            await act()
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                log.exception("films.socket_failed")
                failure = Failure(500, "internal_error")
            body = MOVIE.body(failure, "")["error"]
            # There is no room for details: the first says more than the sentence above them.
            first = body["details"][0]["message"] if body["details"] else body["message"]
            await self.tell_error(body["code"], first)

    async def join(self, content: dict[str, Any]) -> None:
        session = await self.found(content)
        key = str(session.pk)
        if len(self.joined) >= MOST_SESSIONS and key not in self.joined:
            await self.tell_error("WEBSOCKET_ERROR", f"At most {MOST_SESSIONS} sessions on one socket.")
            return
        after = number(content["after"]) if content.get("after") is not None else self.after
        async with self.turn:
            # Up to here others' sessions are told of; then this one's past, and from there on everything as it comes.
            await self.catch_up(self.last)
            self.joined.add(key)
            if after is None:
                return
            replay = await database_sync_to_async(events_after)(self.stream, after, key=key)
            if replay.resync:
                await self.send_json({"type": "resync", "sessionId": key, "seq": self.last})
            for event in replay.events:
                if event.seq <= self.last:
                    await self.send_json({**event.payload, "seq": event.seq})

    async def typing(self, content: dict[str, Any]) -> None:
        session = await self.found(content, WRITE)
        if not isinstance(content.get("isTyping"), bool):
            await self.tell_error("VALIDATION_ERROR", "isTyping is true or false")
            return
        user = {"id": str(self.user.pk), "name": self.user.name or self.user.email}
        payload = {"type": "user-typing", "sessionId": str(session.pk), "user": user, "isTyping": content["isTyping"]}
        await self.channel_layer.group_send(group_of(self.stream), {"type": "film.passing", "payload": payload})

    async def film_passing(self, message: dict[str, Any]) -> None:
        payload = message["payload"]
        if payload["user"]["id"] != str(self.user.pk) and payload["sessionId"] in self.joined:
            await self.send_json({**payload, "seq": self.last})

    async def say_later(self, content: dict[str, Any]) -> None:
        session = await self.found(content, WRITE)
        body = inputs.SpokenInput.parse({name: content[name] for name in ("message", "attachments") if name in content})
        await self.work(
            lambda: sessions.say(session, author=self.user, message=body["message"], attachments=body["attachments"])
        )

    async def choose_later(self, content: dict[str, Any]) -> None:
        session = await self.found(content, WRITE)
        body = inputs.ChosenInput.parse(
            {name: content[name] for name in ("choiceId", "customInput") if name in content}
        )
        await self.work(
            lambda: choices.take(session, actor=self.user, choice_id=body["choiceId"], custom=body["customInput"] or "")
        )

    async def work(self, act: Callable[[], Any]) -> None:
        """In the order in which it was asked, beside what is heard meanwhile; it is carried out although the socket closes."""
        if self.pending >= MOST_WAITING:
            await self.tell_error("RATE_LIMITED", "Wait for the answers to what you said before.")
            return
        await database_sync_to_async(count_film_call)(self.user)
        self.pending += 1
        task = asyncio.create_task(self.in_turn(act))
        _working.add(task)
        task.add_done_callback(_working.discard)

    async def in_turn(self, act: Callable[[], Any]) -> None:
        try:
            async with self.order:
                await self.guarded(DatabaseSyncToAsync(act, thread_sensitive=False, executor=ANSWERING))
        finally:
            self.pending -= 1

    async def found(self, content: dict[str, Any], action: str = "") -> FilmSession:
        """The session as this person sees it, once they may do `action` to its film. Nobody speaks for somebody else."""
        if content.get("userId") not in (None, str(self.user.pk)):
            raise NotAllowedError("userId is somebody else's")
        session: FilmSession = await database_sync_to_async(self.find_session)(content.get("sessionId"), action)
        if action and str(session.pk) not in self.joined:
            raise WrongStateError("Join the session first.")
        return session

    def find_session(self, named: Any, action: str) -> FilmSession:
        rows = FilmSession.objects.visible_to(self.user).select_related("film__project__client", "conversation")
        session_id = id_of(named) if isinstance(named, str) else None
        session: FilmSession | None = rows.filter(pk=session_id).first() if session_id else None
        if session is None:
            raise NotFoundError(NO_SESSION)
        if action:
            policies.require(self.user, action, session.film)
        return session

    async def complain(self, detail: str) -> None:
        await self.tell_error("WEBSOCKET_ERROR", detail)

    async def tell_error(self, code: str, message: str, **more: Any) -> None:
        if self.closed:
            return
        error = {"code": code, "message": message}
        at = timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        await self.send_json({"type": "error", "error": error, "timestamp": at, "seq": self.last, **more})
