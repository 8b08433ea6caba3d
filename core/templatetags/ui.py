"""What every template may use without loading it (a builtin): icons, states, fields, and how times, sizes and shares are written."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select, Textarea
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from core import languages

register = template.Library()

STATE_KINDS = {
    **dict.fromkeys(
        (
            "ingesting",
            "ai_processing",
            "translating",
            "tts_generating",
            "rendering",
            "in_progress",
            "in_review",
            "running",
        ),
        "work",
    ),
    **dict.fromkeys(("approved_source", "completed", "approved", "done"), "done"),
    **dict.fromkeys(("rejected", "blocked_on_source", "failed", "cancelled"), "halt"),
    **dict.fromkeys(("created", "unassigned", "assigned", "not_requested", "pending"), "none"),
}
STATE_WORDS = {
    "ingesting": "Ingesting",
    "ai_processing": "Drafting",
    "pending_qc": "Waits for source review",
    "approved_source": "Source approved",
    "tts_generating": "Speaking",
    "pending_final_review": "Waits for final review",
    "blocked_on_source": "Blocked on source",
    "in_progress": "In progress",
    "in_review": "In review",
    "not_requested": "Not requested",
    "person": "Goes to a person",
}
THEMES = ("dark", "light")


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """A symbol of img/icons.svg. Decorative unless it has a `label`."""
    kind = f"icon icon--{size}" if size else "icon"
    href = f"{static('img/icons.svg')}#i-{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>', kind, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', kind, href)


@register.simple_tag
def state(value: str, word: str = "") -> SafeString:
    """A workflow state as its word, colour and glyph."""
    kind = STATE_KINDS.get(value, "")
    return format_html(
        '<span class="state{}" data-state="{}">{}</span>',
        f" state--{kind}" if kind else "",
        value,
        word or state_word(value),
    )


@register.filter
def state_word(value: str) -> str:
    return STATE_WORDS.get(value, value.replace("_", " ").capitalize())


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> SafeString:
    """The `data-theme` attribute of <html>, from the cookie, so that the first paint is right. Nothing means the system decides."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request is not None else ""
    return format_html(' data-theme="{}"', chosen) if chosen in THEMES else SafeString("")


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, size: str = "") -> dict[str, Any]:
    """Label, control, and the hint or the errors, tied together for a screen reader."""
    widget = bound.field.widget
    ids = []
    if bound.help_text:
        ids.append(f"{bound.id_for_label}_hint")
    if bound.errors:
        ids.append(f"{bound.id_for_label}_error")
    attrs: dict[str, Any] = {}
    group = isinstance(widget, CheckboxSelectMultiple | RadioSelect)
    check = isinstance(widget, CheckboxInput)
    if not group and not check:
        attrs["class"] = " ".join(
            ["input", *(["select"] if isinstance(widget, Select) else []), *([f"input--{size}"] if size else [])]
        )
    if isinstance(widget, Textarea):
        attrs.setdefault("rows", 4)
    if ids:
        attrs["aria-describedby"] = " ".join(ids)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {"bound": bound, "control": bound.as_widget(attrs=attrs), "group": group, "check": check}


@register.filter
def timecode(milliseconds: float | None) -> SafeString:
    """HH:MM:SS with the milliseconds a step quieter."""
    if milliseconds is None:
        return SafeString("–")
    total, thousandths = divmod(round(milliseconds), 1000)
    minutes, seconds = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    return format_html(
        '<span class="tc">{}<span class="tc__ms">.{}</span></span>',
        f"{hours:02}:{minutes:02}:{seconds:02}",
        f"{thousandths:03}",
    )


@register.filter
def signed_ms(milliseconds: int) -> str:
    """How far something moved: +120 ms, −1,500 ms, 0 ms."""
    sign = "+" if milliseconds > 0 else "\u2212" if milliseconds < 0 else ""
    return f"{sign}{abs(milliseconds):,} ms"


@register.filter
def clock(milliseconds: float | None) -> str:
    """HH:MM:SS, for places where milliseconds would be noise."""
    if milliseconds is None:
        return "–"
    minutes, seconds = divmod(int(milliseconds) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


@register.filter
def lasting(seconds: float | None) -> str:
    """How long something took or will take, in words with two units at most."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "under 1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


@register.filter
def roughly(seconds: float | None) -> str:
    """A guess of what is left, no more exact than it is."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(5, round(seconds / 5) * 5)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


@register.filter
def size(count: int | None) -> str:
    """Bytes as people say them: decimal units, one digit after the point from a megabyte on."""
    if count is None:
        return "–"
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            break
    return f"{value:.0f} {unit}" if unit == "kB" or value >= 100 else f"{value:.1f} {unit}"


@register.filter
def grouped(count: float | None) -> str:
    """A count with a comma after the thousands."""
    return "–" if count is None else f"{count:,.0f}"


@register.filter
def dollars(amount: Decimal | float) -> str:
    """Cents matter in what a model call costs, and less than a cent does too."""
    return f"${amount:,.4f}" if 0 < amount < 1 and round(amount, 2) != amount else f"${amount:,.2f}"


@register.filter
def percent(share: float | None) -> str:
    """A share of one as a whole percentage."""
    return "–" if share is None else f"{round(share * 100)} %"


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """A moment as a distance; the exact time stands in `datetime` and, with scripts, on hover in the viewer's zone."""
    if moment is None:
        return SafeString("–")
    now = timezone.now()
    distance = timesince(moment, now, depth=1)
    words = "just now" if (now - moment).total_seconds() < 60 else f"{distance} ago"
    return format_html('<time datetime="{}" data-time="ago">{}</time>', moment.isoformat(), words)


@register.filter
def moment(value: datetime | None, style: str = "moment") -> SafeString:
    """A moment as day and time, in UTC until the script writes it in the viewer's zone. Style `clock` leaves the day out."""
    if value is None:
        return SafeString("–")
    written = value.strftime("%H:%M:%S" if style == "clock" else "%d %b %Y, %H:%M")
    zone = "" if style == "clock" else " UTC"
    return format_html('<time datetime="{}" data-time="{}">{}{}</time>', value.isoformat(), style, written, zone)


@register.filter
def language(code: str) -> str:
    """The English name of a language tag."""
    return languages.name(code)


@register.filter
def lang_code(code: str) -> str:
    """Two letters for the small language badge."""
    return code.split("-", maxsplit=1)[0][:3].upper()


@register.filter
def mark(value: object) -> int:
    """One of the eight colours of people and projects, the same for the same value every time."""
    return sum(str(value).encode()) % 8 + 1
