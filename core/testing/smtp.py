"""A mail server for tests: speaks enough SMTP for a client, keeps what it takes, and refuses or breaks off when told to."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What the server took, and how it behaves: `refuse` answers RCPT by address, `refuse_data` what follows the text."""

    taken: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    refuse_sender: str = ""
    refuse_data: str = ""
    seconds_to_take: float = 0.0
    # Takes the letter and is gone before it says so.
    hang_up_after_data: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.taken]


class Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        box = self.server.box
        with box.lock:
            box.connections += 1
        try:
            self.say("220 mail.test ESMTP")
            while (line := self.rfile.readline()) and self.answer(line.decode().strip()):
                pass
        except ConnectionError:
            return

    def say(self, line: str) -> bool:
        self.wfile.write(f"{line}\r\n".encode())
        return True

    def answer(self, line: str) -> bool:
        """Whether the conversation goes on."""
        box = self.server.box
        verb = line.upper()
        if verb.startswith("EHLO"):
            return self.say("250-mail.test") and self.say("250 8BITMIME")
        if verb.startswith("MAIL FROM"):
            return self.say(box.refuse_sender or "250 Ok")
        if verb.startswith("RCPT TO"):
            address = line.partition("<")[2].partition(">")[0]
            if address not in box.refuse:
                self.recipient = address
            return self.say(box.refuse.get(address, "250 Ok"))
        if verb == "DATA":
            return self.take()
        if verb == "QUIT":
            self.say("221 Bye")
            return False
        return self.say("250 Ok")

    def take(self) -> bool:
        box = self.server.box
        self.say("354 Go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        time.sleep(box.seconds_to_take)
        if box.refuse_data:
            return self.say(box.refuse_data)
        with box.lock:
            box.taken.append(b"".join(lines))
            box.recipients.append(self.recipient)
        return False if box.hang_up_after_data else self.say("250 Taken")


class MailServer(socketserver.ThreadingTCPServer):
    """`with MailServer() as server:` listens on `server.port`, one that was closed a moment ago included."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        self.box = Mailbox()
        super().__init__(("127.0.0.1", port), Conversation)
        self.port: int = self.server_address[1]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> MailServer:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
