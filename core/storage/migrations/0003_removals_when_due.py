from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("storage", "0002_removals")]

    operations = [migrations.RenameField("removal", "created_at", "due_at")]
