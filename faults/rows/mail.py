"""Letters while nobody takes them."""

from __future__ import annotations

import re
import time
import uuid
from collections import Counter
from http.client import HTTPConnection
from urllib.parse import urlencode

from celery import current_app

from core.mail.models import Letter
from core.testing.server import Server, serving
from core.testing.smtp import MailServer, closed_port
from faults.report import Seen, row
from faults.rig import Rig, wait_for

PEOPLE = 4
SEND = "core.mail.tasks.send"


@row(
    "F26",
    injected="the mail server is down while people register",
    expected="requests answer 2xx, letters wait, each arrives once",
    within=60,
)
def mail_server_down(rig: Rig, seen: Seen) -> None:
    port = closed_port()
    wire = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "RATE_LIMITS": "off"}
    rig.beat()
    rig.worker("default", "media", concurrency=2, **wire)
    with serving(env={**rig.env, **wire}) as site:
        began = time.monotonic()
        addresses = [register(site, seen) for _ in range(PEOPLE)]
        seen.notes["seconds a request"] = round((time.monotonic() - began) / PEOPLE, 2)
        letters = Letter.objects.filter(to__in=addresses)
        seen.expect(letters.count() == PEOPLE, f"{letters.count()} letters were written")
        wait_for("an attempt", letters.filter(attempts__gt=0, sent_at=None).exclude(error="").exists, seconds=30)
        with MailServer(port) as server:
            mended = time.monotonic()
            wait_for("letters sent", lambda: letters.exclude(sent_at=None).count() == PEOPLE, seconds=90)
            seen.recovery = time.monotonic() - mended
            # And asked for again and again, while another one goes its way.
            for _ in range(5):
                current_app.send_task(SEND, queue="default")
            addresses.append(register(site, seen))
            wait_for("the last letter", lambda: server.box.recipients.count(addresses[-1]), seconds=30)
            arrived = Counter(server.box.recipients)
    seen.lost = sum(1 for address in addresses if not arrived[address])
    seen.duplicates = sum(times - 1 for times in arrived.values())
    kept = Letter.objects.filter(to__in=addresses).exclude(text="")
    seen.expect(not kept.exists(), "the text of a letter that went out was kept")


def register(site: Server, seen: Seen) -> str:
    """As a browser does. The address."""
    address = f"{uuid.uuid4().hex}@example.com"
    connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("GET", "/register")
    page = connection.getresponse()
    cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    form = {
        "name": "Ada",
        "email": address,
        "password": f"correct horse {address[:8]}",
        "csrfmiddlewaretoken": token[1] if token else "",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    connection.request("POST", "/register", urlencode(form), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    seen.expect(answer.status == 200, f"registering answered {answer.status}")
    return address
