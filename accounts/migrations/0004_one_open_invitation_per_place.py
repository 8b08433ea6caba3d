from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_registered_password_with_its_link")]

    operations = [
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                Lower("email"),
                models.F("organization"),
                models.F("project"),
                condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                name="one_open_invitation_per_place",
                nulls_distinct=False,
            ),
        ),
    ]
