from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_tenancy_and_credentials")]

    operations = [
        migrations.AddField(
            "onetimelink", "password", models.CharField(blank=True, default="", max_length=128), preserve_default=False
        ),
    ]
