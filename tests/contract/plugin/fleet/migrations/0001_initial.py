import django.db.models.deletion
from django.db import migrations, models

import commonweal.kernel.schema.ids


class Migration(migrations.Migration):
    initial = True
    dependencies = [("party", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Vehicle",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=commonweal.kernel.schema.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("plate", models.CharField(max_length=20)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="party.agency",
                    ),
                ),
            ],
        ),
    ]
