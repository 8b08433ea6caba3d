"""Each row gets a hash of its own, then triggers keep every row as it is. Rows of before are sealed with what they say today."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

FIELDS = (
    "id", "at", "category", "actor_id", "actor_email", "action", "subject_type", "subject_id", "before", "after", "details",
    "request_id", "ip_address", "user_agent",
)  # fmt: skip
BATCH = 1000

GUARD = """
CREATE FUNCTION core_auditevent_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    unsealed core_auditevent;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF current_setting('reelwright.audit_clean_up', true) = 'on' THEN
            RETURN OLD;
        END IF;
    ELSIF OLD.position IS NULL THEN
        -- The sealer gives a row its place, once, and changes nothing else.
        unsealed := NEW;
        unsealed.position := OLD.position;
        unsealed.prev_hash := OLD.prev_hash;
        unsealed.hash := OLD.hash;
        IF unsealed IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER core_auditevent_guard BEFORE UPDATE OR DELETE ON core_auditevent
    FOR EACH ROW EXECUTE FUNCTION core_auditevent_guard();
"""
NO_GUARD = """
DROP TRIGGER core_auditevent_guard ON core_auditevent;
DROP FUNCTION core_auditevent_guard();
"""


def canonical(value):
    match value:
        case Mapping():
            return {str(name): canonical(inner) for name, inner in value.items()}
        case list() | tuple():
            return [canonical(inner) for inner in value]
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case None | bool():
            return value
        case int() | float() | Decimal():
            return f"number:{Decimal(str(value)).normalize()}"
    return str(value)


def hash_rows(apps, _schema_editor):
    """As core.audit.hashes did when this was written."""
    AuditEvent = apps.get_model("core", "AuditEvent")
    emails = dict(apps.get_model(settings.AUTH_USER_MODEL).objects.values_list("pk", "email"))
    while batch := list(AuditEvent.objects.filter(row_hash="")[:BATCH]):
        for row in batch:
            row.actor_email = emails.get(row.actor_id, "")
            row.category = "security" if row.action.startswith("accounts.") else "change"
            content = {name: getattr(row, name) for name in FIELDS}
            text = json.dumps(["row", canonical(content)], sort_keys=True, separators=(",", ":"))
            row.row_hash = hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
        AuditEvent.objects.bulk_update(batch, ["actor_email", "category", "row_hash"])


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_audit_trail"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("position", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="AuditTombstone",
            fields=[
                ("first_position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("last_position", models.BigIntegerField(unique=True)),
                ("prev_hash", models.CharField(max_length=64)),
                ("last_hash", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("signature", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ("first_position",),
            },
        ),
        migrations.AddField(
            model_name="auditevent",
            name="actor_email",
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="category",
            field=models.CharField(
                choices=[("security", "Security"), ("change", "Change"), ("access", "Access")],
                default="change",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="hash",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="ip_address",
            field=models.GenericIPAddressField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="position",
            field=models.BigIntegerField(blank=True, editable=False, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="prev_hash",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="row_hash",
            field=models.CharField(default="", editable=False, max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="auditevent",
            name="user_agent",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="audit_events",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="at",
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="subject_id",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="subject_type",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["actor", "-at"], name="audit_actor"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["category", "-at"], name="audit_category"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(condition=models.Q(("position", None)), fields=["at", "id"], name="audit_unsealed"),
        ),
        migrations.RunPython(hash_rows, migrations.RunPython.noop, elidable=True),
        migrations.RunSQL(GUARD, NO_GUARD),
    ]
